package dev.holdfast.agent.loop;

import static dev.holdfast.agent.loop.Clusters.MILLI;

import dev.holdfast.agent.role.core.Asked;
import dev.holdfast.agent.role.core.Link;
import dev.holdfast.agent.role.core.NextHop;
import dev.holdfast.agent.role.core.Planned;
import dev.holdfast.agent.role.core.Preempt;
import dev.holdfast.agent.role.core.Role;
import dev.holdfast.agent.role.core.RoleState;
import dev.holdfast.agent.role.core.Segment;
import dev.holdfast.agent.role.core.Speakers;
import dev.holdfast.agent.role.core.VirtualAddress;
import dev.holdfast.agent.vrrp.wire.Advert;
import dev.holdfast.agent.vrrp.wire.ChecksumForm;
import dev.holdfast.agent.vrrp.wire.Decoded;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Ipv4Address;
import dev.holdfast.api.addr.MacAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A whole cluster in virtual time: real {@link AgentCore}s, each with a loop and a kernel, on
 * networks that lose, delay, reorder, repeat and cut. A seed decides everything.
 *
 * <p>After every event the invariants that hold at any time are checked; the others are for whoever
 * drives the world.
 */
final class World {

  static final long SECOND = 1_000 * MILLI;
  private static final long MICRO = 1_000L;
  private static final long HEARTBEAT = 20 * MILLI;
  private static final long LINK_SILENT = 5 * HEARTBEAT;
  private static final long LIFETIME = 3 * SECOND;

  /** How long two may be active on a quiet network: the time until one has heard the other. */
  private static final long TWO_ACTIVE_LIMIT = 10 * MILLI;

  private record Scheduled(long atNanos, long order, Runnable what) {}

  final long seed;
  final Random random;
  final int routers;
  final int networks;
  final long interval;

  private boolean linked;

  /** Now and then flows take longer to commit than anybody waits for. */
  boolean slowCommits;

  final List<Node> nodes = new ArrayList<>();
  final List<Net> nets = new ArrayList<>();
  private final PriorityQueue<Scheduled> agenda =
      new PriorityQueue<>(
          (a, b) ->
              a.atNanos != b.atNanos
                  ? Long.compare(a.atNanos, b.atNanos)
                  : Long.compare(a.order, b.order));
  private final Deque<String> log = new ArrayDeque<>();
  private long order;
  private long now = 1_000 * SECOND;
  private long unquietAt = now;
  private long twoActiveSince = -1;

  World(long seed, int routers, int networks, Speakers speakers, Preempt preempt, long interval) {
    this(seed, routers, networks, speakers, preempt, interval, List.of(), Planned.NOTHING);
  }

  World(
      long seed,
      int routers,
      int networks,
      Speakers speakers,
      Preempt preempt,
      long interval,
      List<NextHop> nextHops,
      Planned planned) {
    this.seed = seed;
    this.random = new Random(seed);
    this.routers = routers;
    this.networks = networks;
    this.interval = interval;
    for (int network = 0; network < networks; network++) {
      nets.add(new Net(network));
    }
    for (int i = 0; i < routers; i++) {
      nodes.add(
          new Node(
              i,
              Clusters.config(
                  routers, networks, i, speakers, preempt, interval, nextHops, planned)));
    }
  }

  static World of(long seed, int routers, int networks) {
    return new World(seed, routers, networks, Speakers.LISTED, Preempt.WHEN_IN_SYNC, 100 * MILLI);
  }

  /** The routers tell each other over a link how they are. */
  static World linked(long seed, int routers, int networks, NextHop... nextHops) {
    var world =
        new World(
            seed,
            routers,
            networks,
            Speakers.LISTED,
            Preempt.WHEN_IN_SYNC,
            100 * MILLI,
            List.of(nextHops),
            new Planned(false, null, 5 * SECOND, true));
    world.linked = true;
    world.heartbeat();
    return world;
  }

  private void heartbeat() {
    nodes.forEach(Node::tellPeers);
    nodes.forEach(Node::listenToPeers);
    after(HEARTBEAT, this::heartbeat);
  }

  // Time.

  long now() {
    return now;
  }

  void after(long nanos, Runnable what) {
    agenda.add(new Scheduled(now + nanos, order++, what));
  }

  void run(long nanos) {
    long end = now + nanos;
    while (!agenda.isEmpty() && agenda.peek().atNanos <= end) {
      Scheduled next = agenda.remove();
      now = next.atNanos;
      next.what.run();
      checkAlways();
    }
    now = end;
  }

  /** Runs until something is so; how long that took. */
  long runUntil(java.util.function.BooleanSupplier so, long limitNanos) {
    long begin = now;
    while (!so.getAsBoolean()) {
      if (now - begin > limitNanos || agenda.isEmpty()) {
        throw fail("not so after " + (now - begin) / MILLI + " ms");
      }
      Scheduled next = agenda.remove();
      now = next.atNanos;
      next.what.run();
      checkAlways();
    }
    return now - begin;
  }

  void log(String line) {
    log.addLast(String.format("%12.3f ms  %s", (now - 1_000 * SECOND) / 1e6, line));
    if (log.size() > 400) {
      log.removeFirst();
    }
  }

  AssertionError fail(String what) {
    return new AssertionError(what + "\nseed " + seed + "\n" + String.join("\n", log));
  }

  // The invariants that hold at any time.

  private void checkAlways() {
    for (Node node : nodes) {
      if (node.isRunning() && !node.isPaused() && node.role() != Role.ACTIVE) {
        if (!node.held().isEmpty()) {
          throw fail(node + " is " + node.role() + " and holds " + node.held());
        }
      }
    }
    if (!isQuiet()) {
      unquietAt = now;
    }
    long active = nodes.stream().filter(node -> node.role() == Role.ACTIVE).count();
    if (active < 2 || now - unquietAt < interval + TWO_ACTIVE_LIMIT) {
      twoActiveSince = -1;
    } else if (twoActiveSince < 0) {
      twoActiveSince = now;
    } else if (now - twoActiveSince > TWO_ACTIVE_LIMIT) {
      throw fail("two active routers on quiet, connected networks");
    }
  }

  /** Every cable works, nothing is lost, nobody stands still. */
  boolean isQuiet() {
    return nets.stream().allMatch(Net::isWhole) && nodes.stream().noneMatch(Node::isPaused);
  }

  void unquiet() {
    unquietAt = now;
  }

  // What can be asked.

  List<Node> active() {
    return nodes.stream().filter(node -> node.role() == Role.ACTIVE).toList();
  }

  Node node(int i) {
    return nodes.get(i);
  }

  /** Everything is as it should be with one router: role, addresses, and what hosts believe. */
  void expectOnlyActive(int i) {
    if (!active().equals(List.of(node(i)))) {
      throw fail("active is " + active() + " and not " + node(i));
    }
    for (Net net : nets) {
      for (Node node : nodes) {
        boolean holds = node.held().contains(net.index);
        if (holds != (node == node(i))) {
          throw fail(node + (holds ? " holds " : " does not hold ") + "the address on " + net);
        }
      }
      if (!Clusters.mac(net.index, i).equals(net.hostCache)) {
        throw fail("the host on " + net + " believes in " + net.hostCache);
      }
    }
  }

  boolean hostsBelieveIn(int i) {
    return nets.stream().allMatch(net -> Clusters.mac(net.index, i).equals(net.hostCache));
  }

  // Faults.

  void heal() {
    log("healed");
    nets.forEach(Net::heal);
    nodes.forEach(Node::heal);
    unquiet();
  }

  /** One segment: a switch with a port for each router and one for a host. */
  final class Net {
    final int index;
    final Segment segment;
    double loss;
    double repeat;
    long longestDelay = MILLI / 2;

    /** Ordered pairs {@code from * 16 + to} between which nothing passes; the host is number 15. */
    final Set<Integer> cuts = new HashSet<>();

    @Nullable MacAddress hostCache;

    Net(int index) {
      this.index = index;
      this.segment = Clusters.segment(index);
    }

    void heal() {
      loss = 0;
      repeat = 0;
      longestDelay = MILLI / 2;
      cuts.clear();
      nodes.forEach(node -> node.carrier(index, true));
    }

    boolean isWhole() {
      return loss == 0
          && cuts.isEmpty()
          && longestDelay <= MILLI
          && nodes.stream().allMatch(node -> node.hasCarrier(index) || !node.isPowered());
    }

    void cut(int from, int to) {
      cuts.add(from * 16 + to);
    }

    void isolate(int router) {
      for (int other = 0; other < 16; other++) {
        cut(router, other);
        cut(other, router);
      }
    }

    private boolean passes(int from, int to) {
      return !cuts.contains(from * 16 + to)
          && (from == 15 || node(from).hasCarrier(index))
          && (to == 15 || node(to).hasCarrier(index));
    }

    private void carry(int from, int to, Runnable delivered) {
      int copies = random.nextDouble() < repeat ? 2 : 1;
      for (int i = 0; i < copies; i++) {
        if (passes(from, to) && random.nextDouble() >= loss) {
          long delay = 20 * MICRO + (long) (random.nextDouble() * longestDelay);
          after(
              delay,
              () -> {
                if (passes(from, to)) {
                  delivered.run();
                }
              });
        }
      }
    }

    void advert(int from, Advert advert, IpAddress source) {
      for (Node to : nodes) {
        if (to.index != from) {
          var event =
              new AgentEvent.AdvertReceived(
                  segment, new Decoded.Ok(advert, source, ChecksumForm.PSEUDO, true));
          carry(from, to.index, () -> to.deliver(event));
        }
      }
    }

    void announce(int from) {
      MacAddress mac = Clusters.mac(index, from);
      carry(from, 15, () -> hostCache = mac);
      for (Node to : nodes) {
        if (to.index != from) {
          var event =
              new AgentEvent.AddressClaimSeen(segment.network(), Clusters.virtual(index), mac);
          carry(from, to.index, () -> to.deliver(event));
        }
      }
    }

    /** A stranger's advert, of the highest priority. */
    void stranger() {
      var advert = new Advert(3, 10 + index, 254, 10, List.of((IpAddress) Clusters.virtual(index)));
      IpAddress source = Clusters.address(index, 77);
      nodes.forEach(
          node ->
              carry(
                  15,
                  node.index,
                  () ->
                      node.deliver(
                          new AgentEvent.AdvertReceived(
                              segment,
                              new Decoded.Ok(advert, source, ChecksumForm.PSEUDO, true)))));
    }

    @Override
    public String toString() {
      return segment.network();
    }
  }

  /** One router: its kernel, its loop, and the agent when it runs. */
  final class Node {
    final int index;
    ClusterConfig config;
    private @Nullable AgentCore core;
    private boolean powered = true;
    private boolean maintained;
    private Asked remembered = Asked.NOTHING;
    private final List<Effect.AnswerHandover> answers = new ArrayList<>();
    private long barrierNanos = 2 * MILLI;
    private long pausedAt = -1;
    private long advertsSent;
    private final List<AgentEvent> inbox = new ArrayList<>();
    private final Map<Integer, Long> peerHeardAt = new HashMap<>();
    private final Map<Integer, AgentEvent> peerTold = new HashMap<>();
    private @Nullable AgentEvent syncTold;
    private @Nullable AgentEvent peerSyncTold;
    private boolean synced = true;
    private final Set<NextHop> silentHops = new HashSet<>();
    private final Map<Integer, Boolean> carrier = new HashMap<>();
    private final Map<Integer, Long> heldUntil = new HashMap<>();
    private OptionalLong lastAdvertAt = OptionalLong.empty();
    private long life;
    private long wakeAt;
    private long committing = -1;
    private long commitBegan;
    private final Set<Long> committed = new HashSet<>();

    Node(int index, ClusterConfig config) {
      this.index = index;
      this.config = config;
    }

    // What can be asked.

    boolean isRunning() {
      return core != null;
    }

    boolean isPaused() {
      return pausedAt >= 0;
    }

    boolean isPowered() {
      return powered;
    }

    boolean hasCarrier(int network) {
      return powered && carrier.getOrDefault(network, true);
    }

    Role role() {
      return core == null ? Role.INITIALIZE : core.role();
    }

    AgentSnapshot snapshot() {
      if (core == null) {
        throw fail(this + " does not run");
      }
      return core.snapshot(now);
    }

    /** The networks whose virtual address the kernel has. */
    Set<Integer> held() {
      var held = new HashSet<Integer>();
      heldUntil.forEach(
          (network, until) -> {
            if (until > now) {
              held.add(network);
            }
          });
      return held;
    }

    // What can be done to it.

    void start() {
      if (core != null || !powered) {
        return;
      }
      log(this + " starts");
      life++;
      committed.clear();
      var started = new AgentCore(config, now);
      core = started;
      var links = new HashMap<String, Link>();
      for (Net net : nets) {
        links.put(net.segment.network(), link(net.index));
      }
      OptionalLong age =
          lastAdvertAt.isPresent()
              ? OptionalLong.of(now - lastAdvertAt.getAsLong())
              : OptionalLong.empty();
      perform(started.start(new Found(links, !held().isEmpty(), age, remembered), now));
      turned();
    }

    /** The agent dies; the kernel goes on. */
    void kill() {
      if (core != null) {
        log(this + " killed");
        core = null;
        pausedAt = -1;
        inbox.clear();
        forgetPeers();
        life++;
      }
    }

    void powerOff() {
      kill();
      log(this + " without power");
      powered = false;
      heldUntil.clear();
      lastAdvertAt = OptionalLong.empty();
      unquiet();
    }

    void powerOn() {
      if (!powered) {
        powered = true;
        unquiet();
      }
    }

    void stop() {
      deliver(new AgentEvent.StopRequested());
    }

    /** Somebody asks this router to hand over. */
    void handOver(String to) {
      log(this + " is asked to hand over to " + to);
      deliver(new AgentEvent.HandoverAsked(answers.size() + 1, to));
    }

    Effect.AnswerHandover lastAnswer() {
      if (answers.isEmpty()) {
        throw fail(this + " has answered nothing");
      }
      return answers.getLast();
    }

    /** The resource has changed. */
    void reconfigure(ClusterConfig changed) {
      config = changed;
      deliver(new AgentEvent.ConfigChanged(changed));
    }

    void maintenance(boolean on) {
      maintained = on;
      remembered = new Asked(on, remembered.handoverDone(), remembered.stays());
      log(this + " maintenance " + on);
      deliver(new AgentEvent.MaintenanceChanged(on));
    }

    void carrier(int network, boolean up) {
      if (carrier.getOrDefault(network, true) != up) {
        carrier.put(network, up);
        log(this + " carrier " + network + " " + up);
        deliver(new AgentEvent.LinkChanged(Clusters.NETWORKS.get(network), link(network)));
      }
    }

    /** Whether its table holds all that the active router's does. */
    void synced(boolean now) {
      log(this + " in sync " + now);
      synced = now;
    }

    /** Frames to a next hop vanish, or pass again. */
    void nextHopSilent(NextHop hop, boolean silent) {
      log(this + " next hop " + hop + " silent " + silent);
      if (silent) {
        silentHops.add(hop);
      } else {
        silentHops.remove(hop);
      }
    }

    long advertsSent() {
      return advertsSent;
    }

    void pause() {
      if (core != null && pausedAt < 0) {
        log(this + " paused");
        pausedAt = now;
      }
    }

    void resume() {
      if (pausedAt >= 0) {
        long stall = now - pausedAt;
        log(this + " resumes after " + stall / MILLI + " ms");
        pausedAt = -1;
        unquiet();
        if (core != null) {
          perform(core.apply(new AgentEvent.Stalled(stall), now));
          drain();
        }
      }
    }

    /** Somebody takes the addresses away with a tool. */
    void stealAddress(int network) {
      if (heldUntil.remove(network) != null && core != null) {
        log(this + " robbed of the address on " + network);
        deliver(
            new AgentEvent.AddressLost(Clusters.NETWORKS.get(network), Clusters.virtual(network)));
      }
    }

    void heal() {
      resume();
      powerOn();
      if (maintained) {
        maintenance(false);
      }
      start();
    }

    // Its link.

    /** What it says of itself reaches every other router that runs. */
    private void tellPeers() {
      if (!linked || core == null || pausedAt >= 0) {
        return;
      }
      AgentEvent report = report(core.standing());
      for (Node peer : nodes) {
        if (peer != this) {
          after(MILLI / 5, () -> peer.hearPeer(index, report));
        }
      }
    }

    private AgentEvent report(RoleState standing) {
      return new AgentEvent.PeerReported(
          Clusters.node(index),
          standing.role(),
          standing.faults().size(),
          synced,
          standing.successor(),
          standing.stays());
    }

    private void hearPeer(int from, AgentEvent report) {
      if (core == null || pausedAt >= 0) {
        return;
      }
      if (peerHeardAt.put(from, now) == null) {
        deliver(new AgentEvent.PeerHeard(Clusters.node(from)));
      }
      if (!report.equals(peerTold.put(from, report))) {
        deliver(report);
      }
      tellSync();
    }

    private void listenToPeers() {
      if (core == null || pausedAt >= 0) {
        return;
      }
      for (int from : Set.copyOf(peerHeardAt.keySet())) {
        if (now - peerHeardAt.getOrDefault(from, now) > LINK_SILENT) {
          peerHeardAt.remove(from);
          peerTold.remove(from);
          deliver(new AgentEvent.PeerSilent(Clusters.node(from)));
        }
      }
      tellSync();
    }

    private void tellSync() {
      var inSync = new AgentEvent.SyncChanged(synced && !peerHeardAt.isEmpty());
      if (!inSync.equals(syncTold)) {
        syncTold = inSync;
        deliver(inSync);
      }
      var peerInSync =
          new AgentEvent.PeerSyncChanged(
              peerTold.values().stream()
                  .anyMatch(
                      told ->
                          told instanceof AgentEvent.PeerReported peer
                              && peer.inSync()
                              && peer.role() != Role.MAINTENANCE));
      if (!peerInSync.equals(peerSyncTold)) {
        peerSyncTold = peerInSync;
        deliver(peerInSync);
      }
    }

    private void forgetPeers() {
      peerHeardAt.clear();
      peerTold.clear();
      syncTold = null;
      peerSyncTold = null;
    }

    // Its loop.

    private Link link(int network) {
      return hasCarrier(network)
          ? Clusters.link(network, index)
          : Clusters.noCarrier(network, index);
    }

    void deliver(AgentEvent event) {
      if (core == null) {
        return;
      }
      inbox.add(event);
      if (inbox.size() == 1 && pausedAt < 0) {
        long born = life;
        after(
            (long) (random.nextDouble() * 100 * MICRO),
            () -> {
              if (life == born && pausedAt < 0) {
                drain();
              }
            });
      }
    }

    private void drain() {
      List<AgentEvent> batch = List.copyOf(inbox);
      inbox.clear();
      for (AgentEvent event : batch) {
        if (core != null) {
          perform(core.apply(event, now));
        }
      }
      if (core != null && core.deadlineNanos() - now <= 0) {
        perform(core.apply(new AgentEvent.DeadlineReached(), now));
      }
      turned();
    }

    private void turned() {
      if (core == null) {
        return;
      }
      tellPeers();
      long deadline = core.deadlineNanos();
      if (deadline - now <= 0) {
        throw fail(this + " is due again at once");
      }
      long born = life;
      wakeAt = deadline;
      after(
          deadline - now + (long) (random.nextDouble() * 200 * MICRO),
          () -> {
            if (life == born && wakeAt == deadline && pausedAt < 0 && core != null) {
              drain();
            }
          });
    }

    // Its shell and kernel.

    private void perform(List<Effect> effects) {
      effects.forEach(this::perform);
    }

    private void perform(Effect effect) {
      switch (effect) {
        case Effect.SendAdvert(Segment segment, Advert advert, IpAddress source) -> {
          if (advert.priority() == 0) {
            log(this + " resigns on " + segment);
            lastAdvertAt = OptionalLong.empty();
          } else {
            lastAdvertAt = OptionalLong.of(now);
          }
          advertsSent++;
          net(segment).advert(index, advert, source);
        }
        case Effect.CommitFlows(long takeover, long withinNanos) -> {
          committing = takeover;
          commitBegan = now;
          boolean slow = slowCommits && random.nextInt(20) == 0;
          long took = slow ? 2 * withinNanos : random.nextInt(3) * MILLI;
          answer(
              took,
              () -> {
                committed.add(takeover);
                deliver(new AgentEvent.FlowsCommitted(takeover));
              });
        }
        case Effect.AskBarrier(String peer) -> barrier(node(peer.charAt(0) - 'a'));
        case Effect.ClaimAddresses(long takeover, List<VirtualAddress> addresses) -> {
          boolean late = now - commitBegan >= config.commitNanos();
          if (takeover != committing || (!committed.contains(takeover) && !late)) {
            throw fail(this + " claims addresses before its flows");
          }
          hold(addresses);
          answer(
              random.nextInt(500) * MICRO,
              () -> deliver(new AgentEvent.AddressesClaimed(takeover)));
        }
        case Effect.RenewAddresses(List<VirtualAddress> addresses) -> hold(addresses);
        case Effect.WithdrawAddresses(List<VirtualAddress> addresses) ->
            addresses.forEach(address -> heldUntil.remove(network(address)));
        case Effect.Announce(List<VirtualAddress> addresses) ->
            addresses.forEach(
                address -> {
                  if (!held().contains(network(address))) {
                    throw fail(this + " announces what it does not hold");
                  }
                  nets.get(network(address)).announce(index);
                });
        case Effect.AskNextHop(NextHop hop) -> {
          if (!silentHops.contains(hop)) {
            answer(300 * MICRO, () -> deliver(new AgentEvent.NextHopAnswered(hop)));
          }
        }
        case Effect.AnswerHandover answer -> {
          log(this + " " + answer);
          answers.add(answer);
        }
        case Effect.Remember(Asked asked) -> remembered = asked;
        case Effect.Report(var transition) -> log(this + " " + transition);
        case Effect.Warn(var sighting, var subject, var detail) ->
            log(this + " " + sighting + " " + subject + " " + detail);
        case Effect.Finish _ -> kill();
      }
    }

    /** How long its kernel takes to hold all that it was told. */
    void answersBarriersAfter(long nanos) {
      barrierNanos = nanos;
    }

    private void barrier(Node peer) {
      answer(
          peer.barrierNanos,
          () -> {
            if (peer.core != null && peer.pausedAt < 0) {
              deliver(new AgentEvent.BarrierAnswered(Clusters.node(peer.index)));
            }
          });
    }

    private void answer(long nanos, Runnable what) {
      long born = life;
      after(
          nanos,
          () -> {
            if (life == born) {
              what.run();
            }
          });
    }

    private void hold(List<VirtualAddress> addresses) {
      addresses.forEach(address -> heldUntil.put(network(address), now + LIFETIME));
    }

    private int network(VirtualAddress address) {
      return ((Ipv4Address) address.prefix().address()).bits() >> 16 & 0xff;
    }

    private Net net(Segment segment) {
      return nets.get(Clusters.NETWORKS.indexOf(segment.network()));
    }

    @Override
    public String toString() {
      return Clusters.node(index);
    }
  }
}
