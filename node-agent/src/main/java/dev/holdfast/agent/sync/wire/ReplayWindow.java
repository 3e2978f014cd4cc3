package dev.holdfast.agent.sync.wire;

import org.jspecify.annotations.Nullable;

/**
 * Which counters of one path of one session were received: the newest, and a bit for each of the
 * {@value #BITS} before it. Asked before a datagram is opened and told after it was, so that a
 * forged one marks nothing.
 */
public final class ReplayWindow {
  public static final int BITS = 1024;

  private final long[] bits = new long[BITS / 64];

  /** Counters seen are below it; 0: none yet. */
  private long next;

  /** Null when {@code counter} was not received yet and is not too far behind. */
  public @Nullable LinkDropReason judge(long counter) {
    if (counter < 0) {
      // No honest sender comes near 2^63.
      return LinkDropReason.TOO_OLD;
    }
    if (counter >= next) {
      return null;
    }
    if (next - counter > BITS) {
      return LinkDropReason.TOO_OLD;
    }
    return (bits[word(counter)] & 1L << counter) == 0 ? null : LinkDropReason.REPLAYED;
  }

  /** Marks a counter that {@link #judge} let through and whose seal fitted. */
  public void received(long counter) {
    if (counter >= next) {
      forget(next, counter);
      next = counter + 1;
    }
    bits[word(counter)] |= 1L << counter;
  }

  /** Clears the bits of {@code from} to {@code to}, which now stand for newer counters. */
  private void forget(long from, long to) {
    if (to - from >= BITS) {
      java.util.Arrays.fill(bits, 0);
      return;
    }
    for (long counter = from; counter <= to; counter++) {
      bits[word(counter)] &= ~(1L << counter);
    }
  }

  private static int word(long counter) {
    return (int) (counter / 64 % (BITS / 64));
  }
}
