package dev.holdfast.operator.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.v1alpha1.Role;
import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A new pod for every router")
class RolloutTest {

  private final Stage stage = Stage.running("a", "b", "c");

  @Test
  void allAreMadeAtOnceWhenThereIsNoneYet() {
    Stage fresh = new Stage("a", "b");

    Progress atOnce = fresh.reconcile().progress();

    assertThat(fresh.imageOf("a")).isEqualTo("agent:1");
    assertThat(fresh.imageOf("b")).isEqualTo("agent:1");
    assertThat(atOnce.reason()).isEqualTo("AgentStarts");
    // The same words at the next look: the status is written once.
    assertThat(fresh.plan().progress()).isEqualTo(atOnce);
  }

  @Test
  void anAgentThatNeverStartsIsSaidAfterTheDeadline() {
    Stage fresh = new Stage("a", "b");
    fresh.reconcile();
    fresh.renewed("a");
    fresh.says("a", Role.ACTIVE, false);
    assertThat(fresh.reconcile().progress().reason()).isEqualTo("AgentStarts");

    fresh.pass(Duration.ofMinutes(6));
    fresh.says("a", Role.ACTIVE, false);
    Progress late = fresh.reconcile().progress();

    assertThat(late.state()).isEqualTo(Progress.State.HALTED);
    assertThat(late.reason()).isEqualTo("AgentNotReady");
    assertThat(late.message()).contains("the agent on b did not start in time");

    fresh.renewed("b");
    fresh.says("b", Role.BACKUP, true);
    fresh.says("a", Role.ACTIVE, true);
    assertThat(fresh.reconcile().progress()).isEqualTo(Progress.DONE);
  }

  @Test
  void goesToOneBackupAtATimeAndWaitsUntilItIsInSync() {
    stage.image("agent:2");
    stage.reconcile();
    assertThat(images()).isEqualTo("agent:1 agent:1 agent:2");

    stage.says("c", Role.BACKUP, false);
    stage.renewed("c");
    stage.reconcile();
    assertThat(images()).isEqualTo("agent:1 agent:1 agent:2");
    assertThat(stage.plan().progress().message()).contains("c got a new pod and it is not in sync");

    stage.says("c", Role.BACKUP, true);
    stage.reconcile();
    assertThat(images()).isEqualTo("agent:1 agent:2 agent:2");
  }

  @Test
  void theActiveGivesTheRoleUpBeforeItsPodIsTouched() {
    renewTheBackups();

    stage.reconcile();
    assertThat(stage.imageOf("a")).isEqualTo("agent:1");
    assertThat(stage.spec("a").maintenance()).as(stage.plan().progress().message()).isTrue();

    stage.says("b", Role.ACTIVE, true);
    stage.says("a", Role.MAINTENANCE, true);
    stage.reconcile();
    assertThat(stage.imageOf("a")).isEqualTo("agent:2");
    // Until the old pod is gone: it would take the role back.
    stage.reconcile();
    assertThat(stage.spec("a").maintenance()).isTrue();

    stage.renewed("a");
    stage.reconcile();
    assertThat(stage.spec("a").maintenance()).isFalse();
    stage.says("a", Role.BACKUP, true);
    assertThat(stage.reconcile().progress()).isEqualTo(Progress.DONE);
  }

  @Test
  void theActiveKeepsItsPodWhileNobodyElseMayTakeTheRole() {
    renewTheBackups();
    stage.says("b", Role.MAINTENANCE, true);
    stage.says("c", Role.MAINTENANCE, true);

    ClusterPlan plan = stage.reconcile();

    assertThat(stage.imageOf("a")).isEqualTo("agent:1");
    assertThat(stage.spec("a").maintenance()).isFalse();
    assertThat(plan.progress().reason()).isEqualTo("RolloutWaits");
  }

  @Test
  void haltsWhenARenewedAgentDoesNotComeIntoSyncInTime() {
    stage.image("agent:broken");
    stage.reconcile();
    stage.says("c", Role.INITIALIZE, false);
    assertThat(stage.plan().progress().state()).isEqualTo(Progress.State.MOVING);

    stage.pass(Duration.ofMinutes(6));
    stage.says("a", Role.ACTIVE, true);
    stage.says("b", Role.BACKUP, true);
    stage.says("c", Role.INITIALIZE, false);
    stage.reconcile();

    assertThat(stage.plan().progress().state()).isEqualTo(Progress.State.HALTED);
    assertThat(stage.plan().progress().reason()).isEqualTo("RolloutHalted");
    assertThat(images()).isEqualTo("agent:1 agent:1 agent:broken");
  }

  @Test
  void aBrokenAgentGetsABetterImageAtOnce() {
    stage.image("agent:broken");
    stage.reconcile();
    stage.says("c", Role.INITIALIZE, false);

    stage.image("agent:3");
    stage.reconcile();

    assertThat(images()).isEqualTo("agent:1 agent:1 agent:3");
  }

  @Test
  void anActiveThatAPeerOnlyDoesNotHearIsNoBrokenOne() {
    stage.says("b", AgentReport.of(Role.BACKUP, true).withLink("silent"));
    stage.image("agent:2");
    stage.reconcile();

    assertThat(stage.imageOf("a")).isEqualTo("agent:1");
  }

  @Test
  void whenNoAgentWorksAllAreRenewedAtOnce() {
    Stage broken = new Stage("a", "b");
    broken.image("agent:mistyped");
    broken.reconcile();

    broken.image("agent:1");
    broken.reconcile();

    assertThat(broken.imageOf("a")).isEqualTo("agent:1");
    assertThat(broken.imageOf("b")).isEqualTo("agent:1");
  }

  @Test
  void aMissingNodeHoldsNobodyUp() {
    stage.leave("c");

    renewIgnoring("c");

    assertThat(stage.imageOf("b")).isEqualTo("agent:2");
  }

  @Test
  void thatIsHaltedStaysSoAfterTheApiServerWasAwayWhoeverReportsFirst() {
    halted();

    stage.apiServerWasAway(Duration.ofMinutes(4));
    stage.reconcile();
    assertThat(images()).isEqualTo("agent:1 agent:1 agent:broken");

    for (String first : new String[] {"b", "a"}) {
      stage.pass(Duration.ofSeconds(20));
      stage.says(first, first.equals("a") ? Role.ACTIVE : Role.BACKUP, true);
      stage.reconcile();
      assertThat(images()).isEqualTo("agent:1 agent:1 agent:broken");
    }
    assertThat(stage.plan().progress().reason()).isEqualTo("RolloutHalted");
  }

  @Test
  void thatIsHaltedStaysSoWhenNobodyReportsForMinutes() {
    halted();

    stage.pass(Duration.ofMinutes(4));
    stage.reconcile();
    stage.reconcile();

    assertThat(images()).isEqualTo("agent:1 agent:1 agent:broken");
  }

  private void halted() {
    stage.image("agent:broken");
    stage.reconcile();
    stage.pass(Duration.ofMinutes(6));
    stage.says("a", Role.ACTIVE, true);
    stage.says("b", Role.BACKUP, true);
    stage.says("c", Role.INITIALIZE, false);
    assertThat(stage.reconcile().progress().reason()).isEqualTo("RolloutHalted");
  }

  @Test
  void waitsAfterTheApiServerWasAwayUntilEveryRouterIsHeardAgain() {
    stage.apiServerWasAway(Duration.ofMinutes(4));
    stage.image("agent:2");
    stage.says("a", Role.ACTIVE, true);
    stage.says("c", Role.BACKUP, true);

    Progress waits = stage.reconcile().progress();

    assertThat(images()).isEqualTo("agent:1 agent:1 agent:1");
    assertThat(waits.reason()).isEqualTo("RolloutWaits");
    assertThat(waits.message()).startsWith("b has to be heard again first");

    stage.says("b", Role.BACKUP, true);
    stage.reconcile();
    assertThat(images()).isEqualTo("agent:1 agent:1 agent:2");
  }

  @Test
  void takesOneAtATimeOfRoutersThatOnlyStoppedReportingAndTheLastActiveLast() {
    stage.pass(Duration.ofMinutes(4));
    stage.image("agent:2");
    stage.reconcile();
    stage.reconcile();
    assertThat(images()).isEqualTo("agent:1 agent:1 agent:2");

    stage.renewed("c");
    stage.says("c", AgentReport.of(Role.BACKUP, false).withLink("silent"));
    stage.reconcile();
    stage.reconcile();
    assertThat(images()).isEqualTo("agent:1 agent:2 agent:2");

    stage.renewed("b");
    stage.says("b", AgentReport.of(Role.ACTIVE, false).withLink("silent"));
    stage.reconcile();
    assertThat(images()).isEqualTo("agent:2 agent:2 agent:2");
  }

  @Test
  void reachesARouterThatStoppedReportingAlsoWhileTheNodeOfAnotherIsGone() {
    stage.pass(Duration.ofMinutes(4));
    stage.says("a", AgentReport.of(Role.ACTIVE, false).withLink("silent"));
    stage.leave("c");
    stage.image("agent:2");
    stage.reconcile();
    stage.reconcile();
    assertThat(images()).isEqualTo("agent:1 agent:2 agent:1");

    stage.image("agent:3");
    stage.reconcile();
    assertThat(images()).isEqualTo("agent:1 agent:3 agent:1");
  }

  @Test
  void isNotHeldUpByAnOldWordThatARouterIsActive() {
    Stage pair = Stage.running("a", "b");
    pair.pass(Duration.ofMinutes(4));
    pair.says("b", AgentReport.of(Role.ACTIVE, false).withLink("silent"));
    pair.operatorStarts();
    pair.image("agent:2");
    pair.reconcile();

    assertThat(pair.imageOf("a")).isEqualTo("agent:2");
    assertThat(pair.spec("a").maintenance()).isFalse();
  }

  @Test
  void reachesADeadRouterAtOnceWhileItsPeerReports() {
    Stage pair = Stage.running("a", "b");
    pair.pass(Duration.ofMinutes(4));
    pair.says("b", AgentReport.of(Role.ACTIVE, false).withLink("silent"));
    pair.image("agent:2");
    pair.reconcile();

    assertThat(pair.imageOf("a")).isEqualTo("agent:2");
    assertThat(pair.imageOf("b")).isEqualTo("agent:1");
  }

  @Test
  void takesNoActiveThatItsPeerHearsForADeadOne() {
    Stage pair = Stage.running("a", "b");
    pair.pass(Duration.ofMinutes(4));
    pair.says("b", Role.BACKUP, true);
    pair.image("agent:2");
    pair.reconcile();

    assertThat(pair.imageOf("a")).isEqualTo("agent:1");
    assertThat(pair.imageOf("b")).isEqualTo("agent:2");

    pair.renewed("b");
    pair.says("b", Role.BACKUP, true);
    Progress halted = pair.reconcile().progress();
    assertThat(halted.reason()).isEqualTo("RolloutHalted");
    assertThat(halted.message()).contains("it stopped reporting", "delete daemonset home-a");
    assertThat(pair.imageOf("a")).isEqualTo("agent:1");
    assertThat(pair.spec("a").maintenance()).isFalse();
  }

  @Test
  void takesNobodyByAnOldWordOfAFault() {
    Stage pair = Stage.running("a", "b");
    pair.says("a", Role.FAULT, false);
    pair.says("b", Role.FAULT, false);
    pair.apiServerWasAway(Duration.ofMinutes(4));
    pair.image("agent:2");
    pair.reconcile();

    assertThat(pair.imageOf("a")).isEqualTo("agent:1");
    assertThat(pair.imageOf("b")).isEqualTo("agent:1");
  }

  @Test
  void leavesTheLastActiveItsPodWhileItMayBeAllThereIs() {
    Stage pair = Stage.running("a", "b");
    pair.leave("b");
    pair.pass(Duration.ofMinutes(4));
    pair.image("agent:2");
    pair.reconcile();
    pair.reconcile();

    assertThat(pair.imageOf("a")).isEqualTo("agent:1");
  }

  private void renewIgnoring(String missing) {
    stage.image("agent:2");
    stage.reconcile();
    stage.reconcile();
    assertThat(stage.has(missing)).isTrue();
  }

  private void renewTheBackups() {
    stage.image("agent:2");
    for (String node : new String[] {"c", "b"}) {
      stage.reconcile();
      stage.renewed(node);
      stage.says(node, Role.BACKUP, true);
    }
  }

  private String images() {
    return stage.imageOf("a") + " " + stage.imageOf("b") + " " + stage.imageOf("c");
  }
}
