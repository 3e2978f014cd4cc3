package dev.holdfast.agent.sync.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.flow.ExpectEntry;
import dev.holdfast.agent.flow.FlowEntry;
import dev.holdfast.agent.flow.Flows;
import dev.holdfast.agent.flow.IpProtocol;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("The conntrackd message codec")
class ConntrackdCodecTest {
  private final ConntrackdCodec codec = new ConntrackdCodec(Dialect.CONNTRACKD);
  private final ConntrackdCodec own = new ConntrackdCodec(Dialect.HOLDFAST);
  private final SyncMessage message = new SyncMessage();
  private final FlowEntry flow = new FlowEntry();
  private final ExpectEntry expectation = new ExpectEntry();

  // 10.1.0.2:50101 to 10.2.0.2:8005, TCP, SYN_SENT.
  private static final String ADDRESSES = "000c0000 0a010002 0a020002";
  private static final String TCP = "00050002 06000000";
  private static final String PORTS = "00080003 c3b51f45";
  private static final String KEY = ADDRESSES + TCP + PORTS;

  private static ByteBuffer hex(String hex) {
    return ByteBuffer.wrap(HexFormat.of().parseHex(hex.replace(" ", "")));
  }

  private @Nullable MessageDrop header(String hex) {
    return codec.next(hex(hex), message);
  }

  private @Nullable MessageDrop body(String hex) {
    return codec.readFlow(hex(hex), flow);
  }

  private static byte[] written(ByteBuffer out) {
    byte[] bytes = new byte[out.position()];
    out.get(0, bytes);
    return bytes;
  }

  @Nested
  @DisplayName("judges headers in conntrackd's order")
  class Headers {

    @ParameterizedTest(name = "{0} is {1}")
    @CsvSource({
      "'', TRUNCATED",
      "1a1000, TRUNCATED",
      "1a100008 000000, TRUNCATED",
      "1a100000 00000001, BAD_LENGTH",
      "1a100009 00000001, BAD_LENGTH",
      "1a100007 00000001, BAD_LENGTH",
      "1a080008 00000001, TRUNCATED",
      "1a08000c 00000001 00000001, TRUNCATED",
      "1a080008 00000001 00000001 00000001, BAD_LENGTH",
      "2a100008 00000001, BAD_VERSION",
      "0a100008 00000001, BAD_VERSION",
      "16000008 00000001, BAD_TYPE",
      "1b000008 00000001, BAD_TYPE",
      "10080008 00000001, BAD_FLAGS",
      "11100008 00000001, BAD_FLAGS",
      "13020008 00000001, BAD_FLAGS",
      "10800008 00000001, BAD_FLAGS",
      "1a000008 00000001, BAD_FLAGS",
      "1a200008 00000001, BAD_FLAGS",
      "1a180010 00000001 00000001 00000001, BAD_FLAGS",
      "1a0c0010 00000001 00000001 00000001, BAD_FLAGS",
      "1a080010 00000001 00000002 00000001, BAD_RANGE",
      "1a040010 00000001 00000001 80000002, BAD_RANGE",
    })
    void andSaysWhatIsWrong(String hex, MessageDrop expected) {
      assertThat(header(hex)).isEqualTo(expected);
    }

    @Test
    void aRangeMayCrossTheEndOfTheNumbers() {
      assertThat(header("1a080010 00000001 fffffffe 00000002")).isNull();
      assertThat(message.from).isEqualTo(-2);
      assertThat(message.to).isEqualTo(2);
    }

    @Test
    void helloRidesOnAnyType() {
      assertThat(header("10600008 00000001")).isNull();
      assertThat(header("1a680010 00000001 00000001 00000001")).isNull();
      assertThat(message.has(SyncMessage.HELLO)).isTrue();
      assertThat(message.has(SyncMessage.HELLO_BACK)).isTrue();
    }

    @Test
    void aBadMessageIsPassedOverAndTheNextOneRead() {
      ByteBuffer datagram = hex("16000008 00000001 1a100008 00000002");

      assertThat(codec.next(datagram, message)).isEqualTo(MessageDrop.BAD_TYPE);
      assertThat(codec.next(datagram, message)).isNull();
      assertThat(message.sequence).isEqualTo(2);
    }

    @Test
    void betweenOurOwnRoutersFurtherTypesAreTheLinksToKnow() {
      assertThat(own.next(hex("1b000008 00000001"), message)).isNull();
      assertThat(own.next(hex("16000008 00000001"), message)).isEqualTo(MessageDrop.BAD_TYPE);
    }
  }

  @Nested
  @DisplayName("judges flows")
  class Bodies {

    @Test
    void inAnyOrderOfAttributes() {
      assertThat(body(PORTS + "00050004 01000000" + TCP + "00080006 00000078" + ADDRESSES))
          .isNull();

      assertThat(flow.original).hasToString("src=10.1.0.2 dst=10.2.0.2 sport=50101 dport=8005");
      assertThat(flow.reply).hasToString("src=10.2.0.2 dst=10.1.0.2 sport=8005 dport=50101");
      assertThat(flow.state).isEqualTo(1);
      assertThat(flow.timeoutSeconds).isEqualTo(120);
    }

    @Test
    void withAttributesThatItDoesNotKnow() {
      assertThat(body("00080021 01020304" + KEY + "00054000 01000000" + "0008ffff 01020304"))
          .isNull();
    }

    @ParameterizedTest(name = "without {0}")
    @ValueSource(strings = {ADDRESSES, TCP, PORTS})
    void andNeedsTheWholeKey(String part) {
      assertThat(body(KEY.replace(part, ""))).isEqualTo(MessageDrop.INCOMPLETE_KEY);
    }

    @Test
    void andNeedsAllThreePartsOfAnIcmpKey() {
      String icmp = ADDRESSES + "00050002 01000000" + "00050016 08000000" + "00050017 00000000";
      assertThat(body(icmp)).isEqualTo(MessageDrop.INCOMPLETE_KEY);
      assertThat(body(icmp + "00060018 0f5f0000")).isNull();
      assertThat(flow.original.icmpId()).isEqualTo(0x5f0f);
    }

    @Test
    void andNothingButAddressesOfAProtocolWithoutPorts() {
      assertThat(body(ADDRESSES + "00050002 2f000000")).isNull();
      assertThat(flow.original.protocol).isEqualTo(IpProtocol.GRE);
    }

    @ParameterizedTest(name = "{0} is {1}")
    @CsvSource({
      "00030000 00000000, BAD_ATTRIBUTE_LENGTH",
      "00000000 00000000, BAD_ATTRIBUTE_LENGTH",
      "00ff0006 00000000, BAD_ATTRIBUTE_LENGTH",
      "00050006 01000000, BAD_ATTRIBUTE_SIZE",
      "00090006 01000000 00000000, BAD_ATTRIBUTE_SIZE",
      "00070003 c3b51f00, BAD_ATTRIBUTE_SIZE",
      "0008001c 00000000 0005001c 01000000, BAD_ATTRIBUTE_SIZE",
      "00050004 0a000000, BAD_VALUE",
      "00050019 0f000000, BAD_VALUE",
      "0008001b 66200000, BAD_VALUE",
      "0018001b 6162636465666768 696a6b6c6d6e6f70 00000000, BAD_VALUE",
      "0014001d fd020000 00000000 00000000 00000001, MIXED_FAMILIES",
    })
    void andSaysWhatIsWrong(String attribute, MessageDrop expected) {
      assertThat(body(KEY + attribute)).isEqualTo(expected);
    }

    @Test
    void andAnswersNothingForFourBytesOrFewerAtTheEnd() {
      assertThat(body(KEY + "00030000")).isNull();
      assertThat(body(KEY + "0003")).isNull();
    }

    @Test
    void ofBothFamiliesAtOnceAsWrong() {
      String ipv6 = "00240001" + "fd010000000000000000000000000002".repeat(2);
      assertThat(body(KEY + ipv6)).isEqualTo(MessageDrop.MIXED_FAMILIES);
    }

    @Test
    void andForgetsWhatBelongsToAnotherProtocol() {
      String udp = KEY.replace(TCP, "00050002 11000000");
      assertThat(body(udp + "00050004 ff000000")).isNull();
      assertThat(flow.has(FlowEntry.HAS_TCP_STATE)).isFalse();
    }

    @Test
    void andAnUpdateThatSaysNothingOfATranslationDoesNotUnmakeOne() {
      assertThat(body(KEY)).isNull();
      assertThat(flow.has(FlowEntry.HAS_REPLY)).isFalse();
      assertThat(body(KEY + "0008000c 0a020001" + "0006000e 09a00000")).isNull();
      assertThat(flow.has(FlowEntry.HAS_REPLY)).isTrue();
      assertThat(flow.reply).hasToString("src=10.2.0.2 dst=10.2.0.1 sport=8005 dport=40969");
    }

    @Test
    void andLabelsBeyondThe128OfTheKernelAreCutOff() {
      assertThat(body(KEY + "0018001c 00000001 00000002 00000003 00000004 00000005")).isNull();
      assertThat(flow.labels).containsExactly(1, 2, 3, 4);
    }
  }

  @Nested
  @DisplayName("judges expectations")
  class Expectations {

    @Test
    void andNeedsMasterTupleAndMask() {
      String master = "000c0000 0a010002 0a020002 00050002 06000000 00080003 c4870015";
      String expect = "000c0004 0a020002 0a0200fb 00050006 06000000 00080007 0000c488";
      String mask = "000c0008 ffffffff ffffffff 0005000a 06000000 0008000b 0000ffff";

      assertThat(codec.readExpectation(hex(master + expect + mask), expectation)).isNull();
      assertThat(codec.readExpectation(hex(master + expect), expectation))
          .isEqualTo(MessageDrop.INCOMPLETE_KEY);
      assertThat(codec.readExpectation(hex(master + mask), expectation))
          .isEqualTo(MessageDrop.INCOMPLETE_KEY);
      assertThat(codec.readExpectation(hex(expect + mask), expectation))
          .isEqualTo(MessageDrop.INCOMPLETE_KEY);
      assertThat(
              codec.readExpectation(
                  hex(master + expect.replace("00080007 0000c488", "") + mask), expectation))
          .isEqualTo(MessageDrop.INCOMPLETE_KEY);
      assertThat(codec.readExpectation(hex(master + expect + mask + "00070015 0102"), expectation))
          .isEqualTo(MessageDrop.BAD_ATTRIBUTE_LENGTH);
      assertThat(
              codec.readExpectation(hex(master + expect + mask + "00080012 00000002"), expectation))
          .isNull();
      assertThat(expectation.natDirection).isZero();
    }
  }

  @Nested
  @DisplayName("speaks to conntrackd 1.4.7")
  class ToConntrackd {

    @Test
    void withoutWhatWouldCostTheWholeMessage() {
      FlowEntry gre = Flows.udp("10.1.0.2", 0x102, "10.2.0.2", 0x304);
      gre.original.protocol = IpProtocol.GRE;
      gre.reply.invert(gre.original);
      FlowEntry named = Flows.tcp("10.1.0.2", 1, "10.2.0.2", 2);
      named.helper.set("twelve-chars");
      named.tcpFlagsOriginal = 1;
      named.has |= FlowEntry.HAS_HELPER | FlowEntry.HAS_TCP_FLAGS;
      ByteBuffer out = ByteBuffer.allocate(1024);

      codec.writeFlow(out, SyncMessage.FLOW_NEW, 0, 1, gre);
      codec.writeFlow(out, SyncMessage.FLOW_NEW, 0, 2, named);

      assertAttributesUpTo(32, out.flip());
    }

    private void assertAttributesUpTo(int last, ByteBuffer datagram) {
      while (datagram.hasRemaining()) {
        assertThat(codec.next(datagram, message)).isNull();
        for (int at = message.bodyStart; at < message.end; ) {
          assertThat(datagram.getShort(at + 2) & 0xffff).isLessThanOrEqualTo(last).isNotEqualTo(27);
          at += datagram.getShort(at) + 3 & ~3;
        }
      }
    }

    @Test
    void inMessagesOfAMultipleOfFourBytes() {
      FlowEntry flow = Flows.tcp("10.1.0.2", 1, "10.2.0.2", 2);
      for (String helper : new String[] {"a", "ab", "abc", "abcd", "abcdefghijk"}) {
        flow.helper.set(helper);
        flow.has |= FlowEntry.HAS_HELPER;
        ByteBuffer out = ByteBuffer.allocate(1024);
        codec.writeFlow(out, 0, 0, 1, flow);
        assertThat(out.position() % 4).isZero();
        assertThat(out.getShort(2)).isEqualTo((short) out.position());
      }
    }
  }

  @Nested
  @DisplayName("speaks between our own routers")
  class BetweenOurselves {

    @Test
    void ofWhatConntrackdLeavesOut() {
      FlowEntry gre = Flows.udp("10.1.0.2", 0x102, "10.2.0.2", 0x304);
      gre.original.protocol = IpProtocol.GRE;
      gre.reply.invert(gre.original);
      FlowEntry named = Flows.tcp("10.1.0.2", 1, "10.2.0.2", 2);
      named.helper.set("fifteen-letters");
      named.tcpFlagsOriginal = 0x23;
      named.tcpFlagsReply = 0x0b;
      named.has |= FlowEntry.HAS_HELPER | FlowEntry.HAS_TCP_FLAGS;
      FlowEntry ping = Flows.udp("10.1.0.2", 763, "10.2.0.2", 8 << 8);
      ping.original.protocol = IpProtocol.ICMP;
      ping.reply.invert(ping.original);
      ping.reply.icmp(4711, 0, 0);
      ping.reply.destinationLow = 0x0a02_0001L;
      ping.markTranslations();

      for (FlowEntry sent : new FlowEntry[] {gre, named, ping}) {
        ByteBuffer out = ByteBuffer.allocate(1024);
        own.writeFlow(out, SyncMessage.FLOW_UPDATE, 0, 1, sent);
        own.next(out.flip(), message);
        assertThat(own.readFlow(out, message, flow)).isNull();
        assertThat(flow.original.sameAs(sent.original)).isTrue();
        assertThat(flow.reply.sameAs(sent.reply)).isTrue();
        assertThat(flow.helper.sameAs(sent.helper)).isTrue();
        assertThat(flow.tcpFlagsOriginal).isEqualTo(sent.tcpFlagsOriginal);
        assertThat(flow.tcpFlagsReply).isEqualTo(sent.tcpFlagsReply);
      }
    }

    @Test
    void ofAnIpv6ExpectationInAZone() {
      ExpectEntry sent = Flows.expectation(50302);
      Flows.tuple(sent.master, IpProtocol.TCP, "fd01::2", "fd02::2");
      sent.master.ports(1, 21);
      Flows.tuple(sent.expected, IpProtocol.TCP, "fd02::2", "fd02::1");
      sent.expected.ports(0, 50302);
      Flows.tuple(sent.mask, IpProtocol.TCP, "ffff::", "ffff::1");
      Flows.tuple(sent.nat, IpProtocol.TCP, "fd01::2", "::");
      sent.zone = 9;
      ByteBuffer out = ByteBuffer.allocate(1024);

      own.writeExpectation(out, SyncMessage.EXPECT_NEW, 0, 1, sent);
      own.next(out.flip(), message);

      assertThat(own.readExpectation(out, message, expectation)).isNull();
      assertThat(expectation).usingRecursiveComparison().isEqualTo(sent);
    }
  }

  @Nested
  @DisplayName("at the end of a datagram")
  class Full {

    @Test
    void writesNothingThatDoesNotFitAndTheLastThatDoes() {
      FlowEntry flow = Flows.tcp("10.1.0.2", 1, "10.2.0.2", 2);
      ByteBuffer whole = ByteBuffer.allocate(1024);
      codec.writeFlow(whole, 0, 0, 1, flow);
      int length = whole.position();

      ByteBuffer exact = ByteBuffer.allocate(length);
      assertThat(codec.writeFlow(exact, 0, 0, 1, flow)).isTrue();
      assertThat(written(exact)).isEqualTo(written(whole));
      ByteBuffer short1 = ByteBuffer.allocate(length - 1);
      assertThat(codec.writeFlow(short1, 0, 0, 1, flow)).isFalse();
      assertThat(short1.position()).isZero();
      assertThat(codec.writeControl(ByteBuffer.allocate(7), SyncMessage.ALIVE, 1)).isFalse();
      assertThat(codec.writeRange(ByteBuffer.allocate(15), SyncMessage.ACK, 1, 1, 1)).isFalse();
    }

    @Test
    void noMessageIsLongerThanTheBoundSays() {
      FlowEntry flow = Flows.tcp("2001:db8::1", 1, "2001:db8::2", 2);
      Flows.translateSource(flow, "2001:db8::3", 3);
      Flows.translateDestination(flow, "2001:db8::4", 4);
      flow.master.copyFrom(flow.original);
      flow.helper.set("fifteen-letters");
      flow.labelWords = 4;
      flow.labels[0] = 1;
      flow.zone = 1;
      flow.has = -1;
      ByteBuffer out = ByteBuffer.allocate(4096);

      own.writeFlow(out, 0, 0, 1, flow);

      assertThat(out.position()).isLessThanOrEqualTo(ConntrackdCodec.MESSAGE_BYTES_MAX);
    }
  }
}
