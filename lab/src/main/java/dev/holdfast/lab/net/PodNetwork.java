package dev.holdfast.lab.net;

import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Prefix;

/**
 * A pod on a router and the bridge that it hangs on, as a CNI makes it. The rest of the lab has
 * routes to it, so that it is seen with its own address.
 *
 * @param node the router's
 * @param namespace the pod's
 * @param bridge the bridge's address, on the router; the pod's next hop
 * @param address the pod's
 */
public record PodNetwork(String node, Namespace namespace, Prefix bridge, Prefix address) {

  /** The pods' prefix on this router. */
  public Prefix prefix() {
    return bridge.network();
  }

  public IpAddress pod() {
    return address.address();
  }
}
