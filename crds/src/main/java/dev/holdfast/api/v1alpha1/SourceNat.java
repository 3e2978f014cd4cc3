package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What the sources of LAN flows become on their way out (IPv4). */
public enum SourceNat {
  /** The first IPv4 virtual address of the WAN: flows survive a failover. */
  @JsonProperty("VirtualAddress")
  VIRTUAL_ADDRESS,
  /** The router's own address (masquerade): flows die with the router. */
  @JsonProperty("Interface")
  INTERFACE,
  /** They stay as they are. */
  @JsonProperty("None")
  NONE
}
