package dev.holdfast.lab.measure.judge;

import static dev.holdfast.lab.measure.judge.Samples.flow;
import static dev.holdfast.lab.measure.judge.Samples.ms;
import static dev.holdfast.lab.measure.judge.Samples.span;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.addr.Family;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("What became of the long flows")
class FlowJudgeTest {

  private static final Span WINDOW = span(0, 10_000);
  private static final Span SHORT = span(100, 110);
  private static final OptionalLong NO_GAP = OptionalLong.of(0);

  /** A flow that speaks each second. */
  private static FlowRecord slow(FlowKind kind, double lastDataMillis, Span longestPause) {
    return new FlowRecord(
        "forward",
        kind,
        Family.IPV4,
        ms(1000),
        false,
        FlowEnd.OPEN,
        ms(lastDataMillis),
        longestPause,
        7);
  }

  private static FlowCounts count(FlowRecord flow) {
    return FlowJudge.count(List.of(flow), flow.kind(), WINDOW, NO_GAP);
  }

  private static void assertMayPause(FlowKind kind, double gapMillis, double limitMillis) {
    var gap = OptionalLong.of(ms(gapMillis));
    FlowRecord longest = slow(kind, 9_999, span(0, limitMillis));
    FlowRecord longer = slow(kind, 9_999, span(0, limitMillis + 1));

    assertThat(FlowJudge.count(List.of(longest), kind, WINDOW, gap))
        .isEqualTo(new FlowCounts(1, 0, 0));
    assertThat(FlowJudge.count(List.of(longer), kind, WINDOW, gap))
        .isEqualTo(new FlowCounts(0, 0, 1));
  }

  @Test
  void aFlowWithDataInTheLastTwoSecondsIsKept() {
    var flows = List.of(flow(FlowKind.ECHO, FlowEnd.OPEN, 8_000, SHORT));

    assertThat(FlowJudge.count(flows, FlowKind.ECHO, WINDOW, NO_GAP))
        .isEqualTo(new FlowCounts(1, 0, 0));
  }

  @Test
  void aFlowThatIsOpenAndSilentIsStalled() {
    var flows = List.of(flow(FlowKind.PUSH, FlowEnd.OPEN, 7_999, SHORT));

    assertThat(FlowJudge.count(flows, FlowKind.PUSH, WINDOW, NO_GAP))
        .isEqualTo(new FlowCounts(0, 0, 1));
  }

  @Test
  void aFlowThatSpeaksEverySecondMayBeSilentForOneIntervalMore() {
    assertThat(count(slow(FlowKind.PUSH, 7_000, SHORT)).kept()).isEqualTo(1);
    assertThat(count(slow(FlowKind.PUSH, 6_999, SHORT)).stalled()).isEqualTo(1);
  }

  @Test
  void aResetFlowIsResetHoweverLateItsData() {
    var flows =
        List.of(
            flow(FlowKind.ECHO, FlowEnd.RESET, 9_999, SHORT),
            flow(FlowKind.ECHO, FlowEnd.CORRUPT, 9_999, SHORT));

    assertThat(FlowJudge.count(flows, FlowKind.ECHO, WINDOW, NO_GAP))
        .isEqualTo(new FlowCounts(0, 2, 0));
  }

  @Test
  void theKindsAreCountedApart() {
    var flows =
        List.of(
            flow(FlowKind.ECHO, FlowEnd.OPEN, 9_999, SHORT),
            flow(FlowKind.PUSH, FlowEnd.RESET, 5_000, SHORT));

    assertThat(FlowJudge.count(flows, FlowKind.ECHO, WINDOW, NO_GAP))
        .isEqualTo(new FlowCounts(1, 0, 0));
    assertThat(FlowJudge.count(flows, FlowKind.PUSH, WINDOW, NO_GAP))
        .isEqualTo(new FlowCounts(0, 1, 0));
  }

  @Test
  void flowsThroughPortForwardsAreCountedApart() {
    FlowRecord outward = flow(FlowKind.ECHO, FlowEnd.OPEN, 9_999, SHORT);
    var inward =
        new FlowRecord(
            FlowRecord.portForward("forward"),
            FlowKind.ECHO,
            Family.IPV4,
            ms(10),
            true,
            FlowEnd.RESET,
            ms(5_000),
            SHORT,
            500);
    var flows = List.of(outward, inward);

    assertThat(FlowJudge.count(flows, FlowKind.ECHO, WINDOW, NO_GAP))
        .isEqualTo(new FlowCounts(1, 0, 0));
    assertThat(FlowJudge.countPortForwards(flows, WINDOW, NO_GAP))
        .isEqualTo(new FlowCounts(0, 1, 0));
  }

  @Test
  void theLongestStallIsThatOfAFlowThatWentOn() {
    var flows =
        List.of(
            flow(FlowKind.ECHO, FlowEnd.OPEN, 9_999, span(3_000, 3_420)),
            flow(FlowKind.PUSH, FlowEnd.OPEN, 9_999, span(3_000, 3_750)),
            flow(FlowKind.PUSH, FlowEnd.OPEN, 3_000, span(3_000, 10_000)),
            flow(FlowKind.PUSH, FlowEnd.RESET, 3_000, span(3_000, 9_000)));

    assertThat(FlowJudge.longestStallNanos(flows, WINDOW)).hasValue(ms(750));
  }

  @Test
  void aSlowTcpFlowMayPauseForItsIntervalAndARetransmissionAfterTheGapAndTwoSeconds() {
    assertMayPause(FlowKind.ECHO, 0, 1_000 + 1_000 + 2_000);
    assertMayPause(FlowKind.PUSH, 380, 1_000 + 2 * 380 + 1_000 + 2_000);
  }

  /** It tries again 0.2, 0.6, 1.4, 3.0, 6.2 and 12.6 s after the first loss. */
  @Test
  void aSlowTcpFlowMayJustHaveTriedInVainWhenALongGapEnds() {
    FlowRecord flow = slow(FlowKind.PUSH, 19_999, span(0, 1_000 + 12_600));

    assertThat(
            FlowJudge.count(
                List.of(flow), FlowKind.PUSH, span(0, 20_000), OptionalLong.of(ms(6_300))))
        .isEqualTo(new FlowCounts(1, 0, 0));
  }

  @Test
  void aUdpFlowMayPauseForTheGapAndTheMessageAfterItAndTwoSeconds() {
    assertMayPause(FlowKind.UDP, 0, 1_000 + 1_000 + 2_000);
    assertMayPause(FlowKind.UDP, 380, 1_000 + 380 + 1_000 + 2_000);
  }

  @Test
  void whereTheGapIsUnknownOnlyTheEndOfASlowFlowCounts() {
    FlowRecord flow = slow(FlowKind.UDP, 9_999, span(0, 9_000));

    assertThat(FlowJudge.count(List.of(flow), FlowKind.UDP, WINDOW, OptionalLong.empty()).kept())
        .isEqualTo(1);
  }

  @Test
  void aFlowThatIsJudgedFinelyIsKeptHoweverLongItsPause() {
    FlowRecord flow = flow(FlowKind.ECHO, FlowEnd.OPEN, 9_999, span(0, 9_000));

    assertThat(count(flow)).isEqualTo(new FlowCounts(1, 0, 0));
  }

  @Test
  void slowFlowsHaveALongestStallOfTheirOwn() {
    var flows =
        List.of(
            flow(FlowKind.ECHO, FlowEnd.OPEN, 9_999, span(3_000, 3_420)),
            slow(FlowKind.UDP, 9_999, span(3_000, 4_700)),
            slow(FlowKind.PUSH, 9_999, span(2_000, 9_000)),
            slow(FlowKind.PUSH, 3_000, span(1_000, 9_900)));

    assertThat(FlowJudge.longestStallNanos(flows, WINDOW)).hasValue(ms(420));
    assertThat(FlowJudge.longestOtherStallNanos(flows, WINDOW)).hasValue(ms(7_000));
  }

  @Test
  void withoutAKeptFlowThereIsNoStallToSpeakOf() {
    var flows = List.of(flow(FlowKind.ECHO, FlowEnd.RESET, 3_000, span(3_000, 9_000)));

    assertThat(FlowJudge.longestStallNanos(flows, WINDOW)).isEmpty();
  }
}
