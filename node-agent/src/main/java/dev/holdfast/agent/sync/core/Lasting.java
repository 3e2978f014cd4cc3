package dev.holdfast.agent.sync.core;

/**
 * A statement that holds as long as it is renewed at least once in {@value #GRACE_MILLIS} ms: under
 * traffic there is always a change that is still on its way, so "has everything" is never true for
 * long, and is what matters all the same.
 */
public final class Lasting {
  static final long GRACE_MILLIS = 1_000;
  private static final long GRACE_NANOS = GRACE_MILLIS * 1_000_000L;

  private boolean holds;
  private long renewedAtNanos;

  /**
   * @param now true at this moment
   * @param possible false ends it at once
   * @return whether it holds
   */
  public boolean judge(boolean now, boolean possible, long nowNanos) {
    if (now) {
      holds = true;
      renewedAtNanos = nowNanos;
    } else if (!possible || nowNanos - renewedAtNanos > GRACE_NANOS) {
      holds = false;
    }
    return holds;
  }
}
