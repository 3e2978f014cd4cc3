package dev.holdfast.agent.shell;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.holdfast.agent.linux.Names;
import dev.holdfast.agent.netns.TestNetwork;
import dev.holdfast.agent.shell.Preflight.Finding;
import dev.holdfast.agent.shell.Preflight.Severity;
import dev.holdfast.api.addr.Family;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("What the preflight finds")
class PreflightNetnsIT {
  private static final Preflight.Needs NEEDS =
      new Preflight.Needs(Set.of(Family.IPV4, Family.IPV6), Set.of("eth0"), true, 1);

  @TempDir Path folder = Path.of("");

  private final TestNetwork network = TestNetwork.open();
  private final String router = network.namespace("router");

  @BeforeEach
  void cable() {
    network.cable(router, "eth0", network.namespace("peer"), "eth0");
  }

  @AfterEach
  void close() {
    network.close();
  }

  private List<Finding> check(Preflight preflight, Preflight.Needs needs) {
    return network.call(router, () -> preflight.check(needs));
  }

  @Test
  void isNothingOnAMachineThatHasEverything() {
    assertThat(check(Preflight.ofThisMachine(), NEEDS)).isEmpty();
  }

  @Test
  void namesMissingCapabilities() throws IOException {
    fake("self/status", "Name:\tjava\nCapEff:\t0000000000001000\n");
    fake("sys/net/netfilter/nf_conntrack_max", "262144\n");
    fake("sys/net/ipv6/conf/all/forwarding", "0\n");
    var preflight = new Preflight(folder, folder.resolve("run"));
    assertThat(check(preflight, NEEDS))
        .extracting(Finding::severity, Finding::subject)
        .containsExactly(
            tuple(Severity.BLOCKING, "CAP_NET_RAW"), tuple(Severity.WARNING, "CAP_SYS_NICE"));
  }

  private void fake(String path, String text) throws IOException {
    Path file = folder.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  @Test
  void namesWhatTheKernelLacks() throws IOException {
    fake("self/status", "CapEff:\tffffffffffffffff\n");
    assertThat(check(new Preflight(folder, folder.resolve("run")), NEEDS))
        .extracting(Finding::subject)
        .containsExactly("IPv6", "nf_conntrack");
  }

  @Test
  void namesATableThatIsTooSmallAndAnInterfaceThatIsNotThere() {
    var needs = new Preflight.Needs(Set.of(Family.IPV4), Set.of("eth7"), true, Long.MAX_VALUE);
    assertThat(check(Preflight.ofThisMachine(), needs))
        .extracting(Finding::subject)
        .containsExactly("nf_conntrack_max", "eth7");
  }

  @Test
  void namesWhoElseManagesTheInterface() throws IOException {
    int index = network.call(router, () -> Names.interfaceIndex("eth0"));
    fake("run/systemd/netif/links/" + index, "ADMIN_STATE=configured\nOPER_STATE=routable\n");
    var preflight = new Preflight(Path.of("/proc"), folder.resolve("run"));
    assertThat(check(preflight, NEEDS))
        .singleElement()
        .asString()
        .startsWith("eth0: systemd-networkd manages this interface too");

    fake("run/systemd/netif/links/" + index, "ADMIN_STATE=unmanaged\n");
    fake("run/NetworkManager/devices/" + index, "[device]\nmanaged-type=full\n");
    assertThat(check(preflight, NEEDS))
        .singleElement()
        .asString()
        .startsWith("eth0: NetworkManager manages this interface too");
  }

  @Test
  void namesANodeThatKubernetesKnowsByItsWan() {
    network.ip(router, "addr add 203.0.113.5/24 dev eth0");

    assertThat(nodeAddresses("203.0.113.5", "192.168.0.2"))
        .singleElement()
        .asString()
        .startsWith("eth0: 203.0.113.5 is this node's InternalIP and on a WAN");
    assertThat(nodeAddresses("192.168.0.1", "2001:db8::1")).isEmpty();
  }

  private List<Finding> nodeAddresses(String... addresses) {
    return network.call(
        router, () -> Preflight.ofThisMachine().nodeAddresses(Set.of("eth0"), List.of(addresses)));
  }

  @Test
  void namesARivalInTheSameNamespaceOnly() throws IOException {
    // A process of that name, without being one.
    Path program = folder.resolve("keepalived");
    Files.copy(Path.of("/bin/sleep"), program);
    Process rival =
        new ProcessBuilder("ip", "netns", "exec", router, program.toString(), "30").start();
    try {
      TestNetwork.await(
          "the rival is found",
          Duration.ofSeconds(3),
          () -> check(Preflight.ofThisMachine(), NEEDS).size() == 1);
      assertThat(check(Preflight.ofThisMachine(), NEEDS).getFirst().toString())
          .startsWith("keepalived: runs here as process ");
      assertThat(Preflight.ofThisMachine().check(NEEDS))
          .as("in another namespace")
          .noneMatch(finding -> finding.subject().equals("keepalived"));
    } finally {
      rival.destroyForcibly();
    }
  }
}
