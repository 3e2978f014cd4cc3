package dev.holdfast.api.validate;

import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Prefix;
import dev.holdfast.api.v1alpha1.GatewayClusterSpec;
import dev.holdfast.api.v1alpha1.NetworkRole;
import dev.holdfast.api.v1alpha1.NetworkSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Reads the addresses of a resource that may hold nonsense; what cannot be read is left out. */
final class Addresses {

  private Addresses() {}

  /** The virtual addresses of a network, with the prefix length of its segment. */
  static List<Prefix> virtual(NetworkSpec network) {
    return prefixes(network.virtualAddresses().stream().filter(text -> text.indexOf('/') >= 0));
  }

  /** True when the address is of a host in a LAN or behind one. */
  static boolean isInLan(GatewayClusterSpec spec, IpAddress address) {
    return ofRole(spec, NetworkRole.LAN)
        .flatMap(
            lan -> Stream.concat(virtual(lan).stream(), prefixes(lan.routes().stream()).stream()))
        .anyMatch(prefix -> prefix.contains(address));
  }

  static Stream<NetworkSpec> ofRole(GatewayClusterSpec spec, NetworkRole role) {
    return spec.networks().stream().filter(network -> network.role() == role);
  }

  private static List<Prefix> prefixes(Stream<String> texts) {
    List<Prefix> prefixes = new ArrayList<>();
    texts.forEach(
        text -> {
          try {
            prefixes.add(Prefix.parse(text));
          } catch (IllegalArgumentException e) {
            // Said where it stands; here it only counts what can be read.
          }
        });
    return prefixes;
  }
}
