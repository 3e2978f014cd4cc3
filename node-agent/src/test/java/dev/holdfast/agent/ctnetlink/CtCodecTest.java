package dev.holdfast.agent.ctnetlink;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.flow.ExpectEntry;
import dev.holdfast.agent.flow.FlowEntry;
import dev.holdfast.agent.flow.FlowStatus;
import dev.holdfast.agent.flow.Flows;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Messages of the kernel's connection tracking")
class CtCodecTest {
  private final CtCodec codec = new CtCodec();
  private final CtMessage message = new CtMessage();
  private final FlowEntry flow = new FlowEntry();

  /** conntrack's line without what we do not replicate, and with our spacing. */
  private static String conntracksWords(String line) {
    return line.replaceAll("^ *\\[\\w+\\] ", "")
        .replaceAll("packets=\\d+ bytes=\\d+ ", "")
        .replaceAll(" (delta-time|use)=\\d+", "")
        .replaceAll(" \\[USERSPACE\\].*", "")
        .replaceAll(" id=\\d+$", "")
        .replaceAll(" mark=0", "")
        .replaceFirst("^(\\w+) +\\d+ ", "$1 ");
  }

  private String ourWords() {
    return flow.toString().replaceAll(" mark=0", "");
  }

  private static CtKind kind(String line) {
    return switch (line.strip().substring(0, 4)) {
      case "[NEW" -> CtKind.BORN;
      case "[UPD" -> CtKind.UPDATED;
      case "[DES" -> CtKind.ENDED;
      default -> throw new AssertionError(line);
    };
  }

  @Test
  void everyEventSaysWhatConntrackSaid() {
    List<ByteBuffer> events = KernelBytes.datagrams("events.hex");
    List<String> lines = KernelBytes.lines("events.txt");
    assertThat(events).hasSameSizeAs(lines).hasSize(51);
    for (int i = 0; i < events.size(); i++) {
      ByteBuffer event = events.get(i);
      String line = lines.get(i);

      assertThat(codec.next(event, 0, event.limit(), message)).as(line).isNull();
      assertThat(message.kind).as(line).isEqualTo(kind(line));
      assertThat(codec.readFlow(event, message, flow)).as(line).isNull();

      assertThat(ourWords()).isEqualTo(conntracksWords(line));
      assertThat(line).contains(" id=" + Integer.toUnsignedString(flow.kernelId));
      assertThat(message.portId != 0).isEqualTo(line.contains("[USERSPACE]"));
    }
  }

  @Test
  void aDumpSaysWhatConntrackListed() {
    List<String> words = new ArrayList<>();
    boolean done = false;
    for (ByteBuffer part : KernelBytes.datagrams("dump.hex")) {
      for (int at = 0; at < part.limit(); at += part.getInt(at) + 3 & ~3) {
        assertThat(codec.next(part, at, part.getInt(at), message)).isNull();
        if (message.kind == CtKind.DONE) {
          done = true;
        } else {
          assertThat(message.kind).isEqualTo(CtKind.SEEN);
          assertThat(codec.readFlow(part, message, flow)).isNull();
          words.add(withoutLifetime(ourWords()));
        }
      }
    }
    assertThat(done).isTrue();
    assertThat(words)
        .containsExactlyInAnyOrderElementsOf(
            KernelBytes.lines("dump.txt").stream()
                .map(line -> withoutLifetime(conntracksWords(line)))
                .toList());
  }

  /** conntrack asked a moment after the dump. */
  private static String withoutLifetime(String line) {
    return line.replaceFirst("^(\\w+) \\d+ ", "$1 ");
  }

  @Test
  void translationsAreMarkedAsAConntrackdSenderWould() {
    for (ByteBuffer event : KernelBytes.datagrams("events.hex")) {
      codec.next(event, 0, event.limit(), message);
      codec.readFlow(event, message, flow);
      boolean toVirtual = flow.original.destinationPort() == 8080;
      boolean masked =
          !flow.original.ipv6 && flow.reply.destination().toString().equals("10.2.0.1")
              || flow.original.ipv6 && flow.original.protocol == 6;
      assertThat(flow.has(FlowEntry.HAS_DESTINATION_NAT)).as(flow.toString()).isEqualTo(toVirtual);
      assertThat(flow.has(FlowEntry.HAS_SOURCE_NAT)).as(flow.toString()).isEqualTo(masked);
      assertThat(flow.has(FlowEntry.HAS_SOURCE_PORT_NAT))
          .as(flow.toString())
          .isEqualTo(masked && flow.original.protocol != 1);
    }
  }

  @Test
  void anUpdateMayLackTheTcpState() {
    ByteBuffer event = withoutAttribute(KernelBytes.datagrams("events.hex").get(2), 4);

    assertThat(codec.next(event, 0, event.limit(), message)).isNull();
    assertThat(codec.readFlow(event, message, flow)).isNull();

    assertThat(flow.has(FlowEntry.HAS_TCP_STATE)).isFalse();
    assertThat(flow.state).isZero();
    assertThat(flow.has(FlowEntry.HAS_STATUS)).isTrue();
  }

  private static ByteBuffer withoutAttribute(ByteBuffer event, int type) {
    ByteBuffer out = ByteBuffer.allocate(event.limit()).order(event.order());
    out.put(event.slice(0, 20));
    for (int at = 20; at < event.limit(); ) {
      int padded = (event.getShort(at) & 0xffff) + 3 & ~3;
      if ((event.getShort(at + 2) & 0x3fff) != type) {
        out.put(event.slice(at, padded));
      }
      at += padded;
    }
    return out.putInt(0, out.position()).flip();
  }

  @Test
  void anErrorHasItsErrnoAndTheKernelsWords() {
    // -EINVAL, the request's header echoed (capped), a text.
    ByteBuffer answer =
        KernelBytes.of(
            "38000000 0200 0003 07000000 11220000"
                + "eaffffff 3c000000 0001 0506 07000000 00000000"
                + "1200 0100 626164207769 6e646f7773 2e2100 0000");

    assertThat(codec.next(answer, 0, answer.limit(), message)).isNull();

    assertThat(message.kind).isEqualTo(CtKind.ANSWER);
    assertThat(message.sequence).isEqualTo(7);
    assertThat(message.errno).isEqualTo(22);
    assertThat(codec.explanation(answer, 0, message)).isEqualTo("bad windows.!");
  }

  @Test
  void anAcknowledgementHasNoErrno() {
    ByteBuffer answer =
        KernelBytes.of(
            "24000000 0200 0001 09000000 11220000 00000000 3c000000 0001 0506 09000000 00000000");

    assertThat(codec.next(answer, 0, answer.limit(), message)).isNull();

    assertThat(message.errno).isZero();
    assertThat(codec.explanation(answer, 0, message)).isEmpty();
  }

  @Test
  void everyShorterMessageIsDroppedOrReadAndNothingIsThrown() {
    for (ByteBuffer event : KernelBytes.datagrams("events.hex")) {
      for (int length = 0; length < event.limit(); length++) {
        if (codec.next(event, 0, length, message) == null && message.kind.isFlow()) {
          codec.readFlow(event, message, flow);
        }
      }
      assertThat(codec.next(event, 0, 19, message)).isEqualTo(CtDrop.TRUNCATED);
      assertThat(codec.next(event, 0, event.limit() + 1, message)).isEqualTo(CtDrop.TRUNCATED);
    }
  }

  @Test
  void whateverTheBytesAreNothingIsThrownAndWhatIsReadCanBeWritten() {
    List<ByteBuffer> events = new ArrayList<>(KernelBytes.datagrams("events.hex"));
    events.addAll(KernelBytes.datagrams("dump.hex"));
    events.add(expectation());
    var random = new Random(20260101);
    var expectation = new ExpectEntry();
    var requests = new CtRequests();
    ByteBuffer out = ByteBuffer.allocate(4096).order(ByteOrder.LITTLE_ENDIAN);
    int read = 0;
    for (int i = 0; i < 200_000; i++) {
      ByteBuffer bytes = mutated(events.get(random.nextInt(events.size())), random);
      int at = 0;
      int length = Math.min(bytes.limit(), bytes.limit() >= 4 ? bytes.getInt(0) : 0);
      if (codec.next(bytes, at, length, message) == null) {
        if (message.kind.isFlow() && codec.readFlow(bytes, message, flow) == null) {
          read++;
          assertThat(requests.create(out.clear(), flow, 1, 0)).isTrue();
        } else if (message.kind.isExpectation()
            && codec.readExpectation(bytes, message, expectation) == null) {
          read++;
          assertThat(requests.create(out.clear(), expectation, 1)).isTrue();
        }
        codec.explanation(bytes, at, message);
      }
    }
    assertThat(read).isGreaterThan(10_000);
  }

  private static ByteBuffer mutated(ByteBuffer original, Random random) {
    byte[] bytes = new byte[original.limit() - (random.nextInt(4) == 0 ? random.nextInt(20) : 0)];
    original.get(0, bytes);
    for (int n = random.nextInt(6); n > 0; n--) {
      int at = random.nextInt(bytes.length);
      bytes[at] =
          switch (random.nextInt(4)) {
            case 0 -> (byte) random.nextInt();
            case 1 -> (byte) (bytes[at] ^ 1 << random.nextInt(8));
            case 2 -> 0;
            default -> (byte) 0xff;
          };
    }
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** As a kernel tells one, made by our own writer: only for the test of malformed bytes. */
  private static ByteBuffer expectation() {
    ByteBuffer out = ByteBuffer.allocate(1024).order(ByteOrder.LITTLE_ENDIAN);
    new CtRequests().create(out, Flows.expectation(50302), 300);
    return out.flip();
  }

  @Test
  void statusOfAnEndedFlowSaysDying() {
    ByteBuffer last = KernelBytes.datagrams("events.hex").getLast();
    codec.next(last, 0, last.limit(), message);
    codec.readFlow(last, message, flow);

    assertThat(flow.status & FlowStatus.DYING).isNotZero();
  }
}
