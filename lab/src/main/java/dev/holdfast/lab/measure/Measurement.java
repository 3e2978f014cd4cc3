package dev.holdfast.lab.measure;

import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.MacAddress;
import dev.holdfast.api.addr.Prefix;
import dev.holdfast.lab.LabException;
import dev.holdfast.lab.measure.judge.CacheEntry;
import dev.holdfast.lab.measure.judge.Mark;
import dev.holdfast.lab.measure.judge.Recording;
import dev.holdfast.lab.measure.judge.Span;
import dev.holdfast.lab.measure.judge.TableSizes;
import dev.holdfast.lab.measure.traffic.FloorClock;
import dev.holdfast.lab.measure.traffic.Origin;
import dev.holdfast.lab.net.Host;
import dev.holdfast.lab.net.NetworkSite;
import dev.holdfast.lab.net.Programs;
import dev.holdfast.lab.net.Router;
import dev.holdfast.lab.net.Topology;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One run, measured from outside.
 *
 * <pre>
 * var measurement = Measurement.start(topology, options);   // returns when all traffic flows
 * measurement.mark("power-off", System.nanoTime());         // immediately before the first cut
 * measurement.settle(patienceNanos, limitNanos);            // until it flows again, or the limit
 * RunReport report = measurement.stop();
 * </pre>
 *
 * <p>Owner: the thread that drives the lab; {@link #live} may be called from any.
 */
public final class Measurement implements AutoCloseable {

  /** A probe that is under way when sending ends arrives within this, or never. */
  private static final long DRAIN_NANOS = 200_000_000;

  private static final long SECOND_NANOS = 1_000_000_000;

  /** On a slow machine a table grows by a thousand entries a second. */
  private static final long TABLE_ENTRY_NANOS = 1_000_000;

  private static final long SAY_NANOS = 500_000_000;
  private static final long POLL_NANOS = 20_000_000;
  private static final long CALM_NANOS = 1_000_000_000;
  private static final long ALIVE_NANOS = 200_000_000;
  private static final Pattern NEIGHBOUR = Pattern.compile("lladdr ([0-9a-f:]{17})");

  private final Topology topology;
  private final Origin origin = Origin.now();
  private final FloorClock floor = new FloorClock(origin);
  private final Capture capture;
  private final Traffic traffic;
  private final List<Mark> marks = new ArrayList<>();
  private Map<String, Long> entriesBefore = Map.of();
  private long armedNanos;
  private boolean closed;

  private Measurement(Topology topology, MeasureOptions options) {
    this.topology = topology;
    capture = new Capture(topology, origin);
    traffic = new Traffic(topology, options, origin);
  }

  /**
   * Begins to listen and to send, and returns when all traffic has flowed.
   *
   * @throws LabException when it does not within the limit; it says what flowed and what did not
   */
  public static Measurement start(Topology topology, MeasureOptions options) {
    var measurement = new Measurement(topology, options);
    try {
      measurement.begin(options);
      return measurement;
    } catch (RuntimeException e) {
      measurement.close();
      throw e;
    }
  }

  private void begin(MeasureOptions options) {
    topology.onRebuilt(capture::rebuilt);
    capture.begin();
    traffic.begin();
    await(options, traffic::flowing, traffic::progress, options.startLimitNanos());
    traffic.beginTable();
    long tableLimitNanos = options.startLimitNanos() + options.table() * TABLE_ENTRY_NANOS;
    await(options, traffic::tableComplete, traffic::tableProgress, tableLimitNanos);
    entriesBefore = connectionEntries();
    traffic.arm();
    armedNanos = origin.sinceNanos();
  }

  private void await(
      MeasureOptions options, BooleanSupplier done, Supplier<String> progress, long limitNanos) {
    long begin = System.nanoTime();
    long saidAt = begin - SAY_NANOS;
    String said = "";
    while (!done.getAsBoolean()) {
      traffic.check();
      capture.check();
      long now = System.nanoTime();
      String words = progress.get();
      if (now - begin > limitNanos) {
        throw new LabException(
            "the traffic does not flow after %d s: %s".formatted(limitNanos / SECOND_NANOS, words));
      }
      if (!words.equals(said) && now - saidAt > SAY_NANOS) {
        options.progress().accept(words);
        said = words;
        saidAt = now;
      }
      sleep(POLL_NANOS);
    }
  }

  /**
   * A fault begins.
   *
   * @param fault with its value, as on the command line
   * @param nanoTime a reading of {@link System#nanoTime} from just before the fault
   */
  public void mark(String fault, long nanoTime) {
    marks.add(new Mark(fault, origin.sinceNanos(nanoTime)));
    capture.lookClosely();
  }

  /** How things stand; for progress, and for deciding when to go on. */
  public Live live() {
    long now = origin.sinceNanos();
    return new Live(
        capture.speakers(now),
        (now - traffic.lastUpNanos()) / 1_000_000,
        (now - traffic.lastDownNanos()) / 1_000_000,
        traffic.flowsAlive(ALIVE_NANOS),
        traffic.flowsOpen(),
        traffic.flows());
  }

  /**
   * Waits until traffic has flowed for a second without a break and every virtual router has had
   * the same speaker.
   *
   * @param atLeastNanos waits so long in any case: a fault that hurts nobody is only noticed by the
   *     other router after its patience
   * @return false when it did not within the limit
   */
  public boolean settle(long atLeastNanos, long limitNanos) {
    long begin = System.nanoTime();
    long calmSince = begin;
    Map<?, ?> speakers = Map.of();
    while (System.nanoTime() - begin < limitNanos) {
      traffic.check();
      Live live = live();
      if (!live.flowing() || !live.speakers().equals(speakers)) {
        calmSince = System.nanoTime();
        speakers = live.speakers();
      }
      long now = System.nanoTime();
      if (now - begin >= atLeastNanos && now - calmSince > CALM_NANOS) {
        return true;
      }
      sleep(POLL_NANOS);
    }
    return false;
  }

  /** Ends the run, removes the traffic and says what it came to. */
  public RunReport stop() {
    traffic.check();
    capture.check();
    Map<String, TableSizes> tables = tables(connectionEntries());
    traffic.stopProbes();
    var window = new Span(armedNanos, origin.sinceNanos());
    sleep(DRAIN_NANOS);
    List<CacheEntry> caches = caches(topology.lanHost());
    close();
    return RunReport.of(
        new Recording(
            window,
            marks,
            traffic.tracesUp(),
            traffic.tracesDown(),
            traffic.flowRecords(window.toNanos()),
            traffic.connections(),
            capture.adverts(),
            capture.holds(),
            capture.answers(),
            tables,
            caches,
            floor.stalls(),
            traffic.probesUnread()));
  }

  /** Without a report: for a run that was given up. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      traffic.close();
      capture.close();
      floor.close();
    }
  }

  private Map<String, TableSizes> tables(Map<String, Long> after) {
    var tables = new TreeMap<String, TableSizes>();
    after.forEach(
        (node, entries) -> {
          Long before = entriesBefore.get(node);
          if (before != null) {
            tables.put(node, new TableSizes(before, entries));
          }
        });
    return tables;
  }

  private Map<String, Long> connectionEntries() {
    var entries = new TreeMap<String, Long>();
    for (Router router : topology.routers()) {
      Programs.Result result =
          Programs.attempt(
              "", List.of("ip", "netns", "exec", router.namespace().name(), "conntrack", "-C"));
      String text = result.output().strip();
      if (result.status() == 0 && text.matches("[0-9]{1,9}")) {
        entries.put(router.node(), Long.parseLong(text));
      }
    }
    return entries;
  }

  private List<CacheEntry> caches(Host host) {
    NetworkSite network = topology.network(host.attachment().network());
    var entries = new ArrayList<CacheEntry>();
    for (Prefix prefix : network.virtualAddresses()) {
      IpAddress address = prefix.address();
      String text = host.namespace().run("ip", "neigh", "show", address.toString());
      Matcher matcher = NEIGHBOUR.matcher(text);
      if (matcher.find()) {
        MacAddress mac = MacAddress.parse(matcher.group(1));
        entries.add(
            new CacheEntry(host.name(), network.name(), address, mac, capture.routersWith(mac)));
      }
    }
    return entries;
  }

  private static void sleep(long nanos) {
    try {
      Thread.sleep(nanos / 1_000_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LabException("interrupted while measuring", e);
    }
  }
}
