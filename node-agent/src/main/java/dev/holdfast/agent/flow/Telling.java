package dev.holdfast.agent.flow;

/** How much a report about a flow says, and so what happens to what was known before. */
public enum Telling {
  /** The flow was born: everything known before is replaced. Kernel NEW events, CT_NEW. */
  BORN,
  /** Something changed: what is absent keeps its value. Kernel UPDATE events, CT_UPD. */
  UPDATED,
  /** The flow is there, and this is all of it: replaces, but is no birth. Kernel dumps. */
  SEEN,
  /**
   * The same, from before the last event about this flow: what is known stays, what is not is
   * taken. Kernel dumps, whose messages are read after events that are younger.
   */
  SEEN_BEFORE
}
