package dev.holdfast.lab.measure.judge;

/**
 * A stretch of time.
 *
 * @param fromNanos since the recording's origin
 * @param toNanos since the recording's origin, not before {@code fromNanos}
 */
public record Span(long fromNanos, long toNanos) {

  public Span {
    if (toNanos < fromNanos) {
      throw new IllegalArgumentException(
          "a span ends before it begins: " + fromNanos + ".." + toNanos);
    }
  }

  public long nanos() {
    return toNanos - fromNanos;
  }

  /** True when both have more than a moment in common, or touch. */
  public boolean touches(Span other) {
    return fromNanos <= other.toNanos && other.fromNanos <= toNanos;
  }

  /** True for a moment of this span, its ends included. */
  public boolean contains(long nanos) {
    return fromNanos <= nanos && nanos <= toNanos;
  }
}
