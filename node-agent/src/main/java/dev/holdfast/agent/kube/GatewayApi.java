package dev.holdfast.agent.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.api.v1alpha1.GatewayNodeNames;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.ExecWatch;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** What {@code kubectl gateway} asks of the API server, with its user's own rights. */
public final class GatewayApi implements AutoCloseable {

  private static final String PROGRAM = "/opt/holdfast/bin/holdfast";
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final ResourceDefinitionContext CLUSTERS =
      kind("GatewayCluster", "gatewayclusters");
  private static final ResourceDefinitionContext NODES = kind("GatewayNode", "gatewaynodes");

  /** What was asked for cannot be had; the message is for the user. */
  public static final class Refused extends Exception {
    private static final long serialVersionUID = 1;

    public Refused(String sentence) {
      super(sentence);
    }
  }

  private final KubernetesClient client;
  private final String namespace;
  private final String server;

  /** Opens a connection when it is first needed. */
  public GatewayApi(ApiAccess access) {
    client = access.openPatiently();
    namespace = access.namespace();
    server = access.server();
  }

  private static ResourceDefinitionContext kind(String kind, String plural) {
    return new ResourceDefinitionContext.Builder()
        .withGroup("holdfast.dev")
        .withVersion("v1alpha1")
        .withKind(kind)
        .withPlural(plural)
        .withNamespaced(true)
        .build();
  }

  private interface Question<T> {
    T ask();
  }

  private <T> T ask(Question<T> question) throws Refused {
    try {
      return question.ask();
    } catch (KubernetesClientException e) {
      throw new Refused(
          e.getCode() == 0
              ? "the API server at " + server + " cannot be asked: " + ApiWatch.reason(e)
              : "the API server refuses: "
                  + (e.getStatus() == null ? e.getMessage() : e.getStatus().getMessage()));
    }
  }

  /** The GatewayCluster of that name, or the only one of the namespace. */
  public JsonNode cluster(@Nullable String name) throws Refused {
    if (name != null) {
      GenericKubernetesResource found = ask(clusterNamed(name)::get);
      if (found == null) {
        throw new Refused("there is no GatewayCluster " + name + " in the namespace " + namespace);
      }
      return json(found);
    }
    List<GenericKubernetesResource> all =
        ask(
            () ->
                client
                    .genericKubernetesResources(CLUSTERS)
                    .inNamespace(namespace)
                    .list()
                    .getItems());
    if (all.isEmpty()) {
      throw new Refused(
          "there is no GatewayCluster in the namespace "
              + namespace
              + "; say another with -n ('kubectl get gwc -A' lists all)");
    }
    if (all.size() > 1) {
      throw new Refused(
          "there are several GatewayClusters in the namespace "
              + namespace
              + "; say which: "
              + String.join(", ", all.stream().map(one -> one.getMetadata().getName()).toList()));
    }
    return json(all.getFirst());
  }

  private Resource<GenericKubernetesResource> clusterNamed(String name) {
    return client.genericKubernetesResources(CLUSTERS).inNamespace(namespace).withName(name);
  }

  /** The GatewayNodes of a GatewayCluster, by name. */
  public List<JsonNode> nodes(String cluster) throws Refused {
    List<GenericKubernetesResource> found =
        ask(
            () ->
                client
                    .genericKubernetesResources(NODES)
                    .inNamespace(namespace)
                    .withLabel(GatewayNodeNames.CLUSTER_LABEL, cluster)
                    .list()
                    .getItems());
    List<JsonNode> nodes = new ArrayList<>();
    found.forEach(node -> nodes.add(json(node)));
    return nodes;
  }

  private static JsonNode json(GenericKubernetesResource resource) {
    try {
      return JSON.readTree(Serialization.asJson(resource));
    } catch (IOException e) {
      throw new IllegalStateException("a resource that is no JSON", e);
    }
  }

  /** Asks for a handover; the operator answers. */
  public void askForHandover(String cluster, String to) throws Refused {
    Map<String, Object> patch =
        Map.of("metadata", Map.of("annotations", Map.of(GatewayNodeNames.HANDOVER_ANNOTATION, to)));
    ask(
        () ->
            clusterNamed(cluster)
                .patch(PatchContext.of(PatchType.JSON_MERGE), Serialization.asJson(patch)));
  }

  /**
   * Writes {@code spec.routers[].maintenance}; refused when somebody else changed the list
   * meanwhile.
   */
  public void setMaintenance(JsonNode cluster, String node, boolean on) throws Refused {
    JsonNode routers = cluster.at("/spec/routers");
    for (int i = 0; i < routers.size(); i++) {
      if (routers.get(i).path("node").asText().equals(node)) {
        String path = "/spec/routers/" + i;
        List<Map<String, Object>> patch =
            List.of(
                Map.of("op", "test", "path", path + "/node", "value", node),
                Map.of("op", "add", "path", path + "/maintenance", "value", on));
        ask(
            () ->
                clusterNamed(cluster.at("/metadata/name").asText())
                    .patch(PatchContext.of(PatchType.JSON), Serialization.asJson(patch)));
        return;
      }
    }
    throw new Refused(
        node
            + " is no router of "
            + cluster.at("/metadata/name").asText()
            + "; it has "
            + String.join(", ", routers.findValuesAsText("node")));
  }

  /**
   * Runs the program in the agent's pod of a router.
   *
   * @return its exit code
   */
  public int inAgent(
      String cluster, String node, List<String> arguments, OutputStream out, OutputStream error)
      throws Refused {
    List<Pod> pods =
        ask(
            () ->
                client
                    .pods()
                    .inNamespace(namespace)
                    .withLabel(GatewayNodeNames.CLUSTER_LABEL, cluster)
                    .withLabel(GatewayNodeNames.NODE_LABEL, GatewayNodeNames.label(node))
                    .list()
                    .getItems());
    if (pods.isEmpty()) {
      throw new Refused(
          "there is no agent's pod for "
              + node
              + "; with agent.mode Host, ask on the router itself: holdfast "
              + String.join(" ", arguments));
    }
    List<String> command = new ArrayList<>(List.of(PROGRAM));
    command.addAll(arguments);
    command.addAll(List.of("--node", node));
    String pod = pods.getFirst().getMetadata().getName();
    try (ExecWatch running =
        client
            .pods()
            .inNamespace(namespace)
            .withName(pod)
            .writingOutput(out)
            .writingError(error)
            .exec(command.toArray(String[]::new))) {
      return running.exitCode().join();
    } catch (KubernetesClientException | CompletionException e) {
      throw new Refused("cannot run the program in the pod " + pod + ": " + ApiWatch.reason(e));
    }
  }

  @Override
  public void close() {
    client.close();
  }
}
