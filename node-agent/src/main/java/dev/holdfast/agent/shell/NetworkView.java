package dev.holdfast.agent.shell;

import dev.holdfast.agent.loop.AgentEvent;
import dev.holdfast.agent.role.core.Link;
import dev.holdfast.agent.rtnetlink.InterfaceAddress;
import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Ipv4Address;
import dev.holdfast.api.addr.Ipv6Address;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import dev.holdfast.api.v1alpha1.NodeNetwork;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The gateway's networks as the kernel has them: turns news of interfaces and addresses into events
 * for the cores, which speak of networks.
 *
 * <p>News come from the link monitor's thread; questions from any.
 */
public final class NetworkView {

  /** IFA_F_TENTATIVE and IFA_F_DADFAILED of linux/if_addr.h: no source of anything yet, or ever. */
  private static final int NOT_USABLE = 0x40 | 0x08;

  private final Consumer<AgentEvent> sink;
  private final Map<String, dev.holdfast.agent.rtnetlink.Link> interfaces = new HashMap<>();
  private final Map<String, List<InterfaceAddress>> addresses = new HashMap<>();
  private final Map<String, Link> told = new LinkedHashMap<>();
  private GatewayNodeSpec spec;
  private boolean telling;

  /**
   * @param sink takes the events after {@link #begin}; must not block
   */
  public NetworkView(GatewayNodeSpec spec, Consumer<AgentEvent> sink) {
    this.spec = spec;
    this.sink = sink;
    spec.networks().forEach(network -> told.put(network.name(), Link.ABSENT));
  }

  /** Takes one piece of news. */
  public synchronized void accept(NetworkEvent news) {
    switch (news) {
      case NetworkEvent.LinkChanged(var link) -> interfaces.put(link.name(), link);
      case NetworkEvent.LinkRemoved(String name, int index) -> {
        interfaces.remove(name);
        addresses.remove(name);
      }
      case NetworkEvent.AddressAdded(String name, InterfaceAddress address, boolean byUs) -> {
        List<InterfaceAddress> all = addresses.computeIfAbsent(name, n -> new ArrayList<>());
        all.removeIf(other -> other.prefix().equals(address.prefix()));
        all.add(address);
      }
      case NetworkEvent.AddressRemoved(String name, InterfaceAddress address, boolean byUs) -> {
        addresses
            .getOrDefault(name, new ArrayList<>())
            .removeIf(other -> other.prefix().equals(address.prefix()));
        if (!byUs) {
          tellLost(name, address.prefix().address());
        }
      }
    }
    tellChanges();
  }

  /** The resource has changed: the networks are looked at anew. */
  public synchronized void reconfigure(GatewayNodeSpec changed) {
    spec = changed;
    told.keySet().retainAll(changed.networks().stream().map(NodeNetwork::name).toList());
    tellChanges();
  }

  /** What there is now; from here on, and not before, changes are told. */
  public synchronized Map<String, Link> begin() {
    telling = true;
    return links();
  }

  /** Every network's interface as it is known now. */
  public synchronized Map<String, Link> links() {
    return Map.copyOf(told);
  }

  /** An interface by its name, if it exists. */
  public synchronized Optional<dev.holdfast.agent.rtnetlink.Link> find(String interfaceName) {
    return Optional.ofNullable(interfaces.get(interfaceName));
  }

  private void tellLost(String interfaceName, IpAddress address) {
    for (NodeNetwork network : spec.networks()) {
      boolean here =
          network.interfaceName().equals(interfaceName)
              || VirtualMac.interfaceNames(spec, network).containsValue(interfaceName);
      if (here && telling && isVirtual(network, address)) {
        sink.accept(new AgentEvent.AddressLost(network.name(), address));
      }
    }
  }

  private void tellChanges() {
    for (NodeNetwork network : spec.networks()) {
      Link now = link(network);
      if (!now.equals(told.put(network.name(), now)) && telling) {
        sink.accept(new AgentEvent.LinkChanged(network.name(), now));
      }
    }
  }

  private Link link(NodeNetwork network) {
    var kernel = interfaces.get(network.interfaceName());
    if (kernel == null) {
      return Link.ABSENT;
    }
    List<InterfaceAddress> own =
        addresses.getOrDefault(network.interfaceName(), List.of()).stream()
            .filter(address -> !address.isOurs())
            .filter(address -> !isVirtual(network, address.prefix().address()))
            .filter(address -> (address.flags() & (NOT_USABLE)) == 0)
            .toList();
    return new Link(
        true, kernel.isUsable(), kernel.mac(), source4(network, own), source6(network, own));
  }

  private @Nullable Ipv4Address source4(NodeNetwork network, List<InterfaceAddress> own) {
    IpAddress listed = listed(network, Family.IPV4, own);
    if (listed instanceof Ipv4Address address) {
      return address;
    }
    return own.stream()
        .map(address -> address.prefix().address())
        .filter(Ipv4Address.class::isInstance)
        .map(Ipv4Address.class::cast)
        .filter(address -> network.virtualPrefixes().stream().anyMatch(p -> p.contains(address)))
        .findFirst()
        .or(
            () ->
                own.stream()
                    .map(address -> address.prefix().address())
                    .filter(Ipv4Address.class::isInstance)
                    .map(Ipv4Address.class::cast)
                    .findFirst())
        .orElse(null);
  }

  /** Adverts to the group come from a link-local address (RFC 9568 section 5.1.2.1). */
  private @Nullable Ipv6Address source6(NodeNetwork network, List<InterfaceAddress> own) {
    if (spec.vrrp().unicast() && listed(network, Family.IPV6, own) instanceof Ipv6Address address) {
      return address;
    }
    return own.stream()
        .map(address -> address.prefix().address())
        .filter(IpAddress::isLinkLocal)
        .filter(Ipv6Address.class::isInstance)
        .map(Ipv6Address.class::cast)
        .findFirst()
        .orElse(null);
  }

  /** The first of the addresses that the resource lists for this router and that it really has. */
  private @Nullable IpAddress listed(
      NodeNetwork network, Family family, List<InterfaceAddress> own) {
    return spec.self().addressesOn(network.name()).stream()
        .filter(address -> address.family() == family)
        .filter(address -> own.stream().anyMatch(a -> a.prefix().address().equals(address)))
        .findFirst()
        .orElse(null);
  }

  private static boolean isVirtual(NodeNetwork network, IpAddress address) {
    return network.virtualPrefixes().stream()
        .anyMatch(virtual -> virtual.address().equals(address));
  }
}
