package dev.holdfast.api.validate;

import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.Ipv4Address;
import dev.holdfast.api.addr.Prefix;
import dev.holdfast.api.render.Defaults;
import dev.holdfast.api.v1alpha1.GatewayClusterSpec;
import dev.holdfast.api.v1alpha1.IpProtocol;
import dev.holdfast.api.v1alpha1.NatSpec;
import dev.holdfast.api.v1alpha1.NetworkRole;
import dev.holdfast.api.v1alpha1.NetworkSpec;
import dev.holdfast.api.v1alpha1.PortForwardSpec;
import dev.holdfast.api.v1alpha1.SourceNat;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** {@code spec.nat}, and what its defaults need. */
final class NatRules {

  /** One port of one network, and what is forwarded there already. */
  private record Opening(String network, IpProtocol protocol, int port) {}

  private final GatewayClusterSpec spec;
  private final Findings findings;
  private final Map<Opening, String> openings = new HashMap<>();

  private NatRules(GatewayClusterSpec spec, Findings findings) {
    this.spec = spec;
    this.findings = findings;
  }

  static void check(GatewayClusterSpec spec, Findings findings) {
    new NatRules(spec, findings).check();
  }

  private void check() {
    NatSpec nat = spec.nat();
    checkSource(nat == null ? null : nat.source());
    if (nat == null) {
      return;
    }
    findings.onlyIpv4(
        "spec.nat.sources",
        findings.networks("spec.nat.sources", nat.sources(), 64),
        "only IPv4 is translated; remove it and let its prefix be routed here");
    findings.atMost("spec.nat.portForwards", nat.portForwards(), 256);
    Map<String, String> names = new HashMap<>();
    for (int i = 0; i < nat.portForwards().size(); i++) {
      String path = "spec.nat.portForwards[" + i + "]";
      PortForwardSpec forward = nat.portForwards().get(i);
      FirewallRules.checkName(path, forward.name(), "port-forward-" + (i + 1), names, findings);
      checkForward(path, forward);
    }
  }

  private void checkSource(@Nullable SourceNat source) {
    boolean translated =
        Objects.requireNonNullElse(source, Defaults.SOURCE_NAT) == SourceNat.VIRTUAL_ADDRESS;
    boolean ipv4Lan = Addresses.ofRole(spec, NetworkRole.LAN).anyMatch(lan -> hasIpv4(lan));
    if (!translated || !ipv4Lan) {
      return;
    }
    Addresses.ofRole(spec, NetworkRole.WAN)
        .filter(wan -> !wan.virtualAddresses().isEmpty() && !hasIpv4(wan))
        .forEach(
            wan ->
                findings.add(
                    "spec.nat.source",
                    "is VirtualAddress, but network "
                        + wan.name()
                        + " has no IPv4 virtual address; give it one, or write None"));
  }

  private static boolean hasIpv4(NetworkSpec network) {
    return Addresses.virtual(network).stream().map(Prefix::family).anyMatch(Family.IPV4::equals);
  }

  private void checkForward(String path, PortForwardSpec forward) {
    IpProtocol protocol =
        Objects.requireNonNullElse(forward.protocol(), Defaults.PORT_FORWARD_PROTOCOL);
    if (!protocol.hasPorts()) {
      findings.add(path + ".protocol", "is " + protocol + ", which has no ports; write TCP or UDP");
    }
    Integer port = forward.port();
    if (port == null) {
      findings.add(path + ".port", "is missing; write the port on the virtual address");
    } else {
      findings.range(path + ".port", port, 1, 65535);
      checkFrom(path, forward, protocol, port);
    }
    checkTo(path + ".to", forward.to());
  }

  private void checkFrom(String path, PortForwardSpec forward, IpProtocol protocol, int port) {
    String from = Objects.requireNonNullElse(forward.from(), Defaults.PORT_FORWARD_FROM);
    List<NetworkSpec> networks = NetworkReference.resolve(spec, from);
    NetworkReference.check(spec, path + ".from", from, findings);
    for (NetworkSpec network : networks) {
      if (network.role() != NetworkRole.WAN) {
        findings.add(
            path + ".from", "is " + from + ", no WAN; write the WAN on which the port is open");
      } else if (!hasIpv4(network)) {
        findings.add(
            path + ".from",
            "is "
                + from
                + ", where "
                + network.name()
                + " has no IPv4 virtual address; give it one");
      }
      String before = openings.putIfAbsent(new Opening(network.name(), protocol, port), path);
      if (before != null) {
        findings.add(
            path + ".port",
            "is %s %d of %s, which %s forwards already; write another port"
                .formatted(protocol, port, network.name(), before));
      }
    }
  }

  private void checkTo(String path, String to) {
    int colon = to.indexOf(':');
    if (colon != to.lastIndexOf(':')) {
      findings.add(
          path,
          "is \"" + to + "\"; only IPv4 is translated: for IPv6 write a forward rule instead");
      return;
    }
    Optional<Ipv4Address> host =
        findings.read(
            path,
            colon < 0 ? to : to.substring(0, colon),
            Ipv4Address::parse,
            "192.168.0.50 or 192.168.0.50:80");
    if (colon >= 0) {
      checkToPort(path, to.substring(colon + 1));
    }
    if (host.isPresent() && !Addresses.isInLan(spec, host.get())) {
      findings.add(
          path,
          "is "
              + host.get()
              + ", in no LAN; write a host of a LAN, or add its prefix to the LAN's"
              + " routes");
    } else if (host.isPresent() && isVirtual(host.get())) {
      findings.add(
          path, "is " + host.get() + ", a virtual address; write a host behind the gateway");
    }
  }

  private void checkToPort(String path, String text) {
    if (!text.matches("[1-9][0-9]{0,4}") || Integer.parseInt(text) > 65535) {
      findings.add(path, "has the port \"" + text + "\"; write 1 to 65535");
    }
  }

  private boolean isVirtual(Ipv4Address host) {
    return spec.networks().stream()
        .flatMap(network -> Addresses.virtual(network).stream())
        .anyMatch(prefix -> prefix.address().equals(host));
  }
}
