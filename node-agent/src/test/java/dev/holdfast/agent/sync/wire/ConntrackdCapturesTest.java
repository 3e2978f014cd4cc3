package dev.holdfast.agent.sync.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.agent.flow.ExpectEntry;
import dev.holdfast.agent.flow.FlowEntry;
import dev.holdfast.agent.flow.FlowState;
import dev.holdfast.agent.flow.FlowTuple;
import dev.holdfast.agent.flow.IpProtocol;
import dev.holdfast.api.addr.IpAddress;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayName("conntrackd messages, as captured between two daemons of version 1.4.7")
class ConntrackdCapturesTest {
  private final ConntrackdCodec codec = new ConntrackdCodec(Dialect.CONNTRACKD);
  private final SyncMessage message = new SyncMessage();
  private final FlowEntry flow = new FlowEntry();
  private final ExpectEntry expectation = new ExpectEntry();

  static Stream<String> captures() {
    return Captures.NAMES.stream();
  }

  @Test
  void noCaptureIsMissing() {
    assertThat(Captures.all()).hasSize(775);
  }

  @ParameterizedTest
  @MethodSource("captures")
  void everyHeaderSaysWhatTheCaptureSays(String capture) {
    for (Captures.Message captured : Captures.read(capture)) {
      JsonNode expected = captured.expected();
      decodeHeader(captured);
      assertThat(message.type).as(captured.toString()).isEqualTo(expected.get("type_id").asInt());
      assertThat(message.flags).isEqualTo(expected.get("flags_raw").asInt());
      assertThat(message.length).isEqualTo(expected.get("length").asInt());
      assertThat(message.sequence).isEqualTo((int) expected.get("seq").asLong());
      assertThat(message.from).isEqualTo((int) expected.path("from").asLong(0));
      assertThat(message.to).isEqualTo((int) expected.path("to").asLong(0));
    }
  }

  @ParameterizedTest
  @MethodSource("captures")
  void everyAttributeSaysWhatTheCaptureSays(String capture) {
    for (Captures.Message captured : Captures.read(capture)) {
      ByteBuffer in = decodeHeader(captured);
      if (message.isFlow()) {
        assertThat(codec.readFlow(in, message, flow)).as(captured.toString()).isNull();
        captured.expected().get("attrs").forEach(this::checkFlowAttribute);
      } else if (message.isExpectation()) {
        assertThat(codec.readExpectation(in, message, expectation)).isNull();
        captured.expected().get("attrs").forEach(this::checkExpectAttribute);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("captures")
  void everyMessageIsTheSameByteForByteWhenWrittenAgain(String capture) {
    for (Captures.Message captured : Captures.read(capture)) {
      ByteBuffer in = decodeHeader(captured);
      ByteBuffer out = ByteBuffer.allocate(1444);
      if (message.isFlow()) {
        codec.readFlow(in, message, flow);
        codec.writeFlow(out, message.type, message.flags, message.sequence, flow);
      } else if (message.isExpectation()) {
        codec.readExpectation(in, message, expectation);
        codec.writeExpectation(out, message.type, message.flags, message.sequence, expectation);
      } else if (message.length == SyncMessage.RANGE_BYTES) {
        codec.writeRange(out, message.flags, message.sequence, message.from, message.to);
      } else {
        codec.writeControl(out, message.flags, message.sequence);
      }
      byte[] written = new byte[out.position()];
      out.get(0, written);
      assertThat(HexFormat.of().formatHex(written))
          .as(captured.toString())
          .isEqualTo(HexFormat.of().formatHex(captured.bytes()));
    }
  }

  @ParameterizedTest
  @MethodSource("captures")
  void aSendersSequenceNumbersRiseByOneUnlessItRestarts(String capture) {
    Map<String, Integer> last = new HashMap<>();
    int jumps = 0;
    for (Captures.Message captured : Captures.read(capture)) {
      decodeHeader(captured);
      Integer before = last.put(captured.sender(), message.sequence);
      if (before != null && message.sequence != before + 1) {
        jumps++;
      }
    }
    assertThat(jumps).isEqualTo(capture.equals("ftfw-restart") ? 2 : 0);
  }

  @Test
  void aDatagramOfManyMessagesIsReadOneByOne() {
    List<Captures.Message> captured = Captures.read("ftfw-bulk").subList(100, 120);
    ByteBuffer datagram = ByteBuffer.allocate(4096);
    captured.forEach(m -> datagram.put(m.bytes()));
    datagram.flip();

    for (Captures.Message m : captured) {
      assertThat(codec.next(datagram, message)).isNull();
      assertThat(message.sequence).isEqualTo((int) m.expected().get("seq").asLong());
    }
    assertThat(datagram.hasRemaining()).isFalse();
  }

  private ByteBuffer decodeHeader(Captures.Message captured) {
    ByteBuffer in = ByteBuffer.wrap(captured.bytes());
    assertThat(codec.next(in, message)).as(captured.toString()).isNull();
    assertThat(in.hasRemaining()).isFalse();
    return in;
  }

  private void checkFlowAttribute(JsonNode attribute) {
    JsonNode value = attribute.get("value");
    FlowTuple original = flow.original;
    FlowTuple reply = flow.reply;
    switch (attribute.get("name").asText()) {
      case "NTA_IPV4", "NTA_IPV6" -> checkAddresses(value, original);
      case "NTA_L4PROTO" -> assertThat(original.protocol).isEqualTo(value.asInt());
      case "NTA_PORT" -> checkPorts(value, original);
      case "NTA_TCP_STATE" ->
          assertThat(FlowState.name(IpProtocol.TCP, flow.state)).isEqualTo(value.asText());
      case "NTA_STATUS" -> assertThat(flow.status).isEqualTo(Integer.decode(value.asText()));
      case "NTA_TIMEOUT" -> assertThat(flow.timeoutSeconds).isEqualTo(value.asInt());
      case "NTA_MARK" -> assertThat(flow.mark).isEqualTo(Integer.decode(value.asText()));
      case "NTA_MASTER_IPV4" -> checkAddresses(value, flow.master);
      case "NTA_MASTER_L4PROTO" -> assertThat(flow.master.protocol).isEqualTo(value.asInt());
      case "NTA_MASTER_PORT" -> checkPorts(value, flow.master);
      case "NTA_SNAT_IPV4", "NTA_SNAT_IPV6" ->
          assertThat(reply.destination()).isEqualTo(IpAddress.parse(value.asText()));
      case "NTA_DNAT_IPV4", "NTA_DNAT_IPV6" ->
          assertThat(reply.source()).isEqualTo(IpAddress.parse(value.asText()));
      case "NTA_SPAT_PORT" -> {
        if (!IpProtocol.isIcmp(original.protocol)) {
          assertThat(reply.destinationPort()).isEqualTo(value.asInt());
        }
      }
      case "NTA_DPAT_PORT" -> {
        if (!IpProtocol.isIcmp(original.protocol)) {
          assertThat(reply.sourcePort()).isEqualTo(value.asInt());
        }
      }
      case "NTA_NAT_SEQ_ADJ" ->
          checkNumbers(
              value,
              flow.seqPositionOriginal,
              flow.seqBeforeOriginal,
              flow.seqAfterOriginal,
              flow.seqPositionReply,
              flow.seqBeforeReply,
              flow.seqAfterReply);
      case "NTA_SCTP_STATE" -> assertThat(flow.state).isEqualTo(value.asInt());
      case "NTA_SCTP_VTAG_ORIG" -> assertThat(flow.vtagOriginal).isEqualTo((int) value.asLong());
      case "NTA_SCTP_VTAG_REPL" -> assertThat(flow.vtagReply).isEqualTo((int) value.asLong());
      case "NTA_ICMP_TYPE" -> assertThat(original.icmpType()).isEqualTo(value.asInt());
      case "NTA_ICMP_CODE" -> assertThat(original.icmpCode()).isEqualTo(value.asInt());
      case "NTA_ICMP_ID" -> {
        assertThat(original.icmpId()).isEqualTo(value.asInt());
        assertThat(reply.icmpId()).isEqualTo(value.asInt());
      }
      case "NTA_TCP_WSCALE_ORIG" -> assertThat(flow.scaleOriginal).isEqualTo(value.asInt());
      case "NTA_TCP_WSCALE_REPL" -> assertThat(flow.scaleReply).isEqualTo(value.asInt());
      case "NTA_HELPER_NAME" -> assertThat(flow.helper).hasToString(value.asText());
      case "NTA_LABELS" -> {
        assertThat(flow.labelWords).isEqualTo(4);
        assertThat("%08x%08x%08x%08x".formatted(boxed(flow.labels))).isEqualTo(value.asText());
      }
      case "NTA_SYNPROXY" ->
          checkNumbers(value, flow.synproxyIts, flow.synproxyIsn, flow.synproxyTsoff);
      case "NTA_ZONE" -> assertThat(flow.zone).isEqualTo(value.asInt());
      default -> throw new AssertionError("not checked: " + attribute);
    }
  }

  private void checkExpectAttribute(JsonNode attribute) {
    JsonNode value = attribute.get("value");
    switch (attribute.get("name").asText()) {
      case "NTA_EXP_MASTER_IPV4" -> checkAddresses(value, expectation.master);
      case "NTA_EXP_MASTER_L4PROTO" ->
          assertThat(expectation.master.protocol).isEqualTo(value.asInt());
      case "NTA_EXP_MASTER_PORT" -> checkPorts(value, expectation.master);
      case "NTA_EXP_EXPECT_IPV4" -> checkAddresses(value, expectation.expected);
      case "NTA_EXP_EXPECT_L4PROTO" ->
          assertThat(expectation.expected.protocol).isEqualTo(value.asInt());
      case "NTA_EXP_EXPECT_PORT" -> checkPorts(value, expectation.expected);
      case "NTA_EXP_MASK_IPV4" -> checkAddresses(value, expectation.mask);
      case "NTA_EXP_MASK_L4PROTO" -> assertThat(expectation.mask.protocol).isEqualTo(value.asInt());
      case "NTA_EXP_MASK_PORT" -> checkPorts(value, expectation.mask);
      case "NTA_EXP_TIMEOUT" -> assertThat(expectation.timeoutSeconds).isEqualTo(value.asInt());
      case "NTA_EXP_FLAGS" -> assertThat(expectation.flags).isEqualTo(value.asInt());
      case "NTA_EXP_CLASS" -> assertThat(expectation.expectClass).isEqualTo(value.asInt());
      case "NTA_EXP_NAT_IPV4" -> checkAddresses(value, expectation.nat);
      case "NTA_EXP_NAT_L4PROTO" -> assertThat(expectation.nat.protocol).isEqualTo(value.asInt());
      case "NTA_EXP_NAT_PORT" -> checkPorts(value, expectation.nat);
      case "NTA_EXP_NAT_DIR" -> assertThat(expectation.natDirection).isEqualTo(value.asInt());
      case "NTA_EXP_HELPER_NAME" -> assertThat(expectation.helper).hasToString(value.asText());
      case "NTA_EXP_FN" -> assertThat(expectation.function).hasToString(value.asText());
      default -> throw new AssertionError("not checked: " + attribute);
    }
  }

  private static void checkAddresses(JsonNode value, FlowTuple tuple) {
    assertThat(tuple.source()).isEqualTo(IpAddress.parse(value.get(0).asText()));
    assertThat(tuple.destination()).isEqualTo(IpAddress.parse(value.get(1).asText()));
  }

  private static void checkPorts(JsonNode value, FlowTuple tuple) {
    assertThat(tuple.sourcePort()).isEqualTo(value.get(0).asInt());
    assertThat(tuple.destinationPort()).isEqualTo(value.get(1).asInt());
  }

  private static void checkNumbers(JsonNode value, int... numbers) {
    for (int i = 0; i < numbers.length; i++) {
      assertThat(numbers[i]).isEqualTo((int) value.get(i).asLong());
    }
  }

  private static Object[] boxed(int[] words) {
    return java.util.Arrays.stream(words).boxed().toArray();
  }
}
