package dev.holdfast.agent.ctnetlink;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.flow.FlowEntry;
import dev.holdfast.agent.flow.FlowState;
import dev.holdfast.agent.flow.FlowStatus;
import dev.holdfast.agent.flow.Flows;
import dev.holdfast.agent.flow.IpProtocol;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Requests to the kernel's connection tracking")
class CtRequestsTest {
  private final CtRequests requests = new CtRequests();
  private final ByteBuffer out = ByteBuffer.allocate(4096).order(ByteOrder.LITTLE_ENDIAN);

  private String written() {
    byte[] bytes = new byte[out.position()];
    out.get(0, bytes);
    return HexFormat.of().formatHex(bytes);
  }

  private static FlowEntry translated() {
    FlowEntry flow =
        Flows.translateSource(
            Flows.tcp("10.1.0.2", 0xc73a, "10.2.0.2", 0x1f41), "10.2.0.1", 0x9c9f);
    flow.timeoutSeconds = 0x6977b;
    return flow;
  }

  @Test
  void aTranslatedFlowIsCreatedWithTheBytesOfConntrackd() {
    requests.create(out, translated(), 0x6977b, 0);

    assertThat(written().substring(32))
        .isEqualTo(
            ("02000000"
                    + "34000180 14000180 08000100 0a010002 08000200 0a020002"
                    + "1c000280 05000100 06000000 06000200 c73a0000 06000300 1f410000"
                    + "34000280 14000180 08000100 0a020002 08000200 0a010002"
                    + "1c000280 05000100 06000000 06000200 1f410000 06000300 c73a0000"
                    + "08000300 0000019e"
                    + "08000700 0006977b"
                    + "20000480 1c000180 05000100 03000000 06000400 08080000 06000500 08080000"
                    + "20000680 08000100 0a020001 14000380 06000100 9c9f0000 06000200 9c9f0000")
                .replace(" ", ""));
  }

  @Test
  void theHeaderSaysCreateAndNothingElse() {
    requests.create(out, translated(), 1, 0);

    assertThat(out.getInt(0)).isEqualTo(out.position());
    assertThat(out.getShort(4)).isEqualTo((short) 0x100);
    assertThat(out.getShort(6)).isEqualTo((short) 0x601);
    assertThat(out.getLong(8)).isZero();
  }

  @Test
  void theStatusAtBirthIsConfirmedAndNeverExpectedDyingOrOfFixedTimeout() {
    FlowEntry flow = translated();
    flow.status =
        FlowStatus.EXPECTED
            | FlowStatus.DYING
            | FlowStatus.FIXED_TIMEOUT
            | FlowStatus.SEEN_REPLY
            | FlowStatus.ASSURED;

    requests.create(out, flow, 1, 0);

    assertThat(written()).contains("08000300" + "0000000e");
  }

  @Test
  void aFlowOfUnknownStatusIsCreatedAsConfirmed() {
    FlowEntry flow = translated();
    flow.has &= ~FlowEntry.HAS_STATUS;
    flow.status = 0;

    requests.create(out, flow, 1, 0);

    assertThat(written()).contains("08000300" + "00000008");
  }

  @Test
  void aSynIsWrittenAsAnswered() {
    FlowEntry flow = translated();
    flow.state = FlowState.TCP_SYN_SENT;

    requests.create(out, flow, 1, 0);

    assertThat(written()).contains("05000100" + "02000000");
  }

  @Test
  void scalesGoTogetherWithTheFlagThatMakesThemCount() {
    FlowEntry flow = translated();
    flow.scaleOriginal = 7;
    flow.scaleReply = 10;
    flow.has |= FlowEntry.HAS_SCALE_ORIGINAL | FlowEntry.HAS_SCALE_REPLY;

    requests.create(out, flow, 1, 0);

    assertThat(written())
        .contains("05000200" + "07000000" + "05000300" + "0a000000")
        .contains("06000400" + "09090000" + "06000500" + "09090000");
  }

  @Test
  void scalesOfAFlowThatDoesNotScaleStayAtHome() {
    FlowEntry flow = translated();
    flow.has |= FlowEntry.HAS_SCALE_ORIGINAL | FlowEntry.HAS_SCALE_REPLY;
    requests.create(out, flow, 1, 0);
    assertThat(written()).contains("06000400" + "08080000").doesNotContain("0500020000000000");

    flow.scaleOriginal = 7;
    flow.has |= FlowEntry.HAS_TCP_FLAGS;
    out.clear();
    requests.create(out, flow, 1, 0);
    assertThat(written()).contains("06000400" + "08080000").doesNotContain("0500020007000000");
  }

  @Test
  void icmpThatConntrackdCallsPortTranslatedIsNot() {
    FlowEntry flow = Flows.udp("10.1.0.2", 763, "10.2.0.2", 0x0800);
    flow.original.protocol = IpProtocol.ICMP;
    flow.reply.invert(flow.original);
    flow.has |= FlowEntry.HAS_SOURCE_PORT_NAT | FlowEntry.HAS_DESTINATION_PORT_NAT;

    requests.create(out, flow, 1, 0);

    assertThat(written()).doesNotContain("0680").doesNotContain("0d80");
  }

  @Test
  void anUpdateLeavesOutWhatCannotBeChanged() {
    FlowEntry flow = translated();
    flow.helper.set("ftp");
    flow.master.copyFrom(flow.original);
    flow.status |= FlowStatus.EXPECTED;
    flow.has |= FlowEntry.HAS_HELPER | FlowEntry.HAS_MASTER;

    requests.update(out, flow, 60, 0);

    assertThat(out.getShort(6)).isEqualTo((short) 1);
    assertThat(written())
        .contains("08000300" + "0000019f")
        .contains("08000700" + "0000003c")
        .doesNotContain("34000280")
        .doesNotContain("0680")
        .doesNotContain("66747000");
  }

  @Test
  void manyRequestsStandBehindEachOtherUntilTheBufferIsFull() {
    int count = 0;
    while (requests.create(out, translated(), 1, 0)) {
      count++;
    }

    assertThat(count).isGreaterThan(10);
    int at = 0;
    for (int i = 0; i < count; i++) {
      assertThat(out.getInt(at) % 4).isZero();
      at += out.getInt(at);
    }
    assertThat(at).isEqualTo(out.position());
    assertThat(out.remaining()).isLessThan(CtRequests.REQUEST_BYTES_MAX);
  }

  @Test
  void theLongestRequestsFit() {
    FlowEntry flow = Flows.tcp("2001:db8::1", 1, "2001:db8::2", 2);
    Flows.translateSource(flow, "2001:db8::3", 3);
    Flows.translateDestination(flow, "2001:db8::4", 4);
    flow.master.copyFrom(flow.original);
    flow.helper.set("a-helper-of-31-characters-in-it");
    flow.labelWords = 4;
    flow.labels[0] = 1;
    flow.zone = 1;
    flow.mark = 1;
    flow.seqAfterOriginal = 1;
    flow.seqAfterReply = 1;
    flow.synproxyIsn = 1;
    flow.scaleOriginal = 1;
    flow.has = -1;
    var expectation = Flows.expectation(1);
    Flows.tuple(expectation.master, IpProtocol.TCP, "2001:db8::1", "2001:db8::2");
    expectation.expected.copyFrom(expectation.master);
    expectation.mask.copyFrom(expectation.master);
    expectation.nat.copyFrom(expectation.master);
    expectation.helper.set("a-helper-of-31-characters-in-it");
    expectation.function.set("function-of-31-characters-in-it");
    expectation.zone = 1;

    requests.create(out, flow, 1, 0);
    int flowBytes = out.position();
    requests.create(out, expectation, 1);

    assertThat(flowBytes).isLessThan(CtRequests.REQUEST_BYTES_MAX);
    assertThat(out.position() - flowBytes).isLessThan(CtRequests.REQUEST_BYTES_MAX);
  }

  @Test
  void anExpectationIsCreatedWithItsTranslationAndFunction() {
    requests.create(out, Flows.expectation(0xc47e), 300);

    assertThat(out.getShort(4)).isEqualTo((short) 0x200);
    assertThat(written())
        .contains("08000400" + "0000012c")
        .contains("08000600" + "66747000")
        .contains("08000100" + "00000001" + "34000280")
        .contains("16000b00" + HexFormat.of().formatHex("nat-follow-master".getBytes(US_ASCII)));
  }
}
