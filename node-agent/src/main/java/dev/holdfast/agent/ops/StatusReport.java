package dev.holdfast.agent.ops;

import dev.holdfast.agent.loop.AgentSnapshot;
import dev.holdfast.agent.role.core.Fault;
import dev.holdfast.agent.role.core.RoleState;
import dev.holdfast.agent.role.core.Sighting;
import dev.holdfast.agent.role.core.Transition;
import dev.holdfast.agent.vrrp.core.VrrpState;
import dev.holdfast.api.v1alpha1.Condition;
import dev.holdfast.api.v1alpha1.ConditionStatus;
import dev.holdfast.api.v1alpha1.FirewallStatus;
import dev.holdfast.api.v1alpha1.FlowCommitStatus;
import dev.holdfast.api.v1alpha1.FlowStatus;
import dev.holdfast.api.v1alpha1.FlowSyncStatus;
import dev.holdfast.api.v1alpha1.FlowTableStatus;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import dev.holdfast.api.v1alpha1.GatewayNodeStatus;
import dev.holdfast.api.v1alpha1.KernelSetting;
import dev.holdfast.api.v1alpha1.NodeNetwork;
import dev.holdfast.api.v1alpha1.Role;
import dev.holdfast.api.v1alpha1.RoleTransition;
import dev.holdfast.api.v1alpha1.StallStatus;
import dev.holdfast.api.v1alpha1.VirtualRouterStatus;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The agent's report: what the loop holds, in the words of the resource.
 *
 * <p>Pure: the wall clock comes with the call, together with the monotonic time of the snapshot.
 */
public final class StatusReport {

  private static final long MISSING_ONE_IN = 100;

  /**
   * What other rooms contribute.
   *
   * @param realTime whether the loop runs on a real-time thread
   * @param problems what else a person should look at, a sentence each
   * @param flowSync null while there is no flow sync
   * @param flows null while there is no flow sync
   * @param firewall null while no policy is kept
   */
  public record Parts(
      boolean realTime,
      List<KernelSetting> kernelSettings,
      List<String> problems,
      @Nullable FlowSyncStatus flowSync,
      @Nullable FlowStatus flows,
      @Nullable FirewallStatus firewall,
      String version) {}

  private final GatewayNodeSpec spec;
  private final AgentSnapshot snapshot;
  private final Parts parts;
  private final Instant now;

  private StatusReport(GatewayNodeSpec spec, AgentSnapshot snapshot, Parts parts, Instant now) {
    this.spec = spec;
    this.snapshot = snapshot;
    this.parts = parts;
    this.now = now;
  }

  /**
   * @param now the wall clock at {@code snapshot.nowNanos()}
   * @param before the conditions of the report before: one whose status is the same keeps its time
   */
  public static GatewayNodeStatus of(
      GatewayNodeSpec spec,
      AgentSnapshot snapshot,
      Parts parts,
      Instant now,
      List<Condition> before) {
    StatusReport report = new StatusReport(spec, snapshot, parts, now);
    RoleState role = snapshot.role();
    return new GatewayNodeStatus(
        spec.generation(),
        role(role.role()),
        report.time(role.sinceNanos()),
        report.ready(),
        report.inSync(),
        report.virtualRouters(),
        parts.flowSync(),
        parts.flows(),
        parts.firewall(),
        parts.realTime(),
        report.faults(),
        parts.kernelSettings(),
        report.transitions(),
        new StallStatus(snapshot.stalls(), snapshot.longestStallNanos() / 1_000_000),
        parts.version(),
        null,
        report.conditions(before));
  }

  /**
   * What a kernel refused is no reason for the role to wait, and none to call it held. A few that
   * it refuses for good shall not keep a router from its reboot, though: they are told as
   * unprotected and as missing.
   */
  private boolean inSync() {
    RoleState role = snapshot.role();
    if (role.role() == dev.holdfast.agent.role.core.Role.ACTIVE) {
      FlowStatus flows = parts.flows();
      return role.peerInSync()
          && (flows == null
              || isFew(
                  flows.unprotected().getOrDefault(UnprotectedReason.REFUSED_BY_PEER, 0L),
                  flows.tracked()));
    }
    FlowSyncStatus sync = parts.flowSync();
    FlowCommitStatus commit = sync == null ? null : sync.commit();
    FlowTableStatus table = sync == null ? null : sync.table();
    return role.inSync()
        && (commit == null || isFew(commit.missing(), table == null ? 0 : table.entries()));
  }

  /** At most one in a hundred. */
  private static boolean isFew(long missing, long all) {
    return missing * MISSING_ONE_IN <= all;
  }

  private boolean ready() {
    return switch (snapshot.role().role()) {
      case ACTIVE, BACKUP -> true;
      case INITIALIZE, FAULT, MAINTENANCE -> false;
    };
  }

  private String time(long nanos) {
    return Times.text(now.minusNanos(snapshot.nowNanos() - nanos));
  }

  private static Role role(dev.holdfast.agent.role.core.Role role) {
    return switch (role) {
      case INITIALIZE -> Role.INITIALIZE;
      case BACKUP -> Role.BACKUP;
      case ACTIVE -> Role.ACTIVE;
      case FAULT -> Role.FAULT;
      case MAINTENANCE -> Role.MAINTENANCE;
    };
  }

  private List<VirtualRouterStatus> virtualRouters() {
    return snapshot.virtualRouters().stream().map(this::virtualRouter).toList();
  }

  private VirtualRouterStatus virtualRouter(AgentSnapshot.VirtualRouterView view) {
    Advert last = lastAdvert(view);
    return new VirtualRouterStatus(
        view.segment().network(),
        view.segment().family(),
        view.vrid(),
        switch (view.state()) {
          case VrrpState.Initialize initialize -> Role.INITIALIZE;
          case VrrpState.Backup backup -> Role.BACKUP;
          case VrrpState.Active self -> Role.ACTIVE;
        },
        addresses(view),
        last == null ? null : (snapshot.nowNanos() - last.atNanos()) / 1_000_000,
        last == null ? null : last.sender(),
        counters(view.counters()));
  }

  /** The newest advert that counted: of the active router that was heard, or our own. */
  private record Advert(long atNanos, @Nullable String sender) {}

  private static @Nullable Advert lastAdvert(AgentSnapshot.VirtualRouterView view) {
    if (view.state() instanceof VrrpState.Active active) {
      return new Advert(
          active.sentAtNanos(), view.source() == null ? null : view.source().toString());
    }
    var heard = view.heard();
    return heard == null ? null : new Advert(heard.atNanos(), heard.source().toString());
  }

  private List<String> addresses(AgentSnapshot.VirtualRouterView view) {
    return spec.network(view.segment().network())
        .flatMap(network -> network.virtualRouter(view.segment().family()))
        .map(router -> router.virtualAddresses())
        .orElse(List.of());
  }

  private static Map<String, Long> counters(AgentSnapshot.CountersView view) {
    Map<String, Long> counters = new TreeMap<>();
    counters.put("received", view.received());
    counters.put("sent", view.sent());
    counters.put("resignationsReceived", view.resignationsReceived());
    counters.put("resignationsSent", view.resignationsSent());
    counters.put("becameActive", view.becameActive());
    counters.put("leftActive", view.leftActive());
    counters.put("addressListsDiffering", view.addressListsDiffering());
    counters.put("checksumFormsDiffering", view.checksumFormsDiffering());
    view.dropped().forEach((reason, count) -> counters.put("dropped" + word(reason), count));
    return counters;
  }

  /** {@code BAD_CHECKSUM} becomes {@code BadChecksum}. */
  private static String word(Enum<?> constant) {
    StringBuilder word = new StringBuilder();
    for (String part : constant.name().split("_", -1)) {
      word.append(part.charAt(0)).append(part.substring(1).toLowerCase(Locale.ROOT));
    }
    return word.toString();
  }

  private List<String> faults() {
    return snapshot.role().faults().stream().map(this::sentence).toList();
  }

  private String sentence(Fault fault) {
    String where =
        fault.network()
            + " ("
            + spec.network(fault.network()).map(NodeNetwork::interfaceName).orElse("?")
            + ")";
    return switch (fault.kind()) {
      case INTERFACE_MISSING ->
          "the interface of " + where + " does not exist; look at 'ip link', or correct the name";
      case LINK_DOWN -> "no carrier on " + where + "; look at the cable and the switch port";
      case OWN_ADDRESS_MISSING ->
          "the router's own address on " + where + " is gone; look at 'ip address'";
      case ADDRESS_REFUSED ->
          "the kernel refused a virtual address on " + where + "; the log says why";
      case GATEWAY_SILENT ->
          "the next hop on "
              + where
              + " does not answer ("
              + spec.network(fault.network()).map(NodeNetwork::gateways).orElse(List.of())
              + "); look at the modem or router behind it, and at the switch between";
    };
  }

  private List<RoleTransition> transitions() {
    List<RoleTransition> newestFirst = new ArrayList<>();
    for (Transition transition : snapshot.role().transitions().reversed()) {
      newestFirst.add(
          new RoleTransition(
              time(transition.atNanos()),
              role(transition.from()),
              role(transition.to()),
              transition.reason().word()
                  + (transition.detail().isEmpty() ? "" : " (" + transition.detail() + ")"),
              transition.gapMillis().isPresent() ? transition.gapMillis().getAsLong() : null));
    }
    return newestFirst;
  }

  private List<Condition> conditions(List<Condition> before) {
    Map<String, Condition> old =
        before.stream().collect(Collectors.toMap(Condition::type, condition -> condition));
    List<Condition> all = new ArrayList<>();
    all.add(readyCondition());
    all.add(degraded());
    all.add(allInMaintenance());
    all.add(splitBrain());
    for (AgentSnapshot.Seen seen : seenNow(Sighting.STRANGER_SPEAKS)) {
      all.add(
          condition(
              "StrangerSpeaks",
              true,
              "UnknownSender",
              "adverts for our VRID from " + seen.subject() + " " + seen.detail()));
    }
    return all.stream()
        .sorted(Comparator.comparing(Condition::type))
        .map(condition -> keepTime(old.get(condition.type()), condition))
        .toList();
  }

  private static Condition keepTime(@Nullable Condition before, Condition now) {
    if (before == null || before.status() != now.status()) {
      return now;
    }
    return new Condition(
        now.type(),
        now.status(),
        now.observedGeneration(),
        now.reason(),
        now.message(),
        before.lastTransitionTime());
  }

  private Condition readyCondition() {
    String role = snapshot.role().role().word();
    return condition("Ready", ready(), role, "the router is " + role.toLowerCase(Locale.ROOT));
  }

  /** The other settings cost comfort; without forwarding there is no gateway. */
  private static boolean keepsPacketsHere(KernelSetting setting) {
    return setting.problem() != null
        && (setting.name().endsWith(".ip_forward") || setting.name().endsWith(".forwarding"));
  }

  private Condition degraded() {
    List<String> reasons = new ArrayList<>(faults());
    reasons.addAll(parts.problems());
    parts.kernelSettings().stream()
        .filter(StatusReport::keepsPacketsHere)
        .forEach(setting -> reasons.add(setting.name() + ": " + setting.problem()));
    if (isInMaintenance() && !snapshot.keepsRoleBecause().isEmpty()) {
      reasons.add("in maintenance, and active all the same: " + snapshot.keepsRoleBecause());
    }
    for (AgentSnapshot.Seen seen : snapshot.seen()) {
      if (seen.sighting() != Sighting.SPLIT_BRAIN) {
        reasons.add(
            seen.sighting().word()
                + " "
                + seen.subject()
                + (seen.detail().isEmpty() ? "" : ": " + seen.detail()));
      }
    }
    snapshot.virtualRouters().stream()
        .filter(AgentSnapshot.VirtualRouterView::silent)
        .filter(view -> view.state() instanceof VrrpState.Backup)
        .forEach(view -> reasons.add("nobody is heard on " + view.segment()));
    return reasons.isEmpty()
        ? condition("Degraded", false, "NothingWrong", "")
        : condition("Degraded", true, "SeeMessage", String.join("; ", reasons));
  }

  private boolean isInMaintenance() {
    return snapshot.role().maintenance() || spec.maintenance() || spec.self().maintenance();
  }

  /** The last router keeps the role although it should not have it. */
  private Condition allInMaintenance() {
    boolean active = snapshot.role().role() == dev.holdfast.agent.role.core.Role.ACTIVE;
    var alive = snapshot.role().peers().values().stream().filter(peer -> peer.alive()).toList();
    boolean all =
        alive.stream()
            .allMatch(peer -> peer.role() == dev.holdfast.agent.role.core.Role.MAINTENANCE);
    return active && isInMaintenance() && !alive.isEmpty() && all
        ? condition(
            "AllInMaintenance",
            true,
            "LastRouterKeepsRole",
            "every router is in maintenance; this one keeps the role until another one may have it")
        : condition("AllInMaintenance", false, "SomebodyMayHaveRole", "");
  }

  private Condition splitBrain() {
    List<AgentSnapshot.Seen> seen = seenNow(Sighting.SPLIT_BRAIN);
    return seen.isEmpty()
        ? condition("SplitBrain", false, "OneActive", "")
        : condition(
            "SplitBrain",
            true,
            "TwoActive",
            "another router is active too: "
                + seen.getFirst().subject()
                + " "
                + seen.getFirst().detail());
  }

  private List<AgentSnapshot.Seen> seenNow(Sighting sighting) {
    return snapshot.seen().stream().filter(seen -> seen.sighting() == sighting).toList();
  }

  private Condition condition(String type, boolean holds, String reason, String message) {
    return new Condition(
        type,
        holds ? ConditionStatus.TRUE : ConditionStatus.FALSE,
        spec.generation(),
        reason,
        message,
        time(snapshot.nowNanos()));
  }
}
