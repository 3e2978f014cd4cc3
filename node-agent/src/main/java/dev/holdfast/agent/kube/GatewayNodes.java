package dev.holdfast.agent.kube;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.api.v1alpha1.GatewayNodeStatus;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One GatewayNode at an API server. It comes as text and is judged here, not bound by the client:
 * an operator newer than this agent may write what our model does not know.
 */
final class GatewayNodes {

  /** Owns the fields of the status. */
  static final String FIELD_MANAGER = "holdfast-agent";

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final ResourceDefinitionContext KIND =
      new ResourceDefinitionContext.Builder()
          .withGroup("holdfast.dev")
          .withVersion("v1alpha1")
          .withKind("GatewayNode")
          .withPlural("gatewaynodes")
          .withNamespaced(true)
          .build();

  private static final PatchContext OWN_FIELDS =
      new PatchContext.Builder()
          .withPatchType(PatchType.SERVER_SIDE_APPLY)
          .withFieldManager(FIELD_MANAGER)
          .withForce(true)
          .build();

  private GatewayNodes() {}

  static Resource<GenericKubernetesResource> byName(
      KubernetesClient client, String namespace, String name) {
    return client.genericKubernetesResources(KIND).inNamespace(namespace).withName(name);
  }

  /**
   * Those there are.
   *
   * @param namespace null: of all
   */
  static List<GenericKubernetesResource> all(KubernetesClient client, @Nullable String namespace) {
    var kind = client.genericKubernetesResources(KIND);
    return (namespace == null ? kind.inAnyNamespace() : kind.inNamespace(namespace))
        .list()
        .getItems();
  }

  /** Without the status and what the API server keeps for itself. */
  static NodeFollower.Document document(GenericKubernetesResource found) {
    Long generation = found.getMetadata().getGeneration();
    Map<String, Object> text =
        Map.of(
            "apiVersion", found.getApiVersion(),
            "kind", found.getKind(),
            "metadata",
                Map.of(
                    "name", found.getMetadata().getName(),
                    "namespace", found.getMetadata().getNamespace(),
                    "uid", found.getMetadata().getUid(),
                    "generation", generation == null ? 0L : generation),
            "spec", found.getAdditionalProperties().getOrDefault("spec", Map.of()));
    return new NodeFollower.Document(
        found.getMetadata().getUid(),
        generation == null ? 0L : generation,
        Serialization.asJson(text));
  }

  /** One request: a server-side apply of the status, of which all fields are the agent's. */
  static void writeStatus(
      KubernetesClient client, String namespace, String name, GatewayNodeStatus status) {
    GenericKubernetesResource wanted =
        new GenericKubernetesResourceBuilder()
            .withApiVersion("holdfast.dev/v1alpha1")
            .withKind("GatewayNode")
            .withNewMetadata()
            .withName(name)
            .withNamespace(namespace)
            .endMetadata()
            .addToAdditionalProperties("status", JSON.convertValue(status, Map.class))
            .build();
    client.resource(wanted).subresource("status").patch(OWN_FIELDS, wanted);
  }
}
