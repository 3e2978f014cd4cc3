package dev.holdfast.agent.sync.core;

import dev.holdfast.agent.flow.FlowEntry;
import dev.holdfast.agent.flow.FlowMemory;
import dev.holdfast.agent.flow.FlowTable;
import dev.holdfast.agent.flow.Flows;
import dev.holdfast.agent.flow.Telling;
import dev.holdfast.agent.sync.wire.ConntrackdCodec;
import dev.holdfast.agent.sync.wire.Dialect;
import dev.holdfast.agent.sync.wire.Hello;
import dev.holdfast.agent.sync.wire.LinkKey;
import dev.holdfast.agent.sync.wire.LinkKeys;
import dev.holdfast.agent.sync.wire.LinkRole;
import dev.holdfast.agent.sync.wire.RouterState;
import dev.holdfast.api.addr.IpAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Routers with real links and real tables over a network that loses, repeats and reorders, in
 * virtual time. A seed decides everything.
 */
final class SyncWorld {
  static final long MILLI = 1_000_000L;
  static final long SECOND = 1_000 * MILLI;
  static final long TICK = MILLI / 4;
  static final List<String> NETWORKS = List.of("sync", "lan");

  final Random random;
  final List<Router> routers = new ArrayList<>();
  final PriorityQueue<Flight> flights = new PriorityQueue<>();
  final CRC32C bytes = new CRC32C();
  long now = 77 * SECOND;
  long flightNumber;
  int lossPercent;
  int duplicatePercent;

  /** Of the datagrams; they take up to three milliseconds longer than the others. */
  int reorderPercent;

  /** Everything that was ever sent, when wanted: a stranger who listens. */
  @Nullable List<Flight> recorded;

  final long advertIntervalNanos;
  boolean hellosReach = true;

  /** True for flights that the network swallows. */
  Predicate<Flight> cut = _ -> false;

  record Flight(long at, long number, int path, int from, int to, ByteBuffer datagram)
      implements Comparable<Flight> {
    @Override
    public int compareTo(Flight other) {
      return at != other.at ? Long.compare(at, other.at) : Long.compare(number, other.number);
    }
  }

  record Told(long at, String peer, LinkEvent event) {}

  SyncWorld(long seed, int count) {
    this(seed, count, 100 * MILLI);
  }

  SyncWorld(long seed, int count, long advertIntervalNanos) {
    random = new Random(seed);
    this.advertIntervalNanos = advertIntervalNanos;
    for (int i = 0; i < count; i++) {
      routers.add(new Router(i, count));
    }
  }

  static IpAddress address(int path, int router) {
    return IpAddress.parse("10.9." + path + "." + (router + 1));
  }

  static LinkKey key(int fill) {
    byte[] secret = new byte[LinkKey.BYTES];
    Arrays.fill(secret, (byte) fill);
    return LinkKey.of(secret);
  }

  static String name(int router) {
    return "router-" + (char) ('a' + router);
  }

  /** One router: its kernel's own flows, what was committed to it, its table, its links. */
  final class Router implements LinkSink {
    final int number;
    final int count;

    /** Our kernel's flows: number of the flow to its mark, which stands for all that can change. */
    final TreeMap<Integer, Integer> kernel = new TreeMap<>();

    /** What was committed here for peers: flow text to mark. */
    final Map<String, Integer> committed = new HashMap<>();

    final List<Told> told = new ArrayList<>();
    FlowTable table;
    TableFlows flows;
    SyncLinks links;
    long incarnation;
    int commitCursor;
    long committedPosition;
    long commitEveryNanos = 2 * MILLI;
    long commitAt;
    boolean blind;
    boolean dead;
    boolean dirty;
    long pausedUntil;
    int tombstonesMax = 1_000;
    LinkKeys keys = LinkKeys.of(key(7));
    Map<String, Hello> remembered = Map.of();
    long sentDatagrams;
    RouterState state = exact(true);

    Router(int number, int count) {
      this.number = number;
      this.count = count;
      start();
    }

    /** A new process: empty memory, the kernel's own flows read anew. */
    void start() {
      table = new FlowTable(FlowMemory.onHeap(), random.nextLong(), 20_000, tombstonesMax);
      flows = new TableFlows(table, new ConntrackdCodec(Dialect.HOLDFAST));
      kernel.forEach((flow, mark) -> store(flow, mark, Telling.SEEN));
      state = exact(true);
      committed.clear();
      commitCursor = table.theirs().openCursor();
      committedPosition = 0;
      incarnation = Math.max(1, random.nextLong() >>> 1);
      links =
          new SyncLinks(
              settings(Map.of()),
              keys,
              incarnation,
              new SeededBytes(random.nextLong()),
              flows,
              flows,
              identity(),
              state,
              remembered,
              (peer, event) -> told.add(new Told(now, peer, event)),
              now);
      blind = false;
      dead = false;
      dirty = true;
    }

    LinkSettings settings(Map<String, List<IpAddress>> addresses) {
      List<LinkSettings.Peer> peers = new ArrayList<>();
      for (int peer = 0; peer < count; peer++) {
        if (peer != number) {
          peers.add(new LinkSettings.Peer(name(peer), addresses));
        }
      }
      return new LinkSettings(
          "home",
          name(number),
          NETWORKS.stream().map(n -> new LinkSettings.Path(n, 1472)).toList(),
          peers,
          advertIntervalNanos);
    }

    Hello identity() {
      List<Hello.Attachment> attachments = new ArrayList<>();
      for (int path = 0; path < NETWORKS.size(); path++) {
        List<IpAddress> here = List.of(address(path, number));
        attachments.add(new Hello.Attachment(NETWORKS.get(path), here, here));
      }
      return new Hello(name(number), "test", 3781, attachments);
    }

    SyncLink link(int peer) {
      SyncLink link = links.link(name(peer));
      if (link == null) {
        throw new AssertionError("no link to " + peer);
      }
      return link;
    }

    /** The number that the table knows a peer's flows by. */
    int owner(int peer) {
      return TableFlows.owner(peer > number ? peer - 1 : peer);
    }

    FlowEntry flow(int flow, int mark) {
      FlowEntry entry =
          Flows.tcp("10.1." + number + "." + (1 + flow % 200), 1024 + flow, "192.0.2.1", 443);
      entry.mark = mark;
      entry.has |= FlowEntry.HAS_MARK;
      return entry;
    }

    private void store(int flow, int mark, Telling telling) {
      table.store(FlowTable.OURS, telling, flow(flow, mark), false, 0);
      dirty = true;
    }

    void change(int flow) {
      boolean born = !kernel.containsKey(flow);
      int mark = 1 + random.nextInt(1_000_000);
      kernel.put(flow, mark);
      if (!blind) {
        store(flow, mark, born ? Telling.BORN : Telling.UPDATED);
      }
    }

    void end(int flow) {
      if (kernel.remove(flow) != null && !blind) {
        FlowEntry entry = flow(flow, 0);
        table.end(table.find(entry.original, 0));
        dirty = true;
      }
    }

    /** The kernel's events no longer arrive. */
    void loseEvents() {
      blind = true;
      tell(exact(false));
    }

    /** The kernel's table is read: exactly the difference changes. */
    void readKernel() {
      blind = false;
      FlowTable.Sweep sweep = table.beginSweep(FlowTable.OURS);
      kernel.forEach((flow, mark) -> store(flow, mark, Telling.SEEN));
      while (!sweep.step(100)) {
        // In one go: nothing else happens meanwhile.
      }
      tell(exact(true));
    }

    private static RouterState exact(boolean exact) {
      return new RouterState(
          LinkRole.BACKUP, 100, false, exact, 1, 1, "test", "", false, 0, List.of());
    }

    void tell(RouterState state) {
      this.state = state;
      links.tell(state, now);
      dirty = true;
    }

    void receive(int path, IpAddress source, ByteBuffer datagram) {
      if (!dead) {
        links.received(path, source, datagram, now);
        dirty = true;
      }
    }

    void turn() {
      if (dead || pausedUntil - now > 0) {
        return;
      }
      if (commitAt - now <= 0) {
        commitAt = now + commitEveryNanos;
        commit(200);
      }
      if (flows.sweepSome(500)) {
        dirty = true;
      }
      if (dirty || links.deadlineNanos(now) - now <= 0) {
        dirty = false;
        links.fill(this, now);
      }
    }

    void commit(int most) {
      int now = most;
      if (table.theirs().forgottenPosition() > committedPosition) {
        // Something ended and was forgotten before it was read here: compare everything.
        committed.clear();
        table.theirs().rewind(commitCursor);
        now = Integer.MAX_VALUE;
      }
      for (int i = 0; i < now; i++) {
        int handle = table.theirs().next(commitCursor);
        if (handle == FlowTable.NONE) {
          committedPosition = table.theirs().newestPosition();
          break;
        }
        committedPosition = table.position(handle);
        FlowEntry entry = new FlowEntry();
        table.read(handle, entry);
        if (table.isLive(handle)) {
          committed.put(entry.original.toString(), entry.mark);
        } else {
          committed.remove(entry.original.toString());
        }
      }
      table.theirs().forgetEnded(committedPosition);
      links.committed(committedPosition);
      dirty = true;
    }

    /** What the table holds of an owner: text to mark. */
    Map<String, Integer> held(int owner) {
      Map<String, Integer> held = new TreeMap<>();
      for (int h = table.nextLive(FlowTable.NONE); h != FlowTable.NONE; h = table.nextLive(h)) {
        if (table.ownerOf(h) == owner) {
          FlowEntry entry = new FlowEntry();
          table.read(h, entry);
          held.put(entry.original.toString(), entry.mark);
        }
      }
      return held;
    }

    /** What the peers should hold of us. */
    Map<String, Integer> kernelFlows() {
      Map<String, Integer> flows = new TreeMap<>();
      kernel.forEach((flow, mark) -> flows.put(flow(flow, mark).original.toString(), mark));
      return flows;
    }

    boolean heard(Predicate<LinkEvent> wanted) {
      return told.stream().anyMatch(t -> wanted.test(t.event()));
    }

    @Override
    public void send(int path, IpAddress target, ByteBuffer datagram) {
      for (int to = 0; to < count; to++) {
        if (address(path, to).equals(target)) {
          launch(path, number, to, datagram);
        }
      }
    }

    @Override
    public void sendHello(int path, ByteBuffer datagram) {
      if (!hellosReach) {
        return;
      }
      for (int to = 0; to < count; to++) {
        if (to != number) {
          launch(path, number, to, datagram);
        }
      }
    }
  }

  private void launch(int path, int from, int to, ByteBuffer datagram) {
    byte[] copy = new byte[datagram.remaining()];
    datagram.get(datagram.position(), copy);
    bytes.update(copy);
    routers.get(from).sentDatagrams++;
    int times = random.nextInt(100) < duplicatePercent ? 2 : 1;
    for (int i = 0; i < times; i++) {
      long at = now + MILLI / 5;
      if (random.nextInt(100) < reorderPercent) {
        at += random.nextLong(3 * MILLI);
      }
      Flight flight = new Flight(at, flightNumber++, path, from, to, ByteBuffer.wrap(copy));
      if (recorded != null) {
        recorded.add(flight);
      }
      if (random.nextInt(100) >= lossPercent && !cut.test(flight)) {
        flights.add(flight);
      }
    }
  }

  void run(long nanos) {
    run(nanos, () -> {});
  }

  void run(long nanos, Runnable eachTick) {
    long until = now + nanos;
    while (until - now > 0) {
      now += TICK;
      for (Flight f = flights.peek(); f != null && f.at() - now <= 0; f = flights.peek()) {
        flights.remove();
        // Whoever is paused reads it when it goes on.
        Router to = routers.get(f.to());
        if (to.pausedUntil - now > 0) {
          flights.add(
              new Flight(to.pausedUntil, flightNumber++, f.path(), f.from(), f.to(), f.datagram()));
        } else {
          to.receive(f.path(), address(f.path(), f.from()), f.datagram().duplicate());
        }
      }
      routers.forEach(Router::turn);
      eachTick.run();
    }
  }

  /** Empty when both are the same; else how many and a few of what differs. */
  static String difference(Map<String, Integer> expected, Map<String, Integer> actual) {
    List<String> differs = new ArrayList<>();
    expected.forEach(
        (flow, mark) -> {
          Integer there = actual.get(flow);
          if (!mark.equals(there)) {
            differs.add(flow + " " + mark + " is " + there);
          }
        });
    actual.forEach(
        (flow, mark) -> {
          if (!expected.containsKey(flow)) {
            differs.add(flow + " " + mark + " is too many");
          }
        });
    return differs.isEmpty()
        ? ""
        : differs.size() + " differ: " + differs.subList(0, Math.min(4, differs.size()));
  }

  @Nullable LinkEvent lastEvent(int router, Predicate<LinkEvent> wanted) {
    LinkEvent last = null;
    for (Told told : routers.get(router).told) {
      last = wanted.test(told.event()) ? told.event() : last;
    }
    return last;
  }
}
