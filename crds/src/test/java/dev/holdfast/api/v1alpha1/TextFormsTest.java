package dev.holdfast.api.v1alpha1;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("Durations and ports as text")
class TextFormsTest {

  @ParameterizedTest
  @CsvSource({
    "100ms, 100000000, 100ms",
    "0.1s, 100000000, 100ms",
    "5s, 5000000000, 5s",
    "2.5s, 2500000000, 2.5s",
    "40.95s, 40950000000, 40.95s",
    "1m, 60000000000, 60s",
    "100s, 100000000000, 100s",
    "0ms, 0, 0ms",
    "999999m, 59999940000000000, 59999940s",
  })
  void aDurationHasANumberAndAUnit(String text, long nanos, String shortest) {
    assertThat(DurationText.isValid(text)).isTrue();
    assertThat(DurationText.nanos(text)).isEqualTo(nanos);
    assertThat(DurationText.canonical(text)).isEqualTo(shortest);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "100", "ms", "-1s", "1 s", "1h", "1e3s", "1.s", ".5s", "1s1ms", "٣s"})
  void anythingElseIsNoDuration(String text) {
    assertThat(DurationText.isValid(text)).isFalse();
    assertThatThrownBy(() -> DurationText.nanos(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("\"" + text + "\"");
  }

  @ParameterizedTest
  @CsvSource({"53, 53, 53", "1-65535, 1, 65535", "80-80, 80, 80"})
  void aPortIsANumberOrARange(String text, int first, int last) {
    assertThat(PortRange.parse(text)).isEqualTo(new PortRange(first, last));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "0", "65536", "90-80", "1-", "-1", "1-2-3", "http", "99999"})
  void anythingElseIsNoPort(String text) {
    assertThatThrownBy(() -> PortRange.parse(text)).isInstanceOf(IllegalArgumentException.class);
  }
}
