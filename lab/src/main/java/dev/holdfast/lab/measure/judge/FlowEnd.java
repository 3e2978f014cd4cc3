package dev.holdfast.lab.measure.judge;

/** How a long flow stood when the run ended. */
public enum FlowEnd {
  /**
   * Neither end was told that it is over. It may still be dead: see {@link
   * FlowRecord#lastDataNanos}.
   */
  OPEN,
  /**
   * One end was reset, refused or timed out by its kernel; of UDP: the far end saw it come from
   * another address than before.
   */
  RESET,
  /** A message came out of order: the stream was corrupted or belongs to another flow. */
  CORRUPT
}
