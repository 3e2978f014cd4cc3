package dev.holdfast.lab.measure.judge;

/**
 * How fast the routers can be at best, by the resource's own words.
 *
 * @param advertIntervalNanos between two adverts
 * @param leastPriority of the router that waits longest, 1 to 254
 * @param wanProbed the first WAN has next hops ({@code gateways}), which the routers ask
 * @param lanProbed the first LAN has
 */
public record Timers(
    long advertIntervalNanos, int leastPriority, boolean wanProbed, boolean lanProbed) {

  /**
   * The longest until a router believes that its next hop is gone: five questions, one a second.
   */
  public static final double PROBE_MILLIS = 5_000;

  /** Without next hops. */
  public Timers(long advertIntervalNanos, int leastPriority) {
    this(advertIntervalNanos, leastPriority, false, false);
  }

  /** Three adverts and the skew (RFC 9568 section 6.1): from the last advert to the takeover. */
  public double detectionMillis() {
    long skewNanos = (256 - leastPriority) * advertIntervalNanos / 256;
    return Judge.millis(3 * advertIntervalNanos + skewNanos);
  }
}
