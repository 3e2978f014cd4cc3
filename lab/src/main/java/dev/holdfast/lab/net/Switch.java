package dev.holdfast.lab.net;

import java.util.List;

/**
 * A bridge in a namespace of its own.
 *
 * @param name of the network that it carries
 * @param ports in the order of their names
 */
public record Switch(String name, Namespace namespace, List<NetworkSite.Port> ports) {

  public Switch {
    ports = List.copyOf(ports);
  }
}
