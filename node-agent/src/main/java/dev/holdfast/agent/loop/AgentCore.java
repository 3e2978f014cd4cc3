package dev.holdfast.agent.loop;

import dev.holdfast.agent.loop.ClusterConfig.Instance;
import dev.holdfast.agent.role.core.Fault;
import dev.holdfast.agent.role.core.Link;
import dev.holdfast.agent.role.core.NextHop;
import dev.holdfast.agent.role.core.NextHops;
import dev.holdfast.agent.role.core.Outcome;
import dev.holdfast.agent.role.core.Path;
import dev.holdfast.agent.role.core.Role;
import dev.holdfast.agent.role.core.RoleAction;
import dev.holdfast.agent.role.core.RoleConfig;
import dev.holdfast.agent.role.core.RoleEvent;
import dev.holdfast.agent.role.core.RoleMachine;
import dev.holdfast.agent.role.core.RoleState;
import dev.holdfast.agent.role.core.Segment;
import dev.holdfast.agent.role.core.SenderFilter;
import dev.holdfast.agent.role.core.Sighting;
import dev.holdfast.agent.vrrp.core.Step;
import dev.holdfast.agent.vrrp.core.VirtualRouter;
import dev.holdfast.agent.vrrp.core.VrrpAction;
import dev.holdfast.agent.vrrp.core.VrrpEvent;
import dev.holdfast.agent.vrrp.core.VrrpMachine;
import dev.holdfast.agent.vrrp.core.VrrpState;
import dev.holdfast.agent.vrrp.wire.Advert;
import dev.holdfast.agent.vrrp.wire.ChecksumForm;
import dev.holdfast.agent.vrrp.wire.Decoded;
import dev.holdfast.agent.vrrp.wire.DropReason;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.MacAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The agent without its shell: events in, effects out.
 *
 * <p>Owned by the loop thread. It holds the machines' states, hands each core's outcome to the
 * next, and counts. Give it {@link #start} once, then events; after each batch of events look at
 * {@link #deadlineNanos()}.
 */
public final class AgentCore {

  /** What is waited for at the longest, when nothing else is. */
  private static final long IDLE_NANOS = 3_600_000_000_000L;

  private static final class Port {
    Instance instance;
    VirtualRouter router;
    VrrpState state = new VrrpState.Initialize();
    final Counters counters = new Counters();

    Port(Instance instance, VirtualRouter router) {
      this.instance = instance;
      this.router = router;
    }
  }

  private record Learned(String node, Segment segment) {}

  private ClusterConfig config;
  private RoleConfig roleConfig;
  private @Nullable RoleState deadlineRole;
  private @Nullable RoleConfig deadlineConfig;
  private OptionalLong roleDeadline = OptionalLong.empty();
  private volatile SenderFilter senderFilter;
  private RoleState role;
  private NextHops nextHops;
  private final Map<Learned, IpAddress> learned = new HashMap<>();
  private final Map<Segment, Port> ports = new LinkedHashMap<>();
  private final Sightings sightings = new Sightings();
  private final List<Effect> effects = new ArrayList<>();
  private long now;
  private long stalls;
  private long longestStallNanos;

  public AgentCore(ClusterConfig config, long nowNanos) {
    this.config = config;
    this.now = nowNanos;
    roleConfig = config.roleConfig();
    senderFilter = RoleMachine.senderFilter(roleConfig);
    role = RoleState.initial(roleConfig, nowNanos);
    nextHops = NextHops.of(config.nextHops(), nowNanos);
    config.instances().forEach(this::openPort);
  }

  /** Starts from what is found. Call it once, first. */
  public List<Effect> start(Found found, long nowNanos) {
    now = nowNanos;
    role(
        new RoleEvent.Started(
            found.links(), found.holdsAddresses(), found.lastAdvertAgeNanos(), found.asked()));
    askNextHops();
    return taken();
  }

  /** Takes one event in and says what must be done, in order. */
  public List<Effect> apply(AgentEvent event, long nowNanos) {
    now = nowNanos;
    switch (event) {
      case AgentEvent.DeadlineReached _ -> deadlineReached();
      case AgentEvent.Stalled(long nanos) -> stalled(nanos);
      case AgentEvent.AdvertReceived(Segment segment, Decoded.Ok received) ->
          advertReceived(segment, received);
      case AgentEvent.AdvertsDropped dropped -> advertsDropped(dropped);
      case AgentEvent.AddressClaimSeen seen -> addressClaimSeen(seen);
      case AgentEvent.LinkChanged(var network, var link) ->
          role(new RoleEvent.LinkChanged(network, link));
      case AgentEvent.AddressLost(var network, var address) ->
          role(new RoleEvent.AddressLost(network, address));
      case AgentEvent.FaultChanged(var fault, boolean present) ->
          role(new RoleEvent.FaultChanged(fault, present));
      case AgentEvent.NextHopAnswered(NextHop hop) -> nextHops(nextHops.answered(hop));
      case AgentEvent.FlowsCommitted(long takeover) -> role(new RoleEvent.FlowsCommitted(takeover));
      case AgentEvent.BarrierAnswered(var node) -> role(new RoleEvent.BarrierAnswered(node));
      case AgentEvent.AddressesClaimed(long takeover) ->
          role(new RoleEvent.AddressesClaimed(takeover));
      case AgentEvent.AddressRefused(var network, var address, var why) ->
          role(new RoleEvent.AddressRefused(network, address, why));
      case AgentEvent.SyncChanged(boolean inSync) -> role(new RoleEvent.SyncChanged(inSync));
      case AgentEvent.PeerSyncChanged(boolean inSync) ->
          role(new RoleEvent.PeerSyncChanged(inSync));
      case AgentEvent.PeerHeard(var node) -> role(new RoleEvent.PeerHeard(node));
      case AgentEvent.PeerSilent(var node) -> role(new RoleEvent.PeerSilent(node));
      case AgentEvent.PeerReported peer ->
          role(
              new RoleEvent.PeerReported(
                  peer.node(),
                  peer.role(),
                  peer.faults(),
                  peer.inSync(),
                  peer.successor(),
                  peer.stays()));
      case AgentEvent.PeerAddressLearned(var node, var segment, var address) ->
          peerAddressLearned(node, segment, address);
      case AgentEvent.ConfigChanged(ClusterConfig changed) -> configChanged(changed);
      case AgentEvent.MaintenanceChanged(boolean on) -> role(new RoleEvent.MaintenanceChanged(on));
      case AgentEvent.HandoverAsked(long request, String to) ->
          role(new RoleEvent.HandoverAsked(request, to));
      case AgentEvent.StopRequested _ -> role(new RoleEvent.Stopped());
    }
    return taken();
  }

  /** When {@link AgentEvent.DeadlineReached} is wanted; always within an hour. */
  public long deadlineNanos() {
    long earliest = now + IDLE_NANOS;
    for (Port port : ports.values()) {
      earliest = earlier(earliest, port.state.deadlineNanos());
    }
    earliest = earlier(earliest, nextHops.deadlineNanos());
    return earlier(earliest, roleDeadline());
  }

  /** Asked for in every turn, and only as new as the role's last change. */
  @SuppressWarnings("ReferenceEquality") // a state that was not made anew has the same deadline
  private OptionalLong roleDeadline() {
    if (deadlineRole != role || deadlineConfig != roleConfig) {
      deadlineRole = role;
      deadlineConfig = roleConfig;
      roleDeadline = RoleMachine.deadlineNanos(roleConfig, role);
    }
    return roleDeadline;
  }

  private static long earlier(long one, OptionalLong other) {
    return other.isPresent() && other.getAsLong() - one < 0 ? other.getAsLong() : one;
  }

  /** Where this router stands in its cluster. */
  public RoleState standing() {
    return role;
  }

  /** Why no other router may have the role now, for a person; empty when one may. */
  public String obstacles() {
    return RoleMachine.obstacles(roleConfig, role, now);
  }

  /** What this router is now. */
  public Role role() {
    return role.role();
  }

  /**
   * Whose adverts count now: the receivers ask it, from any thread, so that a flood ends before the
   * inbox.
   */
  public SenderFilter senderFilter() {
    return senderFilter;
  }

  /** A copy of what there is to know, for status and metrics. */
  public AgentSnapshot snapshot(long nowNanos) {
    var virtualRouters = new ArrayList<AgentSnapshot.VirtualRouterView>();
    ports.forEach(
        (segment, port) -> {
          Path path = role.paths().get(segment);
          virtualRouters.add(
              new AgentSnapshot.VirtualRouterView(
                  segment,
                  port.instance.vrid(),
                  port.instance.version(),
                  port.state,
                  port.router.priority(),
                  port.instance.advertised(),
                  path == null ? null : path.source(),
                  path != null && path.silent(),
                  path == null ? null : path.heard(),
                  port.counters.copy()));
        });
    return new AgentSnapshot(
        config.node(),
        nowNanos,
        role,
        role.role() == Role.ACTIVE && role.hold() != null && role.hold().reserve()
            ? obstacles()
            : "",
        virtualRouters,
        sightings.recent(nowNanos),
        stalls,
        longestStallNanos);
  }

  private List<Effect> taken() {
    List<Effect> taken = List.copyOf(effects);
    effects.clear();
    return taken;
  }

  // Events that are more than one core's.

  private void deadlineReached() {
    ports.forEach(
        (segment, port) -> {
          OptionalLong deadline = port.state.deadlineNanos();
          if (deadline.isPresent() && deadline.getAsLong() - now <= 0) {
            if (port.state instanceof VrrpState.Active active) {
              port.counters.lateness.add(now - active.advertAtNanos());
            }
            vrrp(segment, new VrrpEvent.DeadlineReached());
          }
        });
    askNextHops();
    OptionalLong deadline = RoleMachine.deadlineNanos(roleConfig, role);
    if (deadline.isPresent() && deadline.getAsLong() - now <= 0) {
      role(new RoleEvent.DeadlineReached());
    }
  }

  private void askNextHops() {
    OptionalLong deadline = nextHops.deadlineNanos();
    if (deadline.isEmpty() || deadline.getAsLong() - now > 0) {
      return;
    }
    boolean active = role.role() == Role.ACTIVE;
    NextHops.Round round = nextHops.ask(active, this::hasCarrier, now);
    round.toAsk().forEach(hop -> effects.add(new Effect.AskNextHop(hop)));
    nextHops(round.next());
  }

  private boolean hasCarrier(String network) {
    return role.links().getOrDefault(network, Link.ABSENT).up();
  }

  /** Tells the role which networks' next hops fell silent, and which answer again. */
  private void nextHops(NextHops changed) {
    Set<String> before = nextHops.silentNetworks();
    Set<String> after = changed.silentNetworks();
    nextHops = changed;
    Stream.concat(before.stream(), after.stream())
        .distinct()
        .filter(network -> before.contains(network) != after.contains(network))
        .map(network -> new Fault(Fault.Kind.GATEWAY_SILENT, network))
        .forEach(fault -> role(new RoleEvent.FaultChanged(fault, after.contains(fault.network()))));
  }

  /** After how long a silence another router may take over. */
  long patienceNanos() {
    return roleConfig.patienceNanos();
  }

  private void stalled(long nanos) {
    nextHops = nextHops.delayed(nanos);
    stalls++;
    longestStallNanos = Math.max(longestStallNanos, nanos);
    ports.keySet().forEach(segment -> vrrp(segment, new VrrpEvent.Delayed(nanos)));
    role(new RoleEvent.Stalled(nanos));
  }

  private void advertReceived(Segment segment, Decoded.Ok received) {
    Port port = ports.get(segment);
    Path path = role.paths().get(segment);
    if (port == null || path == null) {
      return;
    }
    DropReason reason = dropReason(segment, port, path, received);
    if (reason != null) {
      advertsDropped(new AgentEvent.AdvertsDropped(segment, reason, received.source(), 1));
      return;
    }
    count(segment, port, received);
    IpAddress own = Objects.requireNonNull(path.source());
    vrrp(segment, new VrrpEvent.AdvertReceived(received.advert(), received.source(), own));
  }

  private @Nullable DropReason dropReason(
      Segment segment, Port port, Path path, Decoded.Ok received) {
    if (path.source() == null || port.state instanceof VrrpState.Initialize) {
      return DropReason.NOT_RUNNING;
    }
    if (received.source().equals(path.source())) {
      return DropReason.OWN_ADDRESS;
    }
    return senderFilter.counts(segment, received.source()) ? null : DropReason.STRANGER;
  }

  private void count(Segment segment, Port port, Decoded.Ok received) {
    port.counters.received++;
    if (received.advert().resigns()) {
      port.counters.resignationsReceived++;
    }
    String source = received.source().toString();
    if (!received.addressesMatch()) {
      port.counters.addressListsDiffering++;
      note(Sighting.ADDRESS_LIST_DIFFERS, source, segment + " " + received.advert().addresses());
    }
    ChecksumForm form = received.checksumForm();
    if (port.instance.version() == 3 && form != expectedForm(segment)) {
      port.counters.checksumFormsDiffering++;
      note(Sighting.CHECKSUM_FORM_DIFFERS, source, segment + " " + form);
    }
  }

  private ChecksumForm expectedForm(Segment segment) {
    return switch (segment.family()) {
      case IPV4 -> config.checksumForm();
      case IPV6 -> ChecksumForm.PSEUDO;
    };
  }

  private void advertsDropped(AgentEvent.AdvertsDropped dropped) {
    Port port = ports.get(dropped.segment());
    if (port == null) {
      return;
    }
    port.counters.dropped.merge(dropped.reason(), dropped.count(), Long::sum);
    String source = dropped.lastSource().toString();
    switch (dropped.reason()) {
      case STRANGER -> note(Sighting.STRANGER_SPEAKS, source, dropped.segment().toString());
      case OWN_ADDRESS -> note(Sighting.OWN_ADDRESS_SPEAKS, source, dropped.segment().toString());
      case NOT_RUNNING, UNKNOWN_VRID -> {}
      default -> {
        port.counters.lastRejectedNanos = OptionalLong.of(now);
        note(Sighting.ADVERTS_REJECTED, source, dropped.segment() + " " + dropped.reason());
      }
    }
  }

  private void addressClaimSeen(AgentEvent.AddressClaimSeen seen) {
    if (config.virtualMac() && isVirtualMac(seen.network(), seen.mac())) {
      return;
    }
    role(new RoleEvent.AddressClaimSeen(seen.network(), seen.address(), seen.mac()));
  }

  private boolean isVirtualMac(String network, MacAddress mac) {
    return config.instances().stream()
        .filter(one -> one.segment().network().equals(network))
        .anyMatch(
            one -> mac.equals(MacAddress.ofVirtualRouter(one.segment().family(), one.vrid())));
  }

  private void peerAddressLearned(String node, Segment segment, IpAddress address) {
    learned.put(new Learned(node, segment), address);
    configureRole();
  }

  private void configureRole() {
    roleConfig = config.roleConfig();
    learned.forEach(
        (where, address) ->
            roleConfig = roleConfig.withLearned(where.node(), where.segment(), address));
    senderFilter = RoleMachine.senderFilter(roleConfig);
  }

  private void configChanged(ClusterConfig changed) {
    if (changed.equals(config)) {
      return;
    }
    RoleConfig before = roleConfig;
    config = changed;
    configureRole();
    for (Instance instance : changed.instances()) {
      if (ports.containsKey(instance.segment())) {
        changePort(instance);
      } else {
        openPort(instance);
      }
    }
    role(new RoleEvent.Reconfigured(before));
    nextHops(nextHops.watching(changed.nextHops()));
    ports.keySet().removeIf(segment -> changed.instance(segment).isEmpty());
  }

  private void openPort(Instance instance) {
    var router = config.virtualRouter(instance, role.priority(), role.preempts());
    ports.put(instance.segment(), new Port(instance, router));
  }

  private void changePort(Instance instance) {
    Segment segment = instance.segment();
    Port port = Objects.requireNonNull(ports.get(segment));
    boolean another =
        instance.vrid() != port.instance.vrid() || instance.version() != port.instance.version();
    boolean wasActive = port.state instanceof VrrpState.Active;
    boolean wasRunning = !(port.state instanceof VrrpState.Initialize);
    if (another && wasRunning) {
      // Without resigning: among our own routers that would give up every network, for those that
      // do not have the change yet.
      vrrp(segment, new VrrpEvent.Deposed(false));
      vrrp(segment, new VrrpEvent.Stopped());
    }
    VirtualRouter before = port.router;
    port.instance = instance;
    port.router = config.virtualRouter(instance, role.priority(), role.preempts());
    if (another && wasRunning) {
      vrrp(segment, new VrrpEvent.Started());
      if (wasActive) {
        vrrp(segment, new VrrpEvent.Elected());
      }
    } else {
      vrrp(segment, new VrrpEvent.Reconfigured(before));
    }
  }

  // One core's outcome to the next. What the role orders never comes back as news: only an advert
  // or a deadline makes a virtual router speak to its group, so a step cannot call itself.

  private void role(RoleEvent event) {
    Outcome outcome = RoleMachine.step(roleConfig, role, event, now);
    role = outcome.state();
    outcome.actions().forEach(this::perform);
  }

  private void perform(RoleAction action) {
    switch (action) {
      case RoleAction.StartPath(Segment segment) -> vrrp(segment, new VrrpEvent.Started());
      case RoleAction.StopPath(Segment segment) -> vrrp(segment, new VrrpEvent.Stopped());
      case RoleAction.Elect(Segment segment) -> elect(segment);
      case RoleAction.Depose(Segment segment, boolean resigns) ->
          vrrp(segment, new VrrpEvent.Deposed(resigns));
      case RoleAction.Hasten(Segment segment, long heardAtNanos) -> hasten(segment, heardAtNanos);
      case RoleAction.ListenFirst _ ->
          ports.keySet().forEach(segment -> vrrp(segment, new VrrpEvent.ListeningBegun()));
      case RoleAction.SetPriority(int priority) ->
          ports.forEach((segment, port) -> adjust(segment, port.router.withPriority(priority)));
      case RoleAction.SetPreempts(boolean preempts) ->
          ports.forEach((segment, port) -> adjust(segment, port.router.withPreempts(preempts)));
      case RoleAction.CommitFlows(long takeover, long withinNanos) ->
          effects.add(new Effect.CommitFlows(takeover, withinNanos));
      case RoleAction.AskBarrier(var node) -> effects.add(new Effect.AskBarrier(node));
      case RoleAction.ClaimAddresses(long takeover, var addresses) ->
          effects.add(new Effect.ClaimAddresses(takeover, addresses));
      case RoleAction.Announce(var addresses) -> effects.add(new Effect.Announce(addresses));
      case RoleAction.RenewAddresses(var addresses) ->
          effects.add(new Effect.RenewAddresses(addresses));
      case RoleAction.WithdrawAddresses(var addresses) ->
          effects.add(new Effect.WithdrawAddresses(addresses));
      case RoleAction.AnswerHandover(long request, boolean done, String sentence) ->
          effects.add(new Effect.AnswerHandover(request, done, sentence));
      case RoleAction.Remember(var asked) -> effects.add(new Effect.Remember(asked));
      case RoleAction.Report(var transition) -> effects.add(new Effect.Report(transition));
      case RoleAction.Note(Sighting sighting, String subject, String detail) ->
          note(sighting, subject, detail);
      case RoleAction.Finish _ -> effects.add(new Effect.Finish());
    }
  }

  private void elect(Segment segment) {
    Port port = Objects.requireNonNull(ports.get(segment));
    OptionalLong rejected = port.counters.lastRejectedNanos;
    if (rejected.isPresent()
        && now - rejected.getAsLong() < port.router.downNanos(port.router.intervalNanos())) {
      note(Sighting.ACTIVE_DESPITE_REJECTED, segment.toString(), "");
    }
    vrrp(segment, new VrrpEvent.Elected());
  }

  /** As if only one more advert had been missed on this segment. */
  private void hasten(Segment segment, long heardAtNanos) {
    Port port = Objects.requireNonNull(ports.get(segment));
    if (port.state instanceof VrrpState.Backup backup) {
      long interval = backup.activeIntervalNanos();
      long downAt = heardAtNanos + interval + port.router.skewNanos(interval);
      vrrp(segment, new VrrpEvent.Hastened(downAt));
    }
  }

  private void adjust(Segment segment, VirtualRouter changed) {
    Port port = Objects.requireNonNull(ports.get(segment));
    VirtualRouter before = port.router;
    port.router = changed;
    vrrp(segment, new VrrpEvent.Reconfigured(before));
  }

  private void vrrp(Segment segment, VrrpEvent event) {
    Port port = Objects.requireNonNull(ports.get(segment));
    boolean wasActive = port.state instanceof VrrpState.Active;
    Step step = VrrpMachine.step(port.router, port.state, event, now);
    port.state = step.state();
    boolean isActive = port.state instanceof VrrpState.Active;
    if (isActive && !wasActive) {
      port.counters.becameActive++;
    } else if (wasActive && !isActive) {
      port.counters.leftActive++;
    }
    step.actions().forEach(action -> perform(segment, port, action));
  }

  private void perform(Segment segment, Port port, VrrpAction action) {
    switch (action) {
      case VrrpAction.SendAdvert(int priority) -> send(segment, port, priority);
      case VrrpAction.ActiveDown _ -> role(new RoleEvent.ActiveDown(segment));
      case VrrpAction.ActiveHeard(var source, int priority) ->
          role(new RoleEvent.ActiveHeard(segment, source, priority));
      case VrrpAction.WeakerHeard(var source, int priority) ->
          role(new RoleEvent.WeakerHeard(segment, source, priority));
      case VrrpAction.ActiveResigned(var source) ->
          role(new RoleEvent.ActiveResigned(segment, source));
      case VrrpAction.Yielded(var source, int priority) ->
          role(new RoleEvent.Yielded(segment, source, priority));
      case VrrpAction.Contested(var source, int priority) ->
          role(new RoleEvent.Contested(segment, source, priority));
    }
  }

  private void send(Segment segment, Port port, int priority) {
    Path path = role.paths().get(segment);
    IpAddress source = path == null ? null : path.source();
    if (source == null) {
      return; // The interface has just gone: nothing can leave through it.
    }
    port.counters.sent++;
    if (priority == 0) {
      port.counters.resignationsSent++;
    }
    Instance instance = port.instance;
    var advert =
        new Advert(
            instance.version(),
            instance.vrid(),
            priority,
            config.intervalCentis(),
            instance.advertised());
    effects.add(new Effect.SendAdvert(segment, advert, source));
  }

  private void note(Sighting sighting, String subject, String detail) {
    if (sightings.note(sighting, subject, detail, now)) {
      effects.add(new Effect.Warn(sighting, subject, detail));
    }
  }
}
