package dev.holdfast.operator.status;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.v1alpha1.Condition;
import dev.holdfast.api.v1alpha1.ConditionStatus;
import dev.holdfast.api.v1alpha1.FlowStatus;
import dev.holdfast.api.v1alpha1.GatewayClusterStatus;
import dev.holdfast.api.v1alpha1.LastTransition;
import dev.holdfast.api.v1alpha1.Role;
import dev.holdfast.api.v1alpha1.RouterStatus;
import dev.holdfast.operator.plan.AgentReport;
import dev.holdfast.operator.plan.Answer;
import dev.holdfast.operator.plan.Edits;
import dev.holdfast.operator.plan.Stage;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The status of a GatewayCluster")
class StatusRulesTest {

  private final Stage stage = Stage.running("a", "b");
  private Instant writtenAt = Instant.EPOCH;

  /** As the reconciler does: written when it differs. */
  private GatewayClusterStatus write() {
    var observed = stage.observed();
    var plan = stage.reconcile();
    GatewayClusterStatus status = StatusRules.status(stage.cluster(), plan, observed, writtenAt);
    if (!status.equals(stage.cluster().getStatus())) {
      stage.cluster().setStatus(status);
      writtenAt = observed.now();
    }
    return status;
  }

  @Test
  void ofAHealthyClusterSaysWhoIsActiveAndThatEitherRouterMayBeRebooted() {
    GatewayClusterStatus status = write();

    assertThat(status.active()).isEqualTo("a");
    assertThat(status.activeSince()).isEqualTo(Stage.START.toString());
    assertThat(status.readyRouters()).isEqualTo("2/2");
    assertThat(status.inSync()).isEqualTo("True");
    assertThat(status.virtualAddresses()).isEqualTo("10.0.0.10/24,192.168.0.3/24");
    assertThat(transition(status).gapMillis()).isEqualTo(70);
    assertThat(states(status))
        .isEqualTo(
            "Accepted=TRUE Ready=TRUE Progressing=FALSE Degraded=FALSE FlowsInSync=TRUE"
                + " SplitBrain=FALSE");
    assertThat(router(status, "a").safeToReboot()).isTrue();
    assertThat(router(status, "a").note()).isEqualTo("b holds every flow and takes the role");
    assertThat(router(status, "b").safeToReboot()).isTrue();
  }

  @Test
  void keepsTheTimeOfAConditionUntilItsStatusChanges() {
    write();
    stage.pass(Duration.ofMinutes(2));
    stage.says("a", Role.ACTIVE, true);
    stage.says("b", Role.BACKUP, true);
    assertThat(condition(write(), "Ready").lastTransitionTime()).isEqualTo(Stage.START.toString());

    stage.says("a", Role.FAULT, false);
    stage.says("b", Role.BACKUP, false);
    assertThat(condition(write(), "Ready").status()).isEqualTo(ConditionStatus.FALSE);
    assertThat(condition(write(), "Ready").lastTransitionTime())
        .isEqualTo(Stage.START.plusSeconds(120).toString());
  }

  @Test
  void isTheSameWhenAgentsOnlyCountOn() {
    GatewayClusterStatus before = write();
    stage.pass(Duration.ofMinutes(2));
    stage.says(
        "a", AgentReport.of(Role.ACTIVE, true).withFlows(new FlowStatus(1050, 1049, Map.of())));
    stage.says("b", Role.BACKUP, true);

    assertThat(write()).isEqualTo(before);
  }

  @Test
  void copiesFlowsWhenTheyChangedByATenthAndAtMostOnceAMinute() {
    write();
    stage.pass(Duration.ofSeconds(30));
    stage.says(
        "a", AgentReport.of(Role.ACTIVE, true).withFlows(new FlowStatus(5000, 5000, Map.of())));
    assertThat(tracked(write())).isEqualTo(1000);

    stage.pass(Duration.ofSeconds(31));
    assertThat(tracked(write())).isEqualTo(5000);
  }

  @Test
  void takesTheCountsAlongWhenItIsWrittenAnyway() {
    write();
    stage.pass(Duration.ofSeconds(2));
    stage.says(
        "b",
        AgentReport.of(Role.ACTIVE, false)
            .withLink("silent")
            .withFlows(new FlowStatus(733, 0, Map.of())));

    GatewayClusterStatus status = write();

    assertThat(tracked(status)).isEqualTo(733);
    assertThat(router(status, "b").note()).endsWith("and with it 733 flows");
    assertThat(write()).isEqualTo(status);
  }

  @Test
  void aRoleThatMovesInOrderIsNeverNobodysForAMoment() {
    GatewayClusterStatus before = write();
    stage.pass(Duration.ofSeconds(1));
    stage.says("a", AgentReport.of(Role.BACKUP, true).givingUp());

    GatewayClusterStatus between = write();

    assertThat(between.active()).isEqualTo("a");
    assertThat(between.activeSince()).isEqualTo(before.activeSince());
    assertThat(condition(between, "Ready").status()).isEqualTo(ConditionStatus.TRUE);
    assertThat(News.between(before, between)).isEmpty();

    stage.says("b", Role.ACTIVE, true);
    assertThat(write().active()).isEqualTo("b");
  }

  @Test
  void aRoleThatNobodyTakesIsNobodysAfterSomeSeconds() {
    write();
    stage.says("a", AgentReport.of(Role.BACKUP, true).givingUp());
    stage.pass(Duration.ofSeconds(6));

    GatewayClusterStatus status = write();

    assertThat(status.active()).isNull();
    assertThat(condition(status, "Ready").reason()).isEqualTo("NobodyActive");
  }

  @Test
  void showsASilentRouterAtOnceByItsPeersWord() {
    write();
    stage.pass(Duration.ofSeconds(1));
    stage.says("b", AgentReport.of(Role.ACTIVE, false).withLink("silent"));

    GatewayClusterStatus status = write();

    assertThat(status.active()).isEqualTo("b");
    assertThat(transition(status).from()).isEqualTo("a");
    assertThat(status.readyRouters()).isEqualTo("1/2");
    assertThat(router(status, "a").ready()).isFalse();
    assertThat(router(status, "a").role()).isEqualTo(Role.INITIALIZE);
    assertThat(condition(status, "Degraded").message()).contains("a: silent, says b");
    assertThat(condition(status, "SplitBrain").status()).isEqualTo(ConditionStatus.FALSE);
    assertThat(router(status, "b").safeToReboot()).isFalse();
    assertThat(router(status, "b").note()).contains("no other router may take the role");
  }

  @Test
  void saysWhatWouldBeLostWhileThePeerIsNotInSync() {
    stage.says(
        "a", AgentReport.of(Role.ACTIVE, false).withFlows(new FlowStatus(1000, 400, Map.of())));
    stage.says("b", Role.BACKUP, false);

    GatewayClusterStatus status = write();

    assertThat(router(status, "a").safeToReboot()).isFalse();
    assertThat(router(status, "a").note()).contains("600 of 1000 flows");
    assertThat(condition(status, "FlowsInSync").status()).isEqualTo(ConditionStatus.FALSE);
  }

  @Test
  void twoRoutersThatLostTheirLinkAndAreBothActiveAreASplitBrain() {
    write();
    stage.says("b", AgentReport.of(Role.ACTIVE, false).withLink("silent"));
    stage.pass(Duration.ofSeconds(30));
    stage.says("a", AgentReport.of(Role.ACTIVE, false).withLink("silent"));
    stage.says("b", AgentReport.of(Role.ACTIVE, false).withLink("silent"));

    Condition split = condition(write(), "SplitBrain");

    assertThat(split.status()).isEqualTo(ConditionStatus.TRUE);
    assertThat(split.message()).contains("are both active");
  }

  @Test
  void aHandoverThatIsOnItsWayIsNoSplitBrain() {
    write();
    stage.pass(Duration.ofSeconds(1));
    stage.says("b", Role.ACTIVE, true);

    assertThat(condition(write(), "SplitBrain").status()).isEqualTo(ConditionStatus.FALSE);
  }

  @Test
  void repeatsWhatAnAgentSaysIsWrong() {
    stage.says(
        "b",
        Role.FAULT,
        false,
        Stage.condition(
            "Degraded", ConditionStatus.TRUE, "the interface of lan (eth9) is missing"));

    assertThat(condition(write(), "Degraded").message())
        .contains("b: the interface of lan (eth9) is missing");
  }

  @Test
  void aRefusedResourceIsSaidAndTheRunningGatewayStillShown() {
    write();
    stage.edit(spec -> Edits.routers(spec, "a", "nowhere"));

    GatewayClusterStatus status = write();

    assertThat(condition(status, "Accepted").status()).isEqualTo(ConditionStatus.FALSE);
    assertThat(condition(status, "Accepted").reason()).isEqualTo("NodeMissing");
    assertThat(status.active()).isEqualTo("a");
    assertThat(status.readyRouters()).isEqualTo("2/2");
    assertThat(status.observedGeneration()).isEqualTo(2);
  }

  @Test
  void newsAreWhatDiffers() {
    stage.pass(Duration.ofMinutes(6));
    stage.says("a", Role.ACTIVE, true);
    stage.says("b", Role.BACKUP, true);
    GatewayClusterStatus healthy = write();
    assertThat(News.between(null, healthy)).extracting(News::reason).containsExactly("RoleMoved");
    assertThat(News.between(healthy, healthy)).isEmpty();

    stage.pass(Duration.ofSeconds(1));
    stage.says("b", AgentReport.of(Role.ACTIVE, false).withLink("silent"));
    assertThat(News.between(healthy, write()))
        .extracting(News::reason)
        .containsExactly("RoleMoved", "RouterNotWell", "NotInSync");
  }

  @Test
  void keepsWhoHasTheRoleAndSaysSoWhenNobodyCouldBeHeard() {
    stage.pass(Duration.ofMinutes(6));
    stage.says("a", Role.ACTIVE, true);
    stage.says("b", Role.BACKUP, true);
    GatewayClusterStatus before = write();
    stage.apiServerWasAway(Duration.ofMinutes(4));

    GatewayClusterStatus away = write();

    assertThat(away.active()).isEqualTo("a");
    assertThat(away.readyRouters()).isEqualTo("2/2");
    assertThat(away.inSync()).isEqualTo("True");
    assertThat(router(away, "a").role()).isEqualTo(Role.ACTIVE);
    assertThat(condition(away, "Ready").status()).isEqualTo(ConditionStatus.UNKNOWN);
    assertThat(condition(away, "Ready").message())
        .startsWith("a was active when it was last heard; the API server or the operator was away");
    assertThat(router(away, "b").safeToReboot()).isFalse();
    assertThat(router(away, "b").note()).startsWith("a has not been heard since");
    assertThat(News.between(before, away)).isEmpty();

    stage.pass(Duration.ofSeconds(20));
    stage.says("b", Role.BACKUP, true);
    assertThat(condition(write(), "Ready").status()).isEqualTo(ConditionStatus.UNKNOWN);

    stage.says("a", Role.ACTIVE, true);
    GatewayClusterStatus heard = write();
    assertThat(condition(heard, "Ready").status()).isEqualTo(ConditionStatus.TRUE);
    assertThat(router(heard, "b").safeToReboot()).isTrue();
    assertThat(News.between(before, heard)).isEmpty();
  }

  @Test
  void hasNobodyActiveWhenNobodyReportsAlthoughTheyCouldForMinutes() {
    write();
    stage.apiServerWasAway(Duration.ofMinutes(4));
    stage.pass(Duration.ofMinutes(4));

    assertThat(write().active()).isNull();
  }

  @Test
  void aRouterThatWasSilentBeforeTheOperatorStartedIsSoUntilItReports() {
    stage.pass(Duration.ofMinutes(6));
    stage.says("a", Role.ACTIVE, true);
    GatewayClusterStatus before = write();
    assertThat(before.readyRouters()).isEqualTo("1/2");

    stage.operatorStarts();
    stage.says("a", Role.ACTIVE, true);
    GatewayClusterStatus after = write();

    assertThat(after.readyRouters()).isEqualTo("1/2");
    assertThat(News.between(before, after)).isEmpty();
    assertThat(router(after, "a").safeToReboot()).isFalse();

    stage.says("b", Role.BACKUP, true);
    assertThat(write().readyRouters()).isEqualTo("2/2");
  }

  @Test
  void anAnswerHasItsOwnTimeAndANewRequestItsOwnPatience() {
    Stage three = Stage.running("a", "b", "c");
    ask(three, "b");
    three.pass(Duration.ofSeconds(30));
    three.says("a", Role.ACTIVE, true);
    ask(three, "c");
    assertThat(condition(status(three), "Handover").lastTransitionTime())
        .isEqualTo(Stage.START.plusSeconds(30).toString());

    three.pass(Duration.ofSeconds(20));
    assertThat(Objects.requireNonNull(three.plan().handover()).state())
        .isEqualTo(Answer.State.ASKED);

    three.pass(Duration.ofSeconds(20));
    assertThat(Objects.requireNonNull(three.plan().handover()).message())
        .startsWith("c did not get the role in time");
  }

  private static void ask(Stage of, String router) {
    of.annotate("holdfast.dev/handover-to", router);
    of.cluster().setStatus(status(of));
  }

  private static GatewayClusterStatus status(Stage of) {
    return StatusRules.status(of.cluster(), of.plan(), of.observed(), Instant.EPOCH);
  }

  @Test
  void anAnswerIsNewsWhenItsRequestGoesAndNotBefore() {
    GatewayClusterStatus before = write();
    stage.annotate("holdfast.dev/handover-to", "z");

    assertThat(News.between(before, status(stage))).isEmpty();
    assertThat(News.of(Objects.requireNonNull(stage.plan().handover())))
        .isEqualTo(
            new News(
                true,
                "HandoverRefused",
                "z is no router of this cluster: write a name of spec.routers, or auto"));
  }

  @Test
  void saysWhatTheApiServerRefused() {
    var refused = stage.plan().refused(List.of("DaemonSet x/home-a: denied by somebody"));

    Condition progressing =
        condition(
            StatusRules.status(stage.cluster(), refused, stage.observed(), Instant.EPOCH),
            "Progressing");

    assertThat(progressing.status()).isEqualTo(ConditionStatus.FALSE);
    assertThat(progressing.reason()).isEqualTo("ApplyFailed");
    assertThat(progressing.message()).contains("DaemonSet x/home-a: denied by somebody");
  }

  private static RouterStatus router(GatewayClusterStatus status, String node) {
    return status.routers().stream()
        .filter(one -> one.node().equals(node))
        .findFirst()
        .orElseThrow();
  }

  private static LastTransition transition(GatewayClusterStatus status) {
    return Objects.requireNonNull(status.lastTransition());
  }

  private static long tracked(GatewayClusterStatus status) {
    return Objects.requireNonNull(status.flows()).tracked();
  }

  private static Condition condition(GatewayClusterStatus status, String type) {
    return status.conditions().stream()
        .filter(one -> Objects.equals(one.type(), type))
        .findFirst()
        .orElseThrow();
  }

  private static String states(GatewayClusterStatus status) {
    return String.join(
        " ", status.conditions().stream().map(one -> one.type() + "=" + one.status()).toList());
  }
}
