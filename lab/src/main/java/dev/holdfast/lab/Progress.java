package dev.holdfast.lab;

import dev.holdfast.lab.fault.Fault;
import dev.holdfast.lab.measure.Live;
import dev.holdfast.lab.net.Router;
import dev.holdfast.lab.net.Topology;
import dev.holdfast.lab.stack.Stack;
import java.io.PrintStream;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/** Live progress for a person, a line at a time, with the seconds since the lab began. */
final class Progress implements Narrator {

  private final PrintStream out;
  private final long beganNanos = System.nanoTime();
  private volatile boolean silent;

  Progress(PrintStream out) {
    this.out = out;
  }

  @Override
  public void step(String sentence) {
    if (silent) {
      return;
    }
    double seconds = (System.nanoTime() - beganNanos) / 1e9;
    out.printf(Locale.ROOT, "%7.1f s  %s%n", seconds, sentence);
  }

  @Override
  public void built(Topology topology, Stack stack) {
    step("lab " + topology.id() + ": " + topology.routers().size() + " routers with " + stack);
  }

  @Override
  public void settled(Router active) {
    step(active.node() + " is active");
  }

  @Override
  public void flows(Live live) {
    step(live.flows() + " long flows, probes and new connections flow");
  }

  @Override
  public void fault(Fault fault, Router target) {
    step(describe(fault, target));
  }

  @Override
  public void healed(String sentence) {
    step(sentence);
  }

  @Override
  public void after(Live live, boolean settled) {
    Set<String> speakers = new TreeSet<>(live.speakers().values());
    String active = speakers.isEmpty() ? "nobody" : String.join(" and ", speakers);
    step(
        settled
            ? active + (speakers.size() > 1 ? " are" : " is") + " active, everything flows"
            : "not everything flows again: "
                + live.flowsAlive()
                + " of "
                + live.flows()
                + " flows carry data, active: "
                + active);
  }

  @Override
  public void interrupted() {
    step("interrupted: removing the lab");
    silent = true;
  }

  /** What happened to whom, in a few words. */
  static String describe(Fault fault, Router target) {
    String node = target.node();
    return switch (fault.kind()) {
      case NONE -> "nothing happens";
      case POWER_OFF -> node + " loses its power";
      case POWER_CYCLE -> "all routers lose their power";
      case AGENT_KILL -> node + "'s agent is killed";
      case AGENT_STOP -> node + "'s software has been stopped";
      case AGENT_PAUSE -> node + "'s agent hangs";
      case FREEZE -> "all routers' processes hang";
      case WAN_DOWN -> node + "'s WAN cable is pulled";
      case LAN_DOWN -> node + "'s LAN cable is pulled";
      case SYNC_DOWN -> node + "'s Sync cable is pulled";
      case WAN_SILENT -> node + "'s WAN goes silent";
      case LAN_ONEWAY -> "nothing from " + node + " reaches the LAN";
      case LINK_DOWN -> "the routers' link is down on every path";
      case LOSS -> fault.percent() + " % of the routers' frames are lost";
      case PARTITION -> "the routers do not see each other";
      case REBOOT -> node + " reboots";
      case RESTART -> node + " is restarted";
      case RETURN -> "what is missing comes back";
      case HANDOVER -> node + " hands over";
      case MAINTENANCE -> node + " goes into maintenance";
      case CORDON -> node + " is cordoned";
      case DRAIN -> node + " is drained";
      case NODE_DELETE -> "the node " + node + " is deleted";
      case CHART_UPGRADE -> "every agent has the new image";
      case OPERATOR_DELETE -> "the operator is deleted";
      case HELM_UNINSTALL -> "the chart is uninstalled";
      case API_STOP -> "the API server is away";
    };
  }
}
