package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonProperty;

/** When a better router takes the role from a worse one that is active. */
public enum Preemption {
  /** Once it holds every flow of the active. */
  @JsonProperty("WhenInSync")
  WHEN_IN_SYNC,
  /** At once, as RFC 9568 Preempt_Mode; flows that are not there yet are lost. */
  @JsonProperty("Always")
  ALWAYS,
  /** Not at all: the active stays until it leaves. */
  @JsonProperty("Never")
  NEVER
}
