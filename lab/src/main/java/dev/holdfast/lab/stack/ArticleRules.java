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
  private final StringBuilder text = new StringBuilder();

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
    line("*filter");
    line(":INPUT DROP [0:0]");
    line(":FORWARD DROP [0:0]");
    line(":OUTPUT DROP [0:0]");
    line(":LOGGING - [0:0]");
    input();
    forward();
    output();
    line("-A LOGGING -m limit --limit 2/min -j LOG --log-prefix \"DROP: \" --log-level 7");
    line("COMMIT");
    return text.toString();
  }

  private void nat(SourceTranslation translation) {
    line("*nat");
    line(":PREROUTING ACCEPT [0:0]");
    line(":INPUT ACCEPT [0:0]");
    line(":OUTPUT ACCEPT [0:0]");
    line(":POSTROUTING ACCEPT [0:0]");
    forwards().forEach(this::destinationNat);
    wans()
        .forEach(
            wan -> {
              switch (translation) {
                case MASQUERADE -> line("-A POSTROUTING -o %s -j MASQUERADE", wan.interfaceName());
                case SNAT -> sourceNat(wan);
                case NONE -> {}
              }
            });
    line("COMMIT");
  }

  private void sourceNat(NodeNetwork wan) {
    Optional<Prefix> virtual =
        wan.virtualRouter(Family.IPV4).flatMap(v -> v.virtualPrefixes().stream().findFirst());
    if (virtual.isPresent()) {
      for (Prefix source : node.nat().sourcePrefixes()) {
        line(
            "-A POSTROUTING -o %s -s %s -j SNAT --to-source %s",
            wan.interfaceName(), source, virtual.get().address());
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
                              line(
                                  "-A PREROUTING -d %s -p %s --dport %d -j DNAT --to-destination"
                                      + " %s:%d",
                                  p.address(),
                                  protocol(forward),
                                  forward.port(),
                                  forward.toAddress(),
                                  forward.toPort())));
    }
  }

  private void input() {
    line("-A INPUT -i lo -j ACCEPT");
    line("-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT");
    if (family == Family.IPV4) {
      line("-A INPUT -d 224.0.0.0/8 -p vrrp -j ACCEPT");
      line("-A INPUT -d 225.0.0.50 -j ACCEPT");
    } else {
      line("-A INPUT -d ff02::12 -p vrrp -j ACCEPT");
      line("-A INPUT -p ipv6-icmp -j ACCEPT");
    }
    if (node.vrrp().unicast()) {
      line("-A INPUT -p vrrp -j ACCEPT");
    }
    syncs().forEach(n -> line("-A INPUT -i %s -j ACCEPT", n.interfaceName()));
    line("-A INPUT -j LOGGING");
  }

  private void forward() {
    line("-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT");
    for (NodeNetwork lan : node.networks(NetworkRole.LAN)) {
      for (NodeNetwork wan : node.networks(NetworkRole.WAN)) {
        sources(lan)
            .forEach(
                source ->
                    line(
                        "-A FORWARD -s %s -i %s -o %s -m conntrack --ctstate NEW -j ACCEPT",
                        source, lan.interfaceName(), wan.interfaceName()));
      }
    }
    for (NodePortForward forward : forwards()) {
      line(
          "-A FORWARD -d %s -p %s --dport %d -m conntrack --ctstate NEW -j ACCEPT",
          forward.toAddress(), protocol(forward), forward.toPort());
    }
  }

  private void output() {
    line("-A OUTPUT -o lo -j ACCEPT");
    if (family == Family.IPV4) {
      line("-A OUTPUT -d 224.0.0.0/8 -p vrrp -j ACCEPT");
      line("-A OUTPUT -d 225.0.0.50 -j ACCEPT");
    } else {
      line("-A OUTPUT -d ff02::12 -p vrrp -j ACCEPT");
      line("-A OUTPUT -p ipv6-icmp -j ACCEPT");
    }
    if (node.vrrp().unicast()) {
      line("-A OUTPUT -p vrrp -j ACCEPT");
    }
    for (NodeNetwork wan : node.networks(NetworkRole.WAN)) {
      String out = wan.interfaceName();
      if (family == Family.IPV4) {
        line("-A OUTPUT -o %s -p icmp -j ACCEPT", out);
      }
      line("-A OUTPUT -o %s -p tcp -m tcp --dport 53 -j ACCEPT", out);
      line("-A OUTPUT -o %s -p udp -m udp --dport 53 -j ACCEPT", out);
      line("-A OUTPUT -o %s -p udp -m udp --dport 123 -j ACCEPT", out);
      line("-A OUTPUT -o %s -p tcp -m multiport --dports 80,443 -j ACCEPT", out);
    }
    syncs().forEach(n -> line("-A OUTPUT -o %s -j ACCEPT", n.interfaceName()));
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

  private void line(String form, Object... values) {
    text.append(values.length == 0 ? form : form.formatted(values)).append('\n');
  }
}
