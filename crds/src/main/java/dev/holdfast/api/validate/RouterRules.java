package dev.holdfast.api.validate;

import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.v1alpha1.GatewayClusterSpec;
import dev.holdfast.api.v1alpha1.NetworkSpec;
import dev.holdfast.api.v1alpha1.RouterSpec;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** {@code spec.routers}. */
final class RouterRules {

  private static final Pattern NODE = Pattern.compile("[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?");
  private static final Pattern INTERFACE = Pattern.compile("[^/:\\s]{0,14}[^/:\\s+]");
  private static final int ADDRESSES_MAX = 4;

  private final GatewayClusterSpec spec;
  private final Findings findings;
  private final Map<IpAddress, String> ownAddresses = new HashMap<>();

  private RouterRules(GatewayClusterSpec spec, Findings findings) {
    this.spec = spec;
    this.findings = findings;
  }

  static void check(GatewayClusterSpec spec, Findings findings) {
    new RouterRules(spec, findings).check();
  }

  private void check() {
    List<RouterSpec> routers = spec.routers();
    if (routers.size() < 2 || routers.size() > 8) {
      findings.add("spec.routers", "has " + routers.size() + "; write two to eight routers");
    }
    Set<String> nodes = new HashSet<>();
    for (int i = 0; i < routers.size(); i++) {
      RouterSpec router = routers.get(i);
      String path = "spec.routers[" + i + "]";
      checkNode(path, router, nodes);
      checkPriority(path, router);
      checkInterfaces(path, router);
      checkAddresses(path, router);
    }
  }

  private void checkNode(String path, RouterSpec router, Set<String> nodes) {
    if (!NODE.matcher(router.node()).matches()) {
      findings.add(
          path + ".node",
          "is \""
              + router.node()
              + "\"; write a node's name: small letters, digits, hyphens and dots");
    }
    if (!nodes.add(router.node())) {
      findings.add(path + ".node", "is " + router.node() + " again; list each router once");
    }
  }

  private void checkPriority(String path, RouterSpec router) {
    if (router.priority() == null) {
      findings.add(path + ".priority", "is missing; write 1 to 254, the preferred router highest");
    } else if (router.priority() < 1 || router.priority() > 254) {
      findings.add(
          path + ".priority",
          "is " + router.priority() + "; write 1 to 254 (VRRP keeps 0 and 255 for itself)");
    }
  }

  private void checkInterfaces(String path, RouterSpec router) {
    router
        .interfaces()
        .forEach(
            (network, name) -> {
              String inside = path + ".interfaces." + network;
              checkNetworkExists(inside, network);
              checkInterfaceName(inside, name, findings);
            });
    Map<String, String> networkOf = new HashMap<>();
    for (NetworkSpec network : spec.networks()) {
      String name = router.interfaces().getOrDefault(network.name(), network.interfaceName());
      String other = networkOf.putIfAbsent(name, network.name());
      if (other != null && !other.equals(network.name())) {
        findings.add(
            path,
            "has the networks %s and %s on the one interface %s; give each network its own"
                .formatted(other, network.name(), name));
      }
    }
  }

  static void checkInterfaceName(String path, String name, Findings findings) {
    if (!INTERFACE.matcher(name).matches() || name.equals(".") || name.equals("..")) {
      findings.add(
          path,
          "is \""
              + name
              + "\"; write an interface's name: up to 15 characters, no space, / or :, and no + at"
              + " the end, which iptables reads as \"all that begin so\"");
    }
  }

  private void checkAddresses(String path, RouterSpec router) {
    router
        .addresses()
        .forEach(
            (network, addresses) -> {
              String inside = path + ".addresses." + network;
              checkNetworkExists(inside, network);
              findings.atMost(inside, addresses, ADDRESSES_MAX);
              for (int i = 0; i < addresses.size(); i++) {
                checkAddress(inside + "[" + i + "]", network, addresses.get(i));
              }
            });
  }

  private void checkAddress(String path, String network, String text) {
    findings
        .host(path, text)
        // The same link-local address may exist on every segment.
        .filter(address -> !address.isLinkLocal())
        .ifPresent(
            address -> {
              String before = ownAddresses.putIfAbsent(address, path);
              if (before != null) {
                findings.add(
                    path, "is " + text + ", as " + before + " is; each address has one owner");
              }
              if (isVirtual(network, address)) {
                findings.add(
                    path,
                    "is "
                        + text
                        + ", a virtual address of "
                        + network
                        + "; write the router's own address");
              }
            });
  }

  private boolean isVirtual(String network, IpAddress address) {
    return spec.networks().stream()
        .filter(candidate -> candidate.name().equals(network))
        .flatMap(candidate -> Addresses.virtual(candidate).stream())
        .anyMatch(prefix -> prefix.address().equals(address));
  }

  private void checkNetworkExists(String path, String network) {
    List<String> names = spec.networks().stream().map(NetworkSpec::name).toList();
    if (!names.contains(network)) {
      findings.add(
          path, "names no network of spec.networks; write one of " + String.join(", ", names));
    }
  }
}
