package dev.holdfast.lab.stack;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.holdfast.api.addr.Family;
import dev.holdfast.api.render.GatewayIdentity;
import dev.holdfast.api.render.Renderer;
import dev.holdfast.api.v1alpha1.GatewayClusterSpec;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import dev.holdfast.lab.net.Topology;
import dev.holdfast.lab.net.TopologyPlanner;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("keepalived, conntrackd and iptables, configured from the resource")
class ArticleStackTest {

  @Test
  void keepalivedMovesBothNetworksTogetherAndTellsConntrackd() {
    String text = keepalived("article", 0);

    assertThat(text)
        .contains("    group {\n        wan-ipv4\n        lan-ipv4\n    }\n")
        .contains("notify_master \"/lab/role.sh primary\"")
        .contains("notify_backup \"/lab/role.sh backup\"")
        .contains("notify_fault \"/lab/role.sh fault\"");
  }

  @Test
  void keepalivedSpeaksTheResourcesVersionAndTimers() {
    assertThat(keepalived("article", 0)).contains("    version 3\n", "    advert_int 0.1\n");
    assertThat(keepalived("beside-keepalived", 0))
        .contains("    version 2\n", "    advert_int 1\n", "        auth_pass s3cret\n");
  }

  @Test
  void theBetterRouterBeginsAsMasterWithTheArticlesPriority() {
    assertThat(keepalived("article", 0)).contains("    state MASTER\n", "    priority 100\n");
    assertThat(keepalived("article", 1)).contains("    state BACKUP\n", "    priority 50\n");
  }

  @Test
  void virtualAddressesHaveTheirBroadcastAddress() {
    assertThat(keepalived("article", 0))
        .contains("        10.0.0.10/24 brd 10.0.0.255 dev eth0\n")
        .contains("        192.168.0.3/24 brd 192.168.0.255 dev eth1\n");
  }

  @Test
  void ipv6IsAVersion3InstanceThatBeginsWithTheLinkLocalAddress() {
    assertThat(keepalived("dual-stack", 0))
        .contains(
            """
                virtual_ipaddress {
                    fe80::3/64 dev eth1
                    2001:db8:0:2::3/64 dev eth1
                }
            """);
  }

  @Test
  void withAVirtualMacTheRulesNameTheInterfaceThatHasIt() {
    assertThat(keepalived("unicast", 0))
        .contains("    use_vmac vrrp4.11\n", "        192.168.0.3/24 brd 192.168.0.255\n");
    assertThat(rules("unicast", SourceTranslation.SNAT, Family.IPV4))
        .contains("-A FORWARD -s 192.168.0.0/24 -i vrrp4.11 -o eth0 -m conntrack")
        .contains("-A POSTROUTING -o vrrp4.10 -s 192.168.0.0/24 -j SNAT");
  }

  @Test
  void conntrackdListensOnTheSyncNetworkAndLeavesOwnAddressesOut() {
    String text = conntrackd("article", 1);

    assertThat(text)
        .contains("Mode FTFW", "IPv4_interface 10.10.1.2", "Interface eth2", "Group 3780")
        .contains("HashSize 32768", "HashLimit 131072")
        .contains("IPv4_address 127.0.0.1", "IPv4_address 10.0.0.12", "IPv4_address 192.168.0.2")
        .contains("LockFile /lab/conntrack.lock", "Path /lab/conntrackd.ctl")
        .doesNotContain("UDP");
  }

  @Test
  void whatTheResourceSaysOfConntrackdWins() {
    assertThat(conntrackd("beside-keepalived", 0))
        .contains("        Protocol Accept {\n            TCP\n            UDP\n        }\n");
  }

  @Test
  void theArticlesRulesNameTheResourcesInterfacesAndPrefixes() {
    String text = rules("article", SourceTranslation.MASQUERADE, Family.IPV4);

    assertThat(text)
        .contains("-A POSTROUTING -o eth0 -j MASQUERADE\n")
        .contains(
            "-A FORWARD -s 192.168.0.0/24 -i eth1 -o eth0 -m conntrack --ctstate NEW -j ACCEPT\n")
        .contains(":INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT DROP [0:0]\n")
        .contains("-A INPUT -i eth2 -j ACCEPT\n", "-A OUTPUT -o eth2 -j ACCEPT\n");
  }

  @Test
  void snatGoesToTheVirtualAddressOfTheWan() {
    assertThat(rules("article", SourceTranslation.SNAT, Family.IPV4))
        .contains("-A POSTROUTING -o eth0 -s 192.168.0.0/24 -j SNAT --to-source 10.0.0.10\n")
        .doesNotContain("MASQUERADE");
    assertThat(rules("article", SourceTranslation.NONE, Family.IPV4)).doesNotContain("SNAT");
  }

  @Test
  void ipv6IsFilteredAndNeverTranslated() {
    assertThat(rules("dual-stack", SourceTranslation.SNAT, Family.IPV6))
        .doesNotContain("*nat")
        .contains("-A INPUT -p ipv6-icmp -j ACCEPT\n")
        .contains(
            "-A FORWARD -s 2001:db8:0:2::/64 -i eth1 -o eth0 -m conntrack --ctstate NEW -j"
                + " ACCEPT\n");
  }

  private static String keepalived(String example, int router) {
    List<GatewayNodeSpec> nodes = nodes(example);
    return KeepalivedConfig.text(nodes.get(router), topology(nodes), "/lab/role.sh");
  }

  private static String conntrackd(String example, int router) {
    List<GatewayNodeSpec> nodes = nodes(example);
    GatewayNodeSpec node = nodes.get(router);
    var said = node.flowSync().conntrackd();
    return ConntrackdConfig.text(
        said == null ? ConntrackdConfig.ARTICLE : said,
        node.networks(),
        topology(nodes).router(node.node()),
        Path.of("/lab"));
  }

  private static String rules(String example, SourceTranslation translation, Family family) {
    return ArticleRules.text(nodes(example).getFirst(), translation, family);
  }

  private static Topology topology(List<GatewayNodeSpec> nodes) {
    return TopologyPlanner.plan("hf-test-", nodes, true).topology();
  }

  private static List<GatewayNodeSpec> nodes(String example) {
    try {
      var yaml = YAMLMapper.builder().build();
      var document = yaml.readTree(Path.of("../docs/examples/" + example + ".yaml").toFile());
      var spec = yaml.treeToValue(document.get("spec"), GatewayClusterSpec.class);
      var identity = new GatewayIdentity("test", "default", 0);
      return spec.routers().stream()
          .map(router -> Renderer.render(identity, spec, router.node()))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
