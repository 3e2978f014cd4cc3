package dev.holdfast.agent.shell;

import dev.holdfast.agent.Main;
import dev.holdfast.agent.flow.FlowTable;
import dev.holdfast.agent.loop.AgentEvent;
import dev.holdfast.agent.ops.UnprotectedReason;
import dev.holdfast.agent.role.core.Link;
import dev.holdfast.agent.role.core.RoleState;
import dev.holdfast.agent.role.core.Segment;
import dev.holdfast.agent.role.core.Speakers;
import dev.holdfast.agent.sync.core.LinkCounters;
import dev.holdfast.agent.sync.core.LinkEvent;
import dev.holdfast.agent.sync.core.LinkSettings;
import dev.holdfast.agent.sync.core.LinkSink;
import dev.holdfast.agent.sync.core.LinkStatus;
import dev.holdfast.agent.sync.core.RandomBytes;
import dev.holdfast.agent.sync.core.SyncLink;
import dev.holdfast.agent.sync.core.SyncLinks;
import dev.holdfast.agent.sync.core.TableFlows;
import dev.holdfast.agent.sync.wire.HandoverMessage;
import dev.holdfast.agent.sync.wire.Hello;
import dev.holdfast.agent.sync.wire.LinkDropReason;
import dev.holdfast.agent.sync.wire.LinkKeys;
import dev.holdfast.agent.sync.wire.LinkRole;
import dev.holdfast.agent.sync.wire.RouterState;
import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Prefix;
import dev.holdfast.api.v1alpha1.FlowSyncStatus;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import dev.holdfast.api.v1alpha1.NetworkRole;
import dev.holdfast.api.v1alpha1.NodeNetwork;
import dev.holdfast.api.v1alpha1.NodeRouter;
import dev.holdfast.api.v1alpha1.PeerPathStatus;
import dev.holdfast.api.v1alpha1.PeerStatus;
import dev.holdfast.api.v1alpha1.PeerTraffic;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The sealed link with every other router: the protocol {@code Holdfast}. */
final class SealedWire implements FlowWire {

  /** Hears, again and again, of each peer on which networks it is heard. */
  interface Signs {
    void heard(String peer, String network, long agoNanos);
  }

  private static final Logger LOG = LoggerFactory.getLogger(SealedWire.class);

  private static final long MILLI = 1_000_000L;
  private static final long SETTLE_NANOS = 500 * MILLI;
  private static final long SIGNS_EVERY_NANOS = 200 * MILLI;
  private static final long FORGET_SESSIONS_NANOS = 1_000 * MILLI;
  private static final long POLICY_NANOS = 30_000 * MILLI;

  /** Under load it changes all the time, and each change is a heartbeat at once. */
  private static final long MISSING_EVERY_NANOS = 1_000 * MILLI;

  private static final int HEADROOM_BYTES = 48;
  private static final IpAddress HELLO_FOUR = IpAddress.parse("239.255.37.81");
  private static final IpAddress HELLO_SIX = IpAddress.parse("ff12::3781");

  private final NetworkView networks;
  private final Supplier<RoleState> standing;
  private final HandoverDesk handovers;
  private final KernelFlows kernel;
  private final TableFlows flows;
  private final PeerStore peers;
  private final RandomBytes random;
  private final InstantSource wallClock;
  private final Signs signs;
  private final LinkPorts ports;
  private final Sink sink = new Sink();
  private final SyncJudge judge = new SyncJudge();
  private final Rests reading = new Rests(2 * MILLI);
  private final List<LinkEvent.PeerIdentified> identified = new ArrayList<>();
  private final List<String> barriersAnswered = new ArrayList<>();

  private LinkKeys keys;
  private GatewayNodeSpec spec;
  private Speakers speakers;
  private @Nullable SyncLinks links;
  private Hello identity;
  private @Nullable RouterState told;
  private @Nullable RoleState judgedStanding;
  private long policyHash;
  private final Map<String, Long> otherPolicySince = new HashMap<>();
  private long signsAtNanos;
  private long missingToldAtNanos = System.nanoTime();
  private long settledAtNanos = System.nanoTime();

  private final class Sink implements LinkSink {
    @Override
    public void send(int path, IpAddress target, ByteBuffer datagram) {
      ports.send(path, target, datagram);
    }

    @Override
    public void sendHello(int path, ByteBuffer datagram) {
      ports.send(path, HELLO_FOUR, datagram);
      ports.send(path, HELLO_SIX, datagram);
    }
  }

  /**
   * @param flows the table, in our own dialect
   * @param standing where this router stands
   * @param peers where they were in an earlier life of this router
   * @param handovers takes what peers say of handovers
   * @param wallClock may jump
   * @param atStart runs first on each thread that signs of life pass through
   * @param wake makes the loop turn soon; any thread
   */
  SealedWire(
      GatewayNodeSpec spec,
      Speakers speakers,
      LinkKeys keys,
      NetworkView networks,
      Supplier<RoleState> standing,
      HandoverDesk handovers,
      KernelFlows kernel,
      TableFlows flows,
      PeerStore peers,
      RandomBytes random,
      InstantSource wallClock,
      Signs signs,
      Runnable atStart,
      Runnable wake) {
    this.spec = spec;
    this.speakers = speakers;
    this.keys = keys;
    this.networks = networks;
    this.standing = standing;
    this.handovers = handovers;
    this.kernel = kernel;
    this.flows = flows;
    this.peers = peers;
    this.random = random;
    this.wallClock = wallClock;
    this.signs = signs;
    policyHash = PolicyHash.of(spec);
    identity = identity();
    ports =
        new LinkPorts(
            new LinkPorts.Options(
                spec.flowSync().port(),
                EnumSet.allOf(Family.class),
                List.of(HELLO_FOUR, HELLO_SIX)),
            atStart,
            wake);
    ports.listen(networks.places(paths(spec)));
  }

  /** The networks that the link goes over, best first: Sync, then LAN. */
  static List<NodeNetwork> paths(GatewayNodeSpec spec) {
    List<NodeNetwork> paths = new ArrayList<>(spec.networks(NetworkRole.SYNC));
    paths.addAll(spec.networks(NetworkRole.LAN));
    return paths.subList(0, Math.min(paths.size(), 16));
  }

  // ------------------------------------------------------------------------------ from the owner

  @Override
  public void reconfigure(
      GatewayNodeSpec changed, Speakers changedSpeakers, @Nullable LinkKeys changedKeys) {
    spec = changed;
    speakers = changedSpeakers;
    policyHash = PolicyHash.of(changed);
    judgedStanding = null; // The peers are told of the new generation.
    ports.listen(networks.places(paths(spec)));
    SyncLinks all = links;
    if (all != null) {
      all.reconfigure(settings(), System.nanoTime());
    }
    if (changedKeys != null && !changedKeys.equals(keys)) {
      keys = changedKeys;
      if (all != null) {
        all.keysChanged(changedKeys, System.nanoTime());
      }
    }
  }

  @Override
  public void refresh(long nowNanos) {
    ports.listen(networks.places(paths(spec)));
    Hello now = identity();
    if (!now.equals(identity)) {
      identity = now;
      if (links != null) {
        links.identify(now, nowNanos);
      }
    }
  }

  @Override
  public void stalled(long nanos) {
    SyncLinks all = links;
    if (all == null) {
      return;
    }
    all.postpone(nanos);
    if (nanos > FORGET_SESSIONS_NANOS) {
      all.forgetSessions();
    }
  }

  @Override
  public long deadlineNanos(long nowNanos) {
    SyncLinks all = links;
    long deadline = all == null ? nowNanos + 10 * MILLI : all.deadlineNanos(nowNanos);
    return ports.anyArrived() ? Math.min(deadline, reading.untilNanos()) : deadline;
  }

  /**
   * What takes longer than its time is followed by a rest: a peer that tells its whole table would
   * keep a processor from everything else, from Java's compiler too, which alone makes it faster.
   */
  @Override
  public void receive(long nowNanos, long untilNanos) {
    if (!reading.over(nowNanos)) {
      return;
    }
    SyncLinks all = links;
    while (System.nanoTime() - untilNanos < 0) {
      LinkPorts.Arrived next = ports.poll();
      if (next == null) {
        return;
      }
      int path = ports.path(next.network());
      if (all != null && path >= 0) {
        all.received(path, next.source(), next.datagram(), nowNanos);
      }
      next.release();
    }
    reading.worked(nowNanos, System.nanoTime());
  }

  @Override
  public void turn(long nowNanos, Consumer<AgentEvent> tell) {
    startLinks(nowNanos);
    SyncLinks all = links;
    if (all != null) {
      all.committed(kernel.committed());
      tellPeers(all, nowNanos);
      if (all.compareClocks(wallClock.millis() * MILLI, System.nanoTime())) {
        LOG.info("wall clock jumped: sessions of the links begin anew");
      }
      all.fill(sink, nowNanos);
      judge.judge(all.links(), kernel.holdsTheirs(), speakers, nowNanos, tell);
      tellSigns(all, nowNanos);
    }
    tellIdentified(tell);
    tellBarriers(tell);
  }

  private void tellBarriers(Consumer<AgentEvent> tell) {
    List<String> answered = List.copyOf(barriersAnswered);
    barriersAnswered.clear();
    answered.forEach(peer -> tell.accept(new AgentEvent.BarrierAnswered(peer)));
  }

  private void tellSigns(SyncLinks all, long nowNanos) {
    if (nowNanos - signsAtNanos < SIGNS_EVERY_NANOS) {
      return;
    }
    signsAtNanos = nowNanos;
    for (SyncLink link : all.links()) {
      link.arrivals((network, atNanos) -> signs.heard(link.peer(), network, nowNanos - atNanos));
    }
  }

  @Override
  public void roleGiven(long nowNanos) {
    settledAtNanos = nowNanos + SETTLE_NANOS;
    if (links != null) {
      links.askEverything();
    }
  }

  @Override
  public void say(String peer, HandoverMessage message) {
    SyncLinks all = links;
    if (all != null) {
      all.links().stream()
          .filter(link -> link.peer().equals(peer))
          .forEach(link -> link.say(message));
    }
  }

  @Override
  public void askBarrier(String peer) {
    SyncLinks all = links;
    if (all != null) {
      all.links().stream()
          .filter(link -> link.peer().equals(peer))
          .forEach(SyncLink::requestBarrier);
    }
  }

  @Override
  public int activePeer() {
    SyncLinks all = links;
    if (all != null && System.nanoTime() - settledAtNanos >= 0) {
      for (SyncLink link : all.links()) {
        // It must have heard of ours, too: some may have been born here just before the role went.
        if (link.up()
            && link.peerState().role() == LinkRole.ACTIVE
            && link.weHoldTheirs()
            && link.peerHoldsOurs()) {
          return TableFlows.owner(all.number(link.peer()));
        }
      }
    }
    return FlowTable.NONE;
  }

  // ----------------------------------------------------------------------------------- the links

  /** An active router that has just begun tells nothing before it knows its own flows. */
  private void startLinks(long nowNanos) {
    if (links != null || !kernel.tableExact()) {
      return;
    }
    RouterState state = state();
    told = state;
    links =
        new SyncLinks(
            settings(),
            keys,
            random.number(),
            random,
            flows,
            flows,
            identity,
            state,
            peers.known(),
            this::linkEvent,
            nowNanos);
  }

  private LinkSettings settings() {
    List<LinkSettings.Path> paths =
        paths(spec).stream()
            .map(
                network ->
                    new LinkSettings.Path(network.name(), networks.mtu(network) - HEADROOM_BYTES))
            .toList();
    List<LinkSettings.Peer> peers =
        spec.peers().stream()
            .map(peer -> new LinkSettings.Peer(peer.node(), addresses(peer)))
            .toList();
    return new LinkSettings(
        spec.cluster(), spec.node(), paths, peers, spec.vrrp().advertisementIntervalNanos());
  }

  private Map<String, List<IpAddress>> addresses(NodeRouter peer) {
    Map<String, List<IpAddress>> addresses = new HashMap<>();
    paths(spec).forEach(network -> addresses.put(network.name(), peer.addressesOn(network.name())));
    return addresses;
  }

  private Hello identity() {
    List<Hello.Attachment> attachments = new ArrayList<>();
    Map<String, Link> known = networks.links();
    for (NodeNetwork network : spec.networks()) {
      List<IpAddress> link =
          network.role() == NetworkRole.WAN
              ? List.of()
              : networks.ownAddresses(network.interfaceName()).stream()
                  .map(Prefix::address)
                  .sorted((a, b) -> Boolean.compare(a.isLinkLocal(), b.isLinkLocal()))
                  .limit(Hello.ADDRESSES_MAX)
                  .toList();
      List<IpAddress> adverts = new ArrayList<>();
      Link source = known.getOrDefault(network.name(), Link.ABSENT);
      for (Family family : Family.values()) {
        IpAddress address = source.source(family);
        if (address != null && !network.virtualRouters().isEmpty()) {
          adverts.add(address);
        }
      }
      attachments.add(new Hello.Attachment(network.name(), link, adverts));
    }
    return new Hello(spec.node(), Main.version(), spec.flowSync().port(), attachments);
  }

  @SuppressWarnings("ReferenceEquality") // a state that was not made anew has not changed
  private void tellPeers(SyncLinks all, long nowNanos) {
    RoleState now = standing.get();
    RouterState before = told;
    boolean otherMissing =
        before != null
            && before.missing() != kernel.refusedNow()
            && nowNanos - missingToldAtNanos >= MISSING_EVERY_NANOS;
    if (now == judgedStanding
        && before != null
        && before.tableExact() == kernel.tableExact()
        && !otherMissing) {
      return;
    }
    missingToldAtNanos = nowNanos;
    judgedStanding = now;
    RouterState state = state();
    told = state;
    all.tell(state, nowNanos);
  }

  private RouterState state() {
    RoleState now = standing.get();
    return new RouterState(
        SyncJudge.role(now.role()),
        now.priority(),
        now.maintenance() || spec.maintenance() || spec.self().maintenance(),
        kernel.tableExact(),
        spec.generation(),
        policyHash,
        Main.version(),
        now.successor(),
        now.stays(),
        kernel.refusedNow(),
        now.faults().stream().map(Object::toString).toList());
  }

  private void linkEvent(String peer, LinkEvent event) {
    switch (event) {
      case LinkEvent.LinkHeard() -> {
        LOG.info("link heard peer={}", peer);
        peerIsActive(peer, isActive(peer));
      }
      case LinkEvent.LinkSilent() -> {
        LOG.warn("link silent peer={}", peer);
        peerIsActive(peer, false);
      }
      case LinkEvent.PathHeard(String network) ->
          LOG.info("link path heard peer={} network={}", peer, network);
      case LinkEvent.PathSilent(String network) ->
          LOG.warn("link path silent peer={} network={}", peer, network);
      case LinkEvent.PeerRestarted() -> LOG.info("link peer restarted peer={}", peer);
      case LinkEvent.PeerIdentified identity -> identified.add(identity);
      case LinkEvent.CommitWanted(long _) -> kernel.commitNow();
      case LinkEvent.Incompatible(int min, int max) ->
          LOG.warn(
              "link impossible, upgrade one of the two peer={} versions={}-{}", peer, min, max);
      case LinkEvent.PeerHoldsOurs(boolean all) ->
          LOG.debug("link peer holds ours peer={} all={}", peer, all);
      case LinkEvent.WeHoldTheirs(boolean all) ->
          LOG.debug("link we hold theirs peer={} all={}", peer, all);
      case LinkEvent.HandoverReceived(HandoverMessage message) -> handovers.received(peer, message);
      case LinkEvent.BarrierAnswered(long _) -> barriersAnswered.add(peer);
      case LinkEvent.PeerChanged(RouterState state) ->
          peerIsActive(peer, state.role() == LinkRole.ACTIVE);
    }
  }

  /** What it said last, perhaps before the link fell silent. */
  private boolean isActive(String peer) {
    SyncLinks all = links;
    return all != null
        && all.links().stream()
            .anyMatch(
                link -> link.peer().equals(peer) && link.peerState().role() == LinkRole.ACTIVE);
  }

  /**
   * Two may be active for a moment. When one of them no longer is, the other tells everything
   * again: what both have spoken of is its alone, and what only the first has told goes.
   */
  private void peerIsActive(String peer, boolean isActive) {
    SyncLinks all = links;
    if (all == null || !flows.setPeerActive(all.number(peer), isActive) || isActive) {
      return;
    }
    for (SyncLink link : all.links()) {
      if (link.up() && link.peerState().role() == LinkRole.ACTIVE && !kernel.active()) {
        link.askEverything();
        settledAtNanos = System.nanoTime() + SETTLE_NANOS;
        kernel.purgeLater();
      }
    }
  }

  /** Whose adverts come from where: what a peer proved of itself. */
  private void tellIdentified(Consumer<AgentEvent> tell) {
    for (LinkEvent.PeerIdentified proof : List.copyOf(identified)) {
      Hello hello = proof.identity();
      peers.keep(hello);
      for (Hello.Attachment attachment : hello.networks()) {
        for (IpAddress address : attachment.advertAddresses()) {
          tell.accept(
              new AgentEvent.PeerAddressLearned(
                  hello.node(), new Segment(attachment.network(), address.family()), address));
        }
      }
    }
    identified.clear();
  }

  // -------------------------------------------------------------------------------------- status

  @Override
  public FlowSyncStatus status(long nowNanos) {
    SyncLinks all = links;
    return new FlowSyncStatus(
        all == null
            ? List.of()
            : all.links().stream().map(link -> peerStatus(link, nowNanos)).toList(),
        keys.fingerprints(),
        null,
        null,
        all == null ? Map.of() : dropped(all),
        null);
  }

  private Map<String, Long> dropped(SyncLinks all) {
    Map<String, Long> dropped = new TreeMap<>();
    if (ports.oversized() > 0) {
      dropped.put(EnumWord.of(LinkDropReason.OVERSIZED), ports.oversized());
    }
    all.strangers()
        .forEach((reason, count) -> dropped.merge(EnumWord.of(reason), count, Long::sum));
    for (SyncLink link : all.links()) {
      link.counters()
          .drops
          .forEach((reason, count) -> dropped.merge(EnumWord.of(reason), count, Long::sum));
      link.counters()
          .flowDrops
          .forEach(
              (reason, count) -> dropped.merge("Flow" + EnumWord.of(reason), count, Long::sum));
    }
    return dropped;
  }

  private static PeerStatus peerStatus(SyncLink of, long nowNanos) {
    LinkStatus link = of.status(nowNanos);
    LinkCounters counters = of.counters();
    return new PeerStatus(
        link.peer(),
        link.path(),
        link.attachedTo().stream()
            .map(
                network ->
                    new PeerPathStatus(network, link.heardOn().contains(network) ? "up" : "silent"))
            .toList(),
        word(link.state()),
        link.positionSent(),
        link.positionAcknowledged(),
        link.lagMillis(),
        link.lost(),
        link.resent(),
        new PeerTraffic(
            counters.datagramsSent,
            counters.bytesSent,
            counters.datagramsReceived,
            counters.bytesReceived));
  }

  private static String word(LinkStatus.State state) {
    return switch (state) {
      case IN_SYNC -> "up";
      case SILENT, HEARD, INCOMPATIBLE, SYNCING -> state.name().toLowerCase(Locale.ROOT);
    };
  }

  @Override
  public List<String> problems(long nowNanos) {
    SyncLinks all = links;
    List<String> problems = new ArrayList<>();
    if (all != null) {
      all.links().forEach(link -> silentPaths(link, nowNanos, problems));
      otherPolicies(all, nowNanos, problems);
    }
    return problems;
  }

  /** The redundancy is used up there; of a peer that is heard nowhere the link's state says it. */
  private void silentPaths(SyncLink link, long nowNanos, List<String> problems) {
    for (String network : link.silentPaths(nowNanos)) {
      problems.add(
          link.peer()
              + " is not heard on "
              + network
              + " ("
              + spec.network(network).map(NodeNetwork::interfaceName).orElse("?")
              + "), only elsewhere; look at the cable and the switch, or what filters UDP port "
              + spec.flowSync().port()
              + " there");
    }
  }

  /** Routers get a new policy one after the other, so only a difference that lasts is one. */
  private void otherPolicies(SyncLinks all, long nowNanos, List<String> problems) {
    for (SyncLink link : all.links()) {
      RouterState peer = link.peerState();
      boolean differs =
          link.up()
              && peer.version().equals(Main.version())
              && peer.policyHash() != 0
              && peer.policyHash() != policyHash;
      if (!differs) {
        otherPolicySince.remove(link.peer());
      } else if (nowNanos - otherPolicySince.computeIfAbsent(link.peer(), _ -> nowNanos)
          >= POLICY_NANOS) {
        problems.add(
            link.peer()
                + " has another policy than this router (of generation "
                + peer.generation()
                + ", here "
                + spec.generation()
                + "): a role that moves changes what passes");
      }
    }
  }

  @Override
  public Protection protection() {
    SyncLinks all = links;
    if (all == null) {
      return Protection.NONE;
    }
    List<SyncLink> up = all.links().stream().filter(SyncLink::up).toList();
    return new Protection(
        all.protectedPosition(),
        all.silentPosition(),
        up.isEmpty() ? UnprotectedReason.NO_PEER : UnprotectedReason.NOT_YET_ACKNOWLEDGED,
        up.stream()
            .max(Comparator.comparingLong(SyncLink::acknowledgedPosition))
            .map(link -> link.peerState().missing())
            .orElse(0));
  }

  @Override
  public void close() {
    ports.close();
    peers.close();
  }
}
