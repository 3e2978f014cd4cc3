package dev.holdfast.lab.net;

import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.MacAddress;
import dev.holdfast.api.addr.Prefix;
import java.util.List;
import java.util.Optional;

/**
 * One end of a cable in a machine, and the switch port at its other end.
 *
 * @param network name of the network, as in the resource
 * @param interfaceName in the machine's namespace
 * @param switchPort in the namespace of the network's switch
 * @param mac of the machine's interface
 * @param addresses the machine's own, with prefix length; virtual addresses are not among them
 */
public record Attachment(
    String network,
    String interfaceName,
    String switchPort,
    MacAddress mac,
    List<Prefix> addresses) {

  public Attachment {
    addresses = List.copyOf(addresses);
  }

  /** The first own address of a family. */
  public Optional<IpAddress> address(Family family) {
    return addresses.stream().filter(p -> p.family() == family).findFirst().map(Prefix::address);
  }
}
