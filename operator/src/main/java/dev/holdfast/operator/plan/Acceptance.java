package dev.holdfast.operator.plan;

import dev.holdfast.api.v1alpha1.GatewayCluster;
import dev.holdfast.api.v1alpha1.RouterSpec;
import dev.holdfast.api.validate.Validator;
import dev.holdfast.api.validate.Violation;
import java.util.List;

/**
 * Whether a resource can be used. One that cannot changes nothing: the gateway stays as it was.
 *
 * @param reason CamelCase
 * @param sentences all that is wrong; empty when nothing is
 */
public record Acceptance(String reason, List<String> sentences) {

  private static final Acceptance ACCEPTED = new Acceptance("Accepted", List.of());

  public Acceptance {
    sentences = List.copyOf(sentences);
  }

  public boolean accepted() {
    return sentences.isEmpty();
  }

  static Acceptance of(GatewayCluster cluster, Observed observed) {
    List<String> violations =
        Validator.validateInKubernetes(cluster.getSpec()).stream()
            .map(Violation::toString)
            .toList();
    if (!violations.isEmpty()) {
      return new Acceptance("Invalid", violations);
    }
    List<String> conflicts = Claims.conflicts(claims(cluster, observed), observed.otherClaims());
    if (!conflicts.isEmpty()) {
      return new Acceptance("NodeTaken", conflicts);
    }
    List<String> missing = missing(cluster, observed);
    return missing.isEmpty() ? ACCEPTED : new Acceptance("NodeMissing", missing);
  }

  private static List<Claim> claims(GatewayCluster cluster, Observed observed) {
    var metadata = cluster.getMetadata();
    return cluster.getSpec().routers().stream()
        .map(RouterSpec::node)
        .map(
            node ->
                new Claim(
                    metadata.getNamespace(),
                    metadata.getName(),
                    node,
                    observed.gatewayNode(node).isPresent(),
                    metadata.getCreationTimestamp()))
        .toList();
  }

  /** A router that already has its GatewayNode may lose its node and get it back. */
  private static List<String> missing(GatewayCluster cluster, Observed observed) {
    return cluster.getSpec().routers().stream()
        .map(RouterSpec::node)
        .filter(node -> !observed.machines().containsKey(node))
        .filter(node -> observed.gatewayNode(node).isEmpty())
        .map(
            node ->
                "spec.routers: there is no node "
                    + node
                    + "; write a name of `kubectl get nodes`, or let it join: this goes on by"
                    + " itself then")
        .toList();
  }
}
