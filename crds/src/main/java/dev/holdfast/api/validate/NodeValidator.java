package dev.holdfast.api.validate;

import dev.holdfast.api.addr.Ipv4Address;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import dev.holdfast.api.v1alpha1.NodeConntrackd;
import dev.holdfast.api.v1alpha1.NodeFirewall;
import dev.holdfast.api.v1alpha1.NodeNetwork;
import dev.holdfast.api.v1alpha1.NodePortForward;
import dev.holdfast.api.v1alpha1.NodeRouter;
import dev.holdfast.api.v1alpha1.NodeRule;
import dev.holdfast.api.v1alpha1.NodeVirtualRouter;
import dev.holdfast.api.v1alpha1.PortRange;
import java.util.List;

/**
 * Checks that each text of a rendered configuration can be read as what it stands for, so that no
 * document, whoever wrote it, ends an agent. Whether it makes sense was judged before rendering.
 */
public final class NodeValidator {

  private final Findings findings = new Findings();

  private NodeValidator() {}

  /**
   * @return in the order of the document; empty when every helper of the model will work
   */
  public static List<Violation> validate(GatewayNodeSpec spec) {
    NodeValidator validator = new NodeValidator();
    validator.check(spec);
    return validator.findings.all();
  }

  private void check(GatewayNodeSpec spec) {
    findings.range("spec.priority", spec.priority(), 1, 254);
    if (spec.routers().stream().map(NodeRouter::node).noneMatch(spec.node()::equals)) {
      findings.add("spec.routers", "do not name " + spec.node() + ", whose configuration this is");
    }
    for (int i = 0; i < spec.routers().size(); i++) {
      String path = "spec.routers[" + i + "].addresses.";
      spec.routers().get(i).addresses().forEach((network, own) -> hosts(path + network, own));
    }
    for (int i = 0; i < spec.networks().size(); i++) {
      checkNetwork("spec.networks[" + i + "]", spec.networks().get(i));
    }
    findings.duration("spec.vrrp.advertisementInterval", spec.vrrp().advertisementInterval());
    findings.range("spec.flowSync.port", spec.flowSync().port(), 1, 65535);
    prefixes("spec.flowSync.ignore", spec.flowSync().ignore());
    if (spec.flowSync().conntrackd() != null) {
      checkConntrackd(spec.flowSync().conntrackd());
    }
    checkFirewall(spec.firewall());
    prefixes("spec.nat.sources", spec.nat().sources());
    for (int i = 0; i < spec.nat().portForwards().size(); i++) {
      checkForward("spec.nat.portForwards[" + i + "]", spec.nat().portForwards().get(i));
    }
    findings.duration("spec.handover.timeout", spec.handover().timeout());
  }

  private void checkNetwork(String path, NodeNetwork network) {
    RouterRules.checkInterfaceName(path + ".interface", network.interfaceName(), findings);
    for (int i = 0; i < network.virtualRouters().size(); i++) {
      NodeVirtualRouter router = network.virtualRouters().get(i);
      String inside = path + ".virtualRouters[" + i + "]";
      findings.range(inside + ".virtualRouterId", router.virtualRouterId(), 1, 255);
      findings.range(inside + ".version", router.version(), 2, 3);
      if (router.virtualAddresses().isEmpty()) {
        findings.add(inside + ".virtualAddresses", "is empty; a virtual router has an address");
      }
      prefixes(inside + ".virtualAddresses", router.virtualAddresses());
    }
    hosts(path + ".gateways", network.gateways());
    prefixes(path + ".routes", network.routes());
  }

  private void checkConntrackd(NodeConntrackd conntrackd) {
    String path = "spec.flowSync.conntrackd";
    findings.read(path + ".group", conntrackd.group(), Ipv4Address::parse, "225.0.0.50");
    findings.range(path + ".port", conntrackd.port(), 1, 65535);
    hosts(path + ".peers", conntrackd.peers());
  }

  private void checkFirewall(NodeFirewall firewall) {
    checkRules("spec.firewall.forward", firewall.forward());
    checkRules("spec.firewall.input", firewall.input());
    checkRules("spec.firewall.output", firewall.output());
    hosts("spec.firewall.clusterTraffic.nodeAddresses", firewall.clusterTraffic().nodeAddresses());
    prefixes("spec.firewall.clusterTraffic.podNetworks", firewall.clusterTraffic().podNetworks());
    prefixes(
        "spec.firewall.clusterTraffic.serviceNetworks",
        firewall.clusterTraffic().serviceNetworks());
  }

  private void checkRules(String path, List<NodeRule> rules) {
    for (int i = 0; i < rules.size(); i++) {
      NodeRule rule = rules.get(i);
      String inside = path + "[" + i + "]";
      for (int j = 0; j < rule.ports().size(); j++) {
        findings.read(inside + ".ports[" + j + "]", rule.ports().get(j), PortRange::parse, "53");
      }
      prefixes(inside + ".sources", rule.sources());
      prefixes(inside + ".destinations", rule.destinations());
    }
  }

  private void checkForward(String path, NodePortForward forward) {
    findings.range(path + ".port", forward.port(), 1, 65535);
    findings.range(path + ".toPort", forward.toPort(), 1, 65535);
    findings.read(path + ".toAddress", forward.toAddress(), Ipv4Address::parse, "192.168.0.50");
  }

  private void hosts(String path, List<String> texts) {
    for (int i = 0; i < texts.size(); i++) {
      findings.host(path + "[" + i + "]", texts.get(i));
    }
  }

  private void prefixes(String path, List<String> texts) {
    for (int i = 0; i < texts.size(); i++) {
      findings.prefix(path + "[" + i + "]", texts.get(i));
    }
  }
}
