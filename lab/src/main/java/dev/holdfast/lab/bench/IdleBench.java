package dev.holdfast.lab.bench;

import dev.holdfast.lab.LabException;
import dev.holdfast.lab.LabSession.Standing;
import dev.holdfast.lab.fault.Fault;
import dev.holdfast.lab.measure.capture.AddressProber;
import dev.holdfast.lab.measure.capture.SwitchTap;
import dev.holdfast.lab.measure.judge.AdvertSeen;
import dev.holdfast.lab.measure.judge.Timers;
import dev.holdfast.lab.measure.traffic.Origin;
import dev.holdfast.lab.net.NetworkSite;
import dev.holdfast.lab.net.Router;
import dev.holdfast.lab.stack.RouterSoftware;
import dev.holdfast.lab.stack.Stack;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What the software costs while nothing happens, and how soon it is there.
 *
 * <p>Ready is told from outside and for both alike: on a segment where nobody else is left, the
 * router that was started sends its first advert one detection time after it began to listen.
 */
final class IdleBench implements Bench {

  private static final List<Stack> CONTESTANTS = List.of(Stack.HOLDFAST, Stack.KEEPALIVED);

  /** Nobody calls an agent idle whose code is still being compiled. */
  private static final long SETTLE_MILLIS = 60_000;

  private static final long WINDOW_MILLIS = 60_000;
  private static final long START_LIMIT_MILLIS = 30_000;
  private static final long STOP_LIMIT_MILLIS = 10_000;
  private static final int HEARD_MAX = 1024;
  private static final double MEBIBYTE = 1 << 20;

  @Override
  public String name() {
    return "idle";
  }

  @Override
  public String description() {
    return "memory and processor time while nothing happens, and the time from start to ready";
  }

  @Override
  public BenchTable run(BenchContext context) {
    var table = new BenchTable.Builder(name(), CONTESTANTS.stream().map(Stack::toString).toList());
    for (int run = 1; run <= context.runs(); run++) {
      for (Stack stack : CONTESTANTS) {
        context.progress().accept("idle, " + stack + " " + run + " of " + context.runs());
        try {
          context
              .session()
              .standing(context.options(stack), standing -> measure(table, stack, standing));
        } catch (LabException e) {
          table.remark("idle, " + stack + " gave no figures: " + e.getMessage());
        }
      }
    }
    return table.build();
  }

  private static void measure(BenchTable.Builder table, Stack stack, Standing standing) {
    sleep(SETTLE_MILLIS);
    Map<Router, ProcessFigures> before = figures(standing);
    long begin = System.nanoTime();
    sleep(WINDOW_MILLIS);
    Map<Router, ProcessFigures> after = figures(standing);
    double hours = (System.nanoTime() - begin) / 3.6e12;
    for (Router router : standing.topology().routers()) {
      ProcessFigures earlier = Objects.requireNonNull(before.get(router));
      ProcessFigures later = Objects.requireNonNull(after.get(router));
      String role = router.equals(standing.active()) ? "active" : "backup";
      double cpuSeconds = (later.cpuNanos() - earlier.cpuNanos()) / 1e9;
      table.add(stack.toString(), "resident, " + role, "MiB", later.residentBytes() / MEBIBYTE);
      table.add(stack.toString(), "processor, " + role, "s/hour", cpuSeconds / hours);
    }
    table.add(stack.toString(), "start to ready", "ms", startToReadyMillis(standing));
  }

  private static Map<Router, ProcessFigures> figures(Standing standing) {
    var figures = new LinkedHashMap<Router, ProcessFigures>();
    for (Router router : standing.topology().routers()) {
      figures.put(router, ProcessFigures.of(standing.software(router).processes()));
    }
    return figures;
  }

  private static @Nullable Double startToReadyMillis(Standing standing) {
    Router router = standing.active();
    RouterSoftware software = standing.software(router);
    for (Router other : standing.topology().routers()) {
      if (!other.equals(router)) {
        standing.injector().prepare(Fault.parseList("power-off").getFirst(), other).fire();
      }
    }
    software.stop(STOP_LIMIT_MILLIS);
    Origin origin = Origin.now();
    BlockingQueue<AdvertSeen> heard = new ArrayBlockingQueue<>(HEARD_MAX);
    var taps = new ArrayList<SwitchTap>();
    try {
      for (NetworkSite site : standing.topology().networks()) {
        if (!site.virtualRouters().isEmpty()) {
          var tap = new SwitchTap(site, AddressProber.ASKER, origin, heard::offer);
          taps.add(tap);
          tap.begin();
        }
      }
      long startNanos = origin.sinceNanos();
      software.restartSpeaker();
      AdvertSeen first = firstAdvert(heard);
      if (first == null) {
        return null;
      }
      var timers = new Timers(first.intervalNanos(), router.priority());
      return (first.nanos() - startNanos) / 1e6 - timers.detectionMillis();
    } finally {
      taps.forEach(SwitchTap::close);
    }
  }

  private static @Nullable AdvertSeen firstAdvert(BlockingQueue<AdvertSeen> heard) {
    try {
      long limit = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(START_LIMIT_MILLIS);
      AdvertSeen advert;
      do {
        advert = heard.poll(limit - System.nanoTime(), TimeUnit.NANOSECONDS);
      } while (advert != null && advert.priority() == 0);
      return advert;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LabException("interrupted while waiting for the first advert", e);
    }
  }

  private static void sleep(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LabException("interrupted while measuring", e);
    }
  }
}
