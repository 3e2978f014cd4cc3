package dev.holdfast.agent.sync.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.flow.ExpectEntry;
import dev.holdfast.agent.flow.FlowEntry;
import java.nio.ByteBuffer;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayName("The conntrackd message codec, given captured datagrams with broken bytes,")
class ConntrackdCodecFuzzTest {
  private static final int DATAGRAMS = 60_000;
  private static final List<Captures.Message> MESSAGES = Captures.all();

  private final SyncMessage message = new SyncMessage();
  private final FlowEntry flow = new FlowEntry();
  private final FlowEntry again = new FlowEntry();
  private final ExpectEntry expectation = new ExpectEntry();
  private final ExpectEntry expectationAgain = new ExpectEntry();
  private final ByteBuffer out = ByteBuffer.allocate(1444);

  static LongStream seeds() {
    return LongStream.range(0, 4);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void throwsNothingEndsAlwaysAndReadsBackWhatItWrites(long seed) {
    var random = new Random(seed);
    Map<MessageDrop, Integer> drops = new EnumMap<>(MessageDrop.class);
    var codec = new ConntrackdCodec(seed % 2 == 0 ? Dialect.CONNTRACKD : Dialect.HOLDFAST);
    int read = 0;
    for (int i = 0; i < DATAGRAMS; i++) {
      ByteBuffer datagram = datagram(random);
      int messages = 0;
      while (datagram.hasRemaining()) {
        MessageDrop drop = readOne(codec, datagram);
        if (drop != null) {
          drops.merge(drop, 1, Integer::sum);
          if (drop.endsDatagram()) {
            break;
          }
        } else {
          read++;
        }
        assertThat(++messages).isLessThan(1000);
      }
    }
    assertThat(read).isGreaterThan(DATAGRAMS / 2);
    assertThat(drops.keySet()).as("seed " + seed).contains(MessageDrop.values());
  }

  private @Nullable MessageDrop readOne(ConntrackdCodec codec, ByteBuffer datagram) {
    int start = datagram.position();
    MessageDrop drop = codec.next(datagram, message);
    if (drop != null) {
      return drop;
    }
    assertThat(datagram.position()).isGreaterThan(start);
    if (message.isFlow()) {
      drop = codec.readFlow(datagram, message, flow);
      if (drop == null) {
        checkFlow(codec);
      }
    } else if (message.isExpectation()) {
      drop = codec.readExpectation(datagram, message, expectation);
      if (drop == null) {
        checkExpectation(codec);
      }
    }
    return drop;
  }

  /** What was read can be written and reads the same: no value leaves its field on the way. */
  private void checkFlow(ConntrackdCodec codec) {
    assertThat(codec.writeFlow(out.clear(), message.type, 0, 1, flow)).isTrue();
    assertThat(codec.next(out.flip(), message)).isNull();
    assertThat(codec.readFlow(out, message, again)).isNull();
    assertThat(again.original.sameAs(flow.original)).isTrue();
    assertThat(again.status).isEqualTo(flow.status);
    assertThat(again.state).isEqualTo(flow.state);
    assertThat(again.timeoutSeconds).isEqualTo(flow.timeoutSeconds);
  }

  private void checkExpectation(ConntrackdCodec codec) {
    assertThat(codec.writeExpectation(out.clear(), message.type, 0, 1, expectation)).isTrue();
    assertThat(codec.next(out.flip(), message)).isNull();
    assertThat(codec.readExpectation(out, message, expectationAgain)).isNull();
    assertThat(expectationAgain.flags).isEqualTo(expectation.flags);
  }

  private static ByteBuffer datagram(Random random) {
    ByteBuffer datagram = ByteBuffer.allocate(2048);
    for (int n = 1 + random.nextInt(3); n > 0; n--) {
      datagram.put(MESSAGES.get(random.nextInt(MESSAGES.size())).bytes());
    }
    int length = datagram.position();
    for (int n = random.nextInt(5); n > 0; n--) {
      mutate(datagram, random.nextInt(length), random);
    }
    if (random.nextInt(8) == 0) {
      length -= random.nextInt(Math.min(length, 24));
    }
    return datagram.position(0).limit(length);
  }

  private static void mutate(ByteBuffer datagram, int at, Random random) {
    byte now = datagram.get(at);
    datagram.put(
        at,
        switch (random.nextInt(5)) {
          case 0 -> (byte) random.nextInt();
          case 1 -> (byte) (now ^ 1 << random.nextInt(8));
          case 2 -> (byte) 0;
          case 3 -> (byte) 0xff;
          default -> (byte) random.nextInt(40);
        });
  }
}
