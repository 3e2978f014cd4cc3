package dev.holdfast.lab.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("When flows came into a kernel")
class ArrivalTest {

  private static final long MS = 1_000_000;

  private final Arrival arrival = new Arrival(10, 1_000, 0);

  @Test
  void countsFromTheLastLookBeforeTheFirstToTheLastOne() {
    assertThat(arrival.seen(10, 100 * MS)).isFalse();
    assertThat(arrival.seen(12, 101 * MS)).isFalse();
    assertThat(arrival.seen(500, 102 * MS)).isFalse();
    assertThat(arrival.seen(1_009, 103 * MS)).isFalse();
    assertThat(arrival.seen(1_010, 150 * MS)).isTrue();
    assertThat(arrival.millis()).isEqualTo(49.0);
  }

  @Test
  void waitsForTheLastPercent() {
    arrival.seen(10, 100 * MS);
    assertThat(arrival.seen(999, 110 * MS)).isFalse();
    assertThat(arrival.seen(999, 10_000 * MS)).isFalse();
    assertThat(arrival.came()).isEqualTo(989);
  }

  @Test
  void whenSomeOfTheKernelsOwnEndedNothingMoreIsWaitedForAndTheWaitIsNotCounted() {
    arrival.seen(10, 100 * MS);
    assertThat(arrival.seen(1_003, 120 * MS)).isFalse();
    assertThat(arrival.seen(1_003, 619 * MS)).isFalse();
    assertThat(arrival.seen(1_003, 620 * MS)).isTrue();
    assertThat(arrival.millis()).isEqualTo(20.0);
  }
}
