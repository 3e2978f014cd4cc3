package dev.holdfast.agent.shell;

import dev.holdfast.agent.linux.PacketSocket;
import dev.holdfast.agent.linux.SyscallException;
import dev.holdfast.agent.loop.AgentEvent;
import dev.holdfast.agent.role.core.NextHop;
import dev.holdfast.agent.rtnetlink.Link;
import dev.holdfast.agent.vrrp.wire.ArpFrame;
import dev.holdfast.agent.vrrp.wire.NeighborSolicitFrame;
import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Ipv4Address;
import dev.holdfast.api.addr.Ipv6Address;
import dev.holdfast.api.addr.MacAddress;
import dev.holdfast.api.addr.Prefix;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import dev.holdfast.api.v1alpha1.NodeNetwork;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks next hops whether they are there, and tells the answers; when and how often, the core says.
 *
 * <p>It asks from the router's own address in the next hop's network. A router without one asks by
 * an ARP probe (sender 0.0.0.0), which every machine answers that has the address, since nobody
 * could detect a duplicate otherwise; never from a virtual address, which a backup does not hold.
 * For IPv6 it is the link-local address, which every interface has.
 *
 * <p>{@link #refresh} is for the link monitor's thread and whoever reconfigures, {@link #ask} for
 * the loop.
 */
final class NextHopProbe implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(NextHopProbe.class);
  private static final Ipv4Address NO_ADDRESS = new Ipv4Address(0);

  private final NetworkView networks;
  private final Consumer<AgentEvent> sink;
  private final PacketSocket sender = PacketSocket.sender();
  private final Map<NextHopReceiver.Place, NextHopReceiver> receivers = new ConcurrentHashMap<>();
  private volatile GatewayNodeSpec spec;

  NextHopProbe(GatewayNodeSpec spec, NetworkView networks, Consumer<AgentEvent> sink) {
    this.spec = spec;
    this.networks = networks;
    this.sink = sink;
  }

  synchronized void reconfigure(GatewayNodeSpec changed) {
    spec = changed;
    refresh();
  }

  /** Listens where there are next hops, on the interfaces that there are now. */
  synchronized void refresh() {
    Set<NextHopReceiver.Place> wanted = new HashSet<>();
    for (NodeNetwork network : spec.networks()) {
      for (String gateway : network.gateways()) {
        place(network, IpAddress.parse(gateway).family()).ifPresent(wanted::add);
      }
    }
    receivers
        .entrySet()
        .removeIf(
            listening -> {
              boolean gone = !wanted.contains(listening.getKey());
              if (gone) {
                listening.getValue().close();
              }
              return gone;
            });
    wanted.forEach(this::listen);
  }

  private Optional<NextHopReceiver.Place> place(NodeNetwork network, Family family) {
    return networks
        .find(network.interfaceName())
        .flatMap(
            link ->
                Optional.ofNullable(link.mac())
                    .map(mac -> new NextHopReceiver.Place(family, link.name(), link.index(), mac)));
  }

  private void listen(NextHopReceiver.Place place) {
    if (receivers.containsKey(place)) {
      return;
    }
    try {
      receivers.put(place, NextHopReceiver.start(place, address -> answered(place, address)));
    } catch (SyscallException e) {
      LOG.warn("next hops not heard on={} why={}", place.interfaceName(), e.getMessage());
    }
  }

  private void answered(NextHopReceiver.Place place, IpAddress address) {
    for (NodeNetwork network : spec.networks()) {
      if (network.interfaceName().equals(place.interfaceName())
          && network.gateways().stream().map(IpAddress::parse).anyMatch(address::equals)) {
        sink.accept(new AgentEvent.NextHopAnswered(new NextHop(network.name(), address)));
      }
    }
  }

  /** Asks once. What the kernel refuses is a question without an answer. */
  void ask(NextHop hop) {
    NodeNetwork network = spec.network(hop.network()).orElse(null);
    Link link = network == null ? null : networks.find(network.interfaceName()).orElse(null);
    MacAddress mac = link == null ? null : link.mac();
    if (link == null || mac == null) {
      return;
    }
    List<Prefix> own = networks.ownAddresses(link.name());
    try {
      switch (hop.address()) {
        case Ipv4Address target ->
            sender.send(link.index(), ArpFrame.question(target, asker(own, target), mac).encode());
        case Ipv6Address target -> {
          Optional<Ipv6Address> asker = linkLocal(own);
          if (asker.isPresent()) {
            sender.send(link.index(), new NeighborSolicitFrame(target, asker.get(), mac).encode());
          }
        }
      }
    } catch (SyscallException e) {
      LOG.debug("next hop not asked hop={} why={}", hop, e.getMessage());
    }
  }

  private static Ipv4Address asker(List<Prefix> own, Ipv4Address target) {
    return own.stream()
        .filter(prefix -> prefix.contains(target))
        .map(Prefix::address)
        .filter(Ipv4Address.class::isInstance)
        .map(Ipv4Address.class::cast)
        .findFirst()
        .orElse(NO_ADDRESS);
  }

  private static Optional<Ipv6Address> linkLocal(List<Prefix> own) {
    return own.stream()
        .map(Prefix::address)
        .filter(address -> address.isLinkLocal())
        .filter(Ipv6Address.class::isInstance)
        .map(Ipv6Address.class::cast)
        .findFirst();
  }

  @Override
  public synchronized void close() {
    receivers.values().forEach(NextHopReceiver::close);
    receivers.clear();
    sender.close();
  }
}
