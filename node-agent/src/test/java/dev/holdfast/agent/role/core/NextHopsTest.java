package dev.holdfast.agent.role.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.addr.IpAddress;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The rows of the table in {@link NextHops}, in its order. */
@DisplayName("A next hop")
class NextHopsTest {
  private static final long SECOND = 1_000_000_000L;
  private static final NextHop MODEM = new NextHop("wan", IpAddress.parse("10.0.0.1"));
  private static final NextHop OTHER = new NextHop("lan", IpAddress.parse("192.168.0.1"));

  private long now = 5 * SECOND;
  private NextHops hops = NextHops.of(List.of(MODEM), now);
  private boolean active;
  private boolean carrier = true;

  private List<NextHop> ask() {
    now += SECOND;
    NextHops.Round round = hops.ask(active, _ -> carrier, now);
    hops = round.next();
    return round.toAsk();
  }

  private void askUnanswered(int times) {
    for (int i = 0; i < times; i++) {
      ask();
    }
  }

  private void askAnswered(int times) {
    for (int i = 0; i < times; i++) {
      ask();
      hops = hops.answered(MODEM);
    }
  }

  @Test
  void isAskedAtOnceAndThenOnceASecond() {
    assertThat(hops.deadlineNanos()).hasValue(now);
    assertThat(ask()).containsExactly(MODEM);
    assertThat(hops.deadlineNanos()).hasValue(now + SECOND);
  }

  @Test
  void isSilentWhenThreeQuestionsInARowWereNotAnswered() {
    askUnanswered(3);
    assertThat(hops.silentNetworks()).isEmpty();
    ask();
    assertThat(hops.silentNetworks()).containsExactly("wan");
  }

  @Test
  void isGivenOneQuestionMoreByTheActiveRouter() {
    active = true;
    askUnanswered(4);
    assertThat(hops.silentNetworks()).isEmpty();
    ask();
    assertThat(hops.silentNetworks()).containsExactly("wan");
  }

  @Test
  void isNotSilentForTwoAnswersThatWereLost() {
    for (int i = 0; i < 5; i++) {
      askUnanswered(2);
      askAnswered(1);
    }
    assertThat(hops.silentNetworks()).isEmpty();
  }

  @Test
  void isThereAgainAfterTwoAnswersInARow() {
    askUnanswered(4);
    askAnswered(1);
    ask();
    ask();
    hops = hops.answered(MODEM);
    assertThat(hops.silentNetworks()).as("one, none, one").containsExactly("wan");
    askAnswered(1);
    assertThat(hops.silentNetworks()).isEmpty();
  }

  @Test
  void thatAnswersOneQuestionTwiceHasAnsweredOnce() {
    askUnanswered(4);
    ask();
    hops = hops.answered(MODEM).answered(MODEM);
    assertThat(hops.silentNetworks()).containsExactly("wan");
  }

  @Test
  void isNotAskedAndNotJudgedWithoutCarrier() {
    askUnanswered(4);
    carrier = false;
    assertThat(ask()).isEmpty();
    assertThat(hops.silentNetworks()).isEmpty();
    carrier = true;
    askUnanswered(3);
    assertThat(hops.silentNetworks()).isEmpty();
  }

  @Test
  void thatIsNotOursChangesNothing() {
    assertThat(hops.answered(OTHER)).isEqualTo(hops);
  }

  @Test
  void keepsWhatIsKnownOfItWhenAnotherIsAdded() {
    askUnanswered(4);
    hops = hops.watching(List.of(MODEM, OTHER));
    assertThat(hops.silentNetworks()).containsExactly("wan");
    assertThat(ask()).containsExactlyInAnyOrder(MODEM, OTHER);
    hops = hops.watching(List.of(OTHER));
    assertThat(hops.silentNetworks()).isEmpty();
  }

  @Test
  void isJudgedLaterByAsMuchAsTheAgentStoodStill() {
    ask();
    hops = hops.delayed(5 * SECOND);
    assertThat(hops.deadlineNanos()).hasValue(now + 6 * SECOND);
  }

  @Test
  void ofNobodyNeedsNoTime() {
    assertThat(NextHops.of(List.of(), now).deadlineNanos()).isEmpty();
  }
}
