package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What a router is in its gateway cluster. */
public enum Role {
  /** Not started yet, or stopped. */
  @JsonProperty("Initialize")
  INITIALIZE,
  /** Ready to take the role, or on the way to be. */
  @JsonProperty("Backup")
  BACKUP,
  /** It holds the virtual addresses. */
  @JsonProperty("Active")
  ACTIVE,
  /** It cannot take the role: a link is down, or an interface is missing. */
  @JsonProperty("Fault")
  FAULT,
  /** It was told to take no role. */
  @JsonProperty("Maintenance")
  MAINTENANCE
}
