package dev.holdfast.agent.sync.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.sync.wire.ConntrackdCodec;
import dev.holdfast.agent.sync.wire.Dialect;
import dev.holdfast.agent.sync.wire.MessageDrop;
import dev.holdfast.agent.sync.wire.SyncMessage;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Two FTFW machines over a wire that loses and repeats, in virtual time. */
@DisplayName("FTFW over a bad wire")
class FtfwSimTest {
  private static final long MILLI = 1_000_000L;
  private static final long SECOND = 1_000 * MILLI;

  /** One end: its own flows, and what it holds of the other's. */
  private static final class End implements PeerFlows {
    final int first;
    final ModelFlows ours = new ModelFlows();
    final Map<Integer, Integer> theirs = new TreeMap<>();
    final Queue<ByteBuffer> arriving = new ArrayDeque<>();
    FtfwMachine machine;

    End(int firstSequence, long now) {
      first = firstSequence;
      machine = machine(now);
    }

    /** A new process: its memory of the peer is gone, its own flows are read from the kernel. */
    void restart(long now) {
      theirs.clear();
      machine.close();
      machine = machine(now);
    }

    private FtfwMachine machine(long now) {
      return new FtfwMachine(
          new FtfwMachine.Config(30, 1 << 14, 1472, 8, true, true),
          ours,
          this,
          0,
          new ConntrackdCodec(Dialect.CONNTRACKD),
          first,
          now);
    }

    Map<Integer, Integer> held() {
      Map<Integer, Integer> held = new TreeMap<>();
      ours.live().forEach((name, value) -> held.put(Integer.parseInt(name), value));
      return held;
    }

    @Override
    public @Nullable MessageDrop apply(int peer, SyncMessage message, ByteBuffer datagram) {
      int value = datagram.get(message.bodyStart);
      int name = datagram.getShort(message.bodyStart + 2);
      if (message.type == SyncMessage.FLOW_DELETE) {
        theirs.remove(name);
      } else {
        theirs.put(name, value);
      }
      return null;
    }

    @Override
    public void everythingBegins(int peer) {}

    @Override
    public void everythingEnds(int peer) {}

    @Override
    public long newestTicket() {
      return 0;
    }
  }

  private final Random random = new Random();
  private long now = 5 * SECOND;
  private int lossPercent;

  static LongStream seeds() {
    return LongStream.rangeClosed(1, 15);
  }

  private void turn(End from, End to) {
    for (ByteBuffer d = from.arriving.poll(); d != null; d = from.arriving.poll()) {
      from.machine.received(d, now);
    }
    from.machine.fill(
        datagram -> {
          byte[] copy = new byte[datagram.remaining()];
          datagram.get(copy);
          if (random.nextInt(100) >= lossPercent) {
            to.arriving.add(ByteBuffer.wrap(copy));
            if (random.nextInt(50) == 0) {
              to.arriving.add(ByteBuffer.wrap(copy));
            }
          }
        },
        now);
  }

  private void change(End end) {
    int name = random.nextInt(300);
    if (random.nextInt(5) == 0) {
      end.ours.end("" + name);
    } else {
      byte value = (byte) random.nextInt(120);
      end.ours.change("" + name, value, (byte) 0, (byte) (name >> 8), (byte) name);
    }
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void afterHealingBothHoldTheOthersFlows(long seed) {
    random.setSeed(seed);
    lossPercent = random.nextInt(30);
    End a = new End(2_000_000_000, now);
    End b = new End(2_000_000_010, now);
    boolean restarts = seed % 3 == 0;
    for (int i = 0; i < 20_000; i++) {
      now += MILLI;
      if (random.nextInt(3) == 0) {
        change(random.nextBoolean() ? a : b);
      }
      if (restarts && random.nextInt(4_000) == 0) {
        (random.nextBoolean() ? a : b).restart(now);
      }
      turn(a, b);
      turn(b, a);
    }
    lossPercent = 0;
    for (int i = 0; i < 8_000; i++) {
      now += MILLI;
      turn(a, b);
      turn(b, a);
    }

    if (restarts) {
      // What ended while its owner was away stays behind: the protocol has no way to say so.
      b.theirs.keySet().retainAll(a.held().keySet());
      a.theirs.keySet().retainAll(b.held().keySet());
    }
    assertThat(b.theirs).as("seed %d, a's at b", seed).isEqualTo(a.held());
    assertThat(a.theirs).as("seed %d, b's at a", seed).isEqualTo(b.held());
    assertThat(a.machine.acknowledgedPosition()).isEqualTo(a.ours.newestPosition());
  }
}
