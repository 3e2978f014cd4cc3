package dev.holdfast.agent.loop;

import java.util.ArrayList;
import java.util.List;

/** How late our adverts leave, as counts between powers of two of microseconds. */
final class Lateness {

  /** The last one holds everything from 2^21 microseconds, some two seconds, on. */
  private static final int BUCKETS = 22;

  private static final long NANOS_PER_MICRO = 1_000;

  private final long[] counts = new long[BUCKETS];
  private long longestNanos;

  void add(long nanos) {
    long micros = Math.max(0, nanos) / NANOS_PER_MICRO;
    int bucket = Long.SIZE - Long.numberOfLeadingZeros(micros);
    counts[Math.min(bucket, BUCKETS - 1)]++;
    longestNanos = Math.max(longestNanos, nanos);
  }

  /** Bucket i counts what was below 2^i microseconds and not below half of it. */
  List<Long> counts() {
    var copy = new ArrayList<Long>(BUCKETS);
    for (long count : counts) {
      copy.add(count);
    }
    return List.copyOf(copy);
  }

  long longestNanos() {
    return longestNanos;
  }
}
