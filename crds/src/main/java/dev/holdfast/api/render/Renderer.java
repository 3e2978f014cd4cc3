package dev.holdfast.api.render;

import static dev.holdfast.api.render.Defaults.orElse;

import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Prefix;
import dev.holdfast.api.v1alpha1.ConntrackdSpec;
import dev.holdfast.api.v1alpha1.DurationText;
import dev.holdfast.api.v1alpha1.FlowSyncProtocol;
import dev.holdfast.api.v1alpha1.FlowSyncSpec;
import dev.holdfast.api.v1alpha1.GatewayClusterSpec;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import dev.holdfast.api.v1alpha1.NetworkSpec;
import dev.holdfast.api.v1alpha1.NodeConntrackd;
import dev.holdfast.api.v1alpha1.NodeFlowSync;
import dev.holdfast.api.v1alpha1.NodeHandover;
import dev.holdfast.api.v1alpha1.NodeNetwork;
import dev.holdfast.api.v1alpha1.NodeRoleHooks;
import dev.holdfast.api.v1alpha1.NodeRouter;
import dev.holdfast.api.v1alpha1.NodeVirtualRouter;
import dev.holdfast.api.v1alpha1.NodeVrrp;
import dev.holdfast.api.v1alpha1.RoleHooksSpec;
import dev.holdfast.api.v1alpha1.RouterSpec;
import dev.holdfast.api.v1alpha1.VrrpSpec;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Makes a router's complete configuration from the resource. */
public final class Renderer {

  private Renderer() {}

  /** For a router without Kubernetes. */
  public static GatewayNodeSpec render(
      GatewayIdentity identity, GatewayClusterSpec cluster, String node) {
    return render(identity, cluster, node, KubernetesFacts.NONE);
  }

  /**
   * @param cluster free of violations
   * @param node one of its routers
   * @throws IllegalArgumentException when it is not
   */
  public static GatewayNodeSpec render(
      GatewayIdentity identity, GatewayClusterSpec cluster, String node, KubernetesFacts facts) {
    RouterSpec router =
        cluster.routers().stream()
            .filter(candidate -> candidate.node().equals(node))
            .findFirst()
            .orElseThrow(() -> new IllegalArgumentException(notListed(cluster, node)));
    return new GatewayNodeSpec(
        identity.name(),
        identity.namespace(),
        identity.generation(),
        node,
        priority(router),
        maintenance(router),
        null,
        false,
        cluster.routers().stream().map(Renderer::router).toList(),
        cluster.networks().stream().map(network -> network(cluster, network, router)).toList(),
        vrrp(cluster),
        flowSync(cluster, router, facts),
        PolicyRenderer.firewall(cluster, facts),
        PolicyRenderer.nat(cluster),
        handover(cluster),
        roleHooks(cluster.roleHooks()));
  }

  private static String notListed(GatewayClusterSpec cluster, String node) {
    String listed = String.join(", ", cluster.routers().stream().map(RouterSpec::node).toList());
    return "no router \"" + node + "\" in spec.routers, which lists " + listed;
  }

  private static NodeRouter router(RouterSpec router) {
    Map<String, List<String>> addresses = new LinkedHashMap<>();
    router.addresses().forEach((network, own) -> addresses.put(network, addressTexts(own)));
    return new NodeRouter(router.node(), priority(router), maintenance(router), addresses);
  }

  private static int priority(RouterSpec router) {
    Integer priority = router.priority();
    if (priority == null) {
      throw new IllegalArgumentException("router " + router.node() + " has no priority");
    }
    return priority;
  }

  private static boolean maintenance(RouterSpec router) {
    return orElse(router.maintenance(), false);
  }

  private static NodeNetwork network(
      GatewayClusterSpec cluster, NetworkSpec network, RouterSpec router) {
    return new NodeNetwork(
        network.name(),
        network.role(),
        router.interfaces().getOrDefault(network.name(), network.interfaceName()),
        virtualRouters(Defaults.vrrpVersion(cluster), network),
        addressTexts(network.gateways()),
        networkTexts(network.routes()));
  }

  private static List<NodeVirtualRouter> virtualRouters(int version, NetworkSpec network) {
    Integer id = network.virtualRouterId();
    if (id == null) {
      return List.of();
    }
    List<Prefix> all = network.virtualAddresses().stream().map(Prefix::parse).toList();
    List<Prefix> ipv4 = all.stream().filter(p -> p.family() == Family.IPV4).toList();
    List<Prefix> ipv6 = all.stream().filter(p -> p.family() == Family.IPV6).toList();
    List<NodeVirtualRouter> routers = new ArrayList<>();
    if (!ipv4.isEmpty()) {
      routers.add(new NodeVirtualRouter(Family.IPV4, id, version, texts(ipv4)));
    }
    if (!ipv6.isEmpty()) {
      routers.add(new NodeVirtualRouter(Family.IPV6, id, 3, texts(linkLocalFirst(id, ipv6))));
    }
    return routers;
  }

  /**
   * RFC 9568 section 5.2.9: the first IPv6 address of an advert is the virtual router's link-local
   * one, which is what hosts know as their gateway. When the resource names none it is made from
   * the virtual MAC, so all routers make the same.
   */
  private static List<Prefix> linkLocalFirst(int virtualRouterId, List<Prefix> ipv6) {
    List<Prefix> ordered = new ArrayList<>();
    ipv6.stream().filter(p -> p.address().isLinkLocal()).forEach(ordered::add);
    if (ordered.isEmpty()) {
      ordered.add(Prefix.parse("fe80::200:5eff:fe00:2%02x/64".formatted(virtualRouterId)));
    }
    ipv6.stream().filter(p -> !p.address().isLinkLocal()).forEach(ordered::add);
    return ordered;
  }

  private static NodeVrrp vrrp(GatewayClusterSpec cluster) {
    VrrpSpec vrrp = orElse(cluster.vrrp(), new VrrpSpec(null, null, null, null, null, null, null));
    return new NodeVrrp(
        DurationText.canonical(Defaults.advertisementInterval(cluster)),
        orElse(vrrp.preempt(), Defaults.PREEMPT),
        orElse(vrrp.speakers(), Defaults.SPEAKERS),
        orElse(vrrp.unicast(), false),
        orElse(vrrp.virtualMac(), false),
        vrrp.authentication() == null ? null : vrrp.authentication().password());
  }

  private static NodeFlowSync flowSync(
      GatewayClusterSpec cluster, RouterSpec router, KubernetesFacts facts) {
    FlowSyncSpec flowSync =
        orElse(cluster.flowSync(), new FlowSyncSpec(null, null, null, null, List.of()));
    FlowSyncProtocol protocol = Defaults.flowSyncProtocol(cluster);
    List<String> ignore =
        Stream.of(flowSync.ignore(), facts.podNetworks(), facts.serviceNetworks())
            .flatMap(Collection::stream)
            .toList();
    return new NodeFlowSync(
        protocol,
        orElse(flowSync.port(), Defaults.FLOW_SYNC_PORT),
        protocol == FlowSyncProtocol.CONNTRACKD ? conntrackd(flowSync.conntrackd(), router) : null,
        orElse(flowSync.commit(), Defaults.COMMIT),
        networkTexts(ignore));
  }

  private static NodeConntrackd conntrackd(@Nullable ConntrackdSpec given, RouterSpec router) {
    ConntrackdSpec conntrackd =
        orElse(given, new ConntrackdSpec(null, null, null, List.of(), null, List.of()));
    List<String> own =
        addressTexts(router.addresses().values().stream().flatMap(List::stream).toList());
    return new NodeConntrackd(
        orElse(conntrackd.transport(), Defaults.CONNTRACKD_TRANSPORT),
        orElse(conntrackd.group(), Defaults.CONNTRACKD_GROUP),
        orElse(conntrackd.port(), Defaults.CONNTRACKD_PORT),
        addressTexts(conntrackd.peers()).stream().filter(peer -> !own.contains(peer)).toList(),
        orElse(conntrackd.mode(), Defaults.CONNTRACKD_MODE),
        conntrackd.protocols());
  }

  private static NodeHandover handover(GatewayClusterSpec cluster) {
    String timeout = cluster.handover() == null ? null : cluster.handover().timeout();
    return new NodeHandover(DurationText.canonical(orElse(timeout, Defaults.HANDOVER_TIMEOUT)));
  }

  private static NodeRoleHooks roleHooks(@Nullable RoleHooksSpec hooks) {
    return hooks == null
        ? new NodeRoleHooks(List.of(), List.of())
        : new NodeRoleHooks(hooks.onActive(), hooks.onBackup());
  }

  /** Addresses in one form, so that equal ones are equal texts. */
  static List<String> addressTexts(List<String> addresses) {
    return addresses.stream().map(text -> IpAddress.parse(text).toString()).distinct().toList();
  }

  /** Prefixes in one form, host bits cleared. */
  static List<String> networkTexts(Collection<String> prefixes) {
    return prefixes.stream()
        .map(text -> Prefix.parse(text).network().toString())
        .distinct()
        .toList();
  }

  private static List<String> texts(List<Prefix> prefixes) {
    return prefixes.stream().map(Prefix::toString).distinct().toList();
  }
}
