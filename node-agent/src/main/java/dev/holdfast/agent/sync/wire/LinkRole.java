package dev.holdfast.agent.sync.wire;

/** A router's role, as it stands on the wire. */
public enum LinkRole {
  INITIALIZE(1),
  BACKUP(2),
  ACTIVE(3),
  FAULT(4),
  MAINTENANCE(5),
  /** One that only a newer Holdfast knows. */
  UNKNOWN(0);

  private final int code;

  LinkRole(int code) {
    this.code = code;
  }

  public int code() {
    return code;
  }

  public static LinkRole of(int code) {
    return switch (code) {
      case 1 -> INITIALIZE;
      case 2 -> BACKUP;
      case 3 -> ACTIVE;
      case 4 -> FAULT;
      case 5 -> MAINTENANCE;
      default -> UNKNOWN;
    };
  }
}
