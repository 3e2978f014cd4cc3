package dev.holdfast.agent.kube;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;

/**
 * Asks whether the API server can be reached from here, on a connection opened for the question:
 * the packets of an older one pass every policy. Used while a policy is on trial only.
 */
public final class ApiProbe {

  /** Shorter than what a trial ignores after its policy, so that no answer is older than that. */
  private static final int LIMIT_MILLIS = 900;

  private final ApiAccess access;
  private final String name;

  /**
   * @param name of the GatewayNode: nothing else may be asked for
   */
  public ApiProbe(ApiAccess access, String name) {
    this.access = access;
    this.name = name;
  }

  /** True when it answered; a refusal is an answer. */
  public boolean answers() {
    try (KubernetesClient client = access.open(LIMIT_MILLIS, LIMIT_MILLIS, 0)) {
      GatewayNodes.byName(client, access.namespace(), name).get();
      return true;
    } catch (KubernetesClientException e) {
      return e.getCode() >= HttpURLConnection.HTTP_BAD_REQUEST;
    }
  }
}
