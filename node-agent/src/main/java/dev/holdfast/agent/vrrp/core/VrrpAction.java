package dev.holdfast.agent.vrrp.core;

import dev.holdfast.api.addr.IpAddress;

/** What a virtual router wants done: adverts, and news for its group. */
public sealed interface VrrpAction {

  /** Send one advert now. */
  record SendAdvert(int priority) implements VrrpAction {}

  /**
   * News: the active router has been silent for the down interval. This virtual router is ready.
   */
  record ActiveDown() implements VrrpAction {}

  /** News: an advert that keeps this virtual router backup. */
  record ActiveHeard(IpAddress source, int priority) implements VrrpAction {}

  /** News: a backup heard an advert of lower priority, and preempts: it does not count. */
  record WeakerHeard(IpAddress source, int priority) implements VrrpAction {}

  /** News: the active router gave the role up. */
  record ActiveResigned(IpAddress source) implements VrrpAction {}

  /** News: we were active and have yielded to this router. */
  record Yielded(IpAddress source, int priority) implements VrrpAction {}

  /** News: we are active and heard another, weaker active router. */
  record Contested(IpAddress source, int priority) implements VrrpAction {}
}
