package dev.holdfast.operator.plan;

import io.fabric8.kubernetes.api.model.ResourceRequirements;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * What the chart says about agents.
 *
 * @param pullSecrets names of Secrets in the GatewayCluster's namespace
 * @param monitoring PodMonitors are wanted where the kind exists
 * @param monitoringLabels on PodMonitors, so that somebody's Prometheus selects them
 * @param rolloutDeadline a renewed agent that is not in sync by then halts the rollout
 * @param linkKeyMaxAge an older link key is rotated
 */
public record AgentSettings(
    String image,
    String pullPolicy,
    List<String> pullSecrets,
    ResourceRequirements resources,
    boolean monitoring,
    Map<String, String> monitoringLabels,
    Duration rolloutDeadline,
    Duration linkKeyMaxAge) {

  public AgentSettings {
    pullSecrets = List.copyOf(pullSecrets);
    monitoringLabels = Map.copyOf(monitoringLabels);
  }
}
