package dev.holdfast.agent.vrrp.core;

import dev.holdfast.agent.vrrp.wire.Advert;
import dev.holdfast.api.addr.IpAddress;

/** What can happen to a virtual router. */
public sealed interface VrrpEvent {

  /** The network can carry adverts from now on. */
  record Started() implements VrrpEvent {}

  /** The network can no longer carry adverts, or the agent ends. An active one resigns. */
  record Stopped() implements VrrpEvent {}

  /** The deadline of the state has passed. */
  record DeadlineReached() implements VrrpEvent {}

  /**
   * An advert of another router, well-formed and of somebody who counts.
   *
   * @param own our own address on this network, for the tie-break
   */
  record AdvertReceived(Advert advert, IpAddress source, IpAddress own) implements VrrpEvent {}

  /** The group has taken the role. */
  record Elected() implements VrrpEvent {}

  /**
   * The group has left the role.
   *
   * @param resigns true to tell the others with a priority of zero, so that they need not wait
   */
  record Deposed(boolean resigns) implements VrrpEvent {}

  /** The active router resigned elsewhere: it may count as down earlier, at this time. */
  record Hastened(long downAtNanos) implements VrrpEvent {}

  /** Nothing ran for this long: every deadline moves by it. */
  record Delayed(long nanos) implements VrrpEvent {}

  /** After a long stall: listen for one interval before the next advert. */
  record ListeningBegun() implements VrrpEvent {}

  /** The configuration was {@code before}; the step's virtual router is what it is now. */
  record Reconfigured(VirtualRouter before) implements VrrpEvent {}
}
