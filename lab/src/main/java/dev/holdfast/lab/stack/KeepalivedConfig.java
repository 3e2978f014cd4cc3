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
  private final ConfigText text = new ConfigText();

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
    text.line("global_defs {");
    text.line("    router_id ", node.node());
    text.line("    script_user root");
    text.line("    enable_script_security");
    text.line("}");
    text.line();
    text.line("vrrp_sync_group gateway {");
    text.line("    group {");
    for (NodeNetwork network : node.networks()) {
      network.virtualRouters().forEach(v -> text.line("        ", instance(network, v)));
    }
    text.line("    }");
    text.line("    notify_master \"", script, " primary\"");
    text.line("    notify_backup \"", script, " backup\"");
    text.line("    notify_fault \"", script, " fault\"");
    text.line("}");
    for (NodeNetwork network : node.networks()) {
      network.virtualRouters().forEach(v -> virtualRouter(network, v));
    }
    return text.toString();
  }

  private static String instance(NodeNetwork network, NodeVirtualRouter virtual) {
    return network.name() + (virtual.family() == Family.IPV4 ? "-ipv4" : "-ipv6");
  }

  private void virtualRouter(NodeNetwork network, NodeVirtualRouter virtual) {
    text.line();
    text.line("vrrp_instance ", instance(network, virtual), " {");
    text.line("    state ", isBest() ? "MASTER" : "BACKUP");
    text.line("    interface ", network.interfaceName());
    text.line("    virtual_router_id ", virtual.virtualRouterId());
    text.line("    version ", virtual.version());
    text.line("    priority ", node.priority());
    text.line("    advert_int ", seconds(node.vrrp().advertisementIntervalNanos()));
    if (node.vrrp().preempt() == Preemption.NEVER) {
      text.line("    nopreempt");
    }
    if (node.vrrp().virtualMac()) {
      text.line("    use_vmac ", virtualMacInterface(virtual));
    }
    if (node.vrrp().unicast()) {
      unicast(network, virtual.family());
    }
    String password = node.vrrp().password();
    if (password != null && virtual.version() == 2) {
      text.line("    authentication {");
      text.line("        auth_type PASS");
      text.line("        auth_pass ", password);
      text.line("    }");
    }
    text.line("    virtual_ipaddress {");
    for (Prefix address : virtual.virtualPrefixes()) {
      String device = node.vrrp().virtualMac() ? "" : " dev " + network.interfaceName();
      text.line("        ", address, broadcast(address), device);
    }
    text.line("    }");
    text.line("}");
  }

  /** The macvlan with the virtual MAC, where addresses are with {@code vrrp.virtualMac}. */
  static String virtualMacInterface(NodeVirtualRouter virtual) {
    return (virtual.family() == Family.IPV4 ? "vrrp4." : "vrrp6.") + virtual.virtualRouterId();
  }

  private void unicast(NodeNetwork network, Family family) {
    own(node.node(), network, family).ifPresent(a -> text.line("    unicast_src_ip ", a));
    text.line("    unicast_peer {");
    for (NodeRouter peer : node.peers()) {
      own(peer.node(), network, family).ifPresent(a -> text.line("        ", a));
    }
    text.line("    }");
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
}
