package dev.holdfast.agent.shell;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.netns.TestNetwork;
import dev.holdfast.api.addr.Family;
import dev.holdfast.api.v1alpha1.KernelSetting;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("Kernel settings in a real kernel")
class KernelSettingsNetnsIT {
  private static final GatewaySettings.Gateway GATEWAY =
      new GatewaySettings.Gateway(
          Set.of(Family.IPV4, Family.IPV6), Set.of("eth0", "eth1"), Set.of("eth1"), true, 1);

  @TempDir Path state = Path.of("");

  private final TestNetwork network = TestNetwork.open();
  private final String router = network.namespace("router");

  @BeforeEach
  void cable() {
    String peer = network.namespace("peer");
    network.cable(router, "eth0", peer, "eth0");
    network.cable(router, "eth1", peer, "eth1");
    network.sysctl(router, "net.ipv4.ip_forward", "0");
    network.sysctl(router, "net.ipv4.conf.all.accept_redirects", "0");
    network.sysctl(router, "net.ipv4.conf.all.rp_filter", "1");
    network.sysctl(router, "net.ipv4.conf.eth1.forwarding", "1");
    network.sysctl(router, "net.ipv6.conf.all.forwarding", "0");
    network.sysctl(router, "net.ipv6.conf.eth0.accept_ra", "1");
    network.sysctl(router, "net.ipv6.conf.eth1.accept_ra", "0");
  }

  @AfterEach
  void close() {
    network.close();
  }

  private String everything() {
    return network.in(
        router,
        "sh",
        "-c",
        "sysctl net.ipv4.ip_forward net.ipv4.conf net.ipv6.conf net.netfilter 2>/dev/null"
            + " | grep -v -e stable_secret -e nf_conntrack_count");
  }

  @Test
  void makeAGatewayAndLeaveNoTrace() {
    String before = everything();
    List<KernelSetting> list =
        network.call(
            router,
            () -> {
              var sysctl = Sysctl.ofThisMachine();
              var settings = new KernelSettings(sysctl, new DiskStore(state));
              settings.apply(GatewaySettings.plan(GATEWAY, sysctl, settings));
              // Killed and started again.
              var restarted = new KernelSettings(sysctl, new DiskStore(state));
              return restarted.apply(GatewaySettings.plan(GATEWAY, sysctl, restarted));
            });

    assertThat(list).allMatch(setting -> setting.problem() == null);
    assertThat(list)
        .contains(
            new KernelSetting("net.ipv4.ip_forward", "1", "0", null),
            new KernelSetting("net.ipv6.conf.all.forwarding", "1", "0", null),
            new KernelSetting("net.ipv6.conf.eth0.accept_ra", "2", "1", null),
            new KernelSetting("net.ipv4.conf.all.rp_filter", "0", "1", null),
            new KernelSetting("net.ipv4.conf.eth0.rp_filter", "1", "0", null));
    assertThat(network.readSysctl(router, "net.ipv6.conf.eth1.accept_ra")).isEqualTo("0");
    assertThat(network.readSysctl(router, "net.netfilter.nf_conntrack_tcp_be_liberal"))
        .isEqualTo("1");

    network.call(
        router,
        () -> {
          new KernelSettings(Sysctl.ofThisMachine(), new DiskStore(state)).restore();
          return true;
        });
    assertThat(everything()).isEqualTo(before);
  }

  @Test
  void thatTheKernelRefusesAreSaid() {
    var wanted = KernelSettings.Wanted.atLeast("net/netfilter/nf_conntrack_max", 1L << 40);
    List<KernelSetting> list =
        network.call(
            router,
            () -> {
              var settings = new KernelSettings(Sysctl.ofThisMachine(), new DiskStore(state));
              return settings.apply(List.of(wanted));
            });
    assertThat(list.getFirst().problem()).startsWith("could not be set to 1099511627776: ");
  }
}
