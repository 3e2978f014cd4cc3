package dev.holdfast.agent.role.core;

/**
 * When the addresses are announced: at once, and again until whoever held them before must have let
 * go (a dead agent's addresses lapse within 3.5 s, and its kernel answers ARP until then), then
 * every minute.
 *
 * @param startedAtNanos when the addresses were claimed
 * @param lastAtNanos when they were announced last
 * @param nextAtNanos when they are announced next
 */
public record Announcements(long startedAtNanos, long lastAtNanos, long nextAtNanos) {

  private static final long MILLI = 1_000_000L;

  /** Nanoseconds after the claim. */
  private static final long[] OFFSETS = {
    0, 100 * MILLI, 1000 * MILLI, 2000 * MILLI, 3000 * MILLI, 4000 * MILLI, 5000 * MILLI
  };

  private static final long REFRESH = 60_000 * MILLI;

  /** The shortest time between two: somebody who answers each of ours shall not set the pace. */
  static final long SHORTEST = 50 * MILLI;

  /** Starts with one at once. */
  static Announcements from(long nowNanos) {
    return new Announcements(nowNanos, nowNanos - SHORTEST, nowNanos);
  }

  /** From the start again, but not sooner after the last one than allowed. */
  Announcements restarted(long nowNanos) {
    return new Announcements(nowNanos, lastAtNanos, earliest(nowNanos));
  }

  /** One more at a time, or as soon after it as allowed; the plan stays. */
  Announcements hurried(long atNanos) {
    long at = earliest(atNanos);
    return at - nextAtNanos < 0 ? new Announcements(startedAtNanos, lastAtNanos, at) : this;
  }

  /** One was just made. */
  Announcements made(long nowNanos) {
    for (long offset : OFFSETS) {
      if (startedAtNanos + offset - nowNanos > 0) {
        return new Announcements(startedAtNanos, nowNanos, startedAtNanos + offset);
      }
    }
    return new Announcements(startedAtNanos, nowNanos, nowNanos + REFRESH);
  }

  Announcements delayed(long nanos) {
    return new Announcements(startedAtNanos + nanos, lastAtNanos + nanos, nextAtNanos + nanos);
  }

  private long earliest(long nowNanos) {
    long allowed = lastAtNanos + SHORTEST;
    return allowed - nowNanos > 0 ? allowed : nowNanos;
  }
}
