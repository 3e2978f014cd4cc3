package dev.holdfast.agent.shell;

import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import dev.holdfast.api.v1alpha1.NodeNetwork;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * A number for what makes the policy of a router: firewall, NAT, and the networks' names, roles and
 * prefixes. Interfaces and own addresses differ from router to router and are left out, so routers
 * with one resource have one number. Comparable between agents of one version.
 */
final class PolicyHash {
  private PolicyHash() {}

  static long of(GatewayNodeSpec spec) {
    StringBuilder text = new StringBuilder().append(spec.firewall()).append(spec.nat());
    for (NodeNetwork network : spec.networks()) {
      text.append(network.name())
          .append(network.role())
          .append(network.virtualPrefixes())
          .append(network.routePrefixes());
    }
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256")
              .digest(text.toString().getBytes(StandardCharsets.UTF_8));
      long number = ByteBuffer.wrap(hash).getLong();
      return number == 0 ? 1 : number;
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
