package dev.holdfast.lab.measure.judge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.holdfast.lab.fault.FaultKind;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@DisplayName("Whether the promise held")
class PromiseTest {

  private static final Timers TIMERS = new Timers(100_000_000, 50);

  /** A run's figures, good ones unless said otherwise. */
  private static final class Run {
    private double gap;
    private long lost;
    private FlowCounts echo = new FlowCounts(50, 0, 0);
    private FlowCounts push = new FlowCounts(50, 0, 0);
    private FlowCounts udp = FlowCounts.NONE;
    private double stall = 20;
    private @Nullable Double role;
    private double twoActive;
    private double twoHolders;
    private long refused;
    private double floor;
    private @Nullable Boolean oneActive = true;
    private @Nullable Boolean caches = true;
    private @Nullable Boolean tracked = true;

    Figures figures() {
      return new Figures(
          gap,
          gap,
          lost,
          0,
          echo,
          push,
          udp,
          FlowCounts.NONE,
          stall,
          null,
          role,
          role,
          twoActive,
          0,
          twoHolders,
          new ConnectionCounts(100, refused, 0),
          floor,
          oneActive,
          caches,
          Map.of(),
          tracked,
          0,
          List.of());
    }
  }

  private static Run takeover(double gap) {
    var run = new Run();
    run.gap = gap;
    run.lost = Math.round(gap);
    run.role = gap - 5;
    return run;
  }

  private static List<String> broken(FaultKind fault, Run... runs) {
    return new Promise(List.of(fault), TIMERS, 5_000)
        .broken(List.of(runs).stream().map(Run::figures).toList());
  }

  @Test
  void afterAPowerCutOfAllTheGatewayIsBackInTenSecondsAndEveryFlowGoesOn() {
    Run run = takeover(14_999);

    assertThat(broken(FaultKind.POWER_CYCLE, run)).isEmpty();
    assertThat(broken(FaultKind.POWER_CYCLE, takeover(15_001)))
        .containsExactly(
            "the gap up is 15001.0 ms, promised are 15000.0 ms",
            "the gap down is 15001.0 ms, promised are 15000.0 ms");
    run.push = new FlowCounts(49, 0, 1);
    assertThat(broken(FaultKind.POWER_CYCLE, run)).containsExactly("1 of 100 flows stalled");
    run.push = new FlowCounts(49, 1, 0);
    assertThat(broken(FaultKind.POWER_CYCLE, run)).contains("1 of 100 flows were reset");
  }

  @Test
  void detectionIsThreeAdvertsAndTheSkew() {
    assertThat(TIMERS.detectionMillis()).isCloseTo(380.5, within(0.1));
    assertThat(new Timers(1_000_000_000, 50).detectionMillis()).isCloseTo(3804.7, within(0.1));
  }

  @Test
  void aPowerCutMayCostDetectionAndFiftyMilliseconds() {
    assertThat(broken(FaultKind.POWER_OFF, takeover(430))).isEmpty();
    assertThat(broken(FaultKind.POWER_OFF, takeover(431)))
        .containsExactly(
            "the gap up is 431.0 ms, promised are 430.5 ms",
            "the gap down is 431.0 ms, promised are 430.5 ms");
  }

  @Test
  void theMedianOfTheRunsDecidesAboutTheGap() {
    assertThat(broken(FaultKind.POWER_OFF, takeover(300), takeover(310), takeover(500))).isEmpty();
  }

  @Test
  void aCableMayCostFiftyMillisecondsOnly() {
    assertThat(broken(FaultKind.WAN_DOWN, takeover(50))).isEmpty();
    assertThat(broken(FaultKind.LAN_DOWN, takeover(51))).hasSize(2);
  }

  @ParameterizedTest
  @EnumSource(
      value = FaultKind.class,
      names = {"CORDON", "DRAIN", "NODE_DELETE", "CHART_UPGRADE"})
  void aChangeThatKubernetesPlansMayCostAHundredMilliseconds(FaultKind fault) {
    assertThat(broken(fault, takeover(100))).isEmpty();
    assertThat(broken(fault, takeover(101))).hasSize(2);
  }

  @ParameterizedTest
  @EnumSource(
      value = FaultKind.class,
      names = {"OPERATOR_DELETE", "HELM_UNINSTALL", "API_STOP"})
  void whoIsNotNeededMayGoWithoutATrace(FaultKind fault) {
    assertThat(broken(fault, new Run())).isEmpty();
    assertThat(broken(fault, takeover(30)))
        .contains("the role moved after 25.0 ms, and should have stayed");
  }

  @Test
  void aStallOfTheMachineItselfIsAllowedFor() {
    Run run = takeover(80);
    run.floor = 40;

    assertThat(broken(FaultKind.WAN_DOWN, run)).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(
      value = FaultKind.class,
      names = {"AGENT_STOP", "REBOOT", "HANDOVER", "MAINTENANCE"})
  void aPlannedChangeMayLoseNothing(FaultKind fault) {
    Run run = takeover(2);
    run.lost = 1;

    assertThat(broken(fault, run))
        .containsExactly("1 probes up and 0 down were lost, promised are none");
  }

  @ParameterizedTest
  @EnumSource(
      value = FaultKind.class,
      names = {"NONE", "FREEZE", "SYNC_DOWN", "LINK_DOWN"})
  void theRoleMayNotMoveWithoutNeed(FaultKind fault) {
    var run = new Run();
    assertThat(broken(fault, run)).isEmpty();

    run.role = 12.0;
    assertThat(broken(fault, run))
        .containsExactly("the role moved after 12.0 ms, and should have stayed");
  }

  @Test
  void somebodyMustTakeOver() {
    assertThat(broken(FaultKind.POWER_OFF, new Run()))
        .containsExactly("no other router took the role");
  }

  @Test
  void noFlowMayBeResetOrStalledInAnyRun() {
    Run bad = takeover(300);
    bad.push = new FlowCounts(47, 1, 2);

    assertThat(broken(FaultKind.POWER_OFF, takeover(300), bad))
        .containsExactly("run 2: 1 of 100 flows were reset", "run 2: 2 of 100 flows stalled");
  }

  @Test
  void udpFlowsCountLikeTheOthers() {
    Run bad = takeover(300);
    bad.udp = new FlowCounts(990, 3, 7);

    assertThat(broken(FaultKind.POWER_OFF, bad))
        .containsExactly("3 of 1100 flows were reset", "7 of 1100 flows stalled");
  }

  @Test
  void aFlowMayPauseForTheGapAndOneRetransmission() {
    Run run = takeover(380);
    run.stall = 600 * 1.25 + 100;
    assertThat(broken(FaultKind.POWER_OFF, run)).isEmpty();

    run.stall += 1;
    assertThat(broken(FaultKind.POWER_OFF, run))
        .containsExactly("a flow paused for 851.0 ms, the gap and one retransmission are 850.0 ms");
  }

  @Test
  void whatBecameOfFlowsCanBeAskedForAlone() {
    Run run = takeover(2_000);
    run.twoActive = 10_000;
    run.push = new FlowCounts(48, 1, 1);
    run.refused = 1;

    assertThat(new Promise(List.of(FaultKind.POWER_OFF), TIMERS, 0).brokenToFlows(run.figures()))
        .containsExactly(
            "1 of 100 flows were reset",
            "1 of 100 flows stalled",
            "1 new connections were refused");
  }

  @Test
  void twoActivesMayNotLastLongerThanDetectionUnlessTheSegmentIsTorn() {
    Run run = takeover(300);
    run.twoActive = 400;

    assertThat(broken(FaultKind.AGENT_PAUSE, run))
        .containsExactly("two routers were active for 400.0 ms, longer than 380.5 ms");
    assertThat(broken(FaultKind.PARTITION, run)).isEmpty();
  }

  @Test
  void twoHoldersMayNotOutliveTheAddress() {
    Run run = takeover(0);
    run.twoHolders = 4_001;

    assertThat(broken(FaultKind.AGENT_KILL, run))
        .containsExactly("two routers held an address for 4001.0 ms, longer than 4000.0 ms");
  }

  @Test
  void theEndMustBeClear() {
    Run run = takeover(0);
    run.oneActive = false;
    run.caches = false;
    run.tracked = false;

    assertThat(broken(FaultKind.PARTITION, run))
        .containsExactly(
            "at the end not exactly one router is active everywhere",
            "at the end the active router's kernel tracks fewer connections than flows were kept",
            "at the end a host still believes the address to be elsewhere");
  }

  @Test
  void anUnjudgedFaultStillMayNotCostAFlow() {
    Run run = takeover(5_000);
    run.stall = 20;
    assertThat(broken(FaultKind.WAN_SILENT, run)).isEmpty();

    run.refused = 1;
    assertThat(broken(FaultKind.WAN_SILENT, run)).containsExactly("1 new connections were refused");
  }

  @ParameterizedTest
  @EnumSource(
      value = FaultKind.class,
      names = {"WAN_SILENT", "LAN_ONEWAY"})
  void framesThatVanishMustMoveTheRoleWhereNextHopsAreAsked(FaultKind fault) {
    var probed = new Timers(100_000_000, 50, true, true);
    var promise = new Promise(List.of(fault), probed, 0);

    assertThat(promise.broken(List.of(takeover(5_040).figures()))).isEmpty();
    assertThat(promise.broken(List.of(takeover(5_060).figures()))).hasSize(2);
    assertThat(promise.broken(List.of(new Run().figures())))
        .containsExactly("no other router took the role");
    assertThat(broken(fault, new Run())).isEmpty();
  }

  @Test
  void ofASequenceTheMostGenerousGapCounts() {
    var promise = new Promise(List.of(FaultKind.SYNC_DOWN, FaultKind.POWER_OFF), TIMERS, 0);

    assertThat(promise.gapLimitMillis()).isCloseTo(430.5, within(0.1));
  }
}
