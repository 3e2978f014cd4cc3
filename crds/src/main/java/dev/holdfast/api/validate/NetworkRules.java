package dev.holdfast.api.validate;

import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Prefix;
import dev.holdfast.api.v1alpha1.GatewayClusterSpec;
import dev.holdfast.api.v1alpha1.NetworkRole;
import dev.holdfast.api.v1alpha1.NetworkSpec;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** {@code spec.networks}. */
final class NetworkRules {

  private static final int VIRTUAL_ADDRESSES_MAX = 16;

  /** A segment's prefix and whose it is. */
  private record Segment(String network, Prefix prefix) {}

  private final GatewayClusterSpec spec;
  private final Findings findings;
  private final Map<IpAddress, String> virtualAddresses = new HashMap<>();
  private final List<Segment> segments = new ArrayList<>();
  private final Map<Family, String> gateways = new EnumMap<>(Family.class);

  private NetworkRules(GatewayClusterSpec spec, Findings findings) {
    this.spec = spec;
    this.findings = findings;
  }

  static void check(GatewayClusterSpec spec, Findings findings) {
    new NetworkRules(spec, findings).check();
  }

  private void check() {
    List<NetworkSpec> networks = spec.networks();
    if (networks.isEmpty() || networks.size() > 16) {
      findings.add("spec.networks", "has " + networks.size() + "; write 1 to 16 networks");
    }
    checkRoles();
    Set<String> names = new HashSet<>();
    for (int i = 0; i < networks.size(); i++) {
      NetworkSpec network = networks.get(i);
      String path = "spec.networks[" + i + "]";
      findings.name(path + ".name", network.name());
      if (!names.add(network.name())) {
        findings.add(path + ".name", "is " + network.name() + " again; name each network once");
      }
      RouterRules.checkInterfaceName(path + ".interface", network.interfaceName(), findings);
      switch (network.role()) {
        case WAN, LAN -> checkGatewayNetwork(path, network);
        case SYNC -> checkSyncNetwork(path, network);
      }
    }
  }

  private void checkRoles() {
    boolean gateway = spec.networks().stream().anyMatch(n -> n.role() != NetworkRole.SYNC);
    boolean path = spec.networks().stream().anyMatch(n -> n.role() != NetworkRole.WAN);
    if (!spec.networks().isEmpty() && !gateway) {
      findings.add("spec.networks", "has Sync networks only; write a LAN or a WAN that hosts use");
    }
    if (!spec.networks().isEmpty() && !path) {
      findings.add(
          "spec.networks",
          "has WAN networks only, and routers do not speak to each other over a WAN; write a LAN or"
              + " a Sync network");
    }
  }

  private void checkSyncNetwork(String path, NetworkSpec network) {
    if (network.virtualRouterId() != null) {
      findings.add(
          path + ".virtualRouterId",
          "has no place on a Sync network, which has no VRRP; remove it");
    }
    if (!network.virtualAddresses().isEmpty()) {
      findings.add(
          path + ".virtualAddresses",
          "have no place on a Sync network; remove them, or write role: LAN");
    }
    noGateways(path, network);
    noRoutes(path, network);
  }

  private void noGateways(String path, NetworkSpec network) {
    if (!network.gateways().isEmpty()) {
      findings.add(path + ".gateways", "are for a WAN; remove them");
    }
  }

  private void noRoutes(String path, NetworkSpec network) {
    if (!network.routes().isEmpty()) {
      findings.add(path + ".routes", "are for a LAN; remove them");
    }
  }

  private void checkGatewayNetwork(String path, NetworkSpec network) {
    checkVirtualRouterId(path + ".virtualRouterId", network);
    checkVirtualAddresses(path + ".virtualAddresses", network);
    if (network.role() == NetworkRole.WAN) {
      checkGateways(path + ".gateways", network);
      noRoutes(path, network);
    } else {
      noGateways(path, network);
      checkRoutes(path + ".routes", network);
    }
  }

  private void checkVirtualRouterId(String path, NetworkSpec network) {
    Integer id = network.virtualRouterId();
    if (id == null) {
      findings.add(
          path, "is missing; write 1 to 255, a number that no other VRRP speaker uses there");
    } else {
      findings.range(path, id, 1, 255);
    }
  }

  private void checkVirtualAddresses(String path, NetworkSpec network) {
    if (network.virtualAddresses().isEmpty()) {
      findings.add(path, "is missing; write the addresses that hosts use, like 192.168.0.3/24");
    }
    findings.atMost(path, network.virtualAddresses(), VIRTUAL_ADDRESSES_MAX);
    for (int i = 0; i < network.virtualAddresses().size(); i++) {
      checkVirtualAddress(path + "[" + i + "]", network, network.virtualAddresses().get(i));
    }
    if (network.role() == NetworkRole.LAN) {
      checkSegmentIsKnown(path, network);
    }
  }

  private void checkVirtualAddress(String path, NetworkSpec network, String text) {
    if (text.indexOf('/') < 0) {
      findings.add(
          path, "is \"" + text + "\"; write it with the prefix length of the segment, like /24");
      return;
    }
    Optional<Prefix> read = findings.read(path, text, Prefix::parse, "192.168.0.3/24");
    if (read.isEmpty()) {
      return;
    }
    Prefix prefix = read.get();
    notOfAHost(prefix).ifPresent(why -> findings.add(path, "is " + text + ", " + why));
    if (prefix.address().isLinkLocal()) {
      return;
    }
    String before = virtualAddresses.putIfAbsent(prefix.address(), path);
    if (before != null) {
      findings.add(path, "is " + text + ", as " + before + " is; write each address once");
      return;
    }
    checkOverlap(path, network, prefix);
  }

  private static Optional<String> notOfAHost(Prefix prefix) {
    Optional<String> never = Findings.notOfAHost(prefix.address());
    if (never.isPresent() || prefix.length() >= prefix.family().bits() - 1) {
      return never;
    }
    if (prefix.network().address().equals(prefix.address())) {
      return Optional.of("the segment's own address; write the address of a host in it");
    }
    return prefix.family() == Family.IPV4 && isBroadcast(prefix)
        ? Optional.of("the segment's broadcast address; write the address of a host in it")
        : Optional.empty();
  }

  private static boolean isBroadcast(Prefix prefix) {
    byte[] bytes = prefix.address().toBytes();
    int bits = 0;
    for (byte part : bytes) {
      bits = bits << 8 | Byte.toUnsignedInt(part);
    }
    int hostBits = -1 >>> prefix.length();
    return (bits & hostBits) == hostBits;
  }

  private void checkOverlap(String path, NetworkSpec network, Prefix prefix) {
    if (prefix.length() == prefix.family().bits()) {
      return;
    }
    segments.stream()
        .filter(segment -> !segment.network().equals(network.name()))
        .filter(segment -> segment.prefix().overlaps(prefix))
        .findFirst()
        .ifPresent(
            segment ->
                findings.add(
                    path,
                    "is in %s, which overlaps %s of network %s; give each segment its own prefix"
                        .formatted(
                            prefix.network(), segment.prefix().network(), segment.network())));
    segments.add(new Segment(network.name(), prefix));
  }

  /** Sources of a LAN are known by the prefix of its virtual addresses. */
  private void checkSegmentIsKnown(String path, NetworkSpec network) {
    List<Prefix> all = Addresses.virtual(network);
    all.stream()
        .map(Prefix::address)
        .filter(address -> !address.isLinkLocal())
        .filter(address -> all.stream().noneMatch(prefix -> isSegmentOf(prefix, address)))
        .findFirst()
        .ifPresent(
            address ->
                findings.add(
                    path,
                    "has "
                        + address
                        + ", but no address with the prefix length of its segment, by which the"
                        + " LAN's hosts are known; write it like 192.168.0.3/24"));
  }

  private static boolean isSegmentOf(Prefix prefix, IpAddress address) {
    return prefix.length() < prefix.family().bits() && prefix.contains(address);
  }

  private void checkGateways(String path, NetworkSpec network) {
    findings.atMost(path, network.gateways(), 2);
    for (int i = 0; i < network.gateways().size(); i++) {
      String inside = path + "[" + i + "]";
      Optional<IpAddress> read = findings.host(inside, network.gateways().get(i));
      if (read.isPresent()) {
        checkGateway(inside, network, read.get());
      }
    }
  }

  private void checkGateway(String path, NetworkSpec network, IpAddress gateway) {
    String before = gateways.putIfAbsent(gateway.family(), path);
    if (before != null) {
      findings.add(
          path, "is a second default gateway beside " + before + "; write one per family in all");
    }
    List<Prefix> segment =
        Addresses.virtual(network).stream()
            .filter(prefix -> prefix.family() == gateway.family())
            .filter(prefix -> prefix.length() < prefix.family().bits())
            .toList();
    if (segment.stream().anyMatch(prefix -> prefix.address().equals(gateway))) {
      findings.add(path, "is " + gateway + ", a virtual address; write the next hop's address");
    } else if (!gateway.isLinkLocal()
        && !segment.isEmpty()
        && segment.stream().noneMatch(prefix -> prefix.contains(gateway))) {
      findings.add(
          path,
          "is %s, outside %s of this network; write a next hop inside"
              .formatted(gateway, segment.getFirst().network()));
    }
  }

  private void checkRoutes(String path, NetworkSpec network) {
    List<Prefix> routes = findings.networks(path, network.routes(), 64);
    for (Prefix route : routes) {
      if (route.length() == 0) {
        findings.add(
            path, "has " + route + ", which is everything; write the prefixes behind this LAN");
      }
    }
  }
}
