package dev.holdfast.lab.measure.judge;

import static dev.holdfast.lab.measure.judge.Samples.LAN_ADDRESS;
import static dev.holdfast.lab.measure.judge.Samples.MAC_A;
import static dev.holdfast.lab.measure.judge.Samples.WAN_ADDRESS;
import static dev.holdfast.lab.measure.judge.Samples.answer;
import static dev.holdfast.lab.measure.judge.Samples.hold;
import static dev.holdfast.lab.measure.judge.Samples.ms;
import static dev.holdfast.lab.measure.judge.Samples.span;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Who held the virtual addresses and who answered for them")
class AddressJudgeTest {

  private static final Span WINDOW = span(0, 10_000);

  @Test
  void twoKernelsWithTheAddressAreTwoHolders() {
    var changes = List.of(hold(0, "a", true), hold(1_380, "b", true), hold(4_100, "a", false));

    assertThat(AddressJudge.twoHoldersNanos(changes, WINDOW)).isEqualTo(ms(2_720));
  }

  @Test
  void aHandedOverAddressHasOneHolder() {
    var changes = List.of(hold(0, "a", true), hold(1_000, "a", false), hold(1_001, "b", true));

    assertThat(AddressJudge.twoHoldersNanos(changes, WINDOW)).isZero();
  }

  @Test
  void anAddressThatIsNeverRemovedIsHeldToTheEnd() {
    var changes = List.of(hold(0, "a", true), hold(4_000, "b", true));

    assertThat(AddressJudge.twoHoldersNanos(changes, WINDOW)).isEqualTo(ms(6_000));
  }

  @Test
  void renewalIsNoChange() {
    var changes = List.of(hold(0, "a", true), hold(1_000, "a", true), hold(2_000, "a", false));

    assertThat(AddressJudge.holders(changes, WINDOW).get(LAN_ADDRESS))
        .containsEntry("a", List.of(span(0, 2_000)));
  }

  @Test
  void theAddressThatMovedLastDecides() {
    var answers =
        List.of(
            answer(900, "a", LAN_ADDRESS),
            answer(900, "a", WAN_ADDRESS),
            answer(1_300, "b", LAN_ADDRESS),
            answer(1_310, "b", WAN_ADDRESS),
            answer(1_400, "b", LAN_ADDRESS));

    assertThat(AddressJudge.addressNanos(answers, ms(1_000), Long.MAX_VALUE)).hasValue(ms(310));
  }

  @Test
  void theSameRouterAnsweringIsNoMove() {
    var answers = List.of(answer(900, "a", LAN_ADDRESS), answer(1_100, "a", LAN_ADDRESS));

    assertThat(AddressJudge.addressNanos(answers, ms(1_000), Long.MAX_VALUE)).isEmpty();
  }

  @Test
  void anAnnouncementIsNoAnswer() {
    var answers =
        List.of(
            answer(900, "a", LAN_ADDRESS),
            new AnswerSeen(ms(1_100), "b", "lan", LAN_ADDRESS, MAC_A, false),
            answer(1_150, "b", LAN_ADDRESS));

    assertThat(AddressJudge.addressNanos(answers, ms(1_000), Long.MAX_VALUE)).hasValue(ms(150));
  }
}
