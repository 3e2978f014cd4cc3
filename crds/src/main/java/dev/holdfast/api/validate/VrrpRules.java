package dev.holdfast.api.validate;

import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Prefix;
import dev.holdfast.api.render.Defaults;
import dev.holdfast.api.v1alpha1.AuthenticationSpec;
import dev.holdfast.api.v1alpha1.GatewayClusterSpec;
import dev.holdfast.api.v1alpha1.NetworkRole;
import dev.holdfast.api.v1alpha1.NetworkSpec;
import dev.holdfast.api.v1alpha1.RouterSpec;
import dev.holdfast.api.v1alpha1.VrrpSpec;
import java.util.List;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/** {@code spec.vrrp}. */
final class VrrpRules {

  private static final Pattern PASSWORD = Pattern.compile("[!-~]{1,8}");
  private static final long STEP_NANOS = 10_000_000L;
  private static final long SECOND_NANOS = 1_000_000_000L;

  /** Twelve bits of hundredths of a second (RFC 9568 section 5.2.7). */
  private static final long VERSION_3_MAX_NANOS = 4095 * STEP_NANOS;

  private VrrpRules() {}

  static void check(GatewayClusterSpec spec, Findings findings) {
    VrrpSpec vrrp = spec.vrrp();
    if (vrrp == null) {
      return;
    }
    int version = Defaults.vrrpVersion(spec);
    if (version != 2 && version != 3) {
      findings.add("spec.vrrp.version", "is " + version + "; write 3, or 2 beside older speakers");
    }
    if (vrrp.advertisementInterval() != null) {
      checkInterval(spec, version, vrrp.advertisementInterval(), findings);
    }
    if (vrrp.authentication() != null) {
      checkAuthentication(version, vrrp.authentication(), findings);
    }
    if (Boolean.TRUE.equals(vrrp.unicast())) {
      checkUnicast(spec, findings);
    }
  }

  private static void checkInterval(
      GatewayClusterSpec spec, int version, String text, Findings findings) {
    String path = "spec.vrrp.advertisementInterval";
    OptionalLong read = findings.duration(path, text);
    if (read.isEmpty()) {
      return;
    }
    long nanos = read.getAsLong();
    if (version == 2) {
      if (nanos % SECOND_NANOS != 0 || nanos < SECOND_NANOS || nanos > 255 * SECOND_NANOS) {
        findings.add(
            path,
            "is " + text + "; version 2 knows whole seconds: write 1s to 255s, or version: 3");
      } else if (nanos > VERSION_3_MAX_NANOS && hasIpv6(spec)) {
        findings.add(path, "is " + text + "; IPv6 speaks version 3 in any case: write 40s at most");
      }
    } else if (nanos % STEP_NANOS != 0 || nanos < STEP_NANOS || nanos > VERSION_3_MAX_NANOS) {
      findings.add(path, "is " + text + "; write 10ms to 40.95s in steps of 10ms");
    }
  }

  private static boolean hasIpv6(GatewayClusterSpec spec) {
    return spec.networks().stream()
        .flatMap(network -> Addresses.virtual(network).stream())
        .anyMatch(prefix -> prefix.family() == Family.IPV6);
  }

  private static void checkAuthentication(
      int version, AuthenticationSpec authentication, Findings findings) {
    if (version != 2) {
      findings.add(
          "spec.vrrp.authentication",
          "does not exist in VRRP version 3; remove it, or write version: 2");
    }
    if (!PASSWORD.matcher(authentication.password()).matches()) {
      findings.add(
          "spec.vrrp.authentication.password",
          "does not fit into an advert; write 1 to 8 printable ASCII characters without spaces");
    }
  }

  private static void checkUnicast(GatewayClusterSpec spec, Findings findings) {
    for (int i = 0; i < spec.routers().size(); i++) {
      for (NetworkSpec network : spec.networks()) {
        if (network.role() != NetworkRole.SYNC) {
          checkUnicast("spec.routers[" + i + "]", spec.routers().get(i), network, findings);
        }
      }
    }
  }

  private static void checkUnicast(
      String path, RouterSpec router, NetworkSpec network, Findings findings) {
    List<String> own = router.addresses().getOrDefault(network.name(), List.of());
    for (Family family : Family.values()) {
      boolean spoken =
          Addresses.virtual(network).stream().map(Prefix::family).anyMatch(family::equals);
      if (spoken && own.stream().noneMatch(text -> isOf(family, text))) {
        findings.add(
            path + ".addresses." + network.name(),
            "has no %s address, to which vrrp.unicast would send; write the router's own address"
                .formatted(family == Family.IPV4 ? "IPv4" : "IPv6"));
      }
    }
  }

  private static boolean isOf(Family family, String text) {
    try {
      return IpAddress.parse(text).family() == family;
    } catch (IllegalArgumentException e) {
      // Said where it stands.
      return true;
    }
  }
}
