package dev.holdfast.agent.role.core;

import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Ipv4Address;
import dev.holdfast.api.addr.Ipv6Address;
import dev.holdfast.api.addr.MacAddress;
import org.jspecify.annotations.Nullable;

/**
 * A network's interface, as the kernel has it.
 *
 * @param present the interface exists
 * @param up it is enabled and has carrier
 * @param mac its own MAC; null when not present
 * @param source4 the router's own IPv4 address that adverts come from; null when it has none
 * @param source6 its link-local address, not tentative; null when it has none
 */
public record Link(
    boolean present,
    boolean up,
    @Nullable MacAddress mac,
    @Nullable Ipv4Address source4,
    @Nullable Ipv6Address source6) {

  /** No such interface. */
  public static final Link ABSENT = new Link(false, false, null, null, null);

  /** Where adverts of a family come from; null when the router has no address of its own in it. */
  public @Nullable IpAddress source(Family family) {
    return switch (family) {
      case IPV4 -> source4;
      case IPV6 -> source6;
    };
  }
}
