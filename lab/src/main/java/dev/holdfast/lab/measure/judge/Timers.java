package dev.holdfast.lab.measure.judge;

/**
 * How fast the routers can be at best, by the resource's own words.
 *
 * @param advertIntervalNanos between two adverts
 * @param leastPriority of the router that waits longest, 1 to 254
 */
public record Timers(long advertIntervalNanos, int leastPriority) {

  /** Three adverts and the skew (RFC 9568 section 6.1): from the last advert to the takeover. */
  public double detectionMillis() {
    long skewNanos = (256 - leastPriority) * advertIntervalNanos / 256;
    return Judge.millis(3 * advertIntervalNanos + skewNanos);
  }
}
