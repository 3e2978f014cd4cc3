package dev.holdfast.operator.status;

import dev.holdfast.api.render.Defaults;
import dev.holdfast.api.v1alpha1.AgentMode;
import dev.holdfast.api.v1alpha1.Condition;
import dev.holdfast.api.v1alpha1.ConditionStatus;
import dev.holdfast.api.v1alpha1.GatewayCluster;
import dev.holdfast.api.v1alpha1.GatewayClusterStatus;
import dev.holdfast.api.v1alpha1.GatewayNodeNames;
import dev.holdfast.api.v1alpha1.GatewayNodeStatus;
import dev.holdfast.api.v1alpha1.Role;
import dev.holdfast.operator.plan.Acceptance;
import dev.holdfast.operator.plan.Answer;
import dev.holdfast.operator.plan.ClusterPlan;
import dev.holdfast.operator.plan.Instants;
import dev.holdfast.operator.plan.Progress;
import dev.holdfast.operator.plan.Reports;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The conditions, in the order in which a person asks.
 *
 * <table>
 *   <caption>What each says</caption>
 *   <tr><td>Accepted</td><td>the resource can be used; False: nothing was changed</td></tr>
 *   <tr><td>Ready</td><td>a router is active</td></tr>
 *   <tr><td>Progressing</td><td>a new pod or policy is on its way to the routers</td></tr>
 *   <tr><td>Degraded</td><td>somebody should look; the message says at what</td></tr>
 *   <tr><td>FlowsInSync</td><td>a peer that may take over holds every flow</td></tr>
 *   <tr><td>SplitBrain</td><td>two routers are active</td></tr>
 *   <tr><td>Handover</td><td>the answer to {@code holdfast.dev/handover-to}</td></tr>
 * </table>
 */
final class ConditionRules {

  private static final int MESSAGE_MAX = 4096;

  private final GatewayCluster cluster;
  private final ClusterPlan plan;
  private final Reports reports;
  private final List<String> routers;
  private final GatewayClusterStatus before;
  private final Instant now;

  ConditionRules(
      GatewayCluster cluster,
      ClusterPlan plan,
      Reports reports,
      List<String> routers,
      GatewayClusterStatus before,
      Instant now) {
    this.cluster = cluster;
    this.plan = plan;
    this.reports = reports;
    this.routers = routers;
    this.before = before;
    this.now = now;
  }

  List<Condition> conditions() {
    List<Condition> all = new ArrayList<>();
    all.add(accepted());
    all.add(ready());
    all.add(progressing());
    all.add(degraded());
    all.add(flowsInSync());
    all.add(splitBrain());
    handover().ifPresent(all::add);
    return List.copyOf(all);
  }

  private Condition accepted() {
    Acceptance acceptance = plan.acceptance();
    return acceptance.accepted()
        ? condition("Accepted", ConditionStatus.TRUE, "Accepted", "")
        : condition(
            "Accepted",
            ConditionStatus.FALSE,
            acceptance.reason(),
            String.join("; ", acceptance.sentences()));
  }

  private Condition ready() {
    Optional<String> active = reports.active();
    if (active.isEmpty()) {
      return condition("Ready", ConditionStatus.FALSE, "NobodyActive", "no router is active");
    }
    return reports.unheard(active.get())
        ? condition(
            "Ready",
            ConditionStatus.UNKNOWN,
            "NotHeard",
            active.get()
                + " was active when it was last heard; the API server or the operator was away, and"
                + " it has not reported since")
        : condition("Ready", ConditionStatus.TRUE, "Active", active.get() + " is active");
  }

  private Condition progressing() {
    Progress progress = plan.progress();
    ConditionStatus status =
        progress.state() == Progress.State.MOVING ? ConditionStatus.TRUE : ConditionStatus.FALSE;
    return condition("Progressing", status, progress.reason(), progress.message());
  }

  private Condition degraded() {
    List<String> wrong = new ArrayList<>(plan.troubles());
    String reason = wrong.isEmpty() ? "AsExpected" : "RouterMissing";
    if (plan.progress().state() == Progress.State.HALTED) {
      wrong.add(plan.progress().message());
      reason = plan.progress().reason();
    }
    for (String node : routers) {
      Optional<String> trouble = trouble(node);
      if (trouble.isPresent()) {
        wrong.add(node + ": " + trouble.get());
        reason = reason.equals("AsExpected") ? "RouterNotWell" : reason;
      }
    }
    if (reports.active().isPresent() && !activeInSync()) {
      wrong.add("the flows of " + reports.active().get() + " are held by no other router");
      reason = reason.equals("AsExpected") ? "NotInSync" : reason;
    }
    return wrong.isEmpty()
        ? condition("Degraded", ConditionStatus.FALSE, reason, "")
        : condition("Degraded", ConditionStatus.TRUE, reason, String.join("; ", wrong));
  }

  private Optional<String> trouble(String node) {
    if (!reports.reported(node)) {
      return Optional.of("its agent has not reported yet: " + whereToLook(node));
    }
    if (reports.silent(node)) {
      return Optional.of(
          reports
              .silentByPeer(node)
              .map(peer -> "silent, says " + peer)
              .orElse("it has not reported for minutes"));
    }
    Optional<String> refused =
        reports
            .condition(node, "Accepted")
            .filter(condition -> condition.status() == ConditionStatus.FALSE)
            .map(condition -> "it refused its configuration: " + condition.message());
    if (refused.isPresent()) {
      return refused;
    }
    Optional<String> agents =
        reports
            .condition(node, "Degraded")
            .filter(condition -> condition.status() == ConditionStatus.TRUE)
            .map(Condition::message)
            .filter(message -> !message.isEmpty());
    return agents.or(() -> notReady(node));
  }

  private String whereToLook(String node) {
    return Defaults.agentMode(cluster.getSpec()) == AgentMode.HOST
        ? "`journalctl -u holdfast` on the router says more"
        : "`kubectl -n "
            + cluster.getMetadata().getNamespace()
            + " describe pods -l "
            + GatewayNodeNames.NODE_LABEL
            + "="
            + GatewayNodeNames.label(node)
            + "` says more";
  }

  private Optional<String> notReady(String node) {
    Role role = reports.status(node).map(GatewayNodeStatus::role).orElse(Role.INITIALIZE);
    return role == Role.FAULT || role == Role.INITIALIZE
        ? Optional.of("it cannot take the role")
        : Optional.empty();
  }

  private boolean activeInSync() {
    return reports.active().map(reports::inSync).orElse(false);
  }

  private Condition flowsInSync() {
    if (reports.active().isEmpty()) {
      return condition(
          "FlowsInSync", ConditionStatus.UNKNOWN, "NobodyActive", "no router is active");
    }
    return activeInSync()
        ? condition(
            "FlowsInSync",
            ConditionStatus.TRUE,
            "InSync",
            "a router that may take over holds every flow")
        : condition(
            "FlowsInSync",
            ConditionStatus.FALSE,
            "NotInSync",
            "no router that may take over holds every flow of " + reports.active().get());
  }

  private Condition splitBrain() {
    Optional<String> told =
        routers.stream()
            .filter(reports::alive)
            .flatMap(node -> reports.condition(node, "SplitBrain").stream())
            .filter(condition -> condition.status() == ConditionStatus.TRUE)
            .map(Condition::message)
            .findFirst();
    Optional<String> second = reports.secondActive();
    if (told.isEmpty() && second.isEmpty()) {
      return condition("SplitBrain", ConditionStatus.FALSE, "OneActive", "");
    }
    return condition(
        "SplitBrain",
        ConditionStatus.TRUE,
        "TwoActive",
        told.orElseGet(
            () ->
                reports.active().orElse("a router")
                    + " and "
                    + second.orElse("another")
                    + " are both active; look at the cables and switches between them"));
  }

  /** The answer stays when the annotation is gone; its time is that of this answer. */
  private Optional<Condition> handover() {
    Answer answer = plan.handover();
    if (answer == null) {
      return old("Handover").filter(condition -> condition.status() != ConditionStatus.UNKNOWN);
    }
    ConditionStatus status =
        switch (answer.state()) {
          case ASKED -> ConditionStatus.UNKNOWN;
          case DONE -> ConditionStatus.TRUE;
          case REFUSED -> ConditionStatus.FALSE;
        };
    Condition fresh = condition("Handover", status, answer.reason(), answer.message());
    boolean repeated =
        old("Handover").filter(one -> one.message().equals(fresh.message())).isPresent();
    return Optional.of(repeated ? fresh : since(fresh, Instants.text(now)));
  }

  private Condition condition(String type, ConditionStatus status, String reason, String message) {
    Condition fresh =
        new Condition(
            type,
            status,
            cluster.getMetadata().getGeneration(),
            reason,
            StatusRules.atMost(message, MESSAGE_MAX),
            Instants.text(now));
    return keepTransition(old(type).orElse(null), fresh);
  }

  private Optional<Condition> old(String type) {
    return before.conditions().stream()
        .filter(condition -> condition.type().equals(type))
        .findFirst();
  }

  /** Keeps the transition time of a condition whose status did not change. */
  private static Condition keepTransition(@Nullable Condition before, Condition fresh) {
    if (before == null || before.status() != fresh.status()) {
      return fresh;
    }
    return since(fresh, before.lastTransitionTime());
  }

  private static Condition since(Condition condition, String time) {
    return new Condition(
        condition.type(),
        condition.status(),
        condition.observedGeneration(),
        condition.reason(),
        condition.message(),
        time);
  }
}
