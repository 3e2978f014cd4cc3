package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What happens to a packet. */
public enum Verdict {
  /** It passes. */
  @JsonProperty("Accept")
  ACCEPT,
  /** It vanishes; no reset and no ICMP error is sent for it. */
  @JsonProperty("Drop")
  DROP
}
