package dev.holdfast.agent.sync.core;

/**
 * How long the oldest change that the peer does not hold has been waiting. Samples of (position,
 * time), at most one a millisecond; when too many wait, later ones are left out, since the oldest
 * decides.
 *
 * <p>When the acknowledged position falls back (a peer that restarted is told everything anew),
 * everything begins to wait at that moment.
 */
final class LagMeter {
  private static final int SAMPLES_MAX = 256;
  private static final long EVERY_NANOS = 1_000_000L;

  private final long[] positions = new long[SAMPLES_MAX];
  private final long[] times = new long[SAMPLES_MAX];
  private int head;
  private int size;
  private long lastPosition;
  private long lastAtNanos;

  LagMeter(long nowNanos) {
    lastAtNanos = nowNanos - EVERY_NANOS;
  }

  /** The newest position, seen now. */
  void newest(long position, long nowNanos) {
    if (position == lastPosition || nowNanos - lastAtNanos < EVERY_NANOS || size == SAMPLES_MAX) {
      return;
    }
    sample(position, nowNanos);
  }

  private void sample(long position, long nowNanos) {
    int at = (head + size) % SAMPLES_MAX;
    positions[at] = position;
    times[at] = nowNanos;
    size++;
    lastPosition = position;
    lastAtNanos = nowNanos;
  }

  /** The peer holds everything up to {@code position}, and no more. */
  void acknowledged(long position, long nowNanos) {
    while (size > 0 && positions[head] <= position) {
      head = (head + 1) % SAMPLES_MAX;
      size--;
    }
    if (size == 0 && position < lastPosition) {
      sample(lastPosition, nowNanos); // It had been acknowledged before.
    }
  }

  /** Nanoseconds; 0 when nothing waits. */
  long lagNanos(long nowNanos) {
    return size == 0 ? 0 : nowNanos - times[head];
  }
}
