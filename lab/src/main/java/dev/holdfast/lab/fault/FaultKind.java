package dev.holdfast.lab.fault;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** What can go wrong in the lab. {@code router} in the descriptions is the active one. */
public enum FaultKind {
  NONE("nothing happens: what the lab measures then is its own error"),
  POWER_OFF("all cables and all processes of the router at once"),
  POWER_CYCLE("all routers lose their power together and get it back", 5_000),
  AGENT_KILL("SIGKILL for the router's agent; the kernel goes on"),
  AGENT_STOP("a clean stop of the router's software; the cables stay"),
  AGENT_PAUSE("the router's agent is stopped (SIGSTOP) and goes on later", 2_000),
  FREEZE("the processes of all routers are stopped together and go on later", 500),
  WAN_DOWN("the router's WAN cable is cut at the far side"),
  LAN_DOWN("the router's LAN cable is cut at the far side"),
  SYNC_DOWN("the router's Sync cable is cut at the far side"),
  WAN_SILENT("frames on the router's WAN cable vanish both ways, the carrier stays"),
  LAN_ONEWAY("frames from the router to the LAN vanish, those from it arrive"),
  LINK_DOWN("the Sync cable is cut and the flow sync port is filtered on the LANs"),
  LOSS("frames between the routers and the switches are lost at random, both ways"),
  PARTITION("the routers do not see each other, all hosts see them all", 8_000),
  REBOOT("a clean stop; the cables go when it has ended, at the latest 200 ms after the signal"),
  RESTART("the software of each router in turn is stopped and started"),
  RETURN("what earlier faults took away comes back; alone: the better router, with empty tables"),
  HANDOVER("the router is asked to hand the role over (holdfast only)"),
  MAINTENANCE("the router is put into maintenance (holdfast only)"),
  CORDON("kubectl cordon of the router's node (--kube only, like all below)"),
  DRAIN("kubectl drain of the router's node"),
  NODE_DELETE("kubectl delete node; afterwards it registers itself again"),
  CHART_UPGRADE("helm upgrade to another agent image, until every agent has it"),
  OPERATOR_DELETE("the operator's Deployment is deleted"),
  HELM_UNINSTALL("helm uninstall: the operator goes, gateways stay"),
  API_STOP("the API server is killed and stays away");

  private final String description;
  private final long defaultMillis;

  FaultKind(String description) {
    this(description, 0);
  }

  FaultKind(String description, long defaultMillis) {
    this.description = description;
    this.defaultMillis = defaultMillis;
  }

  /** As on the command line: {@code power-off}. */
  public String text() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** One line for the help. */
  public String description() {
    return description;
  }

  /** How long it lasts when nothing is said; 0: until the end. */
  long defaultMillis() {
    return defaultMillis;
  }

  /** Only our own agent knows the command. */
  public boolean needsHoldfast() {
    return this == HANDOVER || this == MAINTENANCE;
  }

  /** Something that Kubernetes does, or has done to it. */
  public boolean needsKubernetes() {
    return switch (this) {
      case CORDON, DRAIN, NODE_DELETE, CHART_UPGRADE, OPERATOR_DELETE, HELM_UNINSTALL, API_STOP ->
          true;
      case NONE,
          POWER_OFF,
          POWER_CYCLE,
          AGENT_KILL,
          AGENT_STOP,
          AGENT_PAUSE,
          FREEZE,
          WAN_DOWN,
          LAN_DOWN,
          SYNC_DOWN,
          WAN_SILENT,
          LAN_ONEWAY,
          LINK_DOWN,
          LOSS,
          PARTITION,
          REBOOT,
          RESTART,
          RETURN,
          HANDOVER,
          MAINTENANCE ->
          false;
    };
  }

  /** Something that is done to the agents' pods. */
  public boolean needsPods() {
    return this == DRAIN || this == NODE_DELETE || this == CHART_UPGRADE;
  }

  /** Whether giving back what it took means something, so that it may have a duration. */
  boolean mayEnd() {
    return switch (this) {
      case RESTART, RETURN, HANDOVER, LOSS, NODE_DELETE, CHART_UPGRADE -> false;
      case NONE,
          POWER_OFF,
          POWER_CYCLE,
          AGENT_KILL,
          AGENT_STOP,
          AGENT_PAUSE,
          FREEZE,
          WAN_DOWN,
          LAN_DOWN,
          SYNC_DOWN,
          WAN_SILENT,
          LAN_ONEWAY,
          LINK_DOWN,
          PARTITION,
          REBOOT,
          MAINTENANCE,
          CORDON,
          DRAIN,
          OPERATOR_DELETE,
          HELM_UNINSTALL,
          API_STOP ->
          true;
    };
  }

  static Optional<FaultKind> of(String text) {
    return Arrays.stream(values()).filter(kind -> kind.text().equals(text)).findFirst();
  }
}
