package dev.holdfast.operator.plan;

import dev.holdfast.api.render.KubernetesFacts;
import dev.holdfast.api.v1alpha1.GatewayNode;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What there is, for one GatewayCluster.
 *
 * @param machines every node of the Kubernetes cluster by its name
 * @param gatewayNodes this cluster's, those of routers that left the list among them
 * @param linkKey the link key's Secret, if there is one
 * @param otherClaims what other GatewayClusters have or want
 * @param podMonitors that kind exists here
 * @param hearingSince since when the API server has answered this operator without a break: no
 *     router's silence is older than that
 * @param freshKey 32 random bytes in base64, used when a new link key is wanted
 */
public record Observed(
    Map<String, Machine> machines,
    List<GatewayNode> gatewayNodes,
    List<DaemonSet> daemonSets,
    List<Pod> pods,
    @Nullable Secret linkKey,
    List<Claim> otherClaims,
    KubernetesFacts facts,
    boolean podMonitors,
    Instant hearingSince,
    String freshKey,
    Instant now) {

  public Observed {
    machines = Map.copyOf(machines);
    gatewayNodes = List.copyOf(gatewayNodes);
    daemonSets = List.copyOf(daemonSets);
    pods = List.copyOf(pods);
    otherClaims = List.copyOf(otherClaims);
  }

  Optional<GatewayNode> gatewayNode(String node) {
    return gatewayNodes.stream().filter(one -> one.getSpec().node().equals(node)).findFirst();
  }

  Optional<DaemonSet> daemonSet(String name) {
    return daemonSets.stream().filter(one -> one.getMetadata().getName().equals(name)).findFirst();
  }
}
