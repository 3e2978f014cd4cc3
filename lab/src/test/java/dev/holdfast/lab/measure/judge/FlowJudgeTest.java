package dev.holdfast.lab.measure.judge;

import static dev.holdfast.lab.measure.judge.Samples.flow;
import static dev.holdfast.lab.measure.judge.Samples.ms;
import static dev.holdfast.lab.measure.judge.Samples.span;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.addr.Family;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("What became of the long flows")
class FlowJudgeTest {

  private static final Span WINDOW = span(0, 10_000);
  private static final Span SHORT = span(100, 110);

  @Test
  void aFlowWithDataInTheLastTwoSecondsIsKept() {
    var flows = List.of(flow(FlowKind.ECHO, FlowEnd.OPEN, 8_000, SHORT));

    assertThat(FlowJudge.count(flows, FlowKind.ECHO, WINDOW)).isEqualTo(new FlowCounts(1, 0, 0));
  }

  @Test
  void aFlowThatIsOpenAndSilentIsStalled() {
    var flows = List.of(flow(FlowKind.PUSH, FlowEnd.OPEN, 7_999, SHORT));

    assertThat(FlowJudge.count(flows, FlowKind.PUSH, WINDOW)).isEqualTo(new FlowCounts(0, 0, 1));
  }

  @Test
  void aFlowThatSpeaksEverySecondMayBeSilentForOneIntervalMore() {
    var slow =
        new FlowRecord(
            "forward",
            FlowKind.PUSH,
            Family.IPV4,
            ms(1000),
            false,
            FlowEnd.OPEN,
            ms(7_000),
            SHORT,
            7);

    assertThat(FlowJudge.count(List.of(slow), FlowKind.PUSH, WINDOW).kept()).isEqualTo(1);
  }

  @Test
  void aResetFlowIsResetHoweverLateItsData() {
    var flows =
        List.of(
            flow(FlowKind.ECHO, FlowEnd.RESET, 9_999, SHORT),
            flow(FlowKind.ECHO, FlowEnd.CORRUPT, 9_999, SHORT));

    assertThat(FlowJudge.count(flows, FlowKind.ECHO, WINDOW)).isEqualTo(new FlowCounts(0, 2, 0));
  }

  @Test
  void theKindsAreCountedApart() {
    var flows =
        List.of(
            flow(FlowKind.ECHO, FlowEnd.OPEN, 9_999, SHORT),
            flow(FlowKind.PUSH, FlowEnd.RESET, 5_000, SHORT));

    assertThat(FlowJudge.count(flows, FlowKind.ECHO, WINDOW)).isEqualTo(new FlowCounts(1, 0, 0));
    assertThat(FlowJudge.count(flows, FlowKind.PUSH, WINDOW)).isEqualTo(new FlowCounts(0, 1, 0));
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
  void withoutAKeptFlowThereIsNoStallToSpeakOf() {
    var flows = List.of(flow(FlowKind.ECHO, FlowEnd.RESET, 3_000, span(3_000, 9_000)));

    assertThat(FlowJudge.longestStallNanos(flows, WINDOW)).isEmpty();
  }
}
