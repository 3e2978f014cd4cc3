package dev.holdfast.lab.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

@DisplayName("Faults on the command line")
class FaultTest {

  @Test
  void aListIsASequence() {
    assertThat(Fault.parseList("wan-down, power-off,return"))
        .extracting(Fault::kind)
        .containsExactly(FaultKind.WAN_DOWN, FaultKind.POWER_OFF, FaultKind.RETURN);
  }

  @ParameterizedTest
  @EnumSource(FaultKind.class)
  void everyKindIsReadByItsName(FaultKind kind) {
    assertThat(Fault.parse(kind.text()).kind()).isEqualTo(kind);
    assertThat(kind.description()).isNotBlank();
  }

  @Test
  void durationsAreRead() {
    assertThat(Fault.parse("freeze:50ms").lastsNanos()).isEqualTo(50_000_000L);
    assertThat(Fault.parse("partition:8s").lastsNanos()).isEqualTo(8_000_000_000L);
  }

  @Test
  void aPauseOrAPartitionEndsBySelfAndAPowerCutDoesNot() {
    assertThat(Fault.parse("agent-pause").lastsNanos()).isPositive();
    assertThat(Fault.parse("freeze").lastsNanos()).isPositive();
    assertThat(Fault.parse("partition").lastsNanos()).isPositive();
    assertThat(Fault.parse("power-off").lastsNanos()).isZero();
  }

  @Test
  void lossIsAPercentage() {
    assertThat(Fault.parse("loss:30%").percent()).isEqualTo(30);
    assertThat(Fault.parse("loss").percent()).isEqualTo(10);
    assertThat(Fault.parse("power-off").percent()).isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "powercut, there is no fault \"powercut\"",
    "loss:1000%, is no loss",
    "loss:5, is no loss",
    "freeze:soon, is no duration",
    "freeze:0ms, would last no time",
    "return:5s, takes no value",
    "'', there is no fault"
  })
  void mistakesAreNamed(String text, String sentence) {
    assertThatThrownBy(() -> Fault.parseList(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(sentence);
  }

  @Test
  void onlyOurAgentKnowsHandoverAndMaintenance() {
    assertThat(List.of(FaultKind.values()).stream().filter(FaultKind::needsHoldfast))
        .containsExactly(FaultKind.HANDOVER, FaultKind.MAINTENANCE);
  }
}
