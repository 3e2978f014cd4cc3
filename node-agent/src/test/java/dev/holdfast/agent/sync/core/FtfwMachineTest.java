package dev.holdfast.agent.sync.core;

import static dev.holdfast.agent.sync.wire.SyncMessage.ACK;
import static dev.holdfast.agent.sync.wire.SyncMessage.ALIVE;
import static dev.holdfast.agent.sync.wire.SyncMessage.CONTROL;
import static dev.holdfast.agent.sync.wire.SyncMessage.FLOW_DELETE;
import static dev.holdfast.agent.sync.wire.SyncMessage.FLOW_NEW;
import static dev.holdfast.agent.sync.wire.SyncMessage.FLOW_UPDATE;
import static dev.holdfast.agent.sync.wire.SyncMessage.HELLO;
import static dev.holdfast.agent.sync.wire.SyncMessage.HELLO_BACK;
import static dev.holdfast.agent.sync.wire.SyncMessage.NACK;
import static dev.holdfast.agent.sync.wire.SyncMessage.RESYNC;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.sync.wire.ConntrackdCodec;
import dev.holdfast.agent.sync.wire.Dialect;
import dev.holdfast.agent.sync.wire.MessageDrop;
import dev.holdfast.agent.sync.wire.SyncMessage;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

@DisplayName("FTFW (conntrackd 1.4.7)")
class FtfwMachineTest {
  private static final long SECOND = 1_000_000_000L;
  private static final int FIRST = 0x6b028b98;

  /** As a conntrackd is configured, without what we do beyond it. */
  private static final FtfwMachine.Config LITERAL =
      new FtfwMachine.Config(20, 1 << 17, 1472, 1_000, false, false);

  private final ModelFlows ours = new ModelFlows();
  private final ModelPeerFlows theirs = new ModelPeerFlows();
  private long now = 9 * SECOND;
  private FtfwMachine machine = machine(LITERAL);
  private final List<Integer> datagramBytes = new ArrayList<>();

  private FtfwMachine machine(FtfwMachine.Config config) {
    return machine(config, FIRST);
  }

  private FtfwMachine machine(FtfwMachine.Config config, int firstSequence) {
    return new FtfwMachine(
        config, ours, theirs, 0, new ConntrackdCodec(Dialect.CONNTRACKD), firstSequence, now);
  }

  /** One message, as text: {@code ACK|HELLO 5 (1..4)}. */
  private static String text(int type, int flags, int sequence, int from, int to) {
    String text =
        switch (type) {
          case FLOW_NEW -> "NEW";
          case FLOW_UPDATE -> "UPD";
          case FLOW_DELETE -> "DEL";
          default -> "";
        };
    text += (flags & RESYNC) != 0 ? "RESYNC" : "";
    text += (flags & NACK) != 0 ? "NACK" : "";
    text += (flags & ACK) != 0 ? "ACK" : "";
    text += (flags & ALIVE) != 0 ? "ALIVE" : "";
    text += (flags & HELLO) != 0 ? "|HELLO" : "";
    text += (flags & HELLO_BACK) != 0 ? "|BACK" : "";
    text += " " + (sequence - FIRST);
    return from == 0 && to == 0 ? text : text + " (" + from + ".." + to + ")";
  }

  /** What the machine sends now, message by message; sequences count from its first. */
  private List<String> sent() {
    List<String> sent = new ArrayList<>();
    datagramBytes.clear();
    machine.fill(
        datagram -> {
          datagramBytes.add(datagram.remaining());
          ByteBuffer copy = datagram.duplicate();
          SyncMessage message = new SyncMessage();
          while (copy.hasRemaining()) {
            assertThat(new ConntrackdCodec(Dialect.CONNTRACKD).next(copy, message)).isNull();
            sent.add(text(message.type, message.flags, message.sequence, message.from, message.to));
          }
        },
        now);
    return sent;
  }

  private List<String> sentAfter(long nanos) {
    now += nanos;
    return sent();
  }

  private void control(int flags, int sequence) {
    raw(CONTROL, flags, sequence);
  }

  private void range(int flags, int sequence, int from, int to) {
    ByteBuffer datagram = ByteBuffer.allocate(16);
    datagram.put((byte) 0x1a).put((byte) flags).putShort((short) 16).putInt(sequence);
    datagram.putInt(from).putInt(to).flip();
    machine.received(datagram, now);
  }

  private void flow(int type, int sequence, int body) {
    raw(type, 0, sequence, (byte) body, (byte) 0, (byte) 0, (byte) 0);
  }

  private void raw(int type, int flags, int sequence, byte... body) {
    ByteBuffer datagram = ByteBuffer.allocate(8 + body.length);
    datagram.put((byte) (0x10 | type)).put((byte) flags).putShort((short) (8 + body.length));
    datagram.putInt(sequence).put(body).flip();
    machine.received(datagram, now);
  }

  /** Both have greeted; the peer's last message was number 100, ours number 0. */
  private void greeted() {
    control(ALIVE | HELLO, 100);
    sentAfter(SECOND);
    control(ALIVE | HELLO_BACK, 101);
    sentAfter(SECOND);
  }

  @Nested
  @DisplayName("transmitting (7.2)")
  class Transmitting {
    @Test
    void saysAliveAndHelloEverySecondUntilThePeerAppears() {
      assertThat(sentAfter(SECOND)).containsExactly("ALIVE|HELLO 0");
      assertThat(sentAfter(SECOND / 2)).isEmpty();
      assertThat(sentAfter(SECOND / 2)).containsExactly("ALIVE|HELLO 1");
    }

    @Test
    void anAliveHasEightBytesAndARangeSixteen() {
      sentAfter(SECOND);
      assertThat(datagramBytes).containsExactly(8);
      control(ALIVE, 100);
      sentAfter(SECOND);
      assertThat(datagramBytes).containsExactly(16);
    }

    @Test
    void theGreetingRidesOnAnyMessageAlsoOnFlows() {
      ours.change("a", (byte) 1, (byte) 0, (byte) 0, (byte) 0);
      assertThat(sent()).containsExactly("NEW|HELLO 0");

      control(ALIVE | HELLO | HELLO_BACK, 100);
      ours.change("a", (byte) 2, (byte) 0, (byte) 0, (byte) 0);

      assertThat(sent()).containsExactly("UPD|BACK 1");
    }

    @Test
    void helloIsSaidUntilHelloBackAndHelloBackOncePerHello() {
      control(ALIVE | HELLO, 100);
      assertThat(sentAfter(SECOND)).containsExactly("ACK|HELLO|BACK 0 (100..100)");
      control(ALIVE | HELLO, 101);
      assertThat(sentAfter(SECOND)).containsExactly("ACK|HELLO|BACK 1 (101..101)");
      range(ACK | HELLO_BACK, 102, FIRST, FIRST + 1);
      assertThat(sentAfter(SECOND)).containsExactly("ACK 2 (102..102)");
    }

    @Test
    void everyMessageOfAnyKindTakesTheNextSequenceNumber() {
      ours.change("a", (byte) 1);
      ours.change("b", (byte) 1);
      control(ALIVE, 100);
      assertThat(sent()).containsExactly("NEW|HELLO 0", "NEW|HELLO 1");
      assertThat(sentAfter(SECOND)).containsExactly("ACK|HELLO 2 (100..100)");
    }

    @Test
    void aSecondOfSilenceGivesAnAckWhenSomethingIsUnacknowledgedElseAlive() {
      greeted();
      assertThat(sentAfter(SECOND)).containsExactly("ALIVE 2");
      control(ALIVE, 102);
      assertThat(sentAfter(SECOND)).containsExactly("ACK 3 (102..102)");
      assertThat(sentAfter(SECOND)).containsExactly("ALIVE 4");
    }

    @Test
    void anythingSentPutsTheSecondOff() {
      greeted();
      now += SECOND * 9 / 10;
      ours.change("a", (byte) 1);
      assertThat(sent()).containsExactly("NEW 2");
      assertThat(sentAfter(SECOND / 2)).isEmpty();
      assertThat(sentAfter(SECOND / 2)).containsExactly("ALIVE 3");
    }

    @Test
    void idleDaemonsAcknowledgeEachOthersAcksForEver() {
      greeted();
      range(ACK, 102, FIRST, FIRST);
      assertThat(sentAfter(SECOND)).containsExactly("ACK 2 (102..102)");
      range(ACK, 103, FIRST + 1, FIRST + 1);
      assertThat(sentAfter(SECOND)).containsExactly("ACK 3 (103..103)");
    }
  }

  @Nested
  @DisplayName("sender model (6)")
  class SenderModel {
    @Test
    void tenChangesBeforeSendingAreOneMessageWithTheLastState() {
      greeted();
      for (int i = 0; i < 10; i++) {
        ours.change("a", (byte) i);
      }
      assertThat(sent()).containsExactly("UPD 2");
    }

    @Test
    void bornAndEndedInOneTurnIsOnlyAnEnd() {
      greeted();
      ours.change("a", (byte) 1);
      ours.end("a");
      assertThat(sent()).containsExactly("DEL 2");
    }

    @Test
    void messagesAreTakenInTheOrderOfTheLastChange() {
      greeted();
      ours.change("a", (byte) 1);
      ours.change("b", (byte) 1);
      ours.change("a", (byte) 2);
      assertThat(sent()).containsExactly("NEW 2", "UPD 3");
    }
  }

  @Nested
  @DisplayName("packing (2.3)")
  class Packing {
    @Test
    void aMessageIsAppendedOnlyWhileTheSumStaysBelowTheSize() {
      greeted();
      // 36 messages of 40 bytes and one of 32 would be 1472: not below it.
      for (int i = 0; i < 36; i++) {
        ours.change("f" + i, new byte[32]);
      }
      ours.change("last", new byte[24]);
      sent();
      assertThat(datagramBytes).containsExactly(1440, 32);
    }

    @Test
    void theLargestDatagramHas1468Bytes() {
      greeted();
      for (int i = 0; i < 36; i++) {
        ours.change("f" + i, new byte[32]);
      }
      ours.change("last", new byte[20]);
      sent();
      assertThat(datagramBytes).containsExactly(1468);
    }

    @Test
    void whatIsQueuedInOneTurnLeavesInOneDatagram() {
      greeted();
      control(ALIVE, 102);
      control(ALIVE, 105);
      assertThat(sent()).containsExactly("ACK 2 (102..102)", "NACK 3 (103..104)");
      assertThat(datagramBytes).containsExactly(32);
    }

    @Test
    void burstsArePacedOneAMillisecond() {
      machine = machine(new FtfwMachine.Config(20, 1 << 17, 1472, 4, false, false));
      for (int i = 0; i < 400; i++) {
        ours.change("f" + i, new byte[32]);
      }
      sent();
      assertThat(datagramBytes).hasSize(4);
      assertThat(sent()).isEmpty();
      assertThat(machine.deadlineNanos() - now).isEqualTo(1_000_000L);
      sentAfter(1_000_000L);
      assertThat(datagramBytes).hasSize(4);
    }
  }

  @Nested
  @DisplayName("receiving (7.3)")
  class Receiving {
    @Test
    void anAckIsDueWhenTheWindowIsFull() {
      greeted();
      for (int i = 0; i < 17; i++) {
        flow(FLOW_NEW, 102 + i, i);
      }
      assertThat(sent()).isEmpty();
      flow(FLOW_NEW, 119, 17);
      assertThat(sent()).containsExactly("ACK 2 (102..119)");
    }

    @Test
    void anAckOfTheTimerDoesNotResetTheWindow() {
      greeted();
      for (int i = 0; i < 10; i++) {
        flow(FLOW_NEW, 102 + i, i);
      }
      assertThat(sentAfter(SECOND)).containsExactly("ACK 2 (102..111)");
      for (int i = 0; i < 8; i++) {
        flow(FLOW_NEW, 112 + i, i);
      }
      assertThat(sent()).containsExactly("ACK 3 (112..119)");
    }

    @Test
    void oldAndDuplicateMessagesAreCountedAndChangeNothing() {
      greeted();
      flow(FLOW_NEW, 102, 1);
      flow(FLOW_NEW, 102, 2);
      flow(FLOW_NEW, 90, 3);
      assertThat(theirs.applied).containsExactly("new 1");
      assertThat(machine.counters().before).isEqualTo(2);
      assertThat(sentAfter(SECOND)).containsExactly("ACK 2 (102..102)");
    }

    @Test
    void afterAGapTheMessageCountsAndTheHoleIsNackedOnce() {
      greeted();
      flow(FLOW_NEW, 102, 1);
      flow(FLOW_NEW, 105, 2);
      assertThat(theirs.applied).containsExactly("new 1", "new 2");
      assertThat(sent()).containsExactly("ACK 2 (102..102)", "NACK 3 (103..104)");
      assertThat(machine.counters().lost).isEqualTo(2);
      flow(FLOW_NEW, 106, 3);
      assertThat(sent()).isEmpty();
      assertThat(sentAfter(SECOND)).containsExactly("ACK 4 (105..106)");
    }

    @Test
    void withNothingUnacknowledgedAGapIsOnlyNacked() {
      greeted();
      flow(FLOW_NEW, 105, 2);
      assertThat(sent()).containsExactly("NACK 2 (102..104)");
    }

    @Test
    void theWindowCountsFromTheMessageAfterAGap() {
      greeted();
      flow(FLOW_NEW, 105, 2);
      sent();
      for (int i = 0; i < 18; i++) {
        flow(FLOW_NEW, 106 + i, i);
      }
      assertThat(sent()).isEmpty();
      flow(FLOW_NEW, 124, 0);
      assertThat(sent()).containsExactly("ACK 3 (105..124)");
    }

    @Test
    void aHelloIsAcceptedWhateverItsNumber() {
      greeted();
      flow(FLOW_NEW, 102, 1);
      raw(FLOW_NEW, HELLO, 40, (byte) 2, (byte) 0, (byte) 0, (byte) 0);
      flow(FLOW_NEW, 41, 3);
      assertThat(theirs.applied).containsExactly("new 1", "new 2", "new 3");
      assertThat(sentAfter(SECOND)).containsExactly("ACK|BACK 2 (40..41)");
    }

    @Test
    void aHelloForgetsWhatWasSentBefore() {
      greeted();
      ours.change("a", (byte) 1);
      sent();
      control(ALIVE | HELLO, 50);
      range(NACK, 51, FIRST + 2, FIRST + 2);
      assertThat(sent()).isEmpty();
    }

    @Test
    void theFirstMessageIsAcceptedWithoutHello() {
      flow(FLOW_NEW, 5000, 1);
      assertThat(theirs.applied).containsExactly("new 1");
    }

    @Test
    void aBadHeaderLeavesTheSequenceAloneSoItIsNacked() {
      greeted();
      raw(6, 0, 102);
      raw(FLOW_NEW, ALIVE, 102);
      range(ACK, 102, 9, 8);
      assertThat(machine.counters().drops.of(MessageDrop.BAD_TYPE)).isEqualTo(1);
      assertThat(machine.counters().drops.of(MessageDrop.BAD_FLAGS)).isEqualTo(1);
      assertThat(machine.counters().drops.of(MessageDrop.BAD_RANGE)).isEqualTo(1);
      flow(FLOW_NEW, 103, 1);
      assertThat(sent()).containsExactly("NACK 2 (102..102)");
    }

    @Test
    void aBadPayloadCountsAsReceivedAndIsAcknowledged() {
      greeted();
      flow(FLOW_NEW, 102, 255);
      flow(FLOW_NEW, 103, 1);
      assertThat(theirs.applied).containsExactly("new 1");
      assertThat(sentAfter(SECOND)).containsExactly("ACK 2 (102..103)");
    }

    @Test
    void aBadLengthEndsTheDatagramAndWhatCameBeforeCounts() {
      greeted();
      ByteBuffer datagram = ByteBuffer.allocate(24);
      datagram.putInt(0x1a100008).putInt(102).putInt(0x1a1000ff).putInt(103);
      datagram.putInt(0x1a100008).putInt(104).flip();
      machine.received(datagram, now);
      assertThat(machine.counters().drops.of(MessageDrop.BAD_LENGTH)).isEqualTo(1);
      assertThat(sentAfter(SECOND)).containsExactly("ACK 2 (102..102)");
    }

    @Test
    void sequenceNumbersWrapAround() {
      control(ALIVE | HELLO | HELLO_BACK, 0x7ffffffe);
      sentAfter(SECOND);
      flow(FLOW_NEW, 0x7fffffff, 1);
      flow(FLOW_NEW, 0x80000000, 2);
      flow(FLOW_NEW, 0x80000003, 3);
      assertThat(theirs.applied).containsExactly("new 1", "new 2", "new 3");
      assertThat(machine.counters().lost).isEqualTo(2);
      assertThat(machine.counters().before).isZero();
    }
  }

  @Nested
  @DisplayName("retransmission (7.4)")
  class Retransmission {
    @Test
    void whatWasLostIsSentUnderANewNumberWithItsPresentType() {
      greeted();
      ours.change("a", (byte) 1);
      ours.change("b", (byte) 1);
      assertThat(sent()).containsExactly("NEW 2", "NEW 3");
      range(NACK, 102, FIRST + 2, FIRST + 3);
      assertThat(sent()).containsExactly("NEW 4", "NEW 5");
      assertThat(machine.counters().flowsResent).isEqualTo(2);
    }

    @Test
    void whatChangedSinceIsNotRepeated() {
      greeted();
      ours.change("a", (byte) 1);
      sent();
      ours.change("a", (byte) 2);
      assertThat(sent()).containsExactly("UPD 3");
      range(NACK, 102, FIRST + 2, FIRST + 2);
      assertThat(sent()).isEmpty();
    }

    @Test
    void aLostFlowThatEndedMeanwhileIsToldAsEnded() {
      greeted();
      ours.change("a", (byte) 1);
      sent();
      ours.end("a");
      range(NACK, 102, FIRST + 2, FIRST + 2);
      assertThat(sent()).containsExactly("DEL 3");
    }

    @Test
    void whatWasAcknowledgedIsNotRepeated() {
      greeted();
      ours.change("a", (byte) 1);
      ours.change("b", (byte) 1);
      sent();
      range(ACK, 102, FIRST, FIRST + 2);
      range(NACK, 103, FIRST + 2, FIRST + 3);
      assertThat(sent()).containsExactly("NEW 4");
    }

    @Test
    void aLostNackIsSentAgainWithItsOldRangeUnderANewNumber() {
      greeted();
      flow(FLOW_NEW, 105, 2);
      assertThat(sent()).containsExactly("NACK 2 (102..104)");
      range(NACK, 106, FIRST + 2, FIRST + 2);
      assertThat(sent()).containsExactly("NACK 3 (102..104)");
    }

    @Test
    void aliveIsForgotten() {
      greeted();
      assertThat(sentAfter(SECOND)).containsExactly("ALIVE 2");
      range(NACK, 102, FIRST + 2, FIRST + 2);
      assertThat(sent()).isEmpty();
    }

    @Test
    void nothingIsRepeatedByATimer() {
      greeted();
      ours.change("a", (byte) 1);
      sent();
      assertThat(sentAfter(SECOND)).containsExactly("ALIVE 3");
      assertThat(sentAfter(60 * SECOND)).containsExactly("ALIVE 4");
    }

    @Test
    void aFullResendQueueDropsTheOldestAndCountsIt() {
      machine = machine(new FtfwMachine.Config(20, 1024, 1472, 100_000, false, false));
      for (int i = 0; i < 1025; i++) {
        ours.change("f" + i, (byte) 1);
      }
      sent();
      assertThat(machine.counters().resendOverflow).isEqualTo(1);
      range(NACK, 100, FIRST, FIRST + 1);
      assertThat(sent()).containsExactly("NEW|HELLO 1025");
    }

    @Test
    void anAbsurdRangeIsHarmless() {
      greeted();
      ours.change("a", (byte) 1);
      sent();
      int first = FIRST;
      range(ACK, 102, first + 0x40000000, first + 0x7ffffff0);
      range(NACK, 103, first - 0x40000000, first + 0x3ffffff0);
      assertThat(sent()).containsExactly("ACK 3 (100..100)", "ACK 4 (101..101)", "NEW 5");
    }

    @Test
    void theAcknowledgedPositionIsBelowEverythingThatIsOnItsWay() {
      greeted();
      ours.change("a", (byte) 1);
      ours.change("b", (byte) 1);
      ours.change("c", (byte) 1);
      sent();
      assertThat(machine.acknowledgedPosition()).isZero();
      range(ACK, 102, FIRST + 2, FIRST + 2);
      assertThat(machine.acknowledgedPosition()).isEqualTo(1);
      range(NACK, 103, FIRST + 3, FIRST + 3);
      range(ACK, 104, FIRST + 4, FIRST + 4);
      sent();
      assertThat(machine.acknowledgedPosition()).isEqualTo(1);
      range(ACK, 105, FIRST + 5, FIRST + 5);
      assertThat(machine.acknowledgedPosition()).isEqualTo(3);
    }
  }

  @Nested
  @DisplayName("resync and restart (7.5)")
  class Resync {
    @Test
    void aResyncIsAnsweredWithEverythingAtOnce() {
      greeted();
      ours.change("a", (byte) 1);
      ours.change("b", (byte) 1);
      ours.change("b", (byte) 2);
      ours.change("c", (byte) 1);
      ours.end("c");
      sent();
      range(RESYNC, 102, 0, 0);
      assertThat(sent()).containsExactly("NEW 5", "UPD 6", "DEL 7");
    }

    @Test
    void afterEverythingWasToldAnewOlderLossesNeedNoRepetition() {
      greeted();
      ours.change("a", (byte) 1);
      sent();
      range(RESYNC, 102, 0, 0);
      range(NACK, 103, FIRST + 2, FIRST + 2);
      assertThat(sent()).containsExactly("NEW 3");
    }

    @Test
    void aResyncAtStartIsTheFirstMessageAndSaysHello() {
      machine = machine(new FtfwMachine.Config(20, 1 << 17, 1472, 1_000, true, false));
      assertThat(sent()).containsExactly("RESYNC|HELLO 0");
    }

    @Test
    void ourOwnRestartMayBeginWithALowerNumberBecauseWeSayHello() {
      machine = machine(LITERAL, FIRST - 1_000);
      assertThat(sentAfter(SECOND)).containsExactly("ALIVE|HELLO -1000");
    }
  }

  @Nested
  @DisplayName("beyond conntrackd (7.6)")
  class Beyond {
    @Test
    void aPeerThatRestartedIsToldEverythingWithoutAskingAndAskedForWhatItHas() {
      machine = machine(new FtfwMachine.Config(20, 1 << 17, 1472, 1_000, false, true));
      greeted();
      ours.change("a", (byte) 1);
      ours.change("b", (byte) 1);
      sent();
      control(ALIVE | HELLO, 50);
      assertThat(sent()).containsExactly("RESYNC|BACK 4", "NEW 5", "NEW 6");
      control(ALIVE | HELLO, 51);
      assertThat(sent()).isEmpty();
    }

    @Test
    void weHoldEverythingWhenThePeerHasAcknowledgedTheQuestion() {
      askForEverythingAndHaveIt();
    }

    private void askForEverythingAndHaveIt() {
      assertThat(machine.holdsTheirs()).isFalse();
      greeted();
      machine.requestEverything();
      assertThat(sent()).containsExactly("RESYNC 2");
      range(ACK, 102, FIRST, FIRST + 1);
      assertThat(machine.holdsTheirs()).isFalse();
      range(ACK, 103, FIRST + 2, FIRST + 2);
      assertThat(machine.holdsTheirs()).isTrue();
    }

    @Test
    void aHoleOpensTheQuestionAgainUntilItIsAcknowledged() {
      askForEverythingAndHaveIt();
      flow(FLOW_NEW, 106, 1);
      assertThat(machine.holdsTheirs()).isFalse();
      assertThat(sent()).containsExactly("ACK 3 (102..103)", "NACK 4 (104..105)");
      range(ACK, 107, FIRST + 3, FIRST + 4);
      assertThat(machine.holdsTheirs()).isTrue();
    }

    @Test
    void aQuestionThatWasLostIsAskedAgainAndItsNewNumberCounts() {
      greeted();
      machine.requestEverything();
      sent();
      range(NACK, 102, FIRST + 2, FIRST + 2);
      assertThat(sent()).containsExactly("RESYNC 3");
      assertThat(machine.holdsTheirs()).isFalse();
      range(ACK, 103, FIRST + 3, FIRST + 3);
      assertThat(machine.holdsTheirs()).isTrue();
    }

    @Test
    void comparingEndsWhenThePeerHasToldEverything() {
      greeted();
      machine.compare();
      sent();
      flow(FLOW_NEW, 102, 7);
      assertThat(theirs.applied).containsExactly("everything begins", "new 7");
      range(ACK, 103, FIRST + 2, FIRST + 2);
      assertThat(theirs.applied).containsExactly("everything begins", "new 7", "everything ends");
    }

    @Test
    void ourOwnAcknowledgementOfAQuestionComesAfterAllOfTheAnswer() {
      machine = machine(new FtfwMachine.Config(4, 1 << 17, 1472, 2, false, false));
      for (int i = 0; i < 200; i++) {
        ours.change("f" + i, new byte[32]);
      }
      greeted();
      while (!sentAfter(SECOND / 1_000).isEmpty()) {
        // The first telling.
      }
      range(RESYNC, 102, 0, 0);
      for (int i = 0; i < 4; i++) {
        flow(FLOW_NEW, 103 + i, i);
      }
      List<String> all = new ArrayList<>();
      for (List<String> pass = sent(); !pass.isEmpty(); pass = sentAfter(SECOND / 1_000)) {
        all.addAll(pass);
      }
      assertThat(all).hasSizeGreaterThan(200);
      assertThat(all.subList(0, 200)).allMatch(text -> text.startsWith("NEW"));
      assertThat(all.get(200)).startsWith("ACK");
    }

    @Test
    void aPeerWhoseMessagesAreAllBehindForFiveSecondsIsAskedForEverythingAndBelieved() {
      greeted();
      for (int i = 0; i < 5; i++) {
        flow(FLOW_NEW, 10 + i, i);
        now += SECOND;
      }
      assertThat(theirs.applied).isEmpty();
      flow(FLOW_NEW, 15, 5);
      assertThat(sent()).containsExactly("RESYNC 2");
      flow(FLOW_NEW, 16, 6);
      assertThat(theirs.applied).containsExactly("everything begins", "new 6");
    }

    @Test
    void aFloodOfGapsFillsABoundedQueueOnly() {
      greeted();
      for (int i = 0; i < 10_000; i++) {
        flow(FLOW_NEW, 200 + 2 * i, 1);
      }
      assertThat(sent().size()).isLessThan(300);
      assertThat(machine.counters().controlsDropped).isPositive();
    }
  }
}
