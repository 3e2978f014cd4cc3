package dev.holdfast.lab.measure.judge;

import static dev.holdfast.lab.measure.judge.Samples.losing;
import static dev.holdfast.lab.measure.judge.Samples.ms;
import static dev.holdfast.lab.measure.judge.Samples.span;
import static dev.holdfast.lab.measure.judge.Samples.steadyProbes;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Gaps and losses of the probes")
class ProbeJudgeTest {

  private static final Span ALL = span(0, 1000);

  @Test
  void aQuietRunHasNeitherLossNorGap() {
    var trace = steadyProbes(1000);

    assertThat(ProbeJudge.lost(trace, ALL)).isZero();
    assertThat(ProbeJudge.gaps(trace, ALL)).isEmpty();
    assertThat(ProbeJudge.sent(trace, ALL)).isEqualTo(1000);
  }

  @Test
  void aCutOf200MillisecondsIsAGapOf200AndOneInterval() {
    var trace = losing(steadyProbes(1000), 300, 500);

    assertThat(ProbeJudge.lost(trace, ALL)).isEqualTo(200);
    assertThat(ProbeJudge.gaps(trace, ALL)).containsExactly(span(299, 500));
  }

  @Test
  void everyCutIsAGapOfItsOwn() {
    var trace = losing(losing(steadyProbes(1000), 100, 110), 600, 601);

    assertThat(ProbeJudge.gaps(trace, ALL)).containsExactly(span(99, 110), span(599, 601));
  }

  @Test
  void aSenderThatPausesMakesNoGap() {
    var trace = steadyProbes(1000);
    for (int n = 500; n < 1000; n++) {
      trace.sentNanos()[n] += ms(80);
      trace.receivedNanos()[n] += ms(80);
    }

    assertThat(ProbeJudge.gaps(trace, ALL)).isEmpty();
  }

  @Test
  void whatIsHeldOnItsWayCountsUntilItComesOut() {
    var trace = steadyProbes(1000);
    for (int n = 400; n < 640; n++) {
      trace.receivedNanos()[n] = ms(640);
    }

    assertThat(ProbeJudge.lost(trace, ALL)).isZero();
    assertThat(ProbeJudge.gaps(trace, ALL)).containsExactly(span(400, 640));
  }

  @Test
  void aLossAtTheVeryEndLastsUntilTheWindowCloses() {
    var trace = losing(steadyProbes(1000), 900, 1000);

    assertThat(ProbeJudge.gaps(trace, ALL)).containsExactly(span(899, 1000));
  }

  @Test
  void lossesBeforeTheWindowAreNotCounted() {
    var trace = losing(steadyProbes(1000), 0, 100);

    assertThat(ProbeJudge.lost(trace, span(200, 1000))).isZero();
    assertThat(ProbeJudge.gaps(trace, span(200, 1000))).isEmpty();
  }

  @Test
  void aRunThatLostEverythingIsOneGap() {
    assertThat(ProbeJudge.gaps(losing(steadyProbes(1000), 0, 1000), ALL))
        .containsExactly(span(0, 1000));
  }
}
