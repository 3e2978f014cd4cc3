package dev.holdfast.agent.shell;

import dev.holdfast.agent.loop.AgentEvent;
import dev.holdfast.agent.role.core.Link;
import dev.holdfast.agent.rtnetlink.InterfaceAddress;
import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Ipv4Address;
import dev.holdfast.api.addr.Ipv6Address;
import dev.holdfast.api.addr.Prefix;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import dev.holdfast.api.v1alpha1.NodeNetwork;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The gateway's networks as the kernel has them: turns news of interfaces and addresses into events
 * for the cores, which speak of networks.
 *
 * <p>News come from the link monitor's thread; questions from any.
 */
public final class NetworkView {

  private static final int MTU_OF_ETHERNET = 1500;

  private final Consumer<AgentEvent> sink;
  private final InterfaceTable table = new InterfaceTable();
  private final Map<String, Link> known = new LinkedHashMap<>();
  private GatewayNodeSpec spec;
  private boolean telling;

  /**
   * @param sink takes the events after {@link #begin}; must not block
   */
  public NetworkView(GatewayNodeSpec spec, Consumer<AgentEvent> sink) {
    this.spec = spec;
    this.sink = sink;
    spec.networks().forEach(network -> known.put(network.name(), Link.ABSENT));
  }

  /** Takes one piece of news. */
  public synchronized void accept(NetworkEvent news) {
    table.apply(news);
    if (news
        instanceof
        NetworkEvent.AddressRemoved(String name, InterfaceAddress address, boolean byUs)) {
      if (!byUs && telling) {
        tellLost(name, address.prefix().address());
      }
    }
    tellChanges();
  }

  /** What there is now; from here on, and not before, changes are told. */
  public synchronized Map<String, Link> begin() {
    telling = true;
    return links();
  }

  /** The resource has changed: the networks are looked at anew. */
  public synchronized void reconfigure(GatewayNodeSpec changed) {
    spec = changed;
    known.keySet().retainAll(changed.networks().stream().map(NodeNetwork::name).toList());
    tellChanges();
  }

  /** Every network's interface as it is known now. */
  public synchronized Map<String, Link> links() {
    return Map.copyOf(known);
  }

  /** An interface by its name, if it exists. */
  public synchronized Optional<dev.holdfast.agent.rtnetlink.Link> find(String interfaceName) {
    return table.link(interfaceName);
  }

  /** Where to listen on these networks, in their order. */
  synchronized List<LinkPorts.Place> places(List<NodeNetwork> networks) {
    return networks.stream()
        .map(
            network ->
                new LinkPorts.Place(
                    network.name(),
                    network.interfaceName(),
                    find(network.interfaceName())
                        .map(dev.holdfast.agent.rtnetlink.Link::index)
                        .orElse(0)))
        .toList();
  }

  /** What fits through a network's interface; what Ethernet carries while there is none. */
  synchronized int mtu(NodeNetwork network) {
    return find(network.interfaceName())
        .map(dev.holdfast.agent.rtnetlink.Link::mtu)
        .orElse(MTU_OF_ETHERNET);
  }

  /** An interface's addresses that are the router's own, not virtual ones. */
  public synchronized List<Prefix> ownAddresses(String interfaceName) {
    Set<IpAddress> virtual =
        spec.networks().stream()
            .flatMap(network -> network.virtualPrefixes().stream())
            .map(Prefix::address)
            .collect(Collectors.toSet());
    return table.addresses(interfaceName).stream()
        .filter(address -> !address.isOurs() && address.isUsable())
        .map(InterfaceAddress::prefix)
        .filter(prefix -> !virtual.contains(prefix.address()))
        .toList();
  }

  /** Every address of this machine. */
  public synchronized Set<IpAddress> allAddresses() {
    return table.allAddresses();
  }

  private void tellLost(String interfaceName, IpAddress address) {
    for (NodeNetwork network : spec.networks()) {
      boolean isVirtual =
          network.virtualPrefixes().stream().anyMatch(p -> p.address().equals(address));
      if (isVirtual && carries(network, interfaceName)) {
        sink.accept(new AgentEvent.AddressLost(network.name(), address));
      }
    }
  }

  /** The network's interface, or one with a virtual MAC above it. */
  private boolean carries(NodeNetwork network, String interfaceName) {
    if (network.interfaceName().equals(interfaceName)) {
      return true;
    }
    return table
        .link(network.interfaceName())
        .map(
            base ->
                network.virtualRouters().stream()
                    .map(v -> VirtualMac.name(v.family(), v.virtualRouterId(), base.index()))
                    .anyMatch(interfaceName::equals))
        .orElse(false);
  }

  private void tellChanges() {
    for (NodeNetwork network : spec.networks()) {
      Link now = link(network);
      if (!now.equals(known.put(network.name(), now)) && telling) {
        sink.accept(new AgentEvent.LinkChanged(network.name(), now));
      }
    }
  }

  private Link link(NodeNetwork network) {
    return table
        .link(network.interfaceName())
        .map(
            link ->
                new Link(
                    true,
                    link.isUsable(),
                    link.mac(),
                    source(network, Family.IPV4) instanceof Ipv4Address four ? four : null,
                    source(network, Family.IPV6) instanceof Ipv6Address six ? six : null))
        .orElse(Link.ABSENT);
  }

  /**
   * Where adverts come from: an address that the resource lists for this router and that it has,
   * else the interface's. IPv6 adverts to the group need the link-local one (RFC 9568 section
   * 5.1.2.1).
   */
  private @Nullable IpAddress source(NodeNetwork network, Family family) {
    if (family == Family.IPV4 || spec.vrrp().unicast()) {
      for (IpAddress listed : spec.self().addressesOn(network.name())) {
        if (listed.family() == family
            && table.addresses(network.interfaceName()).stream()
                .anyMatch(own -> own.prefix().address().equals(listed))) {
          return listed;
        }
      }
    }
    return table
        .ownAddress(network.interfaceName(), family, network.virtualPrefixes())
        .orElse(null);
  }
}
