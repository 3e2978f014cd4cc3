package dev.holdfast.agent.vrrp.core;

/**
 * What one virtual router is configured to be.
 *
 * @param version 2 or 3
 * @param priority 1 to 254, as it is now: a router with a fault has a lower one than it was given.
 *     255 is not used, since a virtual address is never a router's own
 * @param intervalNanos between our adverts; version 3: 10 ms to 40.95 s; version 2: whole seconds
 * @param longestIntervalNanos the longest interval that is learned from somebody else's adverts: it
 *     bounds how long a loss can go unnoticed
 * @param preempts true when adverts of a lower priority do not count for a backup, so that it takes
 *     the role (RFC 9568 section 6.1, Preempt_Mode)
 */
public record VirtualRouter(
    int version, int priority, long intervalNanos, long longestIntervalNanos, boolean preempts) {

  /** Missed adverts until the active router counts as down (RFC 9568 section 6.1). */
  public static final int MISSED_ADVERTS = 3;

  private static final long SECOND = 1_000_000_000L;

  /**
   * Skew_Time: how much longer a router of low priority waits. Multiplied before divided, or a
   * short interval would lose it. Version 2 (RFC 3768 section 6.1) counts in seconds whatever the
   * interval.
   */
  public long skewNanos(long activeIntervalNanos) {
    long unit = version == 2 ? SECOND : activeIntervalNanos;
    return (256 - priority) * unit / 256;
  }

  /** Active_Down_Interval: how long the active router may be silent. */
  public long downNanos(long activeIntervalNanos) {
    return MISSED_ADVERTS * activeIntervalNanos + skewNanos(activeIntervalNanos);
  }

  /** The interval to wait by after an advert: version 3 learns it, version 2 has only its own. */
  long followedIntervalNanos(long advertisedNanos) {
    return version == 2 ? intervalNanos : Math.min(advertisedNanos, longestIntervalNanos);
  }

  public VirtualRouter withPriority(int priority) {
    return new VirtualRouter(version, priority, intervalNanos, longestIntervalNanos, preempts);
  }

  public VirtualRouter withPreempts(boolean preempts) {
    return new VirtualRouter(version, priority, intervalNanos, longestIntervalNanos, preempts);
  }
}
