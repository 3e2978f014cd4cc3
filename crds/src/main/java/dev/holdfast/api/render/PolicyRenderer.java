package dev.holdfast.api.render;

import static dev.holdfast.api.render.Defaults.orElse;

import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.Ipv4Address;
import dev.holdfast.api.addr.Prefix;
import dev.holdfast.api.v1alpha1.ClusterTrafficMode;
import dev.holdfast.api.v1alpha1.FirewallSpec;
import dev.holdfast.api.v1alpha1.GatewayClusterSpec;
import dev.holdfast.api.v1alpha1.LogSpec;
import dev.holdfast.api.v1alpha1.NatSpec;
import dev.holdfast.api.v1alpha1.NetworkRole;
import dev.holdfast.api.v1alpha1.NetworkSpec;
import dev.holdfast.api.v1alpha1.NodeClusterTraffic;
import dev.holdfast.api.v1alpha1.NodeFirewall;
import dev.holdfast.api.v1alpha1.NodeLog;
import dev.holdfast.api.v1alpha1.NodeNat;
import dev.holdfast.api.v1alpha1.NodePortForward;
import dev.holdfast.api.v1alpha1.NodeRule;
import dev.holdfast.api.v1alpha1.PortForwardSpec;
import dev.holdfast.api.v1alpha1.PortRange;
import dev.holdfast.api.v1alpha1.RuleSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The part of {@link Renderer} that is about packets: rules and translation. */
final class PolicyRenderer {

  private PolicyRenderer() {}

  static NodeFirewall firewall(GatewayClusterSpec cluster, KubernetesFacts facts) {
    FirewallSpec firewall =
        orElse(cluster.firewall(), new FirewallSpec(null, null, null, null, null, null, null));
    LogSpec log = orElse(firewall.log(), new LogSpec(null, null));
    return new NodeFirewall(
        orElse(firewall.defaultPolicy(), Defaults.DEFAULT_POLICY),
        rules(cluster, "forward", firewall.forward(), Defaults.FORWARD),
        rules(cluster, "input", firewall.input(), Defaults.INPUT),
        rules(cluster, "output", firewall.output(), Defaults.OUTPUT),
        clusterTraffic(orElse(firewall.clusterTraffic(), Defaults.CLUSTER_TRAFFIC), facts),
        new NodeLog(
            orElse(log.rate(), Defaults.LOG_RATE), orElse(log.prefix(), Defaults.LOG_PREFIX)),
        orElse(firewall.confirmSeconds(), Defaults.CONFIRM_SECONDS));
  }

  private static NodeClusterTraffic clusterTraffic(ClusterTrafficMode mode, KubernetesFacts facts) {
    return switch (mode) {
      case NONE -> NodeClusterTraffic.unknown(mode);
      case AUTO ->
          new NodeClusterTraffic(
              mode,
              Renderer.addressTexts(facts.nodeAddresses()),
              Renderer.networkTexts(facts.podNetworks()),
              Renderer.networkTexts(facts.serviceNetworks()),
              facts.apiEndpoints());
    };
  }

  /**
   * A rule whose role no network has would restrict nothing once resolved, so it is left out; that
   * happens to defaults only, since a user's rule of that kind is a violation.
   */
  private static List<NodeRule> rules(
      GatewayClusterSpec cluster,
      String chain,
      @Nullable List<RuleSpec> given,
      List<RuleSpec> byDefault) {
    List<RuleSpec> specs = orElse(given, byDefault);
    List<NodeRule> rules = new ArrayList<>();
    for (int i = 0; i < specs.size(); i++) {
      RuleSpec spec = specs.get(i);
      if (isReachable(cluster, spec.from()) && isReachable(cluster, spec.to())) {
        rules.add(rule(cluster, orElse(spec.name(), chain + "-" + (i + 1)), spec));
      }
    }
    return rules;
  }

  private static boolean isReachable(GatewayClusterSpec cluster, @Nullable String reference) {
    return reference == null || !resolve(cluster, reference).isEmpty();
  }

  private static NodeRule rule(GatewayClusterSpec cluster, String name, RuleSpec rule) {
    return new NodeRule(
        name,
        rule.from() == null ? List.of() : resolve(cluster, rule.from()),
        rule.to() == null ? List.of() : resolve(cluster, rule.to()),
        families(rule),
        rule.protocol(),
        rule.ports().stream().map(text -> PortRange.parse(text).toString()).toList(),
        Renderer.networkTexts(rule.sources()),
        Renderer.networkTexts(rule.destinations()),
        orElse(rule.action(), Defaults.RULE_ACTION));
  }

  /** The names of the networks that a name or a role means, in the order of the resource. */
  static List<String> resolve(GatewayClusterSpec cluster, String reference) {
    return cluster.networks().stream()
        .filter(network -> network.name().equals(reference) || isRole(network, reference))
        .map(NetworkSpec::name)
        .toList();
  }

  private static boolean isRole(NetworkSpec network, String reference) {
    return switch (network.role()) {
      case WAN -> reference.equals("WAN");
      case LAN -> reference.equals("LAN");
      case SYNC -> reference.equals("Sync");
    };
  }

  private static List<Family> families(RuleSpec rule) {
    if (rule.family() != null) {
      return List.of(rule.family());
    }
    List<Family> named =
        Stream.concat(rule.sources().stream(), rule.destinations().stream())
            .map(text -> Prefix.parse(text).family())
            .distinct()
            .sorted()
            .toList();
    return named.isEmpty() ? List.of(Family.values()) : named;
  }

  static NodeNat nat(GatewayClusterSpec cluster) {
    NatSpec nat = orElse(cluster.nat(), new NatSpec(null, List.of(), List.of()));
    List<NodePortForward> forwards = new ArrayList<>();
    for (int i = 0; i < nat.portForwards().size(); i++) {
      forwards.add(portForward(cluster, "port-forward-" + (i + 1), nat.portForwards().get(i)));
    }
    List<String> sources =
        Stream.concat(
                lans(cluster).flatMap(PolicyRenderer::prefixes),
                nat.sources().stream().map(Prefix::parse))
            .filter(prefix -> prefix.family() == Family.IPV4)
            .map(prefix -> prefix.network().toString())
            .distinct()
            .toList();
    return new NodeNat(orElse(nat.source(), Defaults.SOURCE_NAT), sources, forwards);
  }

  private static NodePortForward portForward(
      GatewayClusterSpec cluster, String name, PortForwardSpec forward) {
    Integer port = forward.port();
    if (port == null) {
      throw new IllegalArgumentException(name + " has no port");
    }
    int colon = forward.to().indexOf(':');
    Ipv4Address host =
        Ipv4Address.parse(colon < 0 ? forward.to() : forward.to().substring(0, colon));
    return new NodePortForward(
        orElse(forward.name(), name),
        resolve(cluster, orElse(forward.from(), Defaults.PORT_FORWARD_FROM)),
        orElse(forward.protocol(), Defaults.PORT_FORWARD_PROTOCOL),
        port,
        host.toString(),
        colon < 0 ? port : Integer.parseInt(forward.to().substring(colon + 1)),
        lans(cluster)
            .filter(lan -> prefixes(lan).anyMatch(prefix -> prefix.contains(host)))
            .map(NetworkSpec::name)
            .findFirst()
            .orElseThrow(() -> new IllegalArgumentException(host + " is in no LAN")));
  }

  private static Stream<NetworkSpec> lans(GatewayClusterSpec cluster) {
    return cluster.networks().stream().filter(network -> network.role() == NetworkRole.LAN);
  }

  /** The prefixes of a network's hosts: of its virtual addresses, and its routes. */
  private static Stream<Prefix> prefixes(NetworkSpec network) {
    return Stream.concat(network.virtualAddresses().stream(), network.routes().stream())
        .map(Prefix::parse);
  }
}
