package dev.holdfast.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.MacAddress;
import dev.holdfast.api.addr.Prefix;
import dev.holdfast.lab.net.Attachment;
import dev.holdfast.lab.net.Blueprint;
import dev.holdfast.lab.net.Machine;
import dev.holdfast.lab.net.NetworkSite;
import dev.holdfast.lab.net.Route;
import dev.holdfast.lab.net.Router;
import dev.holdfast.lab.net.TopologyPlanner;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("What the lab builds from a GatewayCluster")
class BlueprintTest {

  @Test
  void theArticlesRoutersGetTheArticlesAddresses() {
    Blueprint article = blueprint(null, true);

    assertThat(addresses(article, "router-a"))
        .containsExactly("10.0.0.11/24", "192.168.0.1/24", "10.10.1.1/24");
    assertThat(addresses(article, "router-b"))
        .containsExactly("10.0.0.12/24", "192.168.0.2/24", "10.10.1.2/24");
  }

  @Test
  void theArticlesModemIsTheNextHopAndTheInternetLiesBehindIt() {
    Blueprint article = blueprint(null, true);

    assertThat(addresses(article, "modem")).containsExactly("10.0.0.1/24", "198.51.100.1/24");
    assertThat(addresses(article, "internet-host")).containsExactly("198.51.100.10/24");
    assertThat(article.machine("router-a").routes())
        .containsExactly(new Route(Prefix.parse("0.0.0.0/0"), IpAddress.parse("10.0.0.1"), "eth0"));
  }

  @Test
  void lanHostsKnowTheVirtualAddressAsTheirGateway() {
    Blueprint article = blueprint(null, true);

    assertThat(addresses(article, "lan-host")).containsExactly("192.168.0.100/24");
    assertThat(article.machine("lan-host").routes())
        .contains(new Route(Prefix.parse("0.0.0.0/0"), IpAddress.parse("192.168.0.3"), "eth0"));
  }

  @Test
  void theModemKnowsTheLanOnlyWhereNobodyTranslates() {
    Route back = new Route(Prefix.parse("192.168.0.0/24"), IpAddress.parse("10.0.0.10"), "eth0");

    assertThat(blueprint(null, true).machine("modem").routes()).contains(back);
    assertThat(blueprint(null, false).machine("modem").routes()).doesNotContain(back);
  }

  @Test
  void routersComeFirstAmongTheSwitchPorts() {
    NetworkSite wan = blueprint(null, true).topology().network("wan");

    assertThat(wan.ports())
        .containsExactly(
            new NetworkSite.Port("port1", "router-a", true),
            new NetworkSite.Port("port2", "router-b", true),
            new NetworkSite.Port("port3", "modem", false));
    assertThat(wan.virtualRouters().getFirst().vrid()).isEqualTo(10);
  }

  @ParameterizedTest
  @ValueSource(strings = {"article", "beside-keepalived", "dual-stack", "three-routers", "unicast"})
  void everyExampleGetsUniqueNamesAddressesAndMacAddresses(String example) {
    Blueprint blueprint = blueprint(Path.of("../docs/examples/" + example + ".yaml"), true);
    var namespaces = new HashSet<String>();
    var macs = new HashSet<MacAddress>();
    var addresses = new HashSet<IpAddress>();

    for (Machine machine : blueprint.machines()) {
      assertThat(namespaces.add(machine.namespace().name())).isTrue();
      for (Attachment attachment : machine.attachments()) {
        assertThat(macs.add(attachment.mac())).isTrue();
        attachment.addresses().stream()
            .map(Prefix::address)
            .filter(address -> !address.isLinkLocal())
            .forEach(address -> assertThat(addresses.add(address)).as("%s", address).isTrue());
      }
    }
    blueprint.topology().networks().stream()
        .flatMap(n -> n.virtualAddresses().stream())
        .forEach(virtual -> assertThat(addresses).doesNotContain(virtual.address()));
    assertThat(namespaces).allMatch(name -> name.startsWith("hf-test-"));
  }

  @Test
  void inDualStackBothFamiliesHaveAWayOutAndBack() {
    Blueprint dual = blueprint(Path.of("../docs/examples/dual-stack.yaml"), true);

    assertThat(dual.topology().internetHost().address(Family.IPV4)).isPresent();
    assertThat(dual.topology().internetHost().address(Family.IPV6)).isPresent();
    assertThat(dual.machine("lan-host").routes())
        .extracting(Route::via)
        .contains(IpAddress.parse("192.168.0.3"), IpAddress.parse("fe80::3"));
    assertThat(dual.machine("router-a").routes())
        .extracting(Route::via)
        .startsWith(IpAddress.parse("10.0.0.1"), IpAddress.parse("fe80::1"));
    assertThat(dual.machine("modem").routes())
        .extracting(Route::destination)
        .contains(Prefix.parse("2001:db8:0:2::/64"), Prefix.parse("192.168.64.0/18"));
  }

  @Test
  void aPodStandsOnEachRouterAndIsKnownByItsOwnAddress() {
    Blueprint article = blueprint(null, false);

    assertThat(article.topology().pods())
        .extracting(pod -> pod.node() + " " + pod.address())
        .containsExactly("router-a 10.42.0.5/24", "router-b 10.42.1.5/24");
    Prefix podsOfB = Prefix.parse("10.42.1.0/24");
    assertThat(article.machine("modem").routes())
        .contains(new Route(podsOfB, IpAddress.parse("10.0.0.12"), "eth0"));
    assertThat(article.machine("lan-host").routes())
        .contains(new Route(podsOfB, IpAddress.parse("192.168.0.2"), "eth0"));
  }

  @Test
  void aHostStandsBehindALanThatHasRoutes() {
    Blueprint dual = blueprint(Path.of("../docs/examples/dual-stack.yaml"), false);

    assertThat(dual.topology().routedHosts())
        .extracting(host -> host.address(Family.IPV4).orElseThrow())
        .containsExactly(IpAddress.parse("192.168.64.100"));
    IpAddress inner =
        dual.machine("inner-lan").attachments().getFirst().address(Family.IPV4).orElseThrow();
    assertThat(dual.machine("router-a").routes())
        .contains(new Route(Prefix.parse("192.168.64.0/18"), inner, "eth1"));
    assertThat(blueprint(null, false).topology().routedHosts()).isEmpty();
  }

  @Test
  void interfaceNamesAreThoseOfTheResource(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("names.yaml");
    Files.writeString(
        file,
        Files.readString(Path.of("../docs/examples/article.yaml"))
            .replace(
                "    - node: router-b\n",
                "    - node: router-b\n      interfaces: {lan: enp3s0, wan: enp1s0}\n"));

    Router other = blueprint(file, true).topology().router("router-b");

    assertThat(other.attachments())
        .extracting(Attachment::interfaceName)
        .containsExactly("enp1s0", "enp3s0", "eth2");
  }

  @Test
  void aClusterThatNoTrafficCanPassIsRefused(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("no-wan.yaml");
    Files.writeString(
        file,
        """
        apiVersion: holdfast.dev/v1alpha1
        kind: GatewayCluster
        metadata: {name: home}
        spec:
          routers: [{node: a, priority: 100}, {node: b, priority: 50}]
          networks:
            - {name: lan, role: LAN, interface: eth1, virtualRouterId: 11, virtualAddresses: [192.168.0.3/24]}
        """);

    assertThatThrownBy(() -> blueprint(file, true))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no network of role WAN");
  }

  @Test
  void everyViolationIsSaidBeforeAnythingIsBuilt(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("twice.yaml");
    Files.writeString(
        file,
        Files.readString(Path.of("../docs/examples/article.yaml"))
            .replace("virtualRouterId: 11", "virtualRouterId: 999")
            .replace("10.0.0.10/24", "10.0.0.300/24"));

    assertThatThrownBy(() -> ClusterFile.read(file))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("spec.networks[0].virtualAddresses[0]: ")
        .hasMessageContaining("spec.networks[1].virtualRouterId: ");
  }

  @Test
  void theLanHostHasTheAddressesThatPortForwardsLeadTo(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("forward.yaml");
    Files.writeString(
        file,
        Files.readString(Path.of("../docs/examples/article.yaml"))
            + "  nat: {portForwards: [{port: 8080, to: \"192.168.0.50:80\"}]}\n");

    assertThat(addresses(blueprint(file, true), "lan-host"))
        .containsExactly("192.168.0.100/24", "192.168.0.50/24");
  }

  private static Blueprint blueprint(@Nullable Path file, boolean known) {
    return TopologyPlanner.plan("hf-test-", ClusterFile.read(file).nodes(), known);
  }

  private static List<String> addresses(Blueprint blueprint, String machine) {
    Stream<Attachment> attachments = blueprint.machine(machine).attachments().stream();
    return attachments.flatMap(a -> a.addresses().stream()).map(Prefix::toString).toList();
  }
}
