package dev.holdfast.operator.status;

import dev.holdfast.api.v1alpha1.Condition;
import dev.holdfast.api.v1alpha1.FlowStatus;
import dev.holdfast.api.v1alpha1.FlowTotals;
import dev.holdfast.api.v1alpha1.GatewayCluster;
import dev.holdfast.api.v1alpha1.GatewayClusterStatus;
import dev.holdfast.api.v1alpha1.GatewayNode;
import dev.holdfast.api.v1alpha1.GatewayNodeStatus;
import dev.holdfast.api.v1alpha1.LastTransition;
import dev.holdfast.api.v1alpha1.NetworkSpec;
import dev.holdfast.api.v1alpha1.Role;
import dev.holdfast.api.v1alpha1.RoleTransition;
import dev.holdfast.api.v1alpha1.RouterSpec;
import dev.holdfast.api.v1alpha1.RouterStatus;
import dev.holdfast.operator.plan.ClusterPlan;
import dev.holdfast.operator.plan.Observed;
import dev.holdfast.operator.plan.Reports;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Makes the status of a GatewayCluster. */
public final class StatusRules {

  private static final Duration FLOWS_AT_MOST_EVERY = Duration.ofMinutes(1);
  private static final long FLOWS_WORTH_TELLING = 10;
  private static final int REASON_MAX = 128;
  private static final int ADDRESSES_MAX = 1024;

  private final GatewayCluster cluster;
  private final ClusterPlan plan;
  private final Observed observed;
  private final Reports reports;
  private final GatewayClusterStatus before;

  private StatusRules(GatewayCluster cluster, ClusterPlan plan, Observed observed) {
    this.cluster = cluster;
    this.plan = plan;
    this.observed = observed;
    this.reports = Reports.of(cluster, observed);
    this.before = Objects.requireNonNullElse(cluster.getStatus(), NOTHING);
  }

  private static final GatewayClusterStatus NOTHING =
      new GatewayClusterStatus(
          null, null, null, null, null, null, null, null, List.of(), List.of());

  /**
   * @param cluster with the status before
   * @param writtenAt when that status was written; the beginning of time when it never was
   */
  public static GatewayClusterStatus status(
      GatewayCluster cluster, ClusterPlan plan, Observed observed, Instant writtenAt) {
    return new StatusRules(cluster, plan, observed).status(writtenAt);
  }

  /**
   * Counts alone are no reason to write often; a status that is written anyway takes them along.
   */
  private GatewayClusterStatus status(Instant writtenAt) {
    Optional<GatewayNodeStatus> active = reports.active().flatMap(reports::status);
    FlowTotals now = active.map(GatewayNodeStatus::flows).map(StatusRules::totals).orElse(null);
    GatewayClusterStatus asTold = status(active, before.flows());
    if (now == null) {
      return asTold;
    }
    boolean written = !asTold.equals(cluster.getStatus());
    return written || isNews(now, writtenAt) ? status(active, now) : asTold;
  }

  private static FlowTotals totals(FlowStatus flows) {
    return new FlowTotals(flows.tracked(), flows.protectedFlows());
  }

  private GatewayClusterStatus status(
      Optional<GatewayNodeStatus> active, @Nullable FlowTotals flows) {
    List<String> routers = routers();
    SafeToReboot safety = new SafeToReboot(reports, routers, flows);
    List<RouterStatus> each = routers.stream().map(node -> router(node, safety)).toList();
    long ready = each.stream().filter(RouterStatus::ready).count();
    List<Condition> conditions =
        new ConditionRules(cluster, plan, reports, routers, before, observed.now()).conditions();
    return new GatewayClusterStatus(
        cluster.getMetadata().getGeneration(),
        reports.active().orElse(null),
        active.map(this::activeSince).orElse(null),
        lastTransition(active.orElse(null)),
        ready + "/" + routers.size(),
        active.map(one -> Boolean.TRUE.equals(one.inSync()) ? "True" : "False").orElse("False"),
        flows,
        virtualAddresses(),
        each,
        conditions);
  }

  /** One that has just given the role up was active since it took it. */
  private @Nullable String activeSince(GatewayNodeStatus active) {
    return active.role() == Role.ACTIVE ? active.since() : before.activeSince();
  }

  /** Those of the resource, and those that run when it cannot be used. */
  private List<String> routers() {
    List<String> running =
        observed.gatewayNodes().stream().map(one -> one.getSpec().node()).sorted().toList();
    boolean byResource =
        plan.acceptance().accepted() && cluster.getMetadata().getDeletionTimestamp() == null;
    return byResource || running.isEmpty()
        ? cluster.getSpec().routers().stream().map(RouterSpec::node).toList()
        : running;
  }

  private RouterStatus router(String node, SafeToReboot safety) {
    Optional<GatewayNodeStatus> status = reports.status(node);
    Role said = status.map(GatewayNodeStatus::role).orElse(Role.INITIALIZE);
    SafeToReboot.Answer answer = safety.of(node);
    return new RouterStatus(
        node,
        reports.alive(node) ? said : Role.INITIALIZE,
        reports.ready(node),
        reports.inSync(node),
        reports.settled(node) ? generation(node) : null,
        status.map(GatewayNodeStatus::version).orElse(null),
        answer.safe(),
        answer.note());
  }

  private @Nullable Long generation(String node) {
    return observed.gatewayNodes().stream()
        .map(GatewayNode::getSpec)
        .filter(spec -> spec.node().equals(node))
        .map(spec -> (Long) spec.generation())
        .findFirst()
        .orElse(null);
  }

  private @Nullable LastTransition lastTransition(@Nullable GatewayNodeStatus active) {
    Optional<RoleTransition> taken =
        Optional.ofNullable(active).stream()
            .flatMap(status -> status.transitions().stream())
            .filter(transition -> transition.to() == Role.ACTIVE)
            .findFirst();
    LastTransition last = before.lastTransition();
    if (taken.isEmpty() || last != null && last.time().equals(taken.get().time())) {
      return last;
    }
    RoleTransition now = taken.get();
    String to = reports.active().orElse(null);
    String from = Objects.equals(before.active(), to) ? null : before.active();
    return new LastTransition(
        now.time(), from, to, atMost(now.reason(), REASON_MAX), now.gapMillis());
  }

  /** They changed by a tenth, and what stands there is not young. */
  private boolean isNews(FlowTotals now, Instant writtenAt) {
    FlowTotals told = before.flows();
    boolean young = writtenAt.plus(FLOWS_AT_MOST_EVERY).isAfter(observed.now());
    return told == null
        || !young
            && !(nearly(told.tracked(), now.tracked())
                && nearly(told.protectedFlows(), now.protectedFlows()));
  }

  private static boolean nearly(long before, long now) {
    return Math.abs(now - before) * FLOWS_WORTH_TELLING < Math.max(Math.abs(before), 1);
  }

  private @Nullable String virtualAddresses() {
    List<String> all =
        cluster.getSpec().networks().stream()
            .map(NetworkSpec::virtualAddresses)
            .flatMap(List::stream)
            .toList();
    return all.isEmpty() ? null : atMost(String.join(",", all), ADDRESSES_MAX);
  }

  static String atMost(String text, int max) {
    return text.length() <= max ? text : text.substring(0, max - 1) + "…";
  }
}
