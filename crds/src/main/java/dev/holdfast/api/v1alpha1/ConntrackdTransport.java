package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonProperty;

/** How datagrams of the conntrackd protocol travel. */
public enum ConntrackdTransport {
  /** To a group on the Sync network. */
  @JsonProperty("Multicast")
  MULTICAST,
  /** To the listed peers. */
  @JsonProperty("Unicast")
  UNICAST
}
