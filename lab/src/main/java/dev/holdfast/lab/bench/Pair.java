package dev.holdfast.lab.bench;

import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Ipv4Address;
import dev.holdfast.api.addr.Prefix;
import dev.holdfast.api.v1alpha1.NetworkRole;
import dev.holdfast.api.v1alpha1.NodeNetwork;
import dev.holdfast.lab.ClusterFile;
import dev.holdfast.lab.LabException;
import dev.holdfast.lab.LabSession.Standing;
import dev.holdfast.lab.net.Router;

/** The two routers that a flow bench looks at. */
record Pair(Router active, Router backup) {

  /** Far enough from the routers' and hosts' own addresses. */
  private static final int CLIENT = 60;

  static Pair of(Standing standing) {
    Router backup =
        standing.topology().routers().stream()
            .filter(router -> !router.equals(standing.active()))
            .findFirst()
            .orElseThrow(() -> new LabException("a flow bench needs two routers"));
    return new Pair(standing.active(), backup);
  }

  /** Flows from the LAN to the internet, translated to the WAN's virtual address. */
  static FlowMaker.Ends ends(ClusterFile cluster, Standing standing) {
    Ipv4Address lan = virtual(cluster, NetworkRole.LAN);
    Ipv4Address server =
        (Ipv4Address)
            standing.topology().internetHost().attachment().address(Family.IPV4).orElseThrow();
    return new FlowMaker.Ends(
        new Ipv4Address((lan.bits() & ~0xff) + CLIENT), server, virtual(cluster, NetworkRole.WAN));
  }

  private static Ipv4Address virtual(ClusterFile cluster, NetworkRole role) {
    for (NodeNetwork network : cluster.nodes().getFirst().networks(role)) {
      for (Prefix prefix : network.virtualPrefixes()) {
        IpAddress address = prefix.address();
        if (address instanceof Ipv4Address four) {
          return four;
        }
      }
    }
    throw new LabException("a flow bench needs an IPv4 virtual address on LAN and WAN");
  }
}
