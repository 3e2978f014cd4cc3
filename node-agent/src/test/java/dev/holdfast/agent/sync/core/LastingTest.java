package dev.holdfast.agent.sync.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A statement that lasts")
class LastingTest {
  private static final long MILLI = 1_000_000L;

  private final Lasting statement = new Lasting();

  @Test
  void doesNotHoldBeforeItWasTrue() {
    assertThat(statement.judge(false, true, 5 * MILLI)).isFalse();
  }

  @Test
  void holdsWhileItIsRenewedOnceASecond() {
    assertThat(statement.judge(true, true, 0)).isTrue();
    assertThat(statement.judge(false, true, 1_000 * MILLI)).isTrue();
    assertThat(statement.judge(true, true, 1_000 * MILLI)).isTrue();
    assertThat(statement.judge(false, true, 2_000 * MILLI)).isTrue();
    assertThat(statement.judge(false, true, 2_001 * MILLI)).isFalse();
  }

  @Test
  void endsAtOnceWhenItIsImpossible() {
    statement.judge(true, true, 0);

    assertThat(statement.judge(false, false, MILLI)).isFalse();
    assertThat(statement.judge(false, true, 2 * MILLI)).isFalse();
  }
}
