package dev.holdfast.agent.shell;

import dev.holdfast.agent.Main;
import dev.holdfast.agent.flow.FlowMemory;
import dev.holdfast.agent.flow.FlowTable;
import dev.holdfast.agent.flow.ReplicationRules;
import dev.holdfast.agent.linux.SyscallException;
import dev.holdfast.agent.loop.AgentEvent;
import dev.holdfast.agent.loop.AgentLoop;
import dev.holdfast.agent.role.core.Link;
import dev.holdfast.agent.role.core.Role;
import dev.holdfast.agent.role.core.RoleState;
import dev.holdfast.agent.role.core.Segment;
import dev.holdfast.agent.role.core.Speakers;
import dev.holdfast.agent.sync.core.LinkEvent;
import dev.holdfast.agent.sync.core.LinkSettings;
import dev.holdfast.agent.sync.core.LinkStatus;
import dev.holdfast.agent.sync.core.RandomBytes;
import dev.holdfast.agent.sync.core.SyncLink;
import dev.holdfast.agent.sync.core.SyncLinks;
import dev.holdfast.agent.sync.core.TableFlows;
import dev.holdfast.agent.sync.wire.ConntrackdCodec;
import dev.holdfast.agent.sync.wire.Dialect;
import dev.holdfast.agent.sync.wire.HandoverMessage;
import dev.holdfast.agent.sync.wire.Hello;
import dev.holdfast.agent.sync.wire.LinkKeys;
import dev.holdfast.agent.sync.wire.LinkRole;
import dev.holdfast.agent.sync.wire.RouterState;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Prefix;
import dev.holdfast.api.v1alpha1.CommitMode;
import dev.holdfast.api.v1alpha1.FlowStatus;
import dev.holdfast.api.v1alpha1.FlowSyncStatus;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import dev.holdfast.api.v1alpha1.NetworkRole;
import dev.holdfast.api.v1alpha1.NodeNetwork;
import dev.holdfast.api.v1alpha1.NodeRouter;
import dev.holdfast.api.v1alpha1.PeerStatus;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Flow sync over the sealed link, wired: the kernel's events → the table → the links → the peers'
 * kernels, and back.
 *
 * <pre>
 * | this router          | what the kernel tracks | what a peer tells        | goes on to           |
 * |----------------------|------------------------|--------------------------|----------------------|
 * | not active           | is not ours            | theirs, into the kernel  | in sync: leftovers   |
 * |                      |                        |                          | of before are purged |
 * | becomes active       | is ours from now on    | the rest into the kernel | theirs become ours,  |
 * |                      |                        |                          | true lifetimes, dump |
 * | active, table exact  | is ours                | only what we do not know |                      |
 * | gives the role away  | is not ours            | everything is asked for  | not active           |
 * </pre>
 *
 * <p>All of it lives on the loop's thread, in turns of some two milliseconds, so that adverts leave
 * in time; threads around it only move buffers. Their number is fixed, hence so is the queue.
 */
final class FlowSync implements AgentLoop.Companion, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(FlowSync.class);

  private static final long MILLI = 1_000_000L;
  private static final long TURN_NANOS = 2 * MILLI;
  private static final long DUMP_AGAIN_NANOS = 200 * MILLI;
  private static final long REWRITE_SECONDS = 30;
  private static final long SETTLE_NANOS = 200 * MILLI;
  private static final long SIGNS_EVERY_NANOS = 200 * MILLI;
  private static final long FORGET_SESSIONS_NANOS = 1_000 * MILLI;
  private static final int STEP_ENTRIES = 1_000;
  private static final int ENTRIES_MAX = 2_000_000;
  private static final int TOMBSTONES_MAX = 200_000;
  private static final int BATCHES = 4;
  private static final int BATCH_BYTES = 128 << 10;
  private static final int HEADROOM_BYTES = 48;

  /** How far the kernel's own table is known. */
  private enum Dump {
    NONE,
    WANTED,
    FLOWS,
    EXPECTATIONS,
    SWEEPING
  }

  private final Queue<LinkPorts.Arrived> datagrams = new ConcurrentLinkedQueue<>();
  private final Queue<Runnable> work = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean woken = new AtomicBoolean();
  private final Runnable wake;
  private final Supplier<RoleState> standing;
  private final HandoverDesk handovers;
  private final BiConsumer<String, String> signs;
  private final NetworkView networks;
  private final RandomBytes random = new SecureRandom()::nextBytes;
  private final long startedAtNanos = System.nanoTime();
  private final FlowTable table;
  private final TableFlows flows;
  private final FlowWatch watch;
  private final FlowCommitter committer;
  private final ConntrackListener listener;
  private final ConntrackWriter writer;
  private final ConntrackDumper dumper;
  private final LinkPorts ports;
  private final SyncJudge judge = new SyncJudge();

  private LinkKeys keys;
  private GatewayNodeSpec spec;
  private Speakers speakers;
  private @Nullable SyncLinks links;
  private Hello identity;
  private @Nullable RouterState told;
  private @Nullable RoleState judgedStanding;
  private boolean active;
  private boolean adopting;
  private boolean commitWanted;
  private long takeoverAsked = -1;
  private Dump dump = Dump.NONE;
  private boolean cleans;
  private boolean exact;
  private long dumpNotBeforeNanos;
  private FlowTable.@Nullable Sweep sweep;
  private boolean purgeWanted = true;
  private long purgeNotBeforeNanos;
  private int purgeAt = FlowTable.NONE;
  private boolean purging;
  private boolean placesChanged;
  private boolean lostWhileReading;
  private boolean rewriteWanted;
  private boolean rewriting;
  private int rewriteAt = FlowTable.NONE;
  private long rewriteNotBeforeNanos;
  private long lost;
  private long signsAtNanos;
  private final List<LinkEvent.PeerIdentified> identified = new ArrayList<>();

  /**
   * @param wake makes the loop turn soon; any thread
   * @param standing where this router stands; on the loop's thread
   * @param handovers takes what peers say of handovers
   * @param signs hears, again and again, of each peer on which networks it is heard
   * @param atStart runs first on each thread that signs of life pass through
   */
  FlowSync(
      GatewayNodeSpec spec,
      Speakers speakers,
      LinkKeys keys,
      NetworkView networks,
      Supplier<RoleState> standing,
      HandoverDesk handovers,
      Runnable wake,
      BiConsumer<String, String> signs,
      Runnable atStart) {
    this.spec = spec;
    this.speakers = speakers;
    this.keys = keys;
    this.networks = networks;
    this.standing = standing;
    this.handovers = handovers;
    this.wake = wake;
    this.signs = signs;
    table = new FlowTable(FlowMemory.offHeap(), random.number(), ENTRIES_MAX, TOMBSTONES_MAX);
    flows = new TableFlows(table, new ConntrackdCodec(Dialect.HOLDFAST));
    watch = new FlowWatch(table, rules());
    identity = identity();
    writer = ConntrackWriter.start(BATCHES, BATCH_BYTES, () -> {}, new Written());
    committer = new FlowCommitter(table, writer);
    listener =
        ConntrackListener.start(
            ConntrackListener.Options.DEFAULT, new int[] {writer.portId()}, () -> {}, new Heard());
    dumper = ConntrackDumper.open(new Dumped());
    ports = new LinkPorts(spec.flowSync().port(), atStart, this::arrived);
    ports.listen(places());
    dumpNotBeforeNanos = startedAtNanos;
    purgeNotBeforeNanos = startedAtNanos;
  }

  /** Whether the resource gives the link a network to go over. */
  static boolean hasPath(GatewayNodeSpec spec) {
    return linkNetworks(spec).findAny().isPresent();
  }

  private static Stream<NodeNetwork> linkNetworks(GatewayNodeSpec spec) {
    return Stream.concat(
            spec.networks(NetworkRole.SYNC).stream(), spec.networks(NetworkRole.LAN).stream())
        .limit(16);
  }

  // -------------------------------------------------------------------------- from other threads

  private void arrived(LinkPorts.Arrived datagram) {
    datagrams.add(datagram);
    wakeUp();
  }

  private void post(Runnable task) {
    work.add(task);
    wakeUp();
  }

  private void wakeUp() {
    if (woken.compareAndSet(false, true)) {
      wake.run();
    }
  }

  private final class Heard implements ConntrackListener.Sink {
    @Override
    public void events(FlowBatch batch) {
      post(() -> take(batch));
    }

    @Override
    public void lost() {
      post(FlowSync.this::eventsLost);
    }

    @Override
    public void failed(SyscallException why) {
      // Without the kernel's word the peers would trust a table that is wrong.
      post(
          () -> {
            throw new IllegalStateException("the kernel's flow events ended", why);
          });
    }
  }

  private final class Dumped implements ConntrackDumper.Sink {
    @Override
    public void seen(FlowBatch batch) {
      post(() -> take(batch));
    }

    @Override
    public void restarted() {
      post(
          () -> {
            if (active && dump == Dump.FLOWS) {
              sweep = table.beginSweep(FlowTable.OURS);
            }
          });
    }

    @Override
    public void complete() {
      post(FlowSync.this::dumpComplete);
    }

    @Override
    public void failed(SyscallException why) {
      post(
          () -> {
            LOG.warn("flows could not be read, trying again why=\"{}\"", why.getMessage());
            dump = Dump.WANTED;
            dumpNotBeforeNanos = System.nanoTime() + DUMP_AGAIN_NANOS;
          });
    }
  }

  private final class Written implements ConntrackWriter.Sink {
    @Override
    public void written(ConntrackWriter.Batch batch) {
      post(() -> committer.answered(batch));
    }

    @Override
    public void failed(ConntrackWriter.Batch batch, SyscallException why) {
      post(
          () -> {
            LOG.warn("a batch of flows got no answer why=\"{}\"", why.getMessage());
            committer.unanswered(batch);
          });
    }
  }

  /** Interfaces or addresses have changed; any thread. */
  void refresh() {
    post(() -> placesChanged = true);
  }

  // -------------------------------------------------------------------------- on the loop's thread

  void reconfigure(GatewayNodeSpec changed, Speakers changedSpeakers, LinkKeys changedKeys) {
    if (!hasPath(changed)) {
      return; // The old paths go on: a router without a link would lose flows.
    }
    spec = changed;
    speakers = changedSpeakers;
    placesChanged = true;
    ports.listen(places());
    SyncLinks all = links;
    if (all != null) {
      all.reconfigure(settings(), System.nanoTime());
      if (!changedKeys.equals(keys)) {
        all.keysChanged(changedKeys, System.nanoTime());
      }
    }
    keys = changedKeys;
  }

  /** Says a step of a handover to a peer; on the loop's thread. */
  void say(String peer, HandoverMessage message) {
    SyncLinks all = links;
    if (all != null) {
      all.links().stream()
          .filter(link -> link.peer().equals(peer))
          .forEach(link -> link.say(message));
    }
  }

  /** Everything of the peers goes into the kernel; then {@link AgentEvent.FlowsCommitted}. */
  void commit(long takeover) {
    takeoverAsked = takeover;
    commitWanted = true;
    becomeActive();
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
    if (!work.isEmpty() || !datagrams.isEmpty() || hasMore()) {
      return nowNanos;
    }
    SyncLinks all = links;
    return all == null ? nowNanos + 10 * MILLI : all.deadlineNanos(nowNanos);
  }

  /** Work that waits for nobody but us. */
  private boolean hasMore() {
    return dump == Dump.SWEEPING || purging || rewriting || (adopting && committer.done());
  }

  @Override
  public void turn(long nowNanos, Consumer<AgentEvent> tell) {
    woken.set(false);
    int nowSeconds = (int) ((nowNanos - startedAtNanos) / (1_000 * MILLI));
    flows.setNowSeconds(nowSeconds);
    followPlaces(nowNanos);
    followRole(nowNanos);
    takeDatagrams(nowNanos);
    takeWork(nowNanos);
    flows.sweepSome(STEP_ENTRIES);
    commitSome();
    afterTakeover();
    readKernel(nowNanos);
    rewrite(nowNanos);
    purge(nowNanos, nowSeconds);
    startLinks(nowNanos);
    handovers.turn(nowNanos);
    SyncLinks all = links;
    if (all != null) {
      all.committed(committer.committed());
      tellPeers(all, nowNanos);
      all.fill(ports, nowNanos);
      judge.judge(all.links(), kernelHolds(), speakers, nowNanos, tell);
      tellSigns(all, nowNanos);
    }
    tellIdentified(tell);
    if (takeoverAsked >= 0 && committer.done()) {
      long takeover = takeoverAsked;
      takeoverAsked = -1;
      tell.accept(new AgentEvent.FlowsCommitted(takeover));
    }
  }

  private void tellSigns(SyncLinks all, long nowNanos) {
    if (nowNanos - signsAtNanos < SIGNS_EVERY_NANOS) {
      return;
    }
    signsAtNanos = nowNanos;
    for (SyncLink link : all.links()) {
      link.status(nowNanos).heardOn().forEach(network -> signs.accept(link.peer(), network));
    }
  }

  private boolean kernelHolds() {
    return spec.flowSync().commit() == CommitMode.ON_TAKEOVER || committer.done();
  }

  private void takeDatagrams(long nowNanos) {
    SyncLinks all = links;
    while (System.nanoTime() - nowNanos < TURN_NANOS) {
      LinkPorts.Arrived next = datagrams.poll();
      if (next == null) {
        return;
      }
      int path = ports.path(next.network());
      if (all != null && path >= 0) {
        all.received(path, next.source(), next.datagram(), nowNanos);
      }
      next.release();
    }
  }

  private void takeWork(long nowNanos) {
    while (System.nanoTime() - nowNanos < 2 * TURN_NANOS) {
      Runnable next = work.poll();
      if (next == null) {
        return;
      }
      next.run();
    }
  }

  private void take(FlowBatch batch) {
    watch.take(batch.messages(), (int) ((System.nanoTime() - startedAtNanos) / (1_000 * MILLI)));
    batch.release();
  }

  // ------------------------------------------------------------------------------------ the role

  private void followRole(long nowNanos) {
    boolean isActive = standing.get().role() == Role.ACTIVE;
    if (isActive && !active) {
      becomeActive();
    } else if (!isActive && active) {
      giveUp(nowNanos);
    }
  }

  private void becomeActive() {
    if (active) {
      return;
    }
    active = true;
    adopting = true;
    commitWanted = true;
    exact = false;
    cleans = false;
    purging = false;
    flows.setActive(true);
    watch.active(true);
  }

  private void giveUp(long nowNanos) {
    active = false;
    adopting = false;
    commitWanted = false;
    takeoverAsked = -1;
    sweep = null;
    purgeWanted = true;
    purgeNotBeforeNanos = nowNanos + SETTLE_NANOS;
    flows.setActive(false);
    watch.active(false);
    committer.keep();
    if (links != null) {
      links.askEverything();
    }
  }

  private void commitSome() {
    if (spec.flowSync().commit() == CommitMode.CONTINUOUS || commitWanted) {
      for (int i = 0; i < BATCHES && committer.commitSome(); i++) {
        // Until there is no more, or no batch is free.
      }
    }
  }

  /** Once their flows are in the kernel, theirs become ours; then the table is made exact. */
  private void afterTakeover() {
    if (!active || !committer.done()) {
      return;
    }
    int adopted = table.adopt(STEP_ENTRIES);
    if (adopting && adopted < STEP_ENTRIES) {
      adopting = false;
      committer.restore();
      return;
    }
    if (committer.restores()) {
      committer.restoreSome();
      return;
    }
    if (!adopting && !exact && dump == Dump.NONE) {
      dump = Dump.WANTED;
    }
  }

  // ---------------------------------------------------------------------------- the kernel's table

  private void eventsLost() {
    lost++;
    if (active) {
      exact = false;
      lostWhileReading = dump != Dump.NONE;
    } else {
      // What ended here unheard would not be put back: everything is written once more.
      rewriteWanted = true;
    }
  }

  private void readKernel(long nowNanos) {
    if (dump == Dump.WANTED && nowNanos - dumpNotBeforeNanos >= 0) {
      if (dumper.begin(watch.dumpRequest(false))) {
        dump = Dump.FLOWS;
        dumpNotBeforeNanos = nowNanos + DUMP_AGAIN_NANOS;
        table.clearOverflow();
        sweep = active ? table.beginSweep(FlowTable.OURS) : null;
      }
    } else if (dump == Dump.SWEEPING) {
      FlowTable.Sweep current = sweep;
      if (current == null || current.step(4 * STEP_ENTRIES)) {
        dumped();
      }
    }
  }

  private void dumpComplete() {
    if (dump == Dump.FLOWS) {
      dump = Dump.EXPECTATIONS;
      if (!dumper.begin(watch.dumpRequest(true))) {
        dump = Dump.WANTED;
      }
    } else if (dump == Dump.EXPECTATIONS) {
      dump = Dump.SWEEPING;
    }
  }

  /** Not more often than every {@value #REWRITE_SECONDS} s: our own writes make events too. */
  private void rewrite(long nowNanos) {
    if (active) {
      rewriteWanted = false;
      rewriting = false;
    } else if (rewriting) {
      for (int i = 0; rewriting && i < STEP_ENTRIES; i++) {
        rewriteAt = table.nextLive(rewriteAt);
        rewriting = rewriteAt != FlowTable.NONE;
        if (rewriting && table.ownerOf(rewriteAt) != FlowTable.OURS) {
          table.tellAgain(rewriteAt);
        }
      }
    } else if (rewriteWanted && nowNanos - rewriteNotBeforeNanos >= 0) {
      rewriteWanted = false;
      rewriting = true;
      rewriteAt = FlowTable.NONE;
      rewriteNotBeforeNanos = nowNanos + REWRITE_SECONDS * 1_000 * MILLI;
    }
  }

  private void dumped() {
    dump = Dump.NONE;
    if (active) {
      exact = sweep != null && !table.overflowed();
      exact &= !lostWhileReading;
      lostWhileReading = false;
    } else if (cleans) {
      cleans = false;
      watch.cleaned();
      purgeWanted = false;
    }
    sweep = null;
  }

  /**
   * In sync with the active router: what we hold beyond its word is of an earlier life, and its
   * windows are stale.
   */
  private void purge(long nowNanos, int nowSeconds) {
    if (active || !purgeWanted || cleans || nowNanos - purgeNotBeforeNanos < 0) {
      return;
    }
    int owner = activePeer();
    if (owner == FlowTable.NONE || !kernelHolds() || dump != Dump.NONE) {
      purging = false;
      return;
    }
    if (!purging) {
      purging = true;
      purgeAt = FlowTable.NONE;
    }
    purgeAt = watch.purgeSome(purgeAt, owner, STEP_ENTRIES, nowSeconds);
    if (purgeAt == FlowTable.NONE) {
      purging = false;
      cleans = true;
      watch.cleanFor(owner);
      dump = Dump.WANTED;
    }
  }

  /** The active router's number in the table, when we hold all that it told. */
  private int activePeer() {
    SyncLinks all = links;
    if (all != null) {
      for (SyncLink link : all.links()) {
        if (link.up() && link.peerState().role() == LinkRole.ACTIVE && link.weHoldTheirs()) {
          return TableFlows.owner(all.number(link.peer()));
        }
      }
    }
    return FlowTable.NONE;
  }

  // ----------------------------------------------------------------------------------- the links

  /** An active router that has just begun tells nothing before it knows its own flows. */
  private void startLinks(long nowNanos) {
    if (links != null || (active && !exact)) {
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
            Map.of(),
            this::linkEvent,
            nowNanos);
  }

  private LinkSettings settings() {
    List<LinkSettings.Path> paths =
        linkNetworks(spec)
            .map(
                network ->
                    new LinkSettings.Path(
                        network.name(),
                        networks.find(network.interfaceName()).map(link -> link.mtu()).orElse(1500)
                            - HEADROOM_BYTES))
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
    linkNetworks(spec)
        .forEach(network -> addresses.put(network.name(), peer.addressesOn(network.name())));
    return addresses;
  }

  private List<LinkPorts.Place> places() {
    return linkNetworks(spec)
        .map(
            network ->
                new LinkPorts.Place(
                    network.name(),
                    network.interfaceName(),
                    networks
                        .find(network.interfaceName())
                        .map(dev.holdfast.agent.rtnetlink.Link::index)
                        .orElse(0)))
        .toList();
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
      for (var family : dev.holdfast.api.addr.Family.values()) {
        IpAddress address = source.source(family);
        if (address != null && !network.virtualRouters().isEmpty()) {
          adverts.add(address);
        }
      }
      attachments.add(new Hello.Attachment(network.name(), link, adverts));
    }
    return new Hello(spec.node(), Main.version(), spec.flowSync().port(), attachments);
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
    return new ReplicationRules(ignored, List.of());
  }

  private void followPlaces(long nowNanos) {
    if (!placesChanged) {
      return;
    }
    placesChanged = false;
    watch.rules(rules());
    ports.listen(places());
    Hello now = identity();
    if (!now.equals(identity)) {
      identity = now;
      if (links != null) {
        links.identify(now, nowNanos);
      }
    }
  }

  @SuppressWarnings("ReferenceEquality") // a state that was not made anew has not changed
  private void tellPeers(SyncLinks all, long nowNanos) {
    RoleState now = standing.get();
    RouterState before = told;
    if (now == judgedStanding && before != null && before.tableExact() == tableExact()) {
      return;
    }
    judgedStanding = now;
    RouterState state = state();
    told = state;
    all.tell(state, nowNanos);
  }

  private boolean tableExact() {
    return !active || exact;
  }

  private RouterState state() {
    RoleState now = standing.get();
    return new RouterState(
        SyncJudge.role(now.role()),
        now.priority(),
        now.maintenance() || spec.maintenance() || spec.self().maintenance(),
        tableExact(),
        spec.generation(),
        0,
        Main.version(),
        now.successor(),
        now.stays(),
        now.faults().stream().map(Object::toString).toList());
  }

  private void linkEvent(String peer, LinkEvent event) {
    switch (event) {
      case LinkEvent.LinkHeard() -> LOG.info("link heard peer={}", peer);
      case LinkEvent.LinkSilent() -> LOG.warn("link silent peer={}", peer);
      case LinkEvent.PathHeard(String network) ->
          LOG.info("link path heard peer={} network={}", peer, network);
      case LinkEvent.PathSilent(String network) ->
          LOG.warn("link path silent peer={} network={}", peer, network);
      case LinkEvent.PeerRestarted() -> LOG.info("link peer restarted peer={}", peer);
      case LinkEvent.PeerIdentified identity -> identified.add(identity);
      case LinkEvent.CommitWanted(long _) -> commitWanted = true;
      case LinkEvent.Incompatible(int min, int max) ->
          LOG.warn(
              "link impossible, upgrade one of the two peer={} versions={}-{}", peer, min, max);
      case LinkEvent.PeerHoldsOurs(boolean all) ->
          LOG.debug("link peer holds ours peer={} all={}", peer, all);
      case LinkEvent.WeHoldTheirs(boolean all) ->
          LOG.debug("link we hold theirs peer={} all={}", peer, all);
      case LinkEvent.HandoverReceived(HandoverMessage message) -> handovers.received(peer, message);
      case LinkEvent.PeerChanged _, LinkEvent.BarrierAnswered _ -> {}
    }
  }

  /** Whose adverts come from where: what a peer proved of itself. */
  private void tellIdentified(Consumer<AgentEvent> tell) {
    for (LinkEvent.PeerIdentified proof : List.copyOf(identified)) {
      Hello hello = proof.identity();
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

  /** Each link, in the words of the resource; on the loop's thread. */
  FlowSyncStatus linkStatus(long nowNanos) {
    SyncLinks all = links;
    return new FlowSyncStatus(
        all == null
            ? List.of()
            : all.links().stream().map(link -> peerStatus(link.status(nowNanos))).toList(),
        keys.fingerprints());
  }

  private static PeerStatus peerStatus(LinkStatus link) {
    return new PeerStatus(
        link.peer(),
        link.path(),
        word(link.state()),
        link.positionSent(),
        link.positionAcknowledged(),
        link.lagMillis(),
        link.lost(),
        link.resent());
  }

  private static String word(LinkStatus.State state) {
    return switch (state) {
      case IN_SYNC -> "up";
      case SILENT, HEARD, INCOMPATIBLE, SYNCING -> state.name().toLowerCase(Locale.ROOT);
    };
  }

  /** Looks at the next piece of the table; on the loop's thread. */
  void list(FlowLister lister) {
    SyncLinks all = links;
    lister.look(
        table,
        new FlowLister.Now(
            all == null ? 0 : all.protectedPosition(),
            anyPeer(),
            (int) ((System.nanoTime() - startedAtNanos) / (1_000 * MILLI))));
  }

  private boolean anyPeer() {
    SyncLinks all = links;
    return all != null && all.links().stream().anyMatch(SyncLink::up);
  }

  /** How many flows of ours there are and how many a peer holds; on the loop's thread. */
  FlowStatus flowStatus() {
    SyncLinks all = links;
    long tracked = flows.count();
    long held = all == null ? 0 : all.protectedFlows();
    Map<String, Long> unprotected = new TreeMap<>();
    if (held < tracked) {
      unprotected.put(
          anyPeer() ? UnprotectedReason.NOT_YET_ACKNOWLEDGED : UnprotectedReason.NO_PEER,
          tracked - held);
    }
    if (table.refused() > 0) {
      unprotected.put(UnprotectedReason.TABLE_FULL, table.refused());
    }
    return new FlowStatus(tracked, held, unprotected);
  }

  /** What a person should look at, a sentence each; on the loop's thread. */
  List<String> problems() {
    List<String> problems = new ArrayList<>();
    if (lost > 0 && active && !exact) {
      problems.add("the kernel dropped flow events, " + lost + " times; the table is read again");
    }
    if (table.overflowed()) {
      problems.add("the flow table is full at " + ENTRIES_MAX + ": not every flow is replicated");
    }
    Map<String, Long> refusals = committer.refusals();
    if (!refusals.isEmpty()) {
      problems.add("the kernel refused flows of the peers: " + refusals);
    }
    return problems;
  }

  @Override
  public void close() {
    ports.close();
    dumper.close();
    listener.close();
    writer.close();
  }
}
