package dev.holdfast.agent.shell;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Work that nobody waits for")
class RestsTest {
  private final Rests rests = new Rests(1_000);

  @Test
  void restsAsLongAsItWorked() {
    assertThat(rests.over(1_000)).as("before anything").isTrue();

    rests.began(1_000);
    rests.ended(1_300);

    assertThat(rests.over(1_599)).isFalse();
    assertThat(rests.over(1_600)).isTrue();
    assertThat(rests.untilNanos()).isEqualTo(1_600);
  }

  @Test
  void restsNoLongerThanItMayAfterAPauseOfTheProcess() {
    rests.worked(1_000, 60_001_000);

    assertThat(rests.untilNanos()).isEqualTo(60_002_000);
  }

  @Test
  void anEndWithoutABeginningIsSomebodyElses() {
    rests.began(1_000);
    rests.ended(1_300);
    rests.ended(9_000);

    assertThat(rests.untilNanos()).isEqualTo(1_600);
  }
}
