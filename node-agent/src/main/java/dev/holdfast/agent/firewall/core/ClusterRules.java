package dev.holdfast.agent.firewall.core;

import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Prefix;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import dev.holdfast.api.v1alpha1.NetworkRole;
import dev.holdfast.api.v1alpha1.NodeClusterTraffic;
import dev.holdfast.api.v1alpha1.NodeNetwork;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Kubernetes' own traffic, as sketches of one family: everything between the nodes' InternalIPs and
 * the pod networks, and the API servers. An address is believed on the network that holds it only:
 * a node of the LAN does not come in from the WAN.
 */
final class ClusterRules {

  static final String ORIGIN = "firewall.clusterTraffic";

  private final Networks networks;
  private final Family family;
  private final List<IpAddress> nodes;
  private final List<Prefix> pods;
  private final List<Prefix> services;
  private final List<Endpoint> apiServers;

  /** Where an API server listens. */
  private record Endpoint(IpAddress address, int port) {

    /** Reads {@code 10.0.0.5:6443} or {@code [2001:db8::5]:6443}. */
    static Endpoint parse(String text) {
      int colon = text.lastIndexOf(':');
      String host = text.substring(0, colon);
      return new Endpoint(
          IpAddress.parse(host.startsWith("[") ? host.substring(1, host.length() - 1) : host),
          Integer.parseInt(text.substring(colon + 1)));
    }
  }

  ClusterRules(GatewayNodeSpec spec, Networks networks, Family family) {
    NodeClusterTraffic traffic = spec.firewall().clusterTraffic();
    this.networks = networks;
    this.family = family;
    this.nodes =
        traffic.nodeAddresses().stream()
            .map(IpAddress::parse)
            .filter(address -> address.family() == family)
            .toList();
    this.pods = prefixes(traffic.podNetworks());
    this.services = prefixes(traffic.serviceNetworks());
    this.apiServers =
        traffic.apiEndpoints().stream()
            .map(Endpoint::parse)
            .filter(endpoint -> endpoint.address().family() == family)
            .toList();
  }

  private List<Prefix> prefixes(List<String> texts) {
    return texts.stream().map(Prefix::parse).filter(prefix -> prefix.family() == family).toList();
  }

  List<Prefix> pods() {
    return pods;
  }

  /** What may reach the router. */
  List<RuleSketch> input() {
    List<RuleSketch> rules = new ArrayList<>();
    for (IpAddress node : nodes) {
      rules.add(rule("node").in(interfaces(node)).from(List.of(Prefix.host(node))));
    }
    if (!pods.isEmpty() && !nodes.isEmpty()) {
      rules.add(rule("pods").in(interfacesOfNodes()).from(pods));
    }
    return rules;
  }

  /**
   * Packets from the LANs to services that arrive here still under the service's address, as with
   * kube-proxy's IPVS mode: they are Kubernetes' business, so the judging ends without a verdict.
   */
  List<RuleLine> leftToKubernetes() {
    List<String> lans = networks.interfaces(NetworkRole.LAN);
    return services.isEmpty() || lans.isEmpty()
        ? List.of()
        : rule("services").in(lans).to(services).lines("RETURN");
  }

  /** What may leave the router. */
  List<RuleSketch> output() {
    List<RuleSketch> rules = new ArrayList<>();
    for (IpAddress node : nodes) {
      rules.add(rule("node").out(interfaces(node)).to(List.of(Prefix.host(node))));
    }
    if (!pods.isEmpty() && !nodes.isEmpty()) {
      rules.add(rule("pods").out(interfacesOfNodes()).to(pods));
    }
    for (Endpoint api : apiServers) {
      if (!nodes.contains(api.address())) {
        rules.add(
            rule("api-server")
                .out(interfaces(api.address()))
                .to(List.of(Prefix.host(api.address())))
                .protocol("tcp", "-m tcp --dport " + api.port()));
      }
    }
    return rules;
  }

  /**
   * Between nodes on two LANs, when there are such: first the rules that lead to {@code chain},
   * which holds {@link #forwardTargets}.
   */
  List<RuleLine> forwardSources(String chain) {
    if (!crossesLans()) {
      return List.of();
    }
    return Stream.concat(nodes.stream().map(Prefix::host), pods.stream())
        .map(prefix -> new RuleLine("-s " + prefix + " -j " + chain, ORIGIN))
        .toList();
  }

  /** Where packets between nodes may go. */
  List<RuleLine> forwardTargets() {
    if (!crossesLans()) {
      return List.of();
    }
    List<String> lans = networks.interfaces(NetworkRole.LAN);
    List<Prefix> targets = Stream.concat(nodes.stream().map(Prefix::host), pods.stream()).toList();
    return rule("cluster").in(lans).out(lans).to(targets).lines("ACCEPT");
  }

  private boolean crossesLans() {
    return networksOfNodes().stream()
            .filter(network -> network.role() == NetworkRole.LAN)
            .limit(2)
            .count()
        > 1;
  }

  private static RuleSketch rule(String comment) {
    return RuleSketch.accept(ORIGIN, comment);
  }

  private List<String> interfaces(IpAddress address) {
    return networks.interfaces(networks.holding(address));
  }

  /**
   * Packets of pods that are routed without a tunnel come and go where nodes are. From a WAN they
   * are not believed, unless all nodes are there.
   */
  private List<String> interfacesOfNodes() {
    List<NodeNetwork> ofNodes = networksOfNodes();
    List<NodeNetwork> inside =
        ofNodes.stream().filter(network -> network.role() != NetworkRole.WAN).toList();
    return networks.interfaces(inside.isEmpty() ? ofNodes : inside);
  }

  private List<NodeNetwork> networksOfNodes() {
    TreeSet<String> names = new TreeSet<>();
    for (IpAddress node : nodes) {
      networks.holding(node).forEach(network -> names.add(network.name()));
    }
    return networks.all().stream().filter(network -> names.contains(network.name())).toList();
  }
}
