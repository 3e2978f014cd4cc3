package dev.holdfast.lab.stack;

import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.Prefix;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import dev.holdfast.api.v1alpha1.NetworkRole;
import dev.holdfast.api.v1alpha1.NodeNetwork;
import dev.holdfast.api.v1alpha1.NodePortForward;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The article's rules for one router, with the interfaces and prefixes of the resource: everything
 * is dropped but what is tracked, what the daemons say to each other, and new flows from a LAN to a
 * WAN. In the form that {@code iptables-restore} reads.
 *
 * <p>Added to the article: port forwards where the resource has some, and for IPv6, which the
 * article does not know, the same rules with the ICMPv6 that neighbours need.
 */
final class ArticleRules {

  private final GatewayNodeSpec node;
  private final Family family;
  private final ConfigText text = new ConfigText();

  private ArticleRules(GatewayNodeSpec node, Family family) {
    this.node = node;
    this.family = family;
  }

  /** For {@code iptables-restore} or {@code ip6tables-restore}. */
  static String text(GatewayNodeSpec node, SourceTranslation translation, Family family) {
    return new ArticleRules(node, family).write(translation);
  }

  private String write(SourceTranslation translation) {
    if (family == Family.IPV4) {
      nat(translation);
    }
    text.line("*filter");
    text.line(":INPUT DROP [0:0]");
    text.line(":FORWARD DROP [0:0]");
    text.line(":OUTPUT DROP [0:0]");
    text.line(":LOGGING - [0:0]");
    input();
    forward();
    output();
    text.line("-A LOGGING -m limit --limit 2/min -j LOG --log-prefix \"DROP: \" --log-level 7");
    text.line("COMMIT");
    return text.toString();
  }

  private void nat(SourceTranslation translation) {
    text.line("*nat");
    text.line(":PREROUTING ACCEPT [0:0]");
    text.line(":INPUT ACCEPT [0:0]");
    text.line(":OUTPUT ACCEPT [0:0]");
    text.line(":POSTROUTING ACCEPT [0:0]");
    forwards().forEach(this::destinationNat);
    wans()
        .forEach(
            wan -> {
              switch (translation) {
                case MASQUERADE ->
                    interfaces(wan)
                        .forEach(out -> text.line("-A POSTROUTING -o ", out, " -j MASQUERADE"));
                case SNAT -> sourceNat(wan);
                case NONE -> {}
              }
            });
    text.line("COMMIT");
  }

  private void sourceNat(NodeNetwork wan) {
    Optional<Prefix> virtual =
        wan.virtualRouter(Family.IPV4).flatMap(v -> v.virtualPrefixes().stream().findFirst());
    if (virtual.isPresent()) {
      for (Prefix source : node.nat().sourcePrefixes()) {
        for (String out : interfaces(wan)) {
          text.line(
              "-A POSTROUTING -o ",
              out,
              " -s ",
              source,
              " -j SNAT --to-source ",
              virtual.get().address());
        }
      }
    }
  }

  private void destinationNat(NodePortForward forward) {
    for (String name : forward.from()) {
      node.network(name)
          .flatMap(n -> n.virtualRouter(Family.IPV4))
          .ifPresent(
              v ->
                  v.virtualPrefixes()
                      .forEach(
                          p ->
                              text.line(
                                  "-A PREROUTING -d ",
                                  p.address(),
                                  " -p ",
                                  protocol(forward),
                                  " --dport ",
                                  forward.port(),
                                  " -j DNAT --to-destination ",
                                  forward.toAddress(),
                                  ":",
                                  forward.toPort())));
    }
  }

  private void input() {
    text.line("-A INPUT -i lo -j ACCEPT");
    text.line("-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT");
    if (family == Family.IPV4) {
      text.line("-A INPUT -d 224.0.0.0/8 -p vrrp -j ACCEPT");
      text.line("-A INPUT -d 225.0.0.50 -j ACCEPT");
    } else {
      text.line("-A INPUT -d ff02::12 -p vrrp -j ACCEPT");
      text.line("-A INPUT -p ipv6-icmp -j ACCEPT");
    }
    if (node.vrrp().unicast()) {
      text.line("-A INPUT -p vrrp -j ACCEPT");
    }
    syncs().forEach(n -> text.line("-A INPUT -i ", n.interfaceName(), " -j ACCEPT"));
    text.line("-A INPUT -j LOGGING");
  }

  private void forward() {
    text.line("-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT");
    for (NodeNetwork lan : node.networks(NetworkRole.LAN)) {
      for (NodeNetwork wan : node.networks(NetworkRole.WAN)) {
        sources(lan).forEach(source -> forward(source, lan, wan));
      }
    }
    for (NodePortForward forward : forwards()) {
      text.line(
          "-A FORWARD -d ",
          forward.toAddress(),
          " -p ",
          protocol(forward),
          " --dport ",
          forward.toPort(),
          " -m conntrack --ctstate NEW -j ACCEPT");
    }
  }

  private void forward(Prefix source, NodeNetwork lan, NodeNetwork wan) {
    for (String in : interfaces(lan)) {
      for (String out : interfaces(wan)) {
        text.line(
            "-A FORWARD -s ",
            source,
            " -i ",
            in,
            " -o ",
            out,
            " -m conntrack --ctstate NEW -j ACCEPT");
      }
    }
  }

  /** The network's interface, and the one with the virtual MAC where there is one. */
  private List<String> interfaces(NodeNetwork network) {
    Stream<String> virtual =
        node.vrrp().virtualMac()
            ? network.virtualRouter(family).map(KeepalivedConfig::virtualMacInterface).stream()
            : Stream.empty();
    return Stream.concat(Stream.of(network.interfaceName()), virtual).toList();
  }

  private void output() {
    text.line("-A OUTPUT -o lo -j ACCEPT");
    if (family == Family.IPV4) {
      text.line("-A OUTPUT -d 224.0.0.0/8 -p vrrp -j ACCEPT");
      text.line("-A OUTPUT -d 225.0.0.50 -j ACCEPT");
    } else {
      text.line("-A OUTPUT -d ff02::12 -p vrrp -j ACCEPT");
      text.line("-A OUTPUT -p ipv6-icmp -j ACCEPT");
    }
    if (node.vrrp().unicast()) {
      text.line("-A OUTPUT -p vrrp -j ACCEPT");
    }
    for (NodeNetwork wan : node.networks(NetworkRole.WAN)) {
      interfaces(wan).forEach(this::output);
    }
    syncs().forEach(n -> text.line("-A OUTPUT -o ", n.interfaceName(), " -j ACCEPT"));
  }

  private void output(String out) {
    if (family == Family.IPV4) {
      text.line("-A OUTPUT -o ", out, " -p icmp -j ACCEPT");
    }
    text.line("-A OUTPUT -o ", out, " -p tcp -m tcp --dport 53 -j ACCEPT");
    text.line("-A OUTPUT -o ", out, " -p udp -m udp --dport 53 -j ACCEPT");
    text.line("-A OUTPUT -o ", out, " -p udp -m udp --dport 123 -j ACCEPT");
    text.line("-A OUTPUT -o ", out, " -p tcp -m multiport --dports 80,443 -j ACCEPT");
  }

  private List<Prefix> sources(NodeNetwork lan) {
    return Stream.concat(
            lan.virtualPrefixes().stream().map(Prefix::network), lan.routePrefixes().stream())
        .filter(p -> p.family() == family && !p.address().isLinkLocal())
        .distinct()
        .toList();
  }

  /** Port forwards are of IPv4. */
  private List<NodePortForward> forwards() {
    return family == Family.IPV4 ? node.nat().portForwards() : List.of();
  }

  private List<NodeNetwork> wans() {
    return node.networks(NetworkRole.WAN);
  }

  private List<NodeNetwork> syncs() {
    return node.networks(NetworkRole.SYNC);
  }

  private static String protocol(NodePortForward forward) {
    return forward.protocol().name().toLowerCase(Locale.ROOT);
  }
}
