package dev.holdfast.agent.ops;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.api.v1alpha1.FlowStatus;
import dev.holdfast.api.v1alpha1.FlowSyncStatus;
import dev.holdfast.api.v1alpha1.GatewayNodeNames;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import dev.holdfast.api.v1alpha1.GatewayNodeStatus;
import dev.holdfast.api.v1alpha1.VirtualRouterStatus;
import java.util.List;
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

  /** For this class's annotations in the place of a status's own. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  private interface WithEmpties {}

  /**
   * Writes lists and maps that are empty too, so that whoever reads a status need not know which of
   * them may be. At the API server they are left out: its client sends an empty map as null.
   */
  public static ObjectMapper mapper() {
    ObjectMapper mapper = new ObjectMapper();
    for (Class<?> status :
        List.of(
            GatewayNodeStatus.class,
            VirtualRouterStatus.class,
            FlowSyncStatus.class,
            FlowStatus.class)) {
      mapper.addMixIn(status, WithEmpties.class);
    }
    return mapper;
  }

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
