package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What a network is for. */
public enum NetworkRole {
  /** The way out: sources are translated towards it, next hops are probed on it. */
  WAN,
  /** The hosts whose gateway this is. */
  LAN,
  /** Between the routers only: flow sync, heartbeats. Carries no virtual address. */
  @JsonProperty("Sync")
  SYNC
}
