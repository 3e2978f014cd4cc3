package dev.holdfast.agent.sync.wire;

import static dev.holdfast.agent.sync.wire.LinkDropReason.REPLAYED;
import static dev.holdfast.agent.sync.wire.LinkDropReason.TOO_OLD;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Replay window of 1024 counters")
class ReplayWindowTest {
  private final ReplayWindow window = new ReplayWindow();

  @Test
  void letsEachCounterThroughOnce() {
    assertThat(window.judge(0)).isNull();
    window.received(0);

    assertThat(window.judge(0)).isEqualTo(REPLAYED);
    assertThat(window.judge(1)).isNull();
  }

  @Test
  void judgingAloneMarksNothing() {
    assertThat(window.judge(7)).isNull();
    assertThat(window.judge(7)).isNull();
  }

  @Test
  void takesWhatComesLateWithinTheWindow() {
    window.received(1023);

    assertThat(window.judge(0)).isNull();
    window.received(0);
    assertThat(window.judge(0)).isEqualTo(REPLAYED);
  }

  @Test
  void refusesWhatIsOlderThanTheWindow() {
    window.received(1024);

    assertThat(window.judge(0)).isEqualTo(TOO_OLD);
    assertThat(window.judge(1)).isNull();
  }

  @Test
  void aJumpForwardLeavesNoOldMarksBehind() {
    window.received(5);
    window.received(5 + 1024 * 3);

    assertThat(window.judge(5 + 1024 * 3 - 1023)).isNull();
    assertThat(window.judge(5 + 1024 * 2)).isEqualTo(TOO_OLD);
    assertThat(window.judge(5 + 1024 * 3)).isEqualTo(REPLAYED);
  }

  @Test
  void refusesCountersThatNoSenderReaches() {
    assertThat(window.judge(-1)).isEqualTo(TOO_OLD);
    assertThat(window.judge(Long.MIN_VALUE)).isEqualTo(TOO_OLD);
    window.received(Long.MAX_VALUE - 1);
    assertThat(window.judge(Long.MAX_VALUE - 1)).isEqualTo(REPLAYED);
  }

  @Test
  void agreesWithASetThatRemembersEverything() {
    Random random = new Random(20);
    Set<Long> seen = new HashSet<>();
    long newest = -1;
    for (int i = 0; i < 200_000; i++) {
      long counter = Math.max(0, newest + random.nextInt(1400) - 1200);
      boolean fresh = !seen.contains(counter) && counter > newest - 1024;
      assertThat(window.judge(counter) == null)
          .as("counter %d at %d", counter, newest)
          .isEqualTo(fresh);
      if (fresh) {
        window.received(counter);
        seen.add(counter);
        newest = Math.max(newest, counter);
      }
    }
  }
}
