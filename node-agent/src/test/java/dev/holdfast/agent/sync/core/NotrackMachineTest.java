package dev.holdfast.agent.sync.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.sync.wire.ConntrackdCodec;
import dev.holdfast.agent.sync.wire.Dialect;
import dev.holdfast.agent.sync.wire.MessageDrop;
import dev.holdfast.agent.sync.wire.SyncMessage;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("NOTRACK (conntrackd 1.4.7, section 8)")
class NotrackMachineTest {
  private static final long SECOND = 1_000_000_000L;

  private final ModelFlows ours = new ModelFlows();
  private final ModelPeerFlows theirs = new ModelPeerFlows();
  private final ConntrackdCodec codec = new ConntrackdCodec(Dialect.CONNTRACKD);
  private long now = 4 * SECOND;
  private NotrackMachine machine =
      new NotrackMachine(
          new NotrackMachine.Config(1472, 1_000, false, false), ours, theirs, 0, codec, 1_000, now);

  /** Type, flags and number of each message sent now. */
  private List<String> sent() {
    List<String> sent = new ArrayList<>();
    machine.fill(
        datagram -> {
          SyncMessage message = new SyncMessage();
          while (datagram.hasRemaining()) {
            assertThat(codec.next(datagram, message)).isNull();
            sent.add(message.type + "/" + message.flags + " " + message.sequence);
          }
        },
        now);
    return sent;
  }

  private void raw(int type, int flags, int sequence, int... body) {
    ByteBuffer datagram = ByteBuffer.allocate(8 + 4 * body.length);
    datagram.put((byte) (0x10 | type)).put((byte) flags).putShort((short) (8 + 4 * body.length));
    datagram.putInt(sequence);
    for (int word : body) {
      datagram.putInt(word);
    }
    machine.received(datagram.flip(), now);
  }

  @Test
  void saysAliveAfterASecondWithoutSendingAndNeverHello() {
    now += SECOND;
    assertThat(sent()).containsExactly("10/16 1000");
    ours.change("a", (byte) 1);
    assertThat(sent()).containsExactly("0/0 1001");
  }

  @Test
  void appliesEveryFlowHoweverOldAndCountsTheOrderOnly() {
    raw(0, 0, 100, 1 << 24);
    raw(0, 0, 104, 2 << 24);
    raw(1, 0, 102, 3 << 24);
    raw(1, 0, 102, 4 << 24);

    assertThat(theirs.applied).containsExactly("new 1", "new 2", "update 3", "update 4");
    assertThat(machine.counters().lost).isEqualTo(3);
    assertThat(machine.counters().before).isEqualTo(2);
    assertThat(sent()).isEmpty();
  }

  @Test
  void answersAResyncWithEverything() {
    ours.change("a", (byte) 1);
    ours.change("b", (byte) 1);
    ours.change("b", (byte) 2);
    sent();

    raw(10, SyncMessage.RESYNC, 100, 0, 0);

    assertThat(sent()).containsExactly("0/0 1002", "1/0 1003");
  }

  @Test
  void asksForEverythingWhenToldTo() {
    machine.requestEverything();

    assertThat(sent()).containsExactly("10/2 1000");
  }

  @Test
  void countsAcknowledgementsAsMalformedAndToleratesHello() {
    raw(10, SyncMessage.ACK, 100, 1, 2);
    raw(10, SyncMessage.NACK, 101, 1, 2);
    raw(0, SyncMessage.HELLO, 102, 5 << 24);

    assertThat(machine.counters().drops.of(MessageDrop.BAD_FLAGS)).isEqualTo(2);
    assertThat(theirs.applied).containsExactly("new 5");
    now += SECOND;
    assertThat(sent()).containsExactly("10/16 1000");
  }

  @Test
  void aDeletionIsToldOnceAndThenForgotten() {
    ours.change("a", (byte) 1);
    sent();
    ours.end("a");

    assertThat(sent()).containsExactly("2/0 1001");
    raw(10, SyncMessage.RESYNC, 100, 0, 0);
    assertThat(sent()).isEmpty();
  }

  private void answeringMachine() {
    machine =
        new NotrackMachine(
            new NotrackMachine.Config(1472, 1_000, true, true), ours, theirs, 0, codec, 1_000, now);
  }

  private void alive(int sequence, long after) {
    now += after;
    raw(10, SyncMessage.ALIVE, sequence);
  }

  @Test
  void whatWasAskedForIsBelievedAfterTwoSecondsInWhichNothingWasLost() {
    answeringMachine();
    assertThat(sent()).containsExactly("10/2 1000");
    alive(100, SECOND);
    assertThat(machine.holdsTheirs()).isFalse();
    alive(101, SECOND);
    assertThat(machine.holdsTheirs()).isTrue();
    alive(103, SECOND);
    assertThat(machine.holdsTheirs()).isFalse();
  }

  @Test
  void whatIsStillBeingToldIsNotTakenForEverything() {
    answeringMachine();
    sent();
    raw(0, 0, 100, 1 << 24);
    machine.compare();
    sent();
    int sequence = 101;
    for (int tenth = 0; tenth < 50; tenth++) {
      now += SECOND / 10;
      raw(0, 0, sequence++, 2 << 24);
    }
    assertThat(machine.holdsTheirs()).isFalse();
    assertThat(theirs.applied).doesNotContain("everything ends");

    alive(sequence, SECOND / 2);

    assertThat(machine.holdsTheirs()).isTrue();
    assertThat(theirs.applied.getLast()).isEqualTo("everything ends");
  }

  @Test
  void theFirstFlowAfterAPauseComesAfterTheAnswer() {
    answeringMachine();
    sent();
    raw(0, 0, 100, 1 << 24);
    machine.compare();
    sent();
    now += 2 * SECOND;
    raw(0, 0, 101, 2 << 24);

    assertThat(machine.holdsTheirs()).isTrue();
    assertThat(theirs.applied).endsWith("everything ends", "new 2");
  }

  @Test
  void underTrafficWithoutAPauseTheAnswerIsBelievedAfterTenSeconds() {
    answeringMachine();
    sent();
    long askedAt = now;
    int sequence = 100;
    while (now - askedAt < 10 * SECOND) {
      assertThat(machine.holdsTheirs()).isFalse();
      now += SECOND / 10;
      raw(1, 0, sequence++, 2 << 24);
    }
    assertThat(machine.holdsTheirs()).isTrue();
  }

  @Test
  void afterALossThePeerIsComparedButNotMoreOftenThanEveryThirtySeconds() {
    answeringMachine();
    sent();
    alive(100, SECOND);
    alive(102, SECOND);
    for (int second = 3; second < 30; second++) {
      alive(100 + second, SECOND);
      assertThat(sent()).containsExactly("10/16 " + (998 + second));
    }
    alive(130, SECOND);
    sent();
    assertThat(sent()).containsExactly("10/2 1029");
    raw(0, 0, 131, 7 << 24);
    assertThat(theirs.applied).containsExactly("everything begins", "new 7");
    alive(132, 2 * SECOND);
    assertThat(theirs.applied).containsExactly("everything begins", "new 7", "everything ends");
    assertThat(machine.holdsTheirs()).isTrue();
  }

  @Test
  void aPeerThatComesBackIsCompared() {
    answeringMachine();
    sent();
    alive(100, SECOND);
    sent();
    alive(5_000, 6 * SECOND);
    assertThat(sent()).containsExactly("10/2 1002");
    assertThat(theirs.applied).containsExactly("everything begins");
  }

  @Test
  void burstsArePaced() {
    NotrackMachine paced =
        new NotrackMachine(
            new NotrackMachine.Config(1472, 2, false, false), ours, theirs, 0, codec, 1, now);
    for (int i = 0; i < 200; i++) {
      ours.change("f" + i, new byte[32]);
    }
    int[] datagrams = {0};
    paced.fill(_ -> datagrams[0]++, now);
    paced.fill(_ -> datagrams[0]++, now);

    assertThat(datagrams[0]).isEqualTo(2);
    paced.fill(_ -> datagrams[0]++, now + 1_000_000L);
    assertThat(datagrams[0]).isEqualTo(4);
  }
}
