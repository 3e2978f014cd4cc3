package dev.holdfast.operator.plan;

import java.util.Comparator;

/**
 * A GatewayCluster that wants a node, or has it.
 *
 * @param held it has a GatewayNode for it already
 * @param created RFC 3339, UTC, seconds: comparable as text
 */
public record Claim(String namespace, String cluster, String node, boolean held, String created) {

  /** Who has it keeps it; among those who only want it the older one goes first. */
  static final Comparator<Claim> BEST_FIRST =
      Comparator.comparing(Claim::held)
          .reversed()
          .thenComparing(Claim::created)
          .thenComparing(Claim::namespace)
          .thenComparing(Claim::cluster);
}
