package dev.holdfast.agent.rtnetlink;

import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Prefix;
import org.jspecify.annotations.Nullable;

/**
 * A unicast route of the main table.
 *
 * @param destination with length 0 for a default route
 * @param gateway the next hop; null when the destination is on the link
 * @param interfaceIndex where packets leave
 * @param metric the lowest wins; 0 is the kernel's default (IPv6: 1024)
 * @param protocol who added it; ours is {@link InterfaceAddress#OURS}
 * @param source the source address it asks for; null when the kernel chooses
 */
public record Route(
    Prefix destination,
    @Nullable IpAddress gateway,
    int interfaceIndex,
    long metric,
    int protocol,
    @Nullable IpAddress source) {

  public boolean isDefault() {
    return destination.length() == 0;
  }

  public boolean isOurs() {
    return protocol == InterfaceAddress.OURS;
  }
}
