package dev.holdfast.agent.shell;

import dev.holdfast.agent.flow.FlowTable;
import dev.holdfast.agent.loop.AgentEvent;
import dev.holdfast.agent.ops.UnprotectedReason;
import dev.holdfast.agent.role.core.Link;
import dev.holdfast.agent.role.core.Role;
import dev.holdfast.agent.role.core.RoleState;
import dev.holdfast.agent.role.core.Speakers;
import dev.holdfast.agent.sync.core.ConntrackdCounters;
import dev.holdfast.agent.sync.core.ConntrackdJudge;
import dev.holdfast.agent.sync.core.ConntrackdMachine;
import dev.holdfast.agent.sync.core.FtfwMachine;
import dev.holdfast.agent.sync.core.NotrackMachine;
import dev.holdfast.agent.sync.core.TableFlows;
import dev.holdfast.agent.sync.wire.ConntrackdCodec;
import dev.holdfast.agent.sync.wire.Dialect;
import dev.holdfast.agent.sync.wire.HandoverMessage;
import dev.holdfast.agent.sync.wire.LinkKeys;
import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Ipv4Address;
import dev.holdfast.api.v1alpha1.ConntrackdMode;
import dev.holdfast.api.v1alpha1.ConntrackdTransport;
import dev.holdfast.api.v1alpha1.FlowSyncStatus;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import dev.holdfast.api.v1alpha1.NetworkRole;
import dev.holdfast.api.v1alpha1.NodeConntrackd;
import dev.holdfast.api.v1alpha1.NodeFlowSync;
import dev.holdfast.api.v1alpha1.NodeNetwork;
import dev.holdfast.api.v1alpha1.NodeRouter;
import dev.holdfast.api.v1alpha1.PeerStatus;
import dev.holdfast.api.v1alpha1.PeerTraffic;
import java.nio.ByteBuffer;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * conntrackd's protocol, with a conntrackd (or an agent of ours that speaks it) on the other end.
 *
 * <p>It goes over the Sync network, over a LAN where there is none. Of several networks one is
 * current: where the peer was heard last; while that has no carrier, the first that has.
 *
 * <p>A conntrackd says nothing of its role, and its life is not that of the keepalived beside it:
 * so nothing here is a sign of life, and who is active VRRP alone says.
 */
final class ConntrackdWire implements FlowWire {

  private static final Logger LOG = LoggerFactory.getLogger(ConntrackdWire.class);

  /** The only peer's number in the table: on a group nobody says who he is. */
  private static final int PEER = 0;

  private static final int IPV4_HEADERS = 28;
  private static final int IPV6_HEADERS = 48;
  private static final int TRANSFER_MAX = 9_000;

  /** conntrackd's PurgeTimeout: what a router that gave the role away keeps for so long. */
  private static final long PURGE_NANOS = 60_000_000_000L;

  private static final Link NO_LINK = Link.ABSENT;

  private final NodeConntrackd settings;
  private final NetworkView networks;
  private final Supplier<RoleState> standing;
  private final KernelFlows kernel;
  private final TableFlows flows;
  private final LinkPorts ports;
  private final ConntrackdJudge judge = new ConntrackdJudge(System.nanoTime());

  private GatewayNodeSpec spec;
  private Speakers speakers;
  private List<NodeNetwork> paths;
  private @Nullable ConntrackdMachine machine;
  private int current;

  /** Datagrams from somebody who is no peer, or over a network that is no path. */
  private long strangers;

  private boolean compareWanted = true;
  private long compareAtNanos = System.nanoTime() + PURGE_NANOS;

  /**
   * @param flows the table, in conntrackd's dialect
   * @param standing where this router stands
   * @param wake makes the loop turn soon; any thread
   */
  ConntrackdWire(
      GatewayNodeSpec spec,
      NodeConntrackd settings,
      Speakers speakers,
      NetworkView networks,
      Supplier<RoleState> standing,
      KernelFlows kernel,
      TableFlows flows,
      Runnable wake) {
    this.spec = spec;
    this.settings = settings;
    this.speakers = speakers;
    this.networks = networks;
    this.standing = standing;
    this.kernel = kernel;
    this.flows = flows;
    paths = paths(spec);
    ports =
        new LinkPorts(
            new LinkPorts.Options(
                settings.port(),
                families(),
                settings.transport() == ConntrackdTransport.MULTICAST ? targets() : List.of()),
            () -> {},
            wake);
    ports.listen(networks.places(paths));
  }

  private static List<NodeNetwork> paths(GatewayNodeSpec spec) {
    List<NodeNetwork> syncs = spec.networks(NetworkRole.SYNC);
    return syncs.isEmpty() ? spec.networks(NetworkRole.LAN) : syncs;
  }

  /** The protocols to replicate as IP numbers; empty for all. */
  static Set<Integer> protocols(NodeConntrackd settings) {
    return settings.protocols().stream()
        .flatMap(protocol -> Stream.of(Family.values()).map(protocol::number))
        .collect(Collectors.toSet());
  }

  /** What sockets and machine are made of; null with another protocol. */
  static @Nullable NodeConntrackd transport(NodeFlowSync flowSync) {
    NodeConntrackd all = flowSync.conntrackd();
    return all == null
        ? null
        : new NodeConntrackd(
            all.transport(), all.group(), all.port(), all.peers(), all.mode(), List.of());
  }

  /** Where datagrams go to: the group, or every peer. */
  private List<IpAddress> targets() {
    return switch (settings.transport()) {
      case MULTICAST -> List.of(Ipv4Address.parse(settings.group()));
      case UNICAST -> settings.peerAddresses();
    };
  }

  private EnumSet<Family> families() {
    return targets().stream()
        .map(IpAddress::family)
        .collect(Collectors.toCollection(() -> EnumSet.noneOf(Family.class)));
  }

  // ------------------------------------------------------------------------------ from the owner

  /** Protocols and networks count at once; transport and mode from the next start on. */
  @Override
  public void reconfigure(
      GatewayNodeSpec changed, Speakers changedSpeakers, @Nullable LinkKeys keys) {
    spec = changed;
    speakers = changedSpeakers;
    refresh(System.nanoTime());
  }

  @Override
  public void refresh(long nowNanos) {
    paths = paths(spec);
    ports.listen(networks.places(paths));
  }

  @Override
  public void stalled(long nanos) {
    // The machine's one deadline, a second without a word, may come late.
  }

  @Override
  public long deadlineNanos(long nowNanos) {
    ConntrackdMachine open = machine;
    if (ports.anyArrived() && open != null) {
      return nowNanos;
    }
    return open == null ? nowNanos + ConntrackdJudge.EVERY_NANOS : open.deadlineNanos();
  }

  @Override
  public void receive(long nowNanos, long untilNanos) {
    ConntrackdMachine open = machine;
    while (open != null && System.nanoTime() - untilNanos < 0) {
      LinkPorts.Arrived next = ports.poll();
      if (next == null) {
        return;
      }
      int path = ports.path(next.network());
      if (path < 0 || !isPeer(next.source())) {
        strangers++;
      } else {
        current = path;
        open.received(next.datagram(), nowNanos);
      }
      next.release();
    }
  }

  /** On a group whoever is there; else those that are named. */
  private boolean isPeer(@Nullable IpAddress source) {
    return settings.transport() == ConntrackdTransport.MULTICAST
        || (source != null && targets().contains(source));
  }

  @Override
  public void turn(long nowNanos, Consumer<AgentEvent> tell) {
    ConntrackdMachine open = machine;
    if (open == null) {
      // An active router that has just begun tells nothing before it knows its own flows.
      if (!kernel.tableExact()) {
        return;
      }
      open = open(nowNanos);
      machine = open;
    }
    compareInTime(open, nowNanos);
    open.fill(this::send, nowNanos);
    boolean holds = open.holdsTheirs() && kernel.holdsTheirs();
    if (judge.judge(open, flows.newestPosition(), holds, nowNanos)) {
      boolean alone = speakers == Speakers.ANY && !judge.heard();
      tell.accept(new AgentEvent.SyncChanged(alone || judge.weHoldTheirs()));
      tell.accept(new AgentEvent.PeerSyncChanged(alone || judge.peerHoldsOurs()));
    }
  }

  private ConntrackdMachine open(long nowNanos) {
    int bytes =
        paths.stream().mapToInt(networks::mtu).min().orElse(1500)
            - (families().contains(Family.IPV6) ? IPV6_HEADERS : IPV4_HEADERS);
    int room = Math.min(bytes, TRANSFER_MAX);
    ConntrackdCodec codec = new ConntrackdCodec(Dialect.CONNTRACKD);
    int first = (int) (System.currentTimeMillis() / 1_000);
    return switch (settings.mode()) {
      case FTFW ->
          new FtfwMachine(
              new FtfwMachine.Config(300, 1 << 17, room, 16, true, true),
              flows,
              flows,
              PEER,
              codec,
              first,
              nowNanos);
      case NOTRACK ->
          new NotrackMachine(
              new NotrackMachine.Config(room, 16, true, spec.routers().size() == 2),
              flows,
              flows,
              PEER,
              codec,
              first,
              nowNanos);
    };
  }

  private void send(ByteBuffer datagram) {
    int path = sendingPath();
    for (IpAddress target : targets()) {
      if (!isOwn(target)) {
        ports.send(path, target, datagram);
      }
    }
  }

  private int sendingPath() {
    int wanted = current < paths.size() ? current : 0;
    var known = networks.links();
    if (known.getOrDefault(paths.get(wanted).name(), NO_LINK).up()) {
      return wanted;
    }
    for (int path = 0; path < paths.size(); path++) {
      if (known.getOrDefault(paths.get(path).name(), NO_LINK).up()) {
        return path;
      }
    }
    return wanted;
  }

  /** A list of peers may name all routers, this one too. */
  private boolean isOwn(IpAddress target) {
    return settings.transport() == ConntrackdTransport.UNICAST
        && networks.allAddresses().contains(target);
  }

  // ------------------------------------------------------------------------------------ the role

  @Override
  public void roleGiven(long nowNanos) {
    ConntrackdMachine open = machine;
    if (open != null) {
      open.requestEverything();
    }
    compareWanted = true;
    compareAtNanos = nowNanos + PURGE_NANOS;
  }

  /** Not at once: a conntrackd whose role has just changed rebuilds its own table first. */
  private void compareInTime(ConntrackdMachine open, long nowNanos) {
    if (compareWanted && nowNanos - compareAtNanos >= 0 && isBackup()) {
      compareWanted = false;
      open.compare();
    }
  }

  private boolean isBackup() {
    return standing.get().role() == Role.BACKUP;
  }

  @Override
  public void askBarrier(String peer) {
    // A conntrackd has no word for it.
  }

  @Override
  public void say(String peer, HandoverMessage message) {
    // conntrackd knows no handover: VRRP's priority zero does it.
  }

  @Override
  public int activePeer() {
    return isBackup() && !compareWanted && judge.weHoldTheirs()
        ? TableFlows.owner(PEER)
        : FlowTable.NONE;
  }

  // -------------------------------------------------------------------------------------- status

  @Override
  public FlowSyncStatus status(long nowNanos) {
    ConntrackdMachine open = machine;
    if (open == null) {
      return new FlowSyncStatus(List.of(), List.of());
    }
    boolean confirms = settings.mode() == ConntrackdMode.FTFW;
    ConntrackdCounters counters = open.counters();
    return new FlowSyncStatus(
        List.of(
            new PeerStatus(
                peerName(),
                paths.get(sendingPath()).name(),
                List.of(),
                judge.word(),
                open.sentPosition(),
                confirms ? open.acknowledgedPosition() : 0,
                confirms ? judge.lagMillis(nowNanos) : null,
                counters.lost,
                counters.flowsResent,
                new PeerTraffic(
                    counters.datagramsSent,
                    counters.bytesSent,
                    counters.datagramsReceived,
                    counters.bytesReceived))),
        List.of(),
        null,
        null,
        dropped(counters, strangers, ports.oversized()),
        null);
  }

  /**
   * What did not count, by reason.
   *
   * @param strangers datagrams that no peer sent
   * @param oversized datagrams that were longer than any that a conntrackd sends
   */
  static Map<String, Long> dropped(ConntrackdCounters counters, long strangers, long oversized) {
    Map<String, Long> dropped = new TreeMap<>();
    counters.drops.forEach((reason, count) -> dropped.put(EnumWord.of(reason), count));
    countIfAny("Stranger", strangers, dropped);
    countIfAny("Oversized", oversized, dropped);
    countIfAny("ControlQueueFull", counters.controlsDropped, dropped);
    countIfAny("ResendQueueFull", counters.resendOverflow, dropped);
    return dropped;
  }

  private static void countIfAny(String reason, long count, Map<String, Long> into) {
    if (count > 0) {
      into.put(reason, count);
    }
  }

  /** The other router; of several on a group nobody knows which one it is. */
  private String peerName() {
    List<NodeRouter> peers = spec.peers();
    return peers.size() == 1 ? peers.getFirst().node() : settings.group();
  }

  @Override
  public List<String> problems(long nowNanos) {
    return List.of();
  }

  @Override
  public Protection protection() {
    ConntrackdMachine open = machine;
    if (open == null) {
      return Protection.NONE;
    }
    long confirmed = settings.mode() == ConntrackdMode.FTFW ? open.acknowledgedPosition() : 0;
    if (!judge.heard()) {
      return new Protection(0, confirmed, UnprotectedReason.NO_PEER);
    }
    return switch (settings.mode()) {
      case FTFW -> new Protection(confirmed, 0, UnprotectedReason.NOT_YET_ACKNOWLEDGED);
      case NOTRACK -> new Protection(0, 0, UnprotectedReason.UNCONFIRMED);
    };
  }

  @Override
  public void close() {
    ports.close();
    LOG.debug("conntrackd wire closed strangers={}", strangers);
  }
}
