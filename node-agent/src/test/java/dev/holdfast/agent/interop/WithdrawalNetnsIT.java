package dev.holdfast.agent.interop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.netns.TestNetwork;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What {@code holdfast withdraw} leaves of a router: nothing. Judged by the kernel's own tables.
 */
@DisplayName("A router that was withdrawn")
class WithdrawalNetnsIT {

  private static final long START_MILLIS = 20_000;
  private static final List<String> TABLES = List.of("raw", "mangle", "nat", "filter");
  private static final String SETTINGS =
      "net.ipv4.ip_forward,net.ipv6.conf.all.forwarding,"
          + "net.netfilter.nf_conntrack_tcp_be_liberal,net.ipv4.conf.eth0.promote_secondaries,"
          + "net.ipv4.conf.eth0.rp_filter,net.ipv4.conf.eth0.arp_ignore";

  @TempDir Path folder;

  private static String cluster(boolean virtualMac) {
    return """
        apiVersion: holdfast.dev/v1alpha1
        kind: GatewayCluster
        metadata: {name: leaving, namespace: test}
        spec:
          routers:
            - {node: us, priority: 200}
            - {node: them, priority: 100}
          networks:
            - {name: lan, role: LAN, interface: eth0, virtualRouterId: 51,
               virtualAddresses: [10.50.0.100/24, "fe80::50:100/64", "fd00:50::100/64"]}
          vrrp: {virtualMac: %s}
        """
        .formatted(virtualMac);
  }

  private static List<String> settings(InteropSegment segment, String router) {
    return Stream.of(SETTINGS.split(","))
        .map(name -> name + "=" + segment.network.readSysctl(router, name))
        .toList();
  }

  private static String rules(InteropSegment segment, String router) {
    StringBuilder all = new StringBuilder();
    for (String program :
        List.of("iptables-nft", "ip6tables-nft", "iptables-legacy", "ip6tables-legacy")) {
      for (String table : TABLES) {
        all.append(segment.network.in(router, program, "-w", "-t", table, "-S"));
      }
    }
    return all.toString();
  }

  private static String flows(InteropSegment segment, String router) {
    return segment.network.in(router, "conntrack", "-L");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void hasNothingOfOursLeftAndTheOtherHasTheRole(boolean virtualMac) throws Exception {
    try (InteropSegment segment = new InteropSegment(folder, 1)) {
      List<String> before = settings(segment, segment.us);
      String linksBefore = segment.network.ip(segment.us, "-o link show type macvlan");
      Process active = segment.startOurs(cluster(virtualMac));
      segment.awaitOnlyHolder(segment.us, "10.50.0.100", START_MILLIS);
      segment.startOursInTheirPlace(cluster(virtualMac));
      awaitInSync(segment, segment.us);
      assertThat(rules(segment, segment.us)).contains("HOLDFAST-");
      assertThat(settings(segment, segment.us)).isNotEqualTo(before);

      String said = segment.command(segment.us, "withdraw");

      assertThat(said).contains("nothing of Holdfast");
      assertThat(active.waitFor(10, TimeUnit.SECONDS)).isTrue();
      assertThat(active.exitValue()).isZero();
      segment.awaitOnlyHolder(segment.them, "10.50.0.100", 5_000);
      assertThat(segment.holds(segment.us, "fd00:50::100")).isFalse();
      assertThat(rules(segment, segment.us)).doesNotContain("HOLDFAST-");
      assertThat(settings(segment, segment.us)).isEqualTo(before);
      assertThat(segment.network.ip(segment.us, "-o link show type macvlan"))
          .isEqualTo(linksBefore);
      assertThat(segment.stateFiles(segment.us)).isEmpty();
    }
  }

  @Test
  void hasNoFlowOfTheOtherLeft() throws IOException {
    try (InteropSegment segment = new InteropSegment(folder, 1)) {
      segment.startOurs(cluster(false));
      segment.awaitOnlyHolder(segment.us, "10.50.0.100", START_MILLIS);
      segment.startOursInTheirPlace(cluster(false));
      awaitInSync(segment, segment.us);
      insert(segment, segment.us, "198.51.100.7");
      insert(segment, segment.them, "198.51.100.8");
      TestNetwork.await(
          "the flow is in the backup's kernel",
          Duration.ofSeconds(10),
          () -> flows(segment, segment.them).contains("198.51.100.7"));

      segment.command(segment.them, "withdraw");

      assertThat(flows(segment, segment.them))
          .doesNotContain("198.51.100.7")
          .as("a flow of its own")
          .contains("198.51.100.8");
      assertThat(flows(segment, segment.us)).contains("198.51.100.7");
    }
  }

  private static void insert(InteropSegment segment, String router, String source) {
    String command =
        "conntrack -I -p tcp -s "
            + source
            + " -d 203.0.113.9 --sport 4000 --dport 80 --state ESTABLISHED -u SEEN_REPLY,ASSURED"
            + " -t 3000";
    segment.network.in(router, command.split(" "));
  }

  private static void awaitInSync(InteropSegment segment, String router) {
    TestNetwork.await(
        "the routers are in sync",
        Duration.ofMillis(START_MILLIS),
        () -> segment.status(router).replace(" ", "").contains("\"inSync\":true"));
  }
}
