package dev.holdfast.lab.measure.traffic;

/**
 * The moment that all times of a measurement count from.
 *
 * @param nanoTime a reading of {@link System#nanoTime}
 */
public record Origin(long nanoTime) {

  /** One second back, so that whatever is seen from now on has a positive time. */
  public static Origin now() {
    return new Origin(System.nanoTime() - 1_000_000_000L);
  }

  public long sinceNanos() {
    return System.nanoTime() - nanoTime;
  }

  public long sinceNanos(long atNanoTime) {
    return atNanoTime - nanoTime;
  }
}
