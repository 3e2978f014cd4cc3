package dev.holdfast.operator.plan;

import dev.holdfast.api.v1alpha1.AgentMode;
import dev.holdfast.api.v1alpha1.AgentSpec;
import dev.holdfast.api.v1alpha1.FirewallSpec;
import dev.holdfast.api.v1alpha1.GatewayClusterSpec;
import dev.holdfast.api.v1alpha1.HandoverSpec;
import dev.holdfast.api.v1alpha1.NetworkSpec;
import dev.holdfast.api.v1alpha1.Preemption;
import dev.holdfast.api.v1alpha1.RouterSpec;
import dev.holdfast.api.v1alpha1.VrrpSpec;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** What people change in a resource. */
public final class Edits {

  private Edits() {}

  /** The first has the highest priority. */
  public static GatewayClusterSpec routers(GatewayClusterSpec spec, String... nodes) {
    return routers(
        spec,
        IntStream.range(0, nodes.length)
            .mapToObj(i -> new RouterSpec(nodes[i], 200 - 50 * i, Map.of(), Map.of(), null))
            .toList());
  }

  static GatewayClusterSpec routers(GatewayClusterSpec spec, List<RouterSpec> routers) {
    return new GatewayClusterSpec(
        routers,
        spec.networks(),
        spec.vrrp(),
        spec.flowSync(),
        spec.firewall(),
        spec.nat(),
        spec.handover(),
        spec.roleHooks(),
        spec.agent());
  }

  /** A hundred higher. */
  public static GatewayClusterSpec vrids(GatewayClusterSpec spec) {
    List<NetworkSpec> networks =
        spec.networks().stream()
            .map(
                one ->
                    new NetworkSpec(
                        one.name(),
                        one.role(),
                        one.interfaceName(),
                        one.virtualRouterId() == null ? null : one.virtualRouterId() + 100,
                        one.virtualAddresses(),
                        one.gateways(),
                        one.routes()))
            .toList();
    return new GatewayClusterSpec(
        spec.routers(),
        networks,
        spec.vrrp(),
        spec.flowSync(),
        spec.firewall(),
        spec.nat(),
        spec.handover(),
        spec.roleHooks(),
        spec.agent());
  }

  /** Something of the policy that no other router hears of. */
  static GatewayClusterSpec policy(GatewayClusterSpec spec) {
    return new GatewayClusterSpec(
        spec.routers(),
        spec.networks(),
        spec.vrrp(),
        spec.flowSync(),
        new FirewallSpec(null, null, null, null, null, null, 10),
        spec.nat(),
        spec.handover(),
        spec.roleHooks(),
        spec.agent());
  }

  /** Who has the role keeps it. */
  static GatewayClusterSpec neverPreempting(GatewayClusterSpec spec) {
    return new GatewayClusterSpec(
        spec.routers(),
        spec.networks(),
        new VrrpSpec(null, null, Preemption.NEVER, null, null, null, null),
        spec.flowSync(),
        spec.firewall(),
        spec.nat(),
        spec.handover(),
        spec.roleHooks(),
        spec.agent());
  }

  /** A cordon means nothing to the gateway. */
  static GatewayClusterSpec deafToCordons(GatewayClusterSpec spec) {
    return new GatewayClusterSpec(
        spec.routers(),
        spec.networks(),
        spec.vrrp(),
        spec.flowSync(),
        spec.firewall(),
        spec.nat(),
        new HandoverSpec(false, null),
        spec.roleHooks(),
        spec.agent());
  }

  /** Agents as host services. */
  static GatewayClusterSpec onTheHost(GatewayClusterSpec spec) {
    return agents(spec, AgentMode.HOST);
  }

  static GatewayClusterSpec inPods(GatewayClusterSpec spec) {
    return agents(spec, AgentMode.POD);
  }

  private static GatewayClusterSpec agents(GatewayClusterSpec spec, AgentMode mode) {
    return new GatewayClusterSpec(
        spec.routers(),
        spec.networks(),
        spec.vrrp(),
        spec.flowSync(),
        spec.firewall(),
        spec.nat(),
        spec.handover(),
        spec.roleHooks(),
        new AgentSpec(mode));
  }
}
