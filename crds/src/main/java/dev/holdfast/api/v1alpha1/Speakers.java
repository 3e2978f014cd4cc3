package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Whose adverts count. */
public enum Speakers {
  /** Only those from an address of a listed router. */
  @JsonProperty("Listed")
  LISTED,
  /** Those of foreign VRRP speakers too; then only the rules of VRRP itself apply. */
  @JsonProperty("Any")
  ANY
}
