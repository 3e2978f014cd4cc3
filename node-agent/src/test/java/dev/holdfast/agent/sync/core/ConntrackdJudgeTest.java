package dev.holdfast.agent.sync.core;

import static dev.holdfast.agent.sync.wire.SyncMessage.ACK;
import static dev.holdfast.agent.sync.wire.SyncMessage.ALIVE;
import static dev.holdfast.agent.sync.wire.SyncMessage.HELLO;
import static dev.holdfast.agent.sync.wire.SyncMessage.HELLO_BACK;
import static dev.holdfast.agent.sync.wire.SyncMessage.RESYNC;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.sync.wire.ConntrackdCodec;
import dev.holdfast.agent.sync.wire.Dialect;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("What can be known of a conntrackd")
class ConntrackdJudgeTest {
  private static final long MILLI = 1_000_000L;
  private static final long SECOND = 1_000 * MILLI;
  private static final int FIRST = 1_000;

  private final ModelFlows ours = new ModelFlows();
  private long now = 9 * SECOND;
  private int sequence = 500;
  private FtfwMachine machine;
  private ConntrackdJudge judge;

  @BeforeEach
  void twoFlowsAndAPeerThatIsHeard() {
    ours.change("a", (byte) 1);
    ours.change("b", (byte) 1);
    machine =
        new FtfwMachine(
            FtfwMachine.Config.DEFAULT,
            ours,
            new ModelPeerFlows(),
            0,
            new ConntrackdCodec(Dialect.CONNTRACKD),
            FIRST,
            now);
    judge = new ConntrackdJudge(now);
    says(ALIVE);
  }

  private void says(int flags) {
    ByteBuffer datagram = ByteBuffer.allocate(8);
    datagram.put((byte) 0x1a).put((byte) flags).putShort((short) 8).putInt(sequence++).flip();
    machine.received(datagram, now);
  }

  private void acknowledgesEverything() {
    ByteBuffer datagram = ByteBuffer.allocate(16);
    datagram.put((byte) 0x1a).put((byte) ACK).putShort((short) 16).putInt(sequence++);
    datagram.putInt(FIRST).putInt(machine.nextSequence - 1).flip();
    machine.received(datagram, now);
  }

  /** Time passes, with a turn every ten milliseconds. */
  private void run(long nanos, boolean weHold) {
    for (long until = now + nanos; until - now > 0; ) {
      now += 10 * MILLI;
      machine.fill(_ -> {}, now);
      judge.judge(machine, ours.newestPosition(), weHold, now);
    }
  }

  @Test
  void itHoldsNothingOfOursBeforeItHasAcknowledgedWhatThereWas() {
    run(SECOND, true);
    assertThat(judge.heard()).isTrue();
    assertThat(judge.peerHoldsOurs()).isFalse();

    acknowledgesEverything();
    run(200 * MILLI, true);
    assertThat(judge.peerHoldsOurs()).isTrue();
  }

  @Test
  void onceItHasBegunItGoesOnHoldingOursWhileItAsksForAllOfItAgain() {
    run(SECOND, true);
    acknowledgesEverything();
    run(SECOND, true);
    assertThat(judge.peerHoldsOurs()).isTrue();

    says(RESYNC);
    run(2 * SECOND, true);

    assertThat(judge.peerHoldsOurs()).isTrue();
  }

  @Test
  void changesUnderWayAreNoReasonUntilOneHasWaitedForThreeSeconds() {
    run(200 * MILLI, true);
    acknowledgesEverything();
    run(200 * MILLI, true);

    ours.change("a", (byte) 2);
    run(2_500 * MILLI, true);
    assertThat(judge.peerHoldsOurs()).isTrue();
    says(ALIVE);
    run(SECOND, true);
    assertThat(judge.peerHoldsOurs()).isFalse();
    assertThat(judge.lagMillis(now)).isBetween(3_400L, 3_500L);
  }

  @Test
  void aConntrackdThatRestartedHoldsNothingUntilItHasAcknowledgedEverything() {
    run(200 * MILLI, true);
    acknowledgesEverything();
    run(200 * MILLI, true);
    assertThat(judge.peerHoldsOurs()).isTrue();

    sequence = 90;
    says(ALIVE | HELLO);
    run(200 * MILLI, true);
    assertThat(judge.peerHoldsOurs()).isFalse();
    assertThat(judge.lagMillis(now)).isBetween(100L, 200L);

    says(ALIVE | HELLO_BACK);
    acknowledgesEverything();
    run(200 * MILLI, true);
    assertThat(judge.peerHoldsOurs()).isTrue();
    assertThat(judge.lagMillis(now)).isZero();
  }

  @Test
  void weHoldTheirsWhileOurKernelCatchesUpOnceASecond() {
    run(200 * MILLI, true);
    assertThat(judge.weHoldTheirs()).isTrue();
    for (int i = 0; i < 4; i++) {
      run(900 * MILLI, false);
      assertThat(judge.weHoldTheirs()).isTrue();
      run(10 * MILLI, true);
      says(ALIVE);
    }

    run(1_200 * MILLI, false);
    assertThat(judge.weHoldTheirs()).isFalse();
  }

  @Test
  void aPeerThatIsSilentHoldsNothingAndWeNothingOfIt() {
    run(200 * MILLI, true);
    acknowledgesEverything();
    run(5_200 * MILLI, true);

    assertThat(judge.word()).isEqualTo("silent");
    assertThat(judge.peerHoldsOurs()).isFalse();
    assertThat(judge.weHoldTheirs()).isFalse();
  }
}
