package dev.holdfast.agent.firewall.core;

import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.Ipv4Address;
import dev.holdfast.api.addr.Prefix;
import dev.holdfast.api.v1alpha1.ConntrackdTransport;
import dev.holdfast.api.v1alpha1.FlowSyncProtocol;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import dev.holdfast.api.v1alpha1.NetworkRole;
import dev.holdfast.api.v1alpha1.NodeConntrackd;
import dev.holdfast.api.v1alpha1.NodeNetwork;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * What the gateway itself lives on, both ways, as sketches of one family: VRRP, flow sync, the Sync
 * network, multicast membership, neighbour discovery, addresses by DHCP. The resource does not list
 * it, and a rule that drops without saying whom does not reach it: a firewall that shuts out a
 * router because its address changed would split the pair.
 */
final class GatewayRules {

  private static final String VRRP = "112";
  private static final String IGMP = "2";
  private static final Prefix LINK_LOCAL = Prefix.parse("fe80::/10");

  /**
   * RFC 4890 sections 4.4.1 and 4.3.1, without the echo that rules decide about: errors (1 to 4),
   * router and neighbour discovery (133 to 136), multicast listeners (130 to 132, 143) and
   * multicast routers (151 to 153). The kernel itself refuses discovery from further than the link.
   */
  private static final int[] ICMPV6_TYPES = {
    1, 2, 3, 4, 130, 131, 132, 133, 134, 135, 136, 143, 151, 152, 153
  };

  private final GatewayNodeSpec spec;
  private final Networks networks;
  private final Family family;

  GatewayRules(GatewayNodeSpec spec, Networks networks, Family family) {
    this.spec = spec;
    this.networks = networks;
    this.family = family;
  }

  /** What may reach the router. */
  List<RuleSketch> input() {
    List<RuleSketch> rules = new ArrayList<>();
    onSync("sync").map(rule -> rule.in(networks.interfaces(NetworkRole.SYNC))).forEach(rules::add);
    vrrp().map(rule -> rule.in(speakers())).forEach(rules::add);
    flowSync().map(rule -> rule.in(networks.interfaces(NetworkRole.LAN))).forEach(rules::add);
    multicast().forEach(rules::add);
    dhcpAnswers().forEach(rules::add);
    return rules;
  }

  /** What may leave the router. */
  List<RuleSketch> output() {
    List<RuleSketch> rules = new ArrayList<>();
    onSync("sync").map(rule -> rule.out(networks.interfaces(NetworkRole.SYNC))).forEach(rules::add);
    vrrp().map(rule -> rule.out(speakers())).forEach(rules::add);
    flowSync().map(rule -> rule.out(networks.interfaces(NetworkRole.LAN))).forEach(rules::add);
    multicast().forEach(rules::add);
    dhcpQuestions().forEach(rules::add);
    return rules;
  }

  private Stream<RuleSketch> onSync(String comment) {
    return networks.of(NetworkRole.SYNC).isEmpty()
        ? Stream.of()
        : Stream.of(RuleSketch.accept("the Sync network", comment));
  }

  /** From and to anyone, multicast or not: the agent judges whose adverts count. */
  private Stream<RuleSketch> vrrp() {
    return speakers().isEmpty()
        ? Stream.of()
        : Stream.of(RuleSketch.accept("VRRP", "vrrp").protocol(VRRP));
  }

  private List<String> speakers() {
    List<NodeNetwork> speaking =
        networks.all().stream()
            .filter(network -> network.virtualRouter(family).isPresent())
            .toList();
    return networks.interfaces(speaking);
  }

  /**
   * Hello, heartbeats and flows on the LANs. On a Sync network everything passes anyway; a WAN
   * carries none.
   */
  private Stream<RuleSketch> flowSync() {
    if (networks.of(NetworkRole.LAN).isEmpty()) {
      return Stream.of();
    }
    NodeConntrackd conntrackd = spec.flowSync().conntrackd();
    if (spec.flowSync().protocol() == FlowSyncProtocol.CONNTRACKD && conntrackd != null) {
      return conntrackd(conntrackd);
    }
    return Stream.of(
        RuleSketch.accept("flowSync", "link")
            .protocol("udp", "-m udp --dport " + spec.flowSync().port()));
  }

  private Stream<RuleSketch> conntrackd(NodeConntrackd conntrackd) {
    RuleSketch rule =
        RuleSketch.accept("flowSync.conntrackd", "conntrackd")
            .protocol("udp", "-m udp --dport " + conntrackd.port());
    if (conntrackd.transport() == ConntrackdTransport.UNICAST) {
      return Stream.of(rule);
    }
    return family == Family.IPV4
        ? Stream.of(rule.to(List.of(Prefix.host(Ipv4Address.parse(conntrackd.group())))))
        : Stream.of();
  }

  /** Switches that listen forward a group only to ports that asked for it. */
  private Stream<RuleSketch> multicast() {
    if (family == Family.IPV4) {
      return Stream.of(RuleSketch.accept("multicast membership", "igmp").protocol(IGMP));
    }
    return Stream.of(
        RuleSketch.accept("what IPv6 needs", "icmpv6")
            .protocol(
                "ipv6-icmp",
                Arrays.stream(ICMPV6_TYPES)
                    .mapToObj(type -> "-m icmp6 --icmpv6-type " + type)
                    .toArray(String[]::new)));
  }

  private Stream<RuleSketch> dhcpAnswers() {
    List<String> wans = networks.interfaces(NetworkRole.WAN);
    if (wans.isEmpty()) {
      return Stream.of();
    }
    RuleSketch rule = RuleSketch.accept("DHCP client", "dhcp-client").in(wans);
    return Stream.of(
        family == Family.IPV4
            ? rule.protocol("udp", "-m udp --sport 67 --dport 68")
            : rule.from(List.of(LINK_LOCAL))
                .to(List.of(LINK_LOCAL))
                .protocol("udp", "-m udp --dport 546"));
  }

  private Stream<RuleSketch> dhcpQuestions() {
    List<String> wans = networks.interfaces(NetworkRole.WAN);
    if (wans.isEmpty()) {
      return Stream.of();
    }
    RuleSketch rule = RuleSketch.accept("DHCP client", "dhcp-client").out(wans);
    return Stream.of(
        family == Family.IPV4
            ? rule.protocol("udp", "-m udp --sport 68 --dport 67")
            : rule.protocol("udp", "-m udp --sport 546 --dport 547"));
  }
}
