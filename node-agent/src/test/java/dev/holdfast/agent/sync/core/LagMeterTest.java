package dev.holdfast.agent.sync.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("How long the oldest change has been waiting")
class LagMeterTest {
  private static final long MILLI = 1_000_000L;

  private final LagMeter lag = new LagMeter(0);

  @Test
  void countsFromTheOldestThatIsNotAcknowledged() {
    lag.newest(5, 0);
    lag.newest(9, 10 * MILLI);
    lag.acknowledged(5, 20 * MILLI);

    assertThat(lag.lagNanos(20 * MILLI)).isEqualTo(10 * MILLI);
    lag.acknowledged(9, 30 * MILLI);
    assertThat(lag.lagNanos(30 * MILLI)).isZero();
  }

  @Test
  void countsFromTheMomentWhenWhatWasAcknowledgedNoLongerIs() {
    lag.newest(9, 0);
    lag.acknowledged(9, MILLI);
    lag.acknowledged(0, 50 * MILLI);
    lag.newest(9, 60 * MILLI);

    assertThat(lag.lagNanos(80 * MILLI)).isEqualTo(30 * MILLI);
    lag.acknowledged(4, 90 * MILLI);
    assertThat(lag.lagNanos(90 * MILLI)).isEqualTo(40 * MILLI);
    lag.acknowledged(9, 100 * MILLI);
    assertThat(lag.lagNanos(100 * MILLI)).isZero();
  }

  @Test
  void anOlderChangeThatWaitsGoesOnWaitingWhenThePositionFallsBack() {
    lag.newest(5, 0);
    lag.acknowledged(5, MILLI);
    lag.newest(9, 10 * MILLI);
    lag.acknowledged(0, 50 * MILLI);

    assertThat(lag.lagNanos(60 * MILLI)).isEqualTo(50 * MILLI);
  }
}
