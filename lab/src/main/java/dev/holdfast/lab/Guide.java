package dev.holdfast.lab;

import dev.holdfast.lab.net.NetworkSite;
import dev.holdfast.lab.net.Router;
import dev.holdfast.lab.stack.HoldfastSoftware;
import dev.holdfast.lab.stack.KubeSoftware;
import dev.holdfast.lab.stack.NodeSoftware;
import dev.holdfast.lab.stack.RouterSoftware;

/** Tells a person how to look around in a lab that was left standing. */
final class Guide {

  private Guide() {}

  static String lookAround(Lab lab) {
    var text = new StringBuilder();
    text.append("\nThe lab ").append(lab.id()).append(" is left standing. Look around:\n\n");
    for (Router router : lab.topology().routers()) {
      String enter = "ip netns exec " + router.namespace().name() + " ";
      line(text, enter + "ip -brief addr", "what " + router.node() + "'s kernel has");
      RouterSoftware software = lab.software(router);
      if (software instanceof HoldfastSoftware agent) {
        line(
            text,
            enter + agent.program() + " status --run-dir " + agent.runFolder(),
            "what its agent says");
      }
      if (software instanceof NodeSoftware on) {
        line(text, on.cluster().enter(), "kubectl of the cluster, before all else");
      }
      if (software instanceof KubeSoftware) {
        continue;
      }
      line(text, "less " + software.logFile(), "what " + software.name() + " logged");
    }
    NetworkSite lan = lab.topology().network(lab.topology().lanHost().attachment().network());
    line(
        text,
        "ip netns exec " + lan.switchNamespace().name() + " tcpdump -ni any vrrp",
        "adverts on " + lan.name());
    line(
        text,
        "ip netns exec " + lab.topology().lanHost().namespace().name() + " bash",
        "a shell on the LAN host");
    lab.topology()
        .pods()
        .forEach(
            pod ->
                line(
                    text,
                    "ip netns exec " + pod.namespace().name() + " bash",
                    "a shell in the pod on " + pod.node()));
    line(text, "ls " + lab.folder(), "configurations and logs");
    text.append("\nRemove it: holdfast lab --remove ").append(lab.id()).append("\n");
    return text.toString();
  }

  private static void line(StringBuilder text, String command, String what) {
    text.append("  ").append(command).append("    # ").append(what).append('\n');
  }
}
