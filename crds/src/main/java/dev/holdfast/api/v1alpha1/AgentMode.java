package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonProperty;

/** How the agents run. */
public enum AgentMode {
  /** As pods with the host network. */
  @JsonProperty("Pod")
  POD,
  /** As host services that were installed by other means. */
  @JsonProperty("Host")
  HOST
}
