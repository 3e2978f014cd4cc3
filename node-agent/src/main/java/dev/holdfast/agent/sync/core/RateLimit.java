package dev.holdfast.agent.sync.core;

/** At most so many a second on average, and so many at once. */
final class RateLimit {
  private static final long SECOND_NANOS = 1_000_000_000L;

  private final long costNanos;
  private final long burstNanos;
  private long spentUntilNanos;

  RateLimit(int perSecond, int burst, long nowNanos) {
    costNanos = SECOND_NANOS / perSecond;
    burstNanos = burst * costNanos;
    spentUntilNanos = nowNanos;
  }

  boolean allows(long nowNanos) {
    if (spentUntilNanos - nowNanos < 0) {
      spentUntilNanos = nowNanos;
    }
    if (spentUntilNanos + costNanos - nowNanos > burstNanos) {
      return false;
    }
    spentUntilNanos += costNanos;
    return true;
  }
}
