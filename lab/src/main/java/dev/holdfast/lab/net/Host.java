package dev.holdfast.lab.net;

import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import java.util.Optional;

/**
 * A machine with one cable: a host on a LAN, or the one in the internet.
 *
 * @param name for people: {@code lan-host}, {@code internet-host}
 */
public record Host(String name, Namespace namespace, Attachment attachment) {

  /** The address that its traffic uses. */
  public Optional<IpAddress> address(Family family) {
    return attachment.address(family);
  }
}
