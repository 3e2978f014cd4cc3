package dev.holdfast.agent.shell;

import dev.holdfast.agent.loop.ClusterConfig;
import dev.holdfast.agent.role.core.NextHop;
import dev.holdfast.agent.role.core.Planned;
import dev.holdfast.agent.role.core.Preempt;
import dev.holdfast.agent.role.core.Router;
import dev.holdfast.agent.role.core.Segment;
import dev.holdfast.agent.role.core.Speakers;
import dev.holdfast.agent.role.core.VirtualAddress;
import dev.holdfast.agent.sync.core.LinkSettings;
import dev.holdfast.agent.vrrp.wire.Authentication;
import dev.holdfast.agent.vrrp.wire.ChecksumForm;
import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Prefix;
import dev.holdfast.api.v1alpha1.FlowSyncProtocol;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import dev.holdfast.api.v1alpha1.NodeNetwork;
import dev.holdfast.api.v1alpha1.NodeRouter;
import dev.holdfast.api.v1alpha1.NodeVirtualRouter;
import dev.holdfast.api.v1alpha1.NodeVrrp;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** The GatewayNode in the words of the cores, which know nothing of the resource. */
public final class CoreConfig {

  /** How long a takeover waits for its flows before it takes the addresses all the same. */
  private static final long COMMIT_NANOS = 2_000_000_000L;

  private CoreConfig() {}

  public static ClusterConfig of(GatewayNodeSpec spec) {
    NodeVrrp vrrp = spec.vrrp();
    return new ClusterConfig(
        spec.node(),
        spec.routers().stream().map(router -> router(router, spec)).toList(),
        instances(spec),
        virtualAddresses(spec),
        nextHops(spec),
        speakers(vrrp),
        switch (vrrp.preempt()) {
          case ALWAYS -> Preempt.ALWAYS;
          case WHEN_IN_SYNC -> Preempt.WHEN_IN_SYNC;
          case NEVER -> Preempt.NEVER;
        },
        vrrp.advertisementIntervalNanos(),
        vrrp.password() == null
            ? Authentication.none()
            : Authentication.SimplePassword.of(vrrp.password()),
        vrrp.unicast(),
        vrrp.virtualMac(),
        ChecksumForm.PSEUDO,
        COMMIT_NANOS,
        new Planned(
            spec.maintenance() || spec.self().maintenance(),
            spec.handoverTo(),
            spec.handover().timeoutNanos(),
            spec.flowSync().protocol() == FlowSyncProtocol.HOLDFAST),
        linkSilenceNanos(spec));
  }

  private static Speakers speakers(NodeVrrp vrrp) {
    return switch (vrrp.speakers()) {
      case LISTED -> Speakers.LISTED;
      case ANY -> Speakers.ANY;
    };
  }

  /** Beside foreign speakers, and beside a conntrackd, only VRRP's own silence counts. */
  private static long linkSilenceNanos(GatewayNodeSpec spec) {
    return spec.flowSync().protocol() == FlowSyncProtocol.HOLDFAST
            && speakers(spec.vrrp()) == Speakers.LISTED
        ? LinkSettings.shortestSilenceNanos(spec.vrrp().advertisementIntervalNanos())
        : 0;
  }

  private static Router router(NodeRouter router, GatewayNodeSpec spec) {
    Map<Segment, Set<IpAddress>> addresses = new HashMap<>();
    for (NodeNetwork network : spec.networks()) {
      for (Family family : Family.values()) {
        Set<IpAddress> own =
            router.addressesOn(network.name()).stream()
                .filter(address -> address.family() == family)
                .collect(Collectors.toSet());
        if (!own.isEmpty()) {
          addresses.put(new Segment(network.name(), family), own);
        }
      }
    }
    return new Router(router.node(), router.priority(), addresses);
  }

  private static List<ClusterConfig.Instance> instances(GatewayNodeSpec spec) {
    List<ClusterConfig.Instance> instances = new ArrayList<>();
    for (NodeNetwork network : spec.networks()) {
      for (NodeVirtualRouter router : network.virtualRouters()) {
        instances.add(
            new ClusterConfig.Instance(
                new Segment(network.name(), router.family()),
                router.virtualRouterId(),
                router.version(),
                router.virtualPrefixes().stream().map(Prefix::address).toList()));
      }
    }
    return instances;
  }

  private static List<NextHop> nextHops(GatewayNodeSpec spec) {
    List<NextHop> hops = new ArrayList<>();
    for (NodeNetwork network : spec.networks()) {
      if (!network.virtualRouters().isEmpty()) {
        network
            .gateways()
            .forEach(text -> hops.add(new NextHop(network.name(), IpAddress.parse(text))));
      }
    }
    return hops;
  }

  private static List<VirtualAddress> virtualAddresses(GatewayNodeSpec spec) {
    List<VirtualAddress> all = new ArrayList<>();
    for (NodeNetwork network : spec.networks()) {
      network
          .virtualPrefixes()
          .forEach(prefix -> all.add(new VirtualAddress(network.name(), prefix)));
    }
    return all;
  }
}
