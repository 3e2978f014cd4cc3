package dev.holdfast.agent.kube;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which GatewayNode is a router's, when neither {@code --gateway-node} nor the disk says it: the
 * only one at the API server whose {@code spec.node} is that router. This needs the right to list
 * them, which the accounts that the operator makes do not have: it names theirs.
 */
public final class GatewayNodeSearch {

  /**
   * Where it is.
   *
   * @param namespace null: the kubeconfig's, or the pod's own
   */
  public record Found(@Nullable String namespace, String name) {}

  private GatewayNodeSearch() {}

  /**
   * Asks once.
   *
   * @param namespace where to look; null: everywhere
   * @return empty when there is none yet, or the API server is away
   * @throws IOException with a sentence for the person who started the program, when asking again
   *     would not help
   */
  public static Optional<Found> atApi(ApiAccess access, @Nullable String namespace, String node)
      throws IOException {
    List<Found> found;
    try (KubernetesClient client = access.open()) {
      found =
          GatewayNodes.all(client, namespace).stream()
              .filter(one -> node.equals(nodeOf(one)))
              .map(one -> new Found(one.getMetadata().getNamespace(), one.getMetadata().getName()))
              .toList();
    } catch (KubernetesClientException e) {
      if (e.getCode() == HttpURLConnection.HTTP_FORBIDDEN
          || e.getCode() == HttpURLConnection.HTTP_UNAUTHORIZED) {
        throw new IOException(
            "this account may not list GatewayNodes to find the one of "
                + node
                + "; name it: --gateway-node NAME (CLUSTER-NODE, as 'kubectl get gwn' shows)",
            e);
      }
      return Optional.empty();
    }
    if (found.size() > 1) {
      throw new IOException(
          "several GatewayNodes are of the node "
              + node
              + ": "
              + found.stream().map(one -> one.namespace() + "/" + one.name()).sorted().toList()
              + "; say which: --namespace NAMESPACE --gateway-node NAME");
    }
    return found.stream().findFirst();
  }

  private static @Nullable Object nodeOf(GenericKubernetesResource resource) {
    return resource.getAdditionalProperties().get("spec") instanceof Map<?, ?> spec
        ? spec.get("node")
        : null;
  }
}
