package dev.holdfast.agent.flow;

/** What became of a report in {@link FlowTable#store}. */
public enum Stored {
  /** A new entry, or one that had ended and lives again. */
  INSERTED,
  /** An entry whose content or owner changed: it stands at the newest end of its log. */
  CHANGED,
  /** Nothing new but a timeout: the entry keeps its position and need not be told again. */
  REFRESHED,
  /** A live entry of another owner, and the caller did not want to take it over: untouched. */
  HELD_BY_OTHER,
  /** The table is at its bound: not stored, and counted. */
  FULL
}
