package dev.holdfast.agent.shell;

import dev.holdfast.agent.linux.SyscallException;
import dev.holdfast.agent.loop.AgentEvent;
import dev.holdfast.agent.loop.ClusterConfig;
import dev.holdfast.agent.role.core.Segment;
import dev.holdfast.agent.role.core.SenderFilter;
import dev.holdfast.agent.rtnetlink.Link;
import dev.holdfast.agent.vrrp.wire.Advert;
import dev.holdfast.agent.vrrp.wire.AdvertCodec;
import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import dev.holdfast.api.v1alpha1.NodeNetwork;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The ports of all virtual routers: opened when an interface appears, opened anew when it comes
 * back with another index, closed when it or the virtual router goes.
 *
 * <p>Told of changes by the link monitor's thread, used by the loop: hence synchronized.
 */
final class VrrpPorts implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(VrrpPorts.class);

  private final NetworkView networks;
  private final Rtnetlink rtnetlink;
  private final Sysctl sysctl;
  private final Consumer<AgentEvent> sink;
  private final Supplier<SenderFilter> filter;
  private final Runnable atThreadStart;
  private final Map<Segment, VrrpPort> ports = new HashMap<>();
  private GatewayNodeSpec spec;
  private ClusterConfig config;
  private boolean raised;

  VrrpPorts(
      GatewayNodeSpec spec,
      ClusterConfig config,
      NetworkView networks,
      Rtnetlink rtnetlink,
      Sysctl sysctl,
      Consumer<AgentEvent> sink,
      Supplier<SenderFilter> filter,
      Runnable atThreadStart) {
    this.spec = spec;
    this.config = config;
    this.networks = networks;
    this.rtnetlink = rtnetlink;
    this.sysctl = sysctl;
    this.sink = sink;
    this.filter = filter;
    this.atThreadStart = atThreadStart;
  }

  /** Makes the ports fit another configuration. */
  synchronized void reconfigure(GatewayNodeSpec changedSpec, ClusterConfig changed) {
    spec = changedSpec;
    config = changed;
    refresh();
  }

  /** Makes the ports fit the interfaces that there are now. */
  synchronized void refresh() {
    ports.keySet().stream()
        .filter(segment -> config.instance(segment).isEmpty())
        .toList()
        .forEach(this::closePort);
    for (ClusterConfig.Instance instance : config.instances()) {
      VrrpPort port = ports.get(instance.segment());
      VrrpPort.Place place = place(instance).orElse(null);
      if (port != null && !port.place().equals(place)) {
        closePort(instance.segment());
        port = null;
      }
      if (port == null && place != null) {
        open(place);
      }
    }
  }

  private void open(VrrpPort.Place place) {
    try {
      Link base = networks.find(place.interfaceName()).orElseThrow();
      VrrpPort port = new VrrpPort(place, base, rtnetlink, sysctl, sink, filter, atThreadStart);
      ports.put(place.segment(), port);
      if (raised) {
        port.raise();
      }
    } catch (SyscallException e) {
      LOG.warn("vrrp sockets not opened on={} why={}", place.segment(), e.getMessage());
    }
  }

  private void closePort(Segment segment) {
    VrrpPort port = ports.remove(segment);
    if (port != null) {
      port.close();
    }
  }

  private Optional<VrrpPort.Place> place(ClusterConfig.Instance instance) {
    Segment segment = instance.segment();
    NodeNetwork network = spec.network(segment.network()).orElseThrow();
    Optional<Link> link = networks.find(network.interfaceName());
    IpAddress local =
        config.unicast()
            ? ownSource(segment.network(), segment.family())
            : AdvertCodec.group(segment.family());
    if (link.isEmpty() || local == null) {
      return Optional.empty();
    }
    return Optional.of(
        new VrrpPort.Place(
            segment,
            network.interfaceName(),
            link.get().index(),
            link.get().mac(),
            local,
            config.unicast() ? peers(segment) : List.of(local),
            config.advertRules(instance),
            config.authentication(),
            config.checksumForm(),
            config.virtualMac()));
  }

  /** The router's own address that adverts of a family come from; null when it has none. */
  @Nullable IpAddress ownSource(String network, Family family) {
    var link = networks.links().get(network);
    return link == null ? null : link.source(family);
  }

  private List<IpAddress> peers(Segment segment) {
    return spec.peers().stream()
        .flatMap(router -> router.addressesOn(segment.network()).stream())
        .filter(address -> address.family() == segment.family())
        .toList();
  }

  synchronized void send(Segment segment, Advert advert, IpAddress source) {
    VrrpPort port = ports.get(segment);
    if (port != null) {
      port.send(advert, source);
    }
  }

  /** Before the addresses are claimed: virtual MACs come up. */
  synchronized void raise() {
    raised = true;
    ports.values().forEach(VrrpPort::raise);
  }

  /** After the addresses were released: virtual MACs fall silent. */
  synchronized void lower() {
    raised = false;
    ports.values().forEach(VrrpPort::lower);
  }

  /** The port of a network and family, while its interface is there. */
  synchronized Optional<VrrpPort> port(String network, Family family) {
    return Optional.ofNullable(ports.get(new Segment(network, family)));
  }

  @Override
  public synchronized void close() {
    List.copyOf(ports.keySet()).forEach(this::closePort);
  }
}
