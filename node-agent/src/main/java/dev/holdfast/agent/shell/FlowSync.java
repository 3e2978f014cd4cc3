package dev.holdfast.agent.shell;

import dev.holdfast.agent.flow.FlowMemory;
import dev.holdfast.agent.flow.FlowTable;
import dev.holdfast.agent.flow.ReplicationRules;
import dev.holdfast.agent.loop.AgentEvent;
import dev.holdfast.agent.loop.AgentLoop;
import dev.holdfast.agent.role.core.Role;
import dev.holdfast.agent.role.core.RoleState;
import dev.holdfast.agent.role.core.Speakers;
import dev.holdfast.agent.sync.core.KeptFlows;
import dev.holdfast.agent.sync.core.RandomBytes;
import dev.holdfast.agent.sync.core.TableFlows;
import dev.holdfast.agent.sync.wire.ConntrackdCodec;
import dev.holdfast.agent.sync.wire.Dialect;
import dev.holdfast.agent.sync.wire.HandoverMessage;
import dev.holdfast.agent.sync.wire.LinkKeys;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Prefix;
import dev.holdfast.api.v1alpha1.CommitMode;
import dev.holdfast.api.v1alpha1.FlowStatus;
import dev.holdfast.api.v1alpha1.FlowSyncProtocol;
import dev.holdfast.api.v1alpha1.FlowSyncStatus;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import dev.holdfast.api.v1alpha1.NetworkRole;
import dev.holdfast.api.v1alpha1.NodeConntrackd;
import dev.holdfast.api.v1alpha1.NodeFlowSync;
import dev.holdfast.api.v1alpha1.NodeNetwork;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Flow sync, wired: {@link KernelFlows} keeps this kernel and the table alike, a {@link FlowWire}
 * the table and the other routers', and here both follow the role.
 *
 * <p>All of it lives on the loop's thread, in turns of some two milliseconds, so that adverts leave
 * in time; threads around it only move buffers. Their number is fixed, hence so is the queue.
 */
final class FlowSync implements AgentLoop.Companion, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(FlowSync.class);

  private static final String OTHER_WIRE =
      "another flowSync.protocol, port, transport or mode counts from the next start of the agent on";

  private static final long TURN_NANOS = 2_000_000L;
  private static final int ENTRIES_MAX = 2_000_000;
  private static final int TOMBSTONES_MAX = 200_000;

  private final Queue<Runnable> work = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean woken = new AtomicBoolean();
  private final Runnable wake;
  private final Supplier<RoleState> standing;
  private final HandoverDesk handovers;
  private final NetworkView networks;
  private final FlowTable table;
  private final TableFlows flows;
  private final KernelFlows kernel;
  private final FlowKeeper keeper;
  private final FlowWire wire;
  private final NodeFlowSync begunWith;

  private GatewayNodeSpec spec;
  private boolean placesChanged;
  private long takeoverAsked = -1;

  /**
   * @param keys of the sealed link; null with a protocol that has none
   * @param stateDir for what must be known after a restart
   * @param wake makes the loop turn soon; any thread
   * @param standing where this router stands; on the loop's thread
   * @param handovers takes what peers say of handovers
   * @param atStart runs first on each thread that signs of life pass through
   */
  FlowSync(
      GatewayNodeSpec spec,
      Speakers speakers,
      @Nullable LinkKeys keys,
      NetworkView networks,
      Supplier<RoleState> standing,
      HandoverDesk handovers,
      Path stateDir,
      Runnable wake,
      SealedWire.Signs signs,
      Runnable atStart) {
    this.spec = spec;
    this.begunWith = spec.flowSync();
    this.networks = networks;
    this.standing = standing;
    this.handovers = handovers;
    this.wake = wake;
    RandomBytes random = new SecureRandom()::nextBytes;
    table = new FlowTable(FlowMemory.offHeap(), random.number(), ENTRIES_MAX, TOMBSTONES_MAX);
    flows = new TableFlows(table, new ConntrackdCodec(dialect(spec.flowSync().protocol())));
    kernel = new KernelFlows(table, flows, rules(), continuous(spec), this::post);
    NodeConntrackd conntrackd = spec.flowSync().conntrackd();
    if (keys != null) {
      wire =
          new SealedWire(
              spec,
              speakers,
              keys,
              networks,
              standing,
              handovers,
              kernel,
              flows,
              new PeerStore(new DiskStore(stateDir)),
              random,
              InstantSource.system(),
              signs,
              atStart,
              this::wakeUp);
    } else if (conntrackd != null) {
      wire =
          new ConntrackdWire(
              spec, conntrackd, speakers, networks, standing, kernel, flows, this::wakeUp);
    } else {
      throw new IllegalArgumentException("the sealed link needs its key");
    }
    keeper =
        new FlowKeeper(
            table,
            stateDir,
            FlowKeeper.lifeOfThisKernel(),
            InstantSource.system(),
            FlowKeeper.Pace.DEFAULT,
            new AroundKeeper());
  }

  private static Dialect dialect(FlowSyncProtocol protocol) {
    return switch (protocol) {
      case HOLDFAST -> Dialect.HOLDFAST;
      case CONNTRACKD -> Dialect.CONNTRACKD;
    };
  }

  private static boolean continuous(GatewayNodeSpec spec) {
    return spec.flowSync().commit() == CommitMode.CONTINUOUS;
  }

  /** Whether the resource gives the flows a network to go over. */
  static boolean hasPath(GatewayNodeSpec spec) {
    return !SealedWire.paths(spec).isEmpty();
  }

  // -------------------------------------------------------------------------- from other threads

  private void post(Runnable task) {
    work.add(task);
    wakeUp();
  }

  private void wakeUp() {
    if (woken.compareAndSet(false, true)) {
      wake.run();
    }
  }

  /** Interfaces or addresses have changed; any thread. */
  void refresh() {
    post(() -> placesChanged = true);
  }

  // -------------------------------------------------------------------------- on the loop's thread

  /**
   * Another resource of the same router and protocol.
   *
   * @param keys of the sealed link; null with a protocol that has none
   */
  void reconfigure(GatewayNodeSpec changed, Speakers speakers, @Nullable LinkKeys keys) {
    if (!hasPath(changed)) {
      return; // The old paths go on: a router without a link would lose flows.
    }
    if (!sameWire(changed.flowSync(), begunWith)) {
      LOG.warn(OTHER_WIRE);
    }
    spec = changed;
    placesChanged = true;
    kernel.continuous(continuous(changed));
    wire.reconfigure(changed, speakers, keys);
  }

  /** Whether the sockets and the machine that run speak as this resource wants it. */
  private static boolean sameWire(NodeFlowSync a, NodeFlowSync b) {
    return a.protocol() == b.protocol()
        && a.port() == b.port()
        && Objects.equals(ConntrackdWire.transport(a), ConntrackdWire.transport(b));
  }

  /** Says a step of a handover to a peer; on the loop's thread. */
  void say(String peer, HandoverMessage message) {
    wire.say(peer, message);
  }

  /** Everything of the peers goes into the kernel; then {@link AgentEvent.FlowsCommitted}. */
  void commit(long takeover) {
    takeoverAsked = takeover;
    becomeActive(System.nanoTime());
    kernel.commitNow();
  }

  private void becomeActive(long nowNanos) {
    keeper.roleTaken(nowNanos);
    kernel.moreToCome(keeper.loading());
    kernel.becomeActive();
  }

  /**
   * A peer shall have in its kernel all that happened until now; then {@link
   * AgentEvent.BarrierAnswered}.
   */
  void askBarrier(String peer) {
    wire.askBarrier(peer);
  }

  @Override
  public void stalled(long nanos) {
    wire.stalled(nanos);
  }

  @Override
  public long deadlineNanos(long nowNanos) {
    return work.isEmpty()
        ? Math.min(wire.deadlineNanos(nowNanos), kernel.deadlineNanos(nowNanos))
        : nowNanos;
  }

  @Override
  public void turn(long nowNanos, Consumer<AgentEvent> tell) {
    woken.set(false);
    followPlaces(nowNanos);
    followRole(nowNanos);
    wire.receive(nowNanos, nowNanos + TURN_NANOS);
    takeWork(nowNanos + 2 * TURN_NANOS);
    keeper.turn(nowNanos, kernel.active(), kernel.tableExact(), wire::activePeer);
    kernel.moreToCome(keeper.loading());
    kernel.turn(nowNanos, wire::activePeer);
    handovers.turn(nowNanos);
    wire.turn(nowNanos, tell);
    if (takeoverAsked >= 0 && kernel.committedAll()) {
      long takeover = takeoverAsked;
      takeoverAsked = -1;
      tell.accept(new AgentEvent.FlowsCommitted(takeover));
    }
  }

  private void takeWork(long untilNanos) {
    while (System.nanoTime() - untilNanos < 0) {
      Runnable next = work.poll();
      if (next == null) {
        return;
      }
      next.run();
    }
  }

  private void followRole(long nowNanos) {
    boolean isActive = standing.get().role() == Role.ACTIVE;
    if (isActive) {
      becomeActive(nowNanos);
    } else if (kernel.active()) {
      takeoverAsked = -1;
      kernel.giveUp(nowNanos);
      wire.roleGiven(nowNanos);
    }
  }

  private void followPlaces(long nowNanos) {
    if (placesChanged) {
      placesChanged = false;
      kernel.rules(rules());
      wire.refresh(nowNanos);
    }
  }

  /** What a flow may be translated with here: the virtual addresses and this router's own. */
  private Set<IpAddress> ownAddresses() {
    Set<IpAddress> own = new HashSet<>(networks.allAddresses());
    for (NodeNetwork network : spec.networks()) {
      network.virtualPrefixes().forEach(prefix -> own.add(prefix.address()));
    }
    return own;
  }

  private final class AroundKeeper implements FlowKeeper.Around {
    @Override
    public void post(Runnable task) {
      FlowSync.this.post(task);
    }

    @Override
    public KeptFlows.Judge judge(long ageSeconds) {
      return new KeptFlows.Judge(rules(), ownAddresses(), ageSeconds);
    }

    @Override
    public int seconds() {
      return kernel.seconds();
    }
  }

  private ReplicationRules rules() {
    List<Prefix> ignored = new ArrayList<>(spec.flowSync().ignoredPrefixes());
    networks.allAddresses().forEach(address -> ignored.add(Prefix.host(address)));
    for (NodeNetwork network : spec.networks()) {
      network.virtualPrefixes().forEach(prefix -> ignored.add(Prefix.host(prefix.address())));
      if (network.role() == NetworkRole.SYNC) {
        networks
            .ownAddresses(network.interfaceName())
            .forEach(prefix -> ignored.add(prefix.network()));
      }
    }
    NodeConntrackd conntrackd = spec.flowSync().conntrackd();
    return new ReplicationRules(
        ignored, conntrackd == null ? List.of() : ConntrackdWire.protocols(conntrackd));
  }

  // -------------------------------------------------------------------------------------- status

  /** Each link, in the words of the resource; on the loop's thread. */
  FlowSyncStatus linkStatus(long nowNanos) {
    FlowSyncStatus links = wire.status(nowNanos);
    return new FlowSyncStatus(
        links.peers(),
        links.keys(),
        kernel.commitStatus(),
        kernel.tableStatus(),
        links.dropped(),
        keeper.restored());
  }

  /** Looks at the next piece of the table; on the loop's thread. */
  void list(FlowLister lister) {
    lister.look(table, new FlowLister.Now(wire.protection(), kernel.seconds()));
  }

  /** How many flows of ours there are and how many a peer holds; on the loop's thread. */
  FlowStatus flowStatus() {
    long tracked = flows.count();
    Map<String, Long> unprotected = new TreeMap<>();
    long held = wire.protection().count(tracked, flows::countAfter, unprotected);
    kernel.countLeftOut(unprotected);
    return new FlowStatus(tracked, held, unprotected);
  }

  /** What a person should look at, a sentence each; on the loop's thread. */
  List<String> problems(long nowNanos) {
    List<String> problems = new ArrayList<>(kernel.problems());
    problems.addAll(wire.problems(nowNanos));
    if (!sameWire(spec.flowSync(), begunWith)) {
      problems.add(OTHER_WIRE);
    }
    return problems;
  }

  /** Nothing is written to the disk any more, at the end neither. Any thread. */
  void keepNothingMore() {
    keeper.mute();
  }

  /** What the disk has of flows is removed, and none is written any more. Any thread. */
  void forgetKept() {
    keeper.forget();
  }

  /** Deletes from the kernel what was written for peers. After {@link #close}. */
  void deleteWritten() {
    kernel.deleteWritten();
  }

  /** After the loop has ended. */
  @Override
  public void close() {
    keeper.close();
    wire.close();
    kernel.close();
  }
}
