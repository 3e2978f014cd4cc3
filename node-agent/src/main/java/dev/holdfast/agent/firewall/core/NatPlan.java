package dev.holdfast.agent.firewall.core;

import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Prefix;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import dev.holdfast.api.v1alpha1.NetworkRole;
import dev.holdfast.api.v1alpha1.NodeNetwork;
import dev.holdfast.api.v1alpha1.NodePortForward;
import dev.holdfast.api.v1alpha1.PortRange;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The table {@code nat}, IPv4 only: sources of the LANs become the virtual address, ports of the
 * virtual address lead into a LAN.
 *
 * <p>Sources are the LANs' prefixes and nothing else, so pods' traffic is left to Kubernetes. Of
 * the router's own traffic only that with a LAN source is touched, and gets the WAN's own address:
 * under the virtual one its answers would go to the other router after a failover.
 */
final class NatPlan {

  static final String PREROUTING = Chain.PREFIX + "PREROUTING";
  static final String POSTROUTING = Chain.PREFIX + "POSTROUTING";

  private final GatewayNodeSpec spec;
  private final Networks networks;
  private final ClusterRules cluster;

  NatPlan(GatewayNodeSpec spec, Networks networks) {
    this.spec = spec;
    this.networks = networks;
    this.cluster = new ClusterRules(spec, networks, Family.IPV4);
  }

  RuleTable table() {
    TableKey key = new TableKey(Family.IPV4, TableName.NAT);
    List<RuleLine> prerouting =
        spec.nat().portForwards().stream()
            .flatMap(forward -> destination(forward).stream())
            .toList();
    List<RuleLine> postrouting = new ArrayList<>();
    spec.nat().portForwards().forEach(forward -> postrouting.addAll(hairpin(forward)));
    networks.of(NetworkRole.WAN).forEach(wan -> postrouting.addAll(sources(wan)));
    if (prerouting.isEmpty() && postrouting.isEmpty()) {
      return RuleTable.empty(key);
    }
    return new RuleTable(
        key,
        List.of(new Chain(PREROUTING, prerouting), new Chain(POSTROUTING, postrouting)),
        List.of(Jump.to("PREROUTING", PREROUTING), Jump.to("POSTROUTING", POSTROUTING)));
  }

  private List<RuleLine> sources(NodeNetwork wan) {
    Optional<String> target = target(wan);
    if (target.isEmpty()) {
      return List.of();
    }
    List<Prefix> sources = spec.nat().sourcePrefixes();
    List<RuleLine> lines = new ArrayList<>();
    for (String out : networks.interfaces(wan)) {
      for (Prefix pods : cluster.pods()) {
        if (sources.stream().anyMatch(pods::overlaps)) {
          lines.add(line("-s " + pods + " -o " + out, "pods", "RETURN", ClusterRules.ORIGIN));
        }
      }
      for (Prefix source : sources) {
        String match = "-s " + source + " -o " + out;
        lines.add(line(match + " -m addrtype --src-type LOCAL", "own", "MASQUERADE", "nat.source"));
      }
      for (Prefix source : sources) {
        lines.add(line("-s " + source + " -o " + out, "source-nat", target.get(), "nat.source"));
      }
    }
    return lines;
  }

  private Optional<String> target(NodeNetwork wan) {
    return switch (spec.nat().source()) {
      case NONE -> Optional.empty();
      case INTERFACE -> Optional.of("MASQUERADE");
      case VIRTUAL_ADDRESS ->
          Networks.firstVirtualAddress(wan, Family.IPV4)
              .map(address -> "SNAT --to-source " + address);
    };
  }

  /** From outside, and from the LANs: a LAN host may use the name that the world uses. */
  private List<RuleLine> destination(NodePortForward forward) {
    List<String> inward =
        Stream.concat(
                networks.interfaces(networks.named(forward.from())).stream(),
                networks.interfaces(NetworkRole.LAN).stream())
            .distinct()
            .toList();
    List<RuleLine> lines = new ArrayList<>();
    for (IpAddress address : openAddresses(networks, forward)) {
      for (String in : inward) {
        lines.add(
            line(
                "-d " + Prefix.host(address) + " -i " + in + match(forward, forward.port()),
                forward.name(),
                "DNAT --to-destination " + forward.toAddress() + ":" + forward.toPort(),
                origin(forward)));
      }
    }
    return lines;
  }

  /**
   * A client in the network of the host itself would get the answers directly, from an address that
   * it never spoke to: so it is hidden behind that LAN's virtual address.
   */
  private List<RuleLine> hairpin(NodePortForward forward) {
    Optional<NodeNetwork> lan = spec.network(forward.toNetwork());
    if (lan.isEmpty()) {
      return List.of();
    }
    String target =
        Networks.firstVirtualAddress(lan.get(), Family.IPV4)
            .map(address -> "SNAT --to-source " + address)
            .orElse("MASQUERADE");
    List<RuleLine> lines = new ArrayList<>();
    for (IpAddress address : openAddresses(networks, forward)) {
      for (String out : networks.interfaces(lan.get())) {
        for (Prefix source : Networks.prefixes(lan.get(), Family.IPV4)) {
          lines.add(
              line(
                  "-s "
                      + source
                      + " "
                      + host(forward)
                      + " -o "
                      + out
                      + match(forward, forward.toPort())
                      + " "
                      + translated(address, forward),
                  forward.name(),
                  target,
                  origin(forward)));
        }
      }
    }
    return lines;
  }

  /** The virtual addresses on which the port is open. */
  static List<IpAddress> openAddresses(Networks networks, NodePortForward forward) {
    return networks.named(forward.from()).stream()
        .flatMap(network -> Networks.virtualAddresses(network, Family.IPV4).stream())
        .distinct()
        .toList();
  }

  /** What a forwarded packet looks like behind its translation, in FORWARD: options of a match. */
  static String forwarded(IpAddress address, NodePortForward forward) {
    return host(forward) + match(forward, forward.toPort()) + " " + translated(address, forward);
  }

  static String origin(NodePortForward forward) {
    return "nat.portForwards \"" + forward.name() + "\"";
  }

  private static String host(NodePortForward forward) {
    return "-d " + forward.toAddress() + "/32";
  }

  private static String translated(IpAddress address, NodePortForward forward) {
    return "-m conntrack --ctstate DNAT --ctorigdst "
        + address
        + " --ctorigdstport "
        + forward.port();
  }

  private static String match(NodePortForward forward, int port) {
    var range = new PortRange(port, port);
    return " -p "
        + UserRules.protocolName(forward.protocol(), Family.IPV4)
        + " "
        + UserRules.ports(forward.protocol(), List.of(range)).getFirst();
  }

  private static RuleLine line(String match, String comment, String target, String origin) {
    return new RuleLine(
        match + " -m comment --comment " + Words.quoted(comment) + " -j " + target, origin);
  }
}
