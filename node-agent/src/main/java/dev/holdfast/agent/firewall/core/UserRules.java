package dev.holdfast.agent.firewall.core;

import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.Prefix;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import dev.holdfast.api.v1alpha1.IpProtocol;
import dev.holdfast.api.v1alpha1.NetworkRole;
import dev.holdfast.api.v1alpha1.NodeNetwork;
import dev.holdfast.api.v1alpha1.NodeRule;
import dev.holdfast.api.v1alpha1.PortRange;
import dev.holdfast.api.v1alpha1.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The rules of the resource, its defaults among them, as sketches of one family. */
final class UserRules {

  /** Ports that one multiport match takes; a range counts twice. */
  private static final int PORTS_MAX = 15;

  private final GatewayNodeSpec spec;
  private final Networks networks;
  private final Family family;

  UserRules(GatewayNodeSpec spec, Networks networks, Family family) {
    this.spec = spec;
    this.networks = networks;
    this.family = family;
  }

  /** {@code firewall.input}: what opens a flow to the router itself. */
  List<RuleSketch> input() {
    return sketches("input", spec.firewall().input()).stream().map(UserRules::opening).toList();
  }

  /**
   * {@code firewall.output}. Also what belongs to no known flow, as in the article: the router may
   * send what it likes to these ports.
   */
  List<RuleSketch> output() {
    return sketches("output", spec.firewall().output());
  }

  /** {@code firewall.forward}: what opens a flow through the gateway. */
  List<RuleSketch> forward() {
    List<RuleSketch> sketches = new ArrayList<>();
    for (NodeRule rule : spec.firewall().forward()) {
      for (RuleSketch sketch : sketch("forward", rule)) {
        for (NodeNetwork from : networks.named(rule.from())) {
          sketches.add(opening(sketch).in(networks.interfaces(from)).from(sources(sketch, from)));
        }
      }
    }
    return sketches;
  }

  /**
   * Who may open flows from a LAN: its hosts, those behind its inner routers, and further ones that
   * are translated. In IPv6 a LAN's prefix often comes from the provider and stands nowhere in the
   * resource, so there the interface alone counts.
   */
  private List<Prefix> sources(RuleSketch sketch, NodeNetwork from) {
    if (!sketch.sources().isEmpty()
        || sketch.verdict() == Verdict.DROP
        || from.role() != NetworkRole.LAN
        || family == Family.IPV6) {
      return sketch.sources();
    }
    List<Prefix> own = Networks.prefixes(from, family);
    return own.isEmpty() ? own : Stream.concat(own.stream(), further()).distinct().toList();
  }

  /** Prefixes of {@code nat.sources} that are no LAN's: they may come from any LAN. */
  private Stream<Prefix> further() {
    List<Prefix> ofLans =
        networks.of(NetworkRole.LAN).stream()
            .flatMap(lan -> Networks.prefixes(lan, family).stream())
            .toList();
    return spec.nat().sourcePrefixes().stream()
        .map(Prefix::network)
        .filter(prefix -> !ofLans.contains(prefix));
  }

  private static RuleSketch opening(RuleSketch sketch) {
    return sketch.verdict() == Verdict.ACCEPT ? sketch.newFlows() : sketch;
  }

  private List<RuleSketch> sketches(String list, List<NodeRule> rules) {
    return rules.stream().flatMap(rule -> sketch(list, rule).stream()).toList();
  }

  /** At most one sketch: none when the rule touches only the other family. */
  private List<RuleSketch> sketch(String list, NodeRule rule) {
    List<Prefix> sources = ofFamily(rule.sourcePrefixes());
    List<Prefix> destinations = ofFamily(rule.destinationPrefixes());
    if (!rule.families().contains(family)
        || sources.isEmpty() != rule.sources().isEmpty()
        || destinations.isEmpty() != rule.destinations().isEmpty()) {
      return List.of();
    }
    RuleSketch sketch =
        RuleSketch.accept("firewall." + list + " \"" + rule.name() + "\"", rule.name())
            .in(
                rule.from().isEmpty()
                    ? List.of()
                    : networks.interfaces(networks.named(rule.from())))
            .out(rule.to().isEmpty() ? List.of() : networks.interfaces(networks.named(rule.to())))
            .from(sources)
            .to(destinations)
            .verdict(rule.action());
    IpProtocol protocol = rule.protocol();
    return List.of(
        protocol == null
            ? sketch
            : sketch.protocol(
                protocolName(protocol, family),
                ports(protocol, rule.portRanges()).toArray(String[]::new)));
  }

  private List<Prefix> ofFamily(List<Prefix> prefixes) {
    return prefixes.stream().filter(prefix -> prefix.family() == family).toList();
  }

  /**
   * A name where iptables has it built in, a number where it would look into /etc/protocols, which
   * a slim image lacks.
   */
  static String protocolName(IpProtocol protocol, Family family) {
    return switch (protocol) {
      case TCP -> "tcp";
      case UDP -> "udp";
      case ICMP -> family == Family.IPV4 ? "icmp" : "ipv6-icmp";
      case SCTP -> "sctp";
      case UDPLITE -> "udplite";
      case ESP -> "esp";
      case AH -> "ah";
      case DCCP, GRE -> Integer.toString(protocol.number(family));
    };
  }

  /** One match for at most fifteen ports. */
  static List<String> ports(IpProtocol protocol, List<PortRange> ranges) {
    if (ranges.isEmpty()) {
      return List.of();
    }
    if (ranges.size() == 1 && (protocol == IpProtocol.TCP || protocol == IpProtocol.UDP)) {
      String name = protocolName(protocol, Family.IPV4);
      return List.of("-m " + name + " --dport " + text(ranges.getFirst()));
    }
    List<String> matches = new ArrayList<>();
    List<String> collected = new ArrayList<>();
    int weight = 0;
    for (PortRange range : ranges) {
      int more = range.isSingle() ? 1 : 2;
      if (weight + more > PORTS_MAX) {
        matches.add("-m multiport --dports " + String.join(",", collected));
        collected.clear();
        weight = 0;
      }
      collected.add(text(range));
      weight += more;
    }
    matches.add("-m multiport --dports " + String.join(",", collected));
    return matches;
  }

  private static String text(PortRange range) {
    return range.isSingle() ? Integer.toString(range.first()) : range.first() + ":" + range.last();
  }
}
