package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Whether Kubernetes' own traffic is let through whatever the rules say. */
public enum ClusterTrafficMode {
  /** Everything between the nodes and their pod networks, and the API server. */
  @JsonProperty("Auto")
  AUTO,
  /** Nothing beyond the rules. A rule set that forgets the API server rolls itself back. */
  @JsonProperty("None")
  NONE
}
