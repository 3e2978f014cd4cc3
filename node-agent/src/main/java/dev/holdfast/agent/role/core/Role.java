package dev.holdfast.agent.role.core;

/** What a router is for its cluster. */
public enum Role {
  /** Not started, or stopped. */
  INITIALIZE("Initialize"),
  /** Ready to take over. */
  BACKUP("Backup"),
  /** Holds the addresses. */
  ACTIVE("Active"),
  /** Something here is broken: takes the role only when nobody else does. */
  FAULT("Fault"),
  /** Asked to stay away: takes the role only when nobody else does. */
  MAINTENANCE("Maintenance");

  private final String word;

  Role(String word) {
    this.word = word;
  }

  /** The word in status and metrics. */
  public String word() {
    return word;
  }
}
