package dev.holdfast.lab.measure.judge;

import dev.holdfast.api.addr.Family;

/**
 * One VRRP advert as it came in at a switch port.
 *
 * @param nanos since the recording's origin
 * @param router whose port it was, whatever the packet says
 * @param network the switch
 * @param family of the packet that carried it
 * @param vrid 1 to 255
 * @param priority 0 to 255
 * @param intervalNanos what it says about its own interval
 */
public record AdvertSeen(
    long nanos,
    String router,
    String network,
    Family family,
    int vrid,
    int priority,
    long intervalNanos) {

  /** The virtual router that it speaks for. */
  public VirtualRouterId virtualRouter() {
    return new VirtualRouterId(network, family, vrid);
  }
}
