package dev.holdfast.agent.firewall.core;

import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Prefix;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import dev.holdfast.api.v1alpha1.NetworkRole;
import dev.holdfast.api.v1alpha1.NodeNetwork;
import dev.holdfast.api.v1alpha1.NodeVirtualRouter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The router's networks, as rules need them: names of interfaces and prefixes of hosts. */
final class Networks {

  private final GatewayNodeSpec spec;
  private final RouterFacts facts;

  Networks(GatewayNodeSpec spec, RouterFacts facts) {
    this.spec = spec;
    this.facts = facts;
  }

  List<NodeNetwork> all() {
    return spec.networks();
  }

  List<NodeNetwork> of(NetworkRole role) {
    return spec.networks(role);
  }

  /**
   * The names under which packets of the network are seen. With a virtual MAC they come in, and go
   * out, by the macvlan as well; both families, since anyone may send an IPv4 packet to the MAC of
   * the IPv6 virtual router.
   */
  List<String> interfaces(NodeNetwork network) {
    List<String> names = new ArrayList<>();
    names.add(network.interfaceName());
    if (spec.vrrp().virtualMac()) {
      network
          .virtualRouters()
          .forEach(router -> virtualMacName(network, router).ifPresent(names::add));
    }
    return names.stream().map(Words::quoted).toList();
  }

  /**
   * The macvlan of a virtual router: {@code hf4-VRID-INDEX}, where the index is that of the
   * interface below. A new index after a reboot would be a new policy, so all indexes are meant
   * where the VRID says enough.
   */
  private Optional<String> virtualMacName(NodeNetwork network, NodeVirtualRouter router) {
    String name =
        (router.family() == Family.IPV4 ? "hf4-" : "hf6-") + router.virtualRouterId() + "-";
    boolean saysEnough =
        all().stream()
                .flatMap(each -> each.virtualRouters().stream())
                .filter(each -> each.family() == router.family())
                .filter(each -> each.virtualRouterId() == router.virtualRouterId())
                .limit(2)
                .count()
            < 2;
    if (saysEnough) {
      return Optional.of(name + "+");
    }
    return Optional.ofNullable(facts.interfaces().get(network.interfaceName()))
        .map(below -> name + below.index());
  }

  List<String> interfaces(List<NodeNetwork> networks) {
    return networks.stream().flatMap(network -> interfaces(network).stream()).distinct().toList();
  }

  List<String> interfaces(NetworkRole... roles) {
    return interfaces(
        all().stream().filter(network -> Arrays.asList(roles).contains(network.role())).toList());
  }

  /** The networks of these names, or all when none is named. */
  List<NodeNetwork> named(List<String> names) {
    return names.isEmpty()
        ? all()
        : all().stream().filter(network -> names.contains(network.name())).toList();
  }

  /** The prefixes of a network's hosts: of its virtual addresses, and its routes. */
  static List<Prefix> prefixes(NodeNetwork network, Family family) {
    return Stream.concat(
            network.virtualPrefixes().stream().filter(prefix -> !prefix.address().isLinkLocal()),
            network.routePrefixes().stream())
        .filter(prefix -> prefix.family() == family)
        .map(Prefix::network)
        .distinct()
        .toList();
  }

  /**
   * The networks on which a packet with this source or destination is expected: those whose
   * prefixes hold it, or every network but the Sync ones when none does.
   */
  List<NodeNetwork> holding(IpAddress address) {
    List<NodeNetwork> holding =
        all().stream()
            .filter(
                network ->
                    prefixes(network, address.family()).stream()
                        .anyMatch(prefix -> prefix.contains(address)))
            .toList();
    return holding.isEmpty()
        ? all().stream().filter(network -> network.role() != NetworkRole.SYNC).toList()
        : holding;
  }

  /** The virtual addresses of one network and family, without their prefix lengths. */
  static List<IpAddress> virtualAddresses(NodeNetwork network, Family family) {
    return network.virtualPrefixes().stream()
        .map(Prefix::address)
        .filter(address -> address.family() == family)
        .toList();
  }

  /** The first virtual address of one network and family. */
  static Optional<IpAddress> firstVirtualAddress(NodeNetwork network, Family family) {
    return virtualAddresses(network, family).stream().findFirst();
  }

  /** True when the WAN's packets are smaller than those of some LAN, as far as is known. */
  boolean isNarrow(NodeNetwork wan) {
    int own = mtuBytes(wan);
    return own > 0 && of(NetworkRole.LAN).stream().anyMatch(lan -> mtuBytes(lan) > own);
  }

  private int mtuBytes(NodeNetwork network) {
    var found = facts.interfaces().get(network.interfaceName());
    return found == null ? 0 : found.mtuBytes();
  }
}
