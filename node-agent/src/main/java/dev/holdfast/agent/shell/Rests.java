package dev.holdfast.agent.shell;

/**
 * The pace of real-time work that nobody waits for: after each piece a rest as long as the piece,
 * so that it does not take more than half of one processor from what forwards packets. A piece in
 * which the process stood still is not paid for twice: there is a longest rest.
 */
final class Rests {
  private final long longestNanos;
  private long beganNanos;
  private long untilNanos;
  private boolean begun;

  Rests(long longestNanos) {
    this.longestNanos = longestNanos;
  }

  /** A piece of work begins. */
  void began(long nowNanos) {
    beganNanos = nowNanos;
    begun = true;
  }

  /** It is done; without a piece that has begun nothing changes. */
  void ended(long nowNanos) {
    if (begun) {
      begun = false;
      worked(beganNanos, nowNanos);
    }
  }

  /** A piece of work that the caller did at once. */
  void worked(long fromNanos, long toNanos) {
    untilNanos = toNanos + Math.min(toNanos - fromNanos, longestNanos);
  }

  /** The next piece may begin. */
  boolean over(long nowNanos) {
    return nowNanos - untilNanos >= 0;
  }

  /** When it may. */
  long untilNanos() {
    return untilNanos;
  }
}
