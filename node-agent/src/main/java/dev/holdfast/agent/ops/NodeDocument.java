package dev.holdfast.agent.ops;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.holdfast.api.v1alpha1.GatewayNodeNames;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import dev.holdfast.api.v1alpha1.GatewayNodeStatus;
import org.jspecify.annotations.Nullable;

/**
 * A GatewayNode as JSON and YAML show it, the same fields as its custom resource, without the
 * Kubernetes client.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record NodeDocument(
    String apiVersion,
    String kind,
    Metadata metadata,
    GatewayNodeSpec spec,
    @Nullable GatewayNodeStatus status) {

  /** The part of an object's metadata that an agent knows. */
  public record Metadata(String name, String namespace) {}

  /** The object of one router. Named as the operator names it. */
  public static NodeDocument of(GatewayNodeSpec spec, @Nullable GatewayNodeStatus status) {
    return new NodeDocument(
        "holdfast.dev/v1alpha1",
        "GatewayNode",
        new Metadata(GatewayNodeNames.of(spec.cluster(), spec.node()), spec.namespace()),
        spec,
        status);
  }
}
