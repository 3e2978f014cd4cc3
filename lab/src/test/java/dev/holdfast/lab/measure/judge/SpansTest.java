package dev.holdfast.lab.measure.judge;

import static dev.holdfast.lab.measure.judge.Samples.ms;
import static dev.holdfast.lab.measure.judge.Samples.span;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Spans of time")
class SpansTest {

  @Test
  void unionJoinsWhatOverlapsOrTouches() {
    assertThat(Spans.union(List.of(span(5, 7), span(0, 2), span(2, 3), span(6, 9))))
        .containsExactly(span(0, 3), span(5, 9));
  }

  @Test
  void commonIsWhatBothHave() {
    assertThat(Spans.common(List.of(span(0, 10), span(20, 30)), List.of(span(5, 25))))
        .containsExactly(span(5, 10), span(20, 25));
  }

  @Test
  void uncoveredIsTheRestOfTheWindow() {
    assertThat(Spans.uncovered(List.of(span(2, 3), span(8, 12)), span(0, 10)))
        .containsExactly(span(0, 2), span(3, 8));
    assertThat(Spans.uncovered(List.of(span(20, 30)), span(0, 10))).containsExactly(span(0, 10));
    assertThat(Spans.uncovered(List.of(span(0, 30)), span(5, 10))).isEmpty();
  }

  @Test
  void atLeastTwoCountsAMomentOnceHoweverManyShareIt() {
    var parties = List.of(List.of(span(0, 10)), List.of(span(5, 15)), List.of(span(6, 8)));

    assertThat(Spans.totalNanos(Spans.atLeastTwo(parties))).isEqualTo(ms(5));
  }

  @Test
  void theLongestIsMeasuredAfterJoining() {
    assertThat(Spans.longestNanos(List.of(span(0, 2), span(2, 5), span(9, 10)))).isEqualTo(ms(5));
    assertThat(Spans.longestNanos(List.of())).isZero();
  }

  @Test
  void aSpanCannotRunBackwards() {
    assertThatThrownBy(() -> span(2, 1)).isInstanceOf(IllegalArgumentException.class);
  }
}
