package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What flow sync speaks. */
public enum FlowSyncProtocol {
  /** The sealed link, one per peer. */
  @JsonProperty("Holdfast")
  HOLDFAST,
  /** The plain protocol of conntrackd, so that one can be the other end. */
  @JsonProperty("Conntrackd")
  CONNTRACKD
}
