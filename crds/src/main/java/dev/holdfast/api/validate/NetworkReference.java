package dev.holdfast.api.validate;

import dev.holdfast.api.v1alpha1.GatewayClusterSpec;
import dev.holdfast.api.v1alpha1.NetworkRole;
import dev.holdfast.api.v1alpha1.NetworkSpec;
import java.util.List;

/** A network by its name, or all networks of a role. */
final class NetworkReference {

  private NetworkReference() {}

  /** The networks that are meant. */
  static List<NetworkSpec> resolve(GatewayClusterSpec spec, String reference) {
    return spec.networks().stream()
        .filter(
            network ->
                network.name().equals(reference) || roleName(network.role()).equals(reference))
        .toList();
  }

  static void check(GatewayClusterSpec spec, String path, String reference, Findings findings) {
    if (resolve(spec, reference).isEmpty()) {
      List<String> names = spec.networks().stream().map(NetworkSpec::name).toList();
      findings.add(
          path,
          "is \""
              + reference
              + "\", which is no network; write one of "
              + String.join(", ", names)
              + ", or a role that one of them has");
    }
  }

  static String roleName(NetworkRole role) {
    return switch (role) {
      case WAN -> "WAN";
      case LAN -> "LAN";
      case SYNC -> "Sync";
    };
  }
}
