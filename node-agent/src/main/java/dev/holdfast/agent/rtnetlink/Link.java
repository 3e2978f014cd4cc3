package dev.holdfast.agent.rtnetlink;

import dev.holdfast.api.addr.MacAddress;
import org.jspecify.annotations.Nullable;

/**
 * A network interface.
 *
 * @param index its number; a new one each time it is created
 * @param name at most 15 bytes; may change
 * @param flags IFF_* of linux/if.h
 * @param mtu bytes of an IP packet
 * @param mac null where the interface has no Ethernet address
 * @param kind what made it, like {@code veth} or {@code macvlan}; empty for hardware
 * @param parentIndex the interface below, in the same namespace or not; 0 for none
 */
public record Link(
    int index,
    String name,
    int flags,
    int mtu,
    @Nullable MacAddress mac,
    String kind,
    int parentIndex) {

  /** An administrator (or we) switched it on. */
  public boolean isUp() {
    return (flags & Rt.IFF_UP) != 0;
  }

  /**
   * Switched on, and the cable or the lower interface works: packets can pass. Two flags speak of
   * the cable: IFF_LOWER_UP falls the moment the driver says so, IFF_RUNNING up to a second later.
   */
  public boolean isUsable() {
    int all = Rt.IFF_UP | Rt.IFF_RUNNING | Rt.IFF_LOWER_UP;
    return (flags & all) == all;
  }

  public boolean isLoopback() {
    return (flags & Rt.IFF_LOOPBACK) != 0;
  }

  /** It has neighbours that can be told where an address is. */
  public boolean hasNeighbors() {
    return mac != null && (flags & (Rt.IFF_NOARP | Rt.IFF_LOOPBACK)) == 0;
  }
}
