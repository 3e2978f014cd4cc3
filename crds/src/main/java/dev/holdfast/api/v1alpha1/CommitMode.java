package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonProperty;

/** When a peer's flows are written into this kernel. */
public enum CommitMode {
  /** As they arrive. */
  @JsonProperty("Continuous")
  CONTINUOUS,
  /** In one batch when the role is taken. */
  @JsonProperty("OnTakeover")
  ON_TAKEOVER
}
