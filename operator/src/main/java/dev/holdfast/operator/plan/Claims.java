package dev.holdfast.operator.plan;

import dev.holdfast.api.v1alpha1.GatewayNodeNames;
import java.util.ArrayList;
import java.util.List;

/** Whose a node is: one router runs one agent, and one name belongs to one object. */
final class Claims {

  private Claims() {}

  /**
   * @return a sentence for each of ours that another cluster has the better right to
   */
  static List<String> conflicts(List<Claim> ours, List<Claim> others) {
    List<String> conflicts = new ArrayList<>();
    for (Claim own : ours) {
      others.stream()
          .filter(other -> meets(own, other))
          .filter(other -> Claim.BEST_FIRST.compare(other, own) < 0)
          .min(Claim.BEST_FIRST)
          .ifPresent(other -> conflicts.add(sentence(own, other)));
    }
    return conflicts;
  }

  private static boolean meets(Claim own, Claim other) {
    return own.node().equals(other.node()) || sameName(own, other);
  }

  private static boolean sameName(Claim own, Claim other) {
    return own.namespace().equals(other.namespace()) && name(own).equals(name(other));
  }

  private static String name(Claim claim) {
    return GatewayNodeNames.of(claim.cluster(), claim.node());
  }

  private static String sentence(Claim own, Claim other) {
    String holder = other.namespace() + "/" + other.cluster();
    return own.node().equals(other.node())
        ? "spec.routers: node "
            + own.node()
            + " belongs to GatewayCluster "
            + holder
            + ", and a router runs one gateway; remove it there or here"
        : "spec.routers: the objects for node "
            + own.node()
            + " would be called "
            + name(own)
            + ", as those of node "
            + other.node()
            + " of GatewayCluster "
            + holder
            + "; give one of the clusters another name";
  }
}
