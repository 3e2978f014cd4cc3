package dev.holdfast.agent.firewall.core;

import dev.holdfast.api.addr.Family;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import dev.holdfast.api.v1alpha1.NodeNetwork;
import java.util.ArrayList;
import java.util.List;

/** Makes the policy of one router. */
public final class FirewallPlanner {

  private FirewallPlanner() {}

  /**
   * @param spec free of violations
   * @param facts what this router's kernel says; plan again when they change
   */
  public static Ruleset plan(GatewayNodeSpec spec, RouterFacts facts) {
    Networks networks = new Networks(spec, facts);
    FilterPlan ipv4 = new FilterPlan(spec, networks, Family.IPV4);
    FilterPlan ipv6 = new FilterPlan(spec, networks, Family.IPV6);
    List<RuleTable> tables = new ArrayList<>();
    tables.add(ipv4.filter());
    tables.add(ipv6.filter());
    tables.add(ipv4.mangle());
    tables.add(ipv6.mangle());
    tables.add(new NatPlan(spec, networks).table());
    tables.removeIf(RuleTable::isEmpty);
    return Ruleset.marked(spec.generation(), spec.firewall().confirmSeconds(), tables);
  }

  /**
   * Fingerprint of what the policy means, the same on every router of the cluster whatever its
   * interfaces are called and its kernel says. Routers that differ in it run different policies.
   */
  public static String sharedPolicy(GatewayNodeSpec spec) {
    List<NodeNetwork> named = new ArrayList<>();
    for (int i = 0; i < spec.networks().size(); i++) {
      NodeNetwork network = spec.networks().get(i);
      named.add(
          new NodeNetwork(
              network.name(),
              network.role(),
              "network-" + i,
              network.virtualRouters(),
              network.gateways(),
              network.routes()));
    }
    GatewayNodeSpec shared =
        new GatewayNodeSpec(
            spec.cluster(),
            spec.namespace(),
            spec.generation(),
            spec.node(),
            spec.priority(),
            spec.maintenance(),
            spec.handoverTo(),
            spec.withdraw(),
            spec.routers(),
            named,
            spec.vrrp(),
            spec.flowSync(),
            spec.firewall(),
            spec.nat(),
            spec.handover(),
            spec.roleHooks());
    return plan(shared, RouterFacts.NONE).mark().policy();
  }
}
