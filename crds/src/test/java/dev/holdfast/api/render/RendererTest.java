package dev.holdfast.api.render;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.holdfast.api.Examples;
import dev.holdfast.api.Golden;
import dev.holdfast.api.addr.Family;
import dev.holdfast.api.v1alpha1.GatewayClusterSpec;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import dev.holdfast.api.v1alpha1.NodeRule;
import dev.holdfast.api.v1alpha1.NodeVirtualRouter;
import dev.holdfast.api.v1alpha1.RouterSpec;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayName("What each router gets from one GatewayCluster")
class RendererTest {

  static Stream<String> examples() {
    return Examples.names().stream();
  }

  static GatewayNodeSpec render(String example, String node) {
    return Renderer.render(Examples.identity(example), Examples.spec(example), node);
  }

  @ParameterizedTest
  @MethodSource("examples")
  void everyRouterOfEveryExampleGetsExactlyTheCommittedText(String example) throws IOException {
    for (RouterSpec router : Examples.spec(example).routers()) {
      String made = Examples.YAML.writeValueAsString(render(example, router.node()));

      Golden.check(
          Path.of("src/test/resources/rendered/%s.%s.yaml".formatted(example, router.node())),
          made);
    }
  }

  @ParameterizedTest
  @MethodSource("examples")
  void whatIsRenderedReadsBackAsTheSame(String example) throws JsonProcessingException {
    for (RouterSpec router : Examples.spec(example).routers()) {
      GatewayNodeSpec spec = render(example, router.node());

      assertThat(
              Examples.YAML.readValue(
                  Examples.YAML.writeValueAsString(spec), GatewayNodeSpec.class))
          .isEqualTo(spec);
    }
  }

  @Test
  void aRouterThatIsNotListedIsNamedBesideThoseThatAre() {
    assertThatThrownBy(() -> render("article", "router-c"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("no router \"router-c\" in spec.routers, which lists router-a, router-b");
  }

  @Test
  void versionTwoAdvertisesEverySecondUnlessToldOtherwise() {
    assertThat(render("beside-keepalived", "router-a").vrrp().advertisementInterval())
        .isEqualTo("1s");
    assertThat(render("article", "router-a").vrrp().advertisementIntervalNanos())
        .isEqualTo(100_000_000L);
  }

  @Test
  void ipv6SpeaksVersionThreeEvenBesideVersionTwo() {
    GatewayClusterSpec dual = Examples.spec("dual-stack");
    GatewayClusterSpec versionTwo =
        new GatewayClusterSpec(
            dual.routers(),
            dual.networks(),
            Examples.spec("beside-keepalived").vrrp(),
            null,
            null,
            null,
            null,
            null,
            null);

    GatewayNodeSpec spec =
        Renderer.render(new GatewayIdentity("dual", "default", 1), versionTwo, "router-a");

    assertThat(spec.networks().getFirst().virtualRouters())
        .extracting(NodeVirtualRouter::family, NodeVirtualRouter::version)
        .containsExactly(tuple(Family.IPV4, 2), tuple(Family.IPV6, 3));
  }

  @Test
  @DisplayName("the first IPv6 address is link-local (RFC 9568 section 5.2.9)")
  void theFirstIpv6AddressIsLinkLocal() {
    GatewayNodeSpec spec = render("dual-stack", "router-a");

    assertThat(spec.network("wan").orElseThrow().virtualRouter(Family.IPV6).orElseThrow())
        .extracting(NodeVirtualRouter::virtualAddresses)
        .isEqualTo(List.of("fe80::200:5eff:fe00:20a/64", "2001:db8:0:1::10/64"));
    assertThat(spec.network("lan").orElseThrow().virtualRouter(Family.IPV6).orElseThrow())
        .extracting(NodeVirtualRouter::virtualAddresses)
        .isEqualTo(List.of("fe80::3/64", "2001:db8:0:2::3/64"));
  }

  @Test
  void aRoleMeansEveryNetworkThatHasIt() {
    GatewayNodeSpec spec = render("three-routers", "north");

    assertThat(spec.firewall().input().getFirst().from()).containsExactly("office", "lab");
  }

  @Test
  void aDefaultRuleForARoleThatNoNetworkHasIsLeftOutInsteadOfOpeningEverything() {
    GatewayClusterSpec article = Examples.spec("article");
    GatewayClusterSpec withoutLan =
        new GatewayClusterSpec(
            article.routers(),
            article.networks().stream().filter(network -> !network.name().equals("lan")).toList(),
            null,
            null,
            null,
            null,
            null,
            null,
            null);

    GatewayNodeSpec spec =
        Renderer.render(new GatewayIdentity("home", "default", 1), withoutLan, "router-a");

    assertThat(spec.firewall().forward()).isEmpty();
    assertThat(spec.firewall().input()).isEmpty();
    assertThat(spec.firewall().output()).extracting(NodeRule::to).containsOnly(List.of("wan"));
  }

  @Test
  void aRuleIsForTheFamilyOfItsAddressesAndForBothWithoutAny() {
    List<NodeRule> forward = render("dual-stack", "router-a").firewall().forward();

    assertThat(forward.getFirst().families()).containsExactly(Family.IPV4, Family.IPV6);
    assertThat(forward.getLast().families()).containsExactly(Family.IPV6);
    assertThat(forward.getLast().destinations()).containsExactly("2001:db8:0:2::80/128");
  }

  @Test
  void sourcesAreTranslatedForTheLansTheirRoutesAndTheFurtherOnesOfIpv4() {
    assertThat(render("three-routers", "north").nat().sources())
        .containsExactly("172.16.0.0/22", "172.20.0.0/16", "172.16.8.0/24", "10.99.0.0/16");
    assertThat(render("dual-stack", "router-a").nat().sources())
        .containsExactly("192.168.0.0/24", "192.168.64.0/18");
  }

  @Test
  void aPortForwardKnowsTheLanItsHostIsBehind() {
    assertThat(render("three-routers", "north").nat().portForwards())
        .extracting("name", "toAddress", "toPort", "toNetwork")
        .containsExactly(
            tuple("port-forward-1", "172.16.0.50", 80, "office"),
            tuple("vpn", "172.20.1.9", 51820, "office"));
  }

  @Test
  void aUnicastPeerListLeavesTheRoutersOwnAddressOut() {
    assertThat(render("unicast", "router-b").flowSync().conntrackd())
        .extracting("peers")
        .isEqualTo(List.of("10.10.1.1"));
  }

  @Test
  void kubernetesNetworksAreLetThroughAndNotReplicated() {
    var facts =
        new KubernetesFacts(
            List.of("10.0.0.11", "10.0.0.12"),
            List.of("10.42.0.0/16"),
            List.of("10.43.0.0/16"),
            List.of("10.0.0.11:6443"));

    GatewayNodeSpec spec =
        Renderer.render(Examples.identity("unicast"), Examples.spec("unicast"), "router-a", facts);

    assertThat(spec.flowSync().ignore())
        .containsExactly("10.50.0.0/16", "10.42.0.0/16", "10.43.0.0/16");
    assertThat(spec.firewall().clusterTraffic().nodeAddresses())
        .containsExactly("10.0.0.11", "10.0.0.12");
  }
}
