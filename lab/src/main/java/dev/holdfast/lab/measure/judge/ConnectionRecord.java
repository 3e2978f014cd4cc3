package dev.holdfast.lab.measure.judge;

/**
 * One short connection: opened, one message each way, closed.
 *
 * @param nanos when it was begun, since the recording's origin
 * @param outcome what became of it
 * @param tookNanos until the answer came, or until it was given up
 */
public record ConnectionRecord(long nanos, Outcome outcome, long tookNanos) {

  /** What became of a short connection. */
  public enum Outcome {
    OK,
    /** A reset in answer to the first segment, or later. */
    REFUSED,
    /** No answer within the patience of the generator. */
    TIMED_OUT
  }
}
