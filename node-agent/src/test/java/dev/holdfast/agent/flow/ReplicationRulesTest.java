package dev.holdfast.agent.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.api.addr.Prefix;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("What is replicated")
class ReplicationRulesTest {

  /** The router's own and virtual addresses, the Sync network, pods, and one odd prefix length. */
  private static final ReplicationRules RULES =
      new ReplicationRules(
          Stream.of(
                  "10.0.0.11",
                  "10.0.0.10",
                  "192.168.0.3/32",
                  "10.10.1.1/24",
                  "10.42.0.0/16",
                  "172.20.0.0/14",
                  "2001:db8:42::/48",
                  "2001:db8::3",
                  "2001:db8:7:0:8000::/65")
              .map(Prefix::parse)
              .toList(),
          List.of());

  private static Replication judge(String source, String destination) {
    return RULES.judge(Flows.udp(source, 1, destination, 2));
  }

  @Test
  void aTranslatedFlowWhoseAnswersGoToAVirtualAddress() {
    FlowEntry flow =
        Flows.translateSource(
            Flows.tcp("192.168.0.50", 40000, "198.51.100.7", 443), "10.0.0.10", 1024);

    assertThat(RULES.judge(flow)).isEqualTo(Replication.REPLICATED);
  }

  @Test
  void aPortForwardThatWasAskedForAtAVirtualAddress() {
    FlowEntry flow =
        Flows.translateDestination(
            Flows.tcp("198.51.100.7", 40000, "10.0.0.10", 8080), "192.168.0.50", 80);

    assertThat(RULES.judge(flow)).isEqualTo(Replication.REPLICATED);
  }

  @Test
  void notAServiceFlowThatAPodAnswers() {
    FlowEntry flow =
        Flows.translateDestination(
            Flows.tcp("192.168.0.50", 40000, "192.168.0.3", 80), "10.42.0.9", 8080);

    assertThat(RULES.judge(flow)).isEqualTo(Replication.IGNORED_REPLY_SOURCE);
  }

  @ParameterizedTest(name = "{0} to {1}: {2}")
  @CsvSource({
    "192.168.0.50, 198.51.100.7, REPLICATED",
    "10.0.0.11, 198.51.100.7, IGNORED_SOURCE",
    "10.0.0.10, 198.51.100.7, IGNORED_SOURCE",
    "192.168.0.50, 192.168.0.3, IGNORED_REPLY_SOURCE",
    "10.10.1.2, 10.10.1.99, IGNORED_SOURCE",
    "10.10.2.2, 198.51.100.7, REPLICATED",
    "172.19.255.255, 198.51.100.7, REPLICATED",
    "172.20.0.0, 198.51.100.7, IGNORED_SOURCE",
    "172.23.255.255, 198.51.100.7, IGNORED_SOURCE",
    "172.24.0.0, 198.51.100.7, REPLICATED",
    "127.0.0.1, 127.0.0.1, IGNORED_SOURCE",
    "192.168.0.50, 239.255.37.81, NOT_UNICAST",
    "192.168.0.50, 255.255.255.255, NOT_UNICAST",
    "0.0.0.0, 255.255.255.255, NOT_UNICAST",
    "2001:db8::50, 2001:db8:1::7, REPLICATED",
    "2001:db8::3, 2001:db8:1::7, IGNORED_SOURCE",
    "2001:db8:42:1::9, 2001:db8:1::7, IGNORED_SOURCE",
    "2001:db8:43:1::9, 2001:db8:1::7, REPLICATED",
    "2001:db8:7::1, 2001:db8:1::7, REPLICATED",
    "2001:db8:7:0:8000::1, 2001:db8:1::7, IGNORED_SOURCE",
    "2001:db8::50, 2001:db8:42::7, IGNORED_REPLY_SOURCE",
    "fe80::1, fe80::2, IGNORED_SOURCE",
    "febf::1, fe80::2, IGNORED_SOURCE",
    "fec0::1, 2001:db8:1::7, REPLICATED",
    "::1, ::1, IGNORED_SOURCE",
    "2001:db8::50, ff02::1, NOT_UNICAST",
    "::, 2001:db8:1::7, NOT_UNICAST",
  })
  void byWhoBeganAndWhoReallyAnswers(String source, String destination, Replication expected) {
    assertThat(judge(source, destination)).isEqualTo(expected);
  }

  @Test
  void onlyTheProtocolsThatAreListed() {
    var rules = new ReplicationRules(List.of(), List.of(IpProtocol.TCP, 255));

    assertThat(rules.judge(Flows.tcp("192.168.0.50", 1, "198.51.100.7", 2)))
        .isEqualTo(Replication.REPLICATED);
    assertThat(rules.judge(Flows.udp("192.168.0.50", 1, "198.51.100.7", 2)))
        .isEqualTo(Replication.IGNORED_PROTOCOL);
    assertThatThrownBy(() -> new ReplicationRules(List.of(), List.of(256)))
        .hasMessageContaining("256");
  }

  @Test
  void aPrefixOfLengthZeroIgnoresItsWholeFamily() {
    var rules = new ReplicationRules(List.of(Prefix.parse("0.0.0.0/0")), List.of());

    assertThat(rules.judge(Flows.udp("192.168.0.50", 1, "198.51.100.7", 2)))
        .isEqualTo(Replication.IGNORED_SOURCE);
    assertThat(rules.judge(Flows.udp("2001:db8::1", 1, "2001:db8::2", 2)))
        .isEqualTo(Replication.REPLICATED);
  }

  @Test
  void anExpectationWhereItsMasterIsReplicated() {
    ExpectEntry expectation = Flows.expectation(50302);
    assertThat(RULES.judge(expectation)).isEqualTo(Replication.REPLICATED);

    Flows.tuple(expectation.master, IpProtocol.TCP, "10.0.0.11", "198.51.100.7");
    assertThat(RULES.judge(expectation)).isEqualTo(Replication.IGNORED_SOURCE);
  }
}
