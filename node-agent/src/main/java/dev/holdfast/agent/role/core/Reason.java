package dev.holdfast.agent.role.core;

/** Why a router's role changed. */
public enum Reason {
  /** The agent started. */
  STARTED("Started"),
  /** The agent came back before anybody could miss it, and keeps what it held. */
  ADOPTED("Adopted"),
  /** The active router was silent on every network for its down interval. */
  ACTIVE_SILENT("ActiveSilent"),
  /** The active router gave the role up. */
  ACTIVE_RESIGNED("ActiveResigned"),
  /** The active router gave the role to this one, as planned. */
  HANDOVER("Handover"),
  /** This router gave the role to another one, as was asked. */
  HANDED_OVER("HandedOver"),
  /** This router is the better one and has taken the role from the active one. */
  PREEMPTED("Preempted"),
  /** A better router advertises: the role is its. */
  OUTRANKED("Outranked"),
  /** Nothing ran here for longer than the peers wait, and another router is active now. */
  STALLED("Stalled"),
  /** A fault of this router. */
  FAULT("Fault"),
  /** The last fault has gone. */
  FAULT_CLEARED("FaultCleared"),
  MAINTENANCE_ON("MaintenanceOn"),
  MAINTENANCE_OFF("MaintenanceOff"),
  /** The agent was told to end. */
  STOPPED("Stopped");

  private final String word;

  Reason(String word) {
    this.word = word;
  }

  /** The word in status, metrics and logs. */
  public String word() {
    return word;
  }
}
