package dev.holdfast.lab.net;

import dev.holdfast.api.addr.Prefix;
import java.util.List;

/**
 * One network of the cluster and its switch.
 *
 * @param name as in the resource
 * @param switchNamespace where the bridge and its ports are; adverts are captured at the ports
 * @param ports all ports, the routers' first
 * @param virtualRouters none on a Sync network
 */
public record NetworkSite(
    String name,
    Role role,
    Namespace switchNamespace,
    List<Port> ports,
    List<VirtualRouterSite> virtualRouters) {

  /** What a network is for. */
  public enum Role {
    WAN,
    LAN,
    SYNC
  }

  /**
   * A switch port.
   *
   * @param interfaceName in the switch's namespace
   * @param machine the router's node name, or the host's name
   */
  public record Port(String interfaceName, String machine, boolean router) {}

  public NetworkSite {
    ports = List.copyOf(ports);
    virtualRouters = List.copyOf(virtualRouters);
  }

  /** Every virtual address of the network, both families. */
  public List<Prefix> virtualAddresses() {
    return virtualRouters.stream().flatMap(v -> v.addresses().stream()).toList();
  }
}
