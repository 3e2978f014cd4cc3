package dev.holdfast.agent.loop;

import dev.holdfast.agent.role.core.Link;
import dev.holdfast.agent.role.core.NextHop;
import dev.holdfast.agent.role.core.Planned;
import dev.holdfast.agent.role.core.Preempt;
import dev.holdfast.agent.role.core.Router;
import dev.holdfast.agent.role.core.Segment;
import dev.holdfast.agent.role.core.Speakers;
import dev.holdfast.agent.role.core.VirtualAddress;
import dev.holdfast.agent.vrrp.wire.Authentication;
import dev.holdfast.agent.vrrp.wire.ChecksumForm;
import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Ipv4Address;
import dev.holdfast.api.addr.MacAddress;
import dev.holdfast.api.addr.Prefix;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Clusters for tests. Router {@code i} (from 0) is called a, b, c … and has host number i + 1 and
 * MAC 02:00:00:00:NETWORK:i + 1; network {@code n} (from 0) is 10.n.0.0/24 with VRID 10 + n and
 * virtual address 10.n.0.100.
 */
public final class Clusters {

  public static final long MILLI = 1_000_000L;
  public static final List<String> NETWORKS = List.of("wan", "lan", "dmz");
  public static final List<Integer> PRIORITIES = List.of(150, 100, 50);

  private Clusters() {}

  public static String node(int router) {
    return String.valueOf((char) ('a' + router));
  }

  public static Segment segment(int network) {
    return new Segment(NETWORKS.get(network), Family.IPV4);
  }

  public static Ipv4Address address(int network, int host) {
    return new Ipv4Address(10 << 24 | network << 16 | host);
  }

  public static Ipv4Address virtual(int network) {
    return address(network, 100);
  }

  /** The modem of a network. */
  public static NextHop nextHop(int network) {
    return new NextHop(NETWORKS.get(network), address(network, 254));
  }

  public static MacAddress mac(int network, int router) {
    return new MacAddress(0x0200_0000_0000L | (long) network << 8 | (router + 1));
  }

  public static Link link(int network, int router) {
    return new Link(true, true, mac(network, router), address(network, router + 1), null);
  }

  public static Link noCarrier(int network, int router) {
    return new Link(true, false, mac(network, router), address(network, router + 1), null);
  }

  public static Map<String, Link> links(int networks, int router) {
    var links = new HashMap<String, Link>();
    for (int network = 0; network < networks; network++) {
      links.put(NETWORKS.get(network), link(network, router));
    }
    return links;
  }

  public static List<VirtualAddress> virtualAddresses(int networks) {
    var addresses = new ArrayList<VirtualAddress>();
    for (int network = 0; network < networks; network++) {
      addresses.add(new VirtualAddress(NETWORKS.get(network), new Prefix(virtual(network), 24)));
    }
    return addresses;
  }

  /** Listed speakers, version 3, 100 ms, preemption when in sync. */
  public static ClusterConfig config(int routers, int networks, int router) {
    return config(routers, networks, router, Speakers.LISTED, Preempt.WHEN_IN_SYNC);
  }

  public static ClusterConfig config(
      int routers, int networks, int router, Speakers speakers, Preempt preempt) {
    return config(routers, networks, router, speakers, preempt, 100 * MILLI);
  }

  public static ClusterConfig config(
      int routers,
      int networks,
      int router,
      Speakers speakers,
      Preempt preempt,
      long intervalNanos) {
    return config(
        routers, networks, router, speakers, preempt, intervalNanos, List.of(), Planned.NOTHING);
  }

  public static ClusterConfig config(
      int routers,
      int networks,
      int router,
      Speakers speakers,
      Preempt preempt,
      long intervalNanos,
      List<NextHop> nextHops,
      Planned planned) {
    var all = new ArrayList<Router>();
    for (int i = 0; i < routers; i++) {
      var addresses = new HashMap<Segment, Set<IpAddress>>();
      for (int network = 0; network < networks; network++) {
        addresses.put(segment(network), Set.of(address(network, i + 1)));
      }
      all.add(new Router(node(i), PRIORITIES.get(i), addresses));
    }
    var instances = new ArrayList<ClusterConfig.Instance>();
    for (int network = 0; network < networks; network++) {
      instances.add(
          new ClusterConfig.Instance(segment(network), 10 + network, 3, List.of(virtual(network))));
    }
    return new ClusterConfig(
        node(router),
        all,
        instances,
        virtualAddresses(networks),
        nextHops,
        speakers,
        preempt,
        intervalNanos,
        Authentication.none(),
        false,
        false,
        ChecksumForm.PSEUDO,
        500 * MILLI,
        planned,
        planned.linked() && speakers == Speakers.LISTED ? 100 * MILLI : 0);
  }
}
