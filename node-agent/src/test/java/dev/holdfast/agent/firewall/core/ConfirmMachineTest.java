package dev.holdfast.agent.firewall.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.firewall.core.ConfirmMachine.Trial;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Whether a new policy may stay")
class ConfirmMachineTest {

  private static final long SECOND = 1_000_000_000L;
  private static final PolicyMark NEW = new PolicyMark(8, "00000000000000aa");

  /** Applied at second 100, with thirty seconds to be confirmed. */
  private static Trial begun(Map<String, Long> heard) {
    return ConfirmMachine.begin(NEW, heard, Set.of(), 99 * SECOND, 100 * SECOND, 30 * SECOND);
  }

  @Test
  void isConfirmedAtOnceWhenNobodyWasHeardBefore() {
    assertThat(begun(Map.of()).isConfirmed()).isTrue();
    assertThat(begun(Map.of("long-gone", 93 * SECOND)).isConfirmed()).isTrue();
  }

  @Test
  void missesWhoWasHeardInTheFiveSecondsBefore() {
    Trial trial = begun(Map.of("router-b", 94 * SECOND, "api", 98 * SECOND, "gone", 93 * SECOND));

    assertThat(trial.missing()).containsExactlyInAnyOrder("router-b", "api");
    assertThat(trial.isConfirmed()).isFalse();
  }

  @Test
  void isConfirmedWhenEveryoneIsHeardAgain() {
    Trial trial = begun(Map.of("router-b", 98 * SECOND, "api", 98 * SECOND));

    Trial half = ConfirmMachine.heard(trial, Map.of("router-b", 102 * SECOND));
    assertThat(half.missing()).containsExactly("api");
    assertThat(ConfirmMachine.heard(half, Map.of("api", 129 * SECOND)).isConfirmed()).isTrue();
  }

  @Test
  void doesNotCountWhatWasOnItsWayWhenThePolicyCame() {
    Trial trial = begun(Map.of("router-b", 98 * SECOND));

    assertThat(ConfirmMachine.heard(trial, Map.of("router-b", 100 * SECOND + SECOND / 2)).missing())
        .containsExactly("router-b");
  }

  @Test
  void failsAtItsDeadlineAndNotBefore() {
    Trial trial = begun(Map.of("router-b", 98 * SECOND));

    assertThat(trial.isFailed(130 * SECOND - 1)).isFalse();
    assertThat(trial.isFailed(130 * SECOND)).isTrue();
  }

  @Test
  void asksForEveryoneOfTwoTrialsWhenOneTakesThePlaceOfAnother() {
    Trial second =
        ConfirmMachine.begin(
            NEW,
            Map.of("api", 109 * SECOND),
            begun(Map.of("router-b", 98 * SECOND)).missing(),
            110 * SECOND,
            110 * SECOND,
            30 * SECOND);

    assertThat(second.missing()).containsExactlyInAnyOrder("router-b", "api");
    assertThat(second.isFailed(130 * SECOND)).isFalse();
    assertThat(second.isFailed(140 * SECOND)).isTrue();
  }

  @Test
  void doesNotWaitForOneWhoLeftInOrder() {
    Trial trial = begun(Map.of("router-b", 98 * SECOND));

    assertThat(ConfirmMachine.without(trial, "router-b").isConfirmed()).isTrue();
  }

  @Test
  void goesOnWhenTheAgentComesBackInTime() {
    Trial resumed =
        ConfirmMachine.resumed(begun(Map.of("router-b", 98 * SECOND)), 105 * SECOND, true);

    assertThat(resumed.deadlineNanos()).isEqualTo(130 * SECOND);
  }

  @Test
  void listensForAWhileWhenTheAgentComesBackLate() {
    Trial resumed =
        ConfirmMachine.resumed(begun(Map.of("router-b", 98 * SECOND)), 500 * SECOND, true);

    assertThat(resumed.isFailed(509 * SECOND)).isFalse();
    assertThat(resumed.isFailed(510 * SECOND)).isTrue();
  }

  @Test
  void hasItsWholeTimeAgainAfterAReboot() {
    Trial resumed = ConfirmMachine.resumed(begun(Map.of("router-b", 98 * SECOND)), SECOND, false);

    assertThat(resumed.isFailed(31 * SECOND - 1)).isFalse();
    assertThat(resumed.isFailed(31 * SECOND)).isTrue();
    // What was heard in the life before has a larger number, and does not count.
    assertThat(resumed.heardFromNanos()).isEqualTo(SECOND);
  }

  @Test
  void asksNobodyWithoutATimeToConfirm() {
    assertThat(
            ConfirmMachine.begin(NEW, Map.of("api", 98 * SECOND), Set.of(), 99 * SECOND, 0, 0)
                .isConfirmed())
        .isTrue();
  }
}
