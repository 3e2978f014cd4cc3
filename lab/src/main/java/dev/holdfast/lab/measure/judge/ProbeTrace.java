package dev.holdfast.lab.measure.judge;

/**
 * Numbered datagrams of one direction: when each was sent and when it first arrived.
 *
 * @param path which way, for people: {@code up IPv4}
 * @param sentNanos by number, since the recording's origin; never decreasing
 * @param receivedNanos by number, since the recording's origin; {@link #LOST} when it did not
 *     arrive. As long as {@code sentNanos}
 */
@SuppressWarnings("ArrayRecordComponent") // hundreds of thousands of samples, read in place
public record ProbeTrace(String path, long[] sentNanos, long[] receivedNanos) {

  /** In place of an arrival: the probe did not come through. */
  public static final long LOST = Long.MIN_VALUE;

  public ProbeTrace {
    if (sentNanos.length != receivedNanos.length) {
      throw new IllegalArgumentException("one arrival, or none, for each probe");
    }
  }

  public int count() {
    return sentNanos.length;
  }

  public boolean lost(int number) {
    return receivedNanos[number] == LOST;
  }
}
