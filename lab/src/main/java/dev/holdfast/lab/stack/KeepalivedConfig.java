package dev.holdfast.lab.stack;

import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Ipv4Address;
import dev.holdfast.api.addr.Prefix;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import dev.holdfast.api.v1alpha1.NodeNetwork;
import dev.holdfast.api.v1alpha1.NodeRouter;
import dev.holdfast.api.v1alpha1.NodeVirtualRouter;
import dev.holdfast.api.v1alpha1.Preemption;
import dev.holdfast.lab.net.Attachment;
import dev.holdfast.lab.net.Topology;
import java.math.BigDecimal;
import java.util.Optional;

/**
 * keepalived's configuration for one router: a VRRP instance for each virtual router, all in one
 * sync group, and a script that tells conntrackd about the role.
 */
final class KeepalivedConfig {

  private final GatewayNodeSpec node;
  private final Topology topology;
  private final String script;
  private final StringBuilder text = new StringBuilder();

  private KeepalivedConfig(GatewayNodeSpec node, Topology topology, String script) {
    this.node = node;
    this.topology = topology;
    this.script = script;
  }

  /**
   * @param script called with {@code primary}, {@code backup} or {@code fault}
   */
  static String text(GatewayNodeSpec node, Topology topology, String script) {
    return new KeepalivedConfig(node, topology, script).write();
  }

  private String write() {
    line("global_defs {");
    line("    router_id %s", node.node());
    line("    script_user root");
    line("    enable_script_security");
    line("}");
    line("");
    line("vrrp_sync_group gateway {");
    line("    group {");
    for (NodeNetwork network : node.networks()) {
      network.virtualRouters().forEach(v -> line("        %s", instance(network, v)));
    }
    line("    }");
    line("    notify_master \"%s primary\"", script);
    line("    notify_backup \"%s backup\"", script);
    line("    notify_fault \"%s fault\"", script);
    line("}");
    for (NodeNetwork network : node.networks()) {
      network.virtualRouters().forEach(v -> virtualRouter(network, v));
    }
    return text.toString();
  }

  private static String instance(NodeNetwork network, NodeVirtualRouter virtual) {
    return network.name() + (virtual.family() == Family.IPV4 ? "-ipv4" : "-ipv6");
  }

  private void virtualRouter(NodeNetwork network, NodeVirtualRouter virtual) {
    line("");
    line("vrrp_instance %s {", instance(network, virtual));
    line("    state %s", isBest() ? "MASTER" : "BACKUP");
    line("    interface %s", network.interfaceName());
    line("    virtual_router_id %d", virtual.virtualRouterId());
    line("    version %d", virtual.version());
    line("    priority %d", node.priority());
    line("    advert_int %s", seconds(node.vrrp().advertisementIntervalNanos()));
    if (node.vrrp().preempt() == Preemption.NEVER) {
      line("    nopreempt");
    }
    if (node.vrrp().virtualMac()) {
      line("    use_vmac");
    }
    if (node.vrrp().unicast()) {
      unicast(network, virtual.family());
    }
    String password = node.vrrp().password();
    if (password != null && virtual.version() == 2) {
      line("    authentication {");
      line("        auth_type PASS");
      line("        auth_pass %s", password);
      line("    }");
    }
    line("    virtual_ipaddress {");
    for (Prefix address : virtual.virtualPrefixes()) {
      line("        %s%s dev %s", address, broadcast(address), network.interfaceName());
    }
    line("    }");
    line("}");
  }

  private void unicast(NodeNetwork network, Family family) {
    own(node.node(), network, family).ifPresent(a -> line("    unicast_src_ip %s", a));
    line("    unicast_peer {");
    for (NodeRouter peer : node.peers()) {
      own(peer.node(), network, family).ifPresent(a -> line("        %s", a));
    }
    line("    }");
  }

  private Optional<IpAddress> own(String router, NodeNetwork network, Family family) {
    return topology
        .router(router)
        .attachment(network.name())
        .flatMap((Attachment a) -> a.address(family));
  }

  /** Without preemption nobody may begin as the master. */
  private boolean isBest() {
    return node.vrrp().preempt() != Preemption.NEVER
        && node.peers().stream().allMatch(peer -> peer.priority() < node.priority());
  }

  private static String broadcast(Prefix prefix) {
    return prefix.address() instanceof Ipv4Address a && prefix.length() < 31
        ? " brd " + new Ipv4Address(a.bits() | (int) (0xffff_ffffL >>> prefix.length()))
        : "";
  }

  /** {@code 1} or {@code 0.1}: what both versions write. */
  private static String seconds(long nanos) {
    return BigDecimal.valueOf(nanos, 9).stripTrailingZeros().toPlainString();
  }

  private void line(String form, Object... values) {
    text.append(values.length == 0 ? form : form.formatted(values)).append('\n');
  }
}
