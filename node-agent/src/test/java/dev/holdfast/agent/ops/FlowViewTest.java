package dev.holdfast.agent.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.agent.flow.FlowEntry;
import dev.holdfast.agent.flow.IpProtocol;
import dev.holdfast.api.addr.Ipv4Address;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Flows for people and programs")
class FlowViewTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private static FlowEntry translated() {
    FlowEntry flow = new FlowEntry();
    flow.original.protocol = IpProtocol.TCP;
    flow.original.ipv4(bits("192.168.0.50"), bits("203.0.113.9"));
    flow.original.ports(40_000, 443);
    flow.reply.protocol = IpProtocol.TCP;
    flow.reply.ipv4(bits("203.0.113.9"), bits("10.0.0.10"));
    flow.reply.ports(443, 40_001);
    flow.has = FlowEntry.HAS_TCP_STATE | FlowEntry.HAS_TIMEOUT;
    flow.state = 3;
    flow.timeoutSeconds = 431_999;
    return flow;
  }

  private static FlowEntry ping() {
    FlowEntry flow = new FlowEntry();
    flow.original.protocol = IpProtocol.ICMP;
    flow.original.ipv4(bits("192.168.0.50"), bits("203.0.113.9"));
    flow.original.icmp(7, 8, 0);
    flow.reply.invert(flow.original);
    return flow;
  }

  private static int bits(String address) {
    return Ipv4Address.parse(address).bits();
  }

  @Test
  void theJsonHasTheFieldsOfTheInterface() throws Exception {
    FlowView view = FlowView.of(FlowView.Owner.ours, translated(), 9, "NotYetAcknowledged");

    assertThat(JSON.writeValueAsString(view))
        .isEqualTo(
            "{\"owner\":\"ours\",\"family\":\"IPv4\",\"protocol\":\"tcp\","
                + "\"original\":{\"source\":\"192.168.0.50\",\"destination\":\"203.0.113.9\","
                + "\"sourcePort\":40000,\"destinationPort\":443},"
                + "\"reply\":{\"source\":\"203.0.113.9\",\"destination\":\"10.0.0.10\","
                + "\"sourcePort\":443,\"destinationPort\":40001},"
                + "\"state\":\"ESTABLISHED\",\"timeoutSeconds\":431990,"
                + "\"protected\":false,\"reason\":\"NotYetAcknowledged\"}");
  }

  @Test
  void icmpHasTypeCodeAndIdInsteadOfPorts() throws Exception {
    FlowView view = FlowView.of(FlowView.Owner.theirs, ping(), 0, null);

    assertThat(JSON.writeValueAsString(view))
        .contains("\"protocol\":\"icmp\"")
        .contains("\"type\":8,\"code\":0,\"id\":7")
        .contains("\"type\":0,\"code\":0,\"id\":7")
        .contains("\"protected\":true")
        .doesNotContain("Port")
        .doesNotContain("reason");
  }

  @Test
  void theTextSaysTheTranslationAndWhatIsNotProtected() {
    FlowView view = FlowView.of(FlowView.Owner.ours, translated(), 9, "NoPeer");

    assertThat(FlowText.line(JSON.valueToTree(view)))
        .isEqualTo(
            "ours    tcp     ESTABLISHED   119:59:50  192.168.0.50:40000 -> 203.0.113.9:443"
                + " (as 10.0.0.10:40001)  NOT PROTECTED: NoPeer");
  }

  @Test
  void anUntranslatedFlowIsSaidOnce() {
    FlowView view = FlowView.of(FlowView.Owner.theirs, ping(), 0, null);

    assertThat(FlowText.line(JSON.valueToTree(view)))
        .isEqualTo(
            "theirs  icmp    -                     -  192.168.0.50 -> 203.0.113.9"
                + " type 8 code 0 id 7");
  }

  @Test
  void aQuestionSurvivesTheSocketAndMatchesEachOfItsParts() {
    FlowQuestion asked =
        FlowQuestion.of(FlowView.Owner.ours, "TCP", "192.168.0.0/24", "203.0.113.9", 40_001);
    var request = ControlClient.request("flows");
    asked.write(request);

    FlowQuestion question = FlowQuestion.read(request);

    assertThat(question).isEqualTo(asked);
    assertThat(question.matches(translated())).isTrue();
    assertThat(question.matches(ping())).isFalse();
    assertThat(question.wants(FlowView.Owner.theirs)).isFalse();
  }

  @Test
  void aServerBehindAPortForwardIsADestinationToo() {
    FlowEntry flow = translated();
    flow.reply.ipv4(bits("192.168.0.80"), bits("192.168.0.50"));

    assertThat(FlowQuestion.of(null, null, null, "192.168.0.80", null).matches(flow)).isTrue();
    assertThat(FlowQuestion.of(null, null, null, "192.168.0.81", null).matches(flow)).isFalse();
  }

  @Test
  void aWrongQuestionIsAnsweredWithASentence() {
    assertThatThrownBy(() -> FlowQuestion.of(null, "tpc", null, null, null))
        .hasMessageContaining("\"tpc\" is no protocol");
    assertThatThrownBy(() -> FlowQuestion.of(null, null, null, null, 70_000))
        .hasMessageContaining("0 to 65535");
  }
}
