package dev.holdfast.agent.sync.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

@DisplayName("Barrier")
class BarrierTest {

  @Nested
  @DisplayName("that we ask for")
  class Ours {
    private final OwnBarrier barrier = new OwnBarrier();

    @Test
    void isNotDueBeforeAnybodyWantsOne() {
      assertThat(barrier.due(100)).isFalse();
      assertThat(barrier.hurry(100)).isFalse();
      assertThat(barrier.answered(0)).isFalse();
    }

    @Test
    void isNotDueBeforeThePeerHoldsEverythingUpToIt() {
      barrier.request(10);

      assertThat(barrier.due(9)).isFalse();
      assertThat(barrier.hurry(9)).isFalse();
      assertThat(barrier.due(10)).isTrue();
    }

    @Test
    void hurriesOnceAndStaysDueUntilItIsAnswered() {
      long number = barrier.request(10);

      assertThat(barrier.hurry(10)).isTrue();
      assertThat(barrier.hurry(10)).isFalse();
      assertThat(barrier.due(10)).isTrue();
      assertThat(barrier.answered(number)).isTrue();
      assertThat(barrier.due(10)).isFalse();
      assertThat(barrier.answered(number)).isFalse();
    }

    @Test
    void isNotAnsweredByTheAnswerToAnEarlierOne() {
      long first = barrier.request(10);
      long second = barrier.request(12);

      assertThat(barrier.answered(first)).isFalse();
      assertThat(barrier.due(12)).isTrue();
      assertThat(barrier.answered(second)).isTrue();
    }

    @Test
    void hurriesAgainForAPeerThatWasRestarted() {
      barrier.request(10);
      assertThat(barrier.hurry(10)).isTrue();

      barrier.peerRestarted();

      assertThat(barrier.hurry(10)).isTrue();
    }
  }

  @Nested
  @DisplayName("that the peer asks for")
  class OfThePeer {
    private final PeerBarrier barrier = new PeerBarrier();

    @Test
    void isAnsweredAtOnceWhenAllThatWasToldIsInOurKernel() {
      barrier.committed(5);

      assertThat(barrier.asked(1, 5)).isEqualTo(PeerBarrier.NOTHING_WANTED);
      assertThat(barrier.answerDue()).isTrue();
      assertThat(barrier.reached()).isEqualTo(1);
    }

    @Test
    void wantsWhatWasToldUntilThenOnceAndIsAnsweredWhenThatIsCommitted() {
      assertThat(barrier.asked(1, 5)).isEqualTo(5);
      assertThat(barrier.asked(1, 8)).isEqualTo(PeerBarrier.NOTHING_WANTED);
      assertThat(barrier.answerDue()).isFalse();

      barrier.committed(4);
      assertThat(barrier.answerDue()).isFalse();

      barrier.committed(5);
      assertThat(barrier.answerDue()).isTrue();
    }

    @Test
    void isAnsweredAgainWhenTheAnswerWasLost() {
      barrier.asked(1, 0);
      barrier.answerSent();
      assertThat(barrier.answerDue()).isFalse();

      barrier.asked(1, 7);

      assertThat(barrier.answerDue()).isTrue();
      assertThat(barrier.reached()).isEqualTo(1);
    }

    @Test
    void isNotAnsweredAnyMoreOnceALaterOneWas() {
      barrier.asked(1, 0);
      barrier.asked(2, 0);
      barrier.answerSent();

      barrier.asked(1, 0);

      assertThat(barrier.answerDue()).isFalse();
    }

    @Test
    void beginsAnewWithAPeerThatWasRestarted() {
      barrier.asked(7, 0);
      barrier.answerSent();

      barrier.peerRestarted();

      assertThat(barrier.asked(1, 3)).isEqualTo(3);
      barrier.committed(3);
      assertThat(barrier.reached()).isEqualTo(1);
    }
  }
}
