package dev.holdfast.lab.measure.judge;

import static dev.holdfast.lab.measure.judge.Samples.LAN_ADDRESS;
import static dev.holdfast.lab.measure.judge.Samples.MAC_A;
import static dev.holdfast.lab.measure.judge.Samples.adverts;
import static dev.holdfast.lab.measure.judge.Samples.losing;
import static dev.holdfast.lab.measure.judge.Samples.ms;
import static dev.holdfast.lab.measure.judge.Samples.span;
import static dev.holdfast.lab.measure.judge.Samples.steadyProbes;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.addr.Family;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The figures of a run")
class JudgeTest {

  @Test
  void aPowerCutIsTheSumOfItsParts() {
    var seen = new ArrayList<>(adverts("a", "lan", 0, 900));
    seen.addAll(adverts("b", "lan", 1_330, 3_000));
    var figures =
        Judge.judge(
            new Recording(
                span(0, 3_000),
                List.of(new Mark("power-off", ms(950))),
                List.of(losing(steadyProbes(3_000), 950, 1_335)),
                List.of(losing(steadyProbes(3_000), 950, 1_340)),
                List.of(),
                List.of(),
                seen,
                List.of(),
                List.of(),
                Map.of(),
                List.of(new CacheEntry("lan-host", "lan", LAN_ADDRESS, MAC_A, Set.of("b"))),
                List.of(span(1_000, 1_012.34)),
                0));

    assertThat(figures.gapUpMillis()).isEqualTo(386.0);
    assertThat(figures.gapDownMillis()).isEqualTo(391.0);
    assertThat(figures.probesLostUp()).isEqualTo(385);
    assertThat(figures.roleMillis()).isEqualTo(380.0);
    assertThat(figures.noActiveMillis()).isEqualTo(430.0);
    assertThat(figures.floorStallMillis()).isEqualTo(12.3);
    assertThat(figures.oneActiveAtEnd()).isTrue();
    assertThat(figures.hostCachesRight()).isTrue();
    assertThat(figures.faults()).containsExactly(new FaultFigures("power-off", 0.0, 380.0, null));
  }

  @Test
  void ofTwoFamiliesTheWorseGapCountsAndAllLosses() {
    var figures =
        Judge.judge(
            new Recording(
                span(0, 1_000),
                List.of(),
                List.of(
                    losing(steadyProbes(1_000), 100, 110), losing(steadyProbes(1_000), 100, 150)),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                Map.of(),
                List.of(),
                List.of(),
                0));

    assertThat(figures.gapUpMillis()).isEqualTo(51.0);
    assertThat(figures.probesLostUp()).isEqualTo(60);
    assertThat(figures.gapDownMillis()).isNull();
  }

  @Test
  void aSlowFlowThatPausedForFarLongerThanTheGapHasStalledUnlessFramesWereLostAtRandom() {
    assertThat(withSlowFlow("power-off").flowsUdp()).isEqualTo(new FlowCounts(0, 0, 1));
    assertThat(withSlowFlow("power-off").longestStallOthersMillis()).isEqualTo(4_500.0);
    assertThat(withSlowFlow("loss:10%").flowsUdp()).isEqualTo(new FlowCounts(1, 0, 0));
  }

  private static Figures withSlowFlow(String fault) {
    var slow =
        new FlowRecord(
            "forward",
            FlowKind.UDP,
            Family.IPV4,
            ms(1_000),
            false,
            FlowEnd.OPEN,
            ms(9_500),
            span(950, 5_450),
            6);
    return Judge.judge(
        new Recording(
            span(0, 10_000),
            List.of(new Mark(fault, ms(950))),
            List.of(losing(steadyProbes(10_000), 950, 1_335)),
            List.of(losing(steadyProbes(10_000), 950, 1_340)),
            List.of(slow),
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            Map.of(),
            List.of(),
            List.of(span(1_000, 1_050)),
            0));
  }

  @Test
  void figuresOfThingsThatNobodyMeasuredAreAbsent() {
    var figures = Judge.judge(Samples.recording(1_000, List.of(), List.of()));

    assertThat(figures.gapUpMillis()).isNull();
    assertThat(figures.longestStallMillis()).isNull();
    assertThat(figures.roleMillis()).isNull();
    assertThat(figures.oneActiveAtEnd()).isNull();
    assertThat(figures.hostCachesRight()).isNull();
  }

  @Test
  void aCacheThatPointsToTheBackupIsWrong() {
    var recording = Samples.recording(3_000, List.of(), adverts("a", "lan", 0, 3_000));
    var stale =
        new Recording(
            recording.window(),
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            recording.adverts(),
            List.of(),
            List.of(),
            Map.of(),
            List.of(new CacheEntry("lan-host", "lan", LAN_ADDRESS, MAC_A, Set.of("b"))),
            List.of(),
            0);

    assertThat(Judge.judge(stale).hostCachesRight()).isFalse();
  }

  @Test
  void theActiveRoutersKernelMustTrackWhatWasKept() {
    assertThat(withTables("a", new TableSizes(9, 2)).flowsTracked()).isTrue();
    assertThat(withTables("a", new TableSizes(9, 1)).flowsTracked()).isFalse();
    assertThat(withTables("b", new TableSizes(9, 1)).flowsTracked()).isNull();
  }

  private static Figures withTables(String router, TableSizes sizes) {
    FlowRecord kept = Samples.flow(FlowKind.ECHO, FlowEnd.OPEN, 2_999, span(0, 10));
    FlowRecord lost = Samples.flow(FlowKind.ECHO, FlowEnd.RESET, 2_999, span(0, 10));
    return Judge.judge(
        new Recording(
            span(0, 3_000),
            List.of(),
            List.of(),
            List.of(),
            List.of(kept, kept, lost),
            List.of(),
            adverts("a", "lan", 0, 3_000),
            List.of(),
            List.of(),
            Map.of(router, sizes),
            List.of(),
            List.of(),
            0));
  }

  @Test
  void twoRoutersSpeakingAtTheEndAreNotOneActive() {
    var seen = new ArrayList<>(adverts("a", "lan", 0, 3_000));
    seen.addAll(adverts("b", "lan", 0, 3_000));

    assertThat(Judge.judge(Samples.recording(3_000, List.of(), seen)).oneActiveAtEnd()).isFalse();
  }

  @Test
  void eachFaultOfASequenceHasItsOwnFigures() {
    var seen = new ArrayList<>(adverts("a", "lan", 0, 900));
    seen.addAll(adverts("b", "lan", 1_300, 1_900));
    seen.addAll(adverts("a", "lan", 2_350, 3_000));

    var figures =
        Judge.judge(
            Samples.recording(
                3_000,
                List.of(
                    new Mark("sync-down", ms(500)),
                    new Mark("power-off", ms(950)),
                    new Mark("wan-down", ms(2_000))),
                seen));

    assertThat(figures.faults())
        .containsExactly(
            new FaultFigures("sync-down", 0.0, null, null),
            new FaultFigures("power-off", 450.0, 350.0, null),
            new FaultFigures("wan-down", 1_500.0, 350.0, null));
    assertThat(figures.roleMillis()).isEqualTo(350.0);
  }
}
