package dev.holdfast.lab.bench;

/**
 * When flows came into a kernel that had a few of its own, by looks at how many there are. Its own
 * few come and go while that lasts: flows are told from them by their number, and all are there
 * when so many more are, or when there are as many as that and nothing has come for a while.
 */
final class Arrival {

  /** More than a router without traffic has or makes by itself. */
  static final int OWN = 50;

  static final long CALM_NANOS = 500_000_000;

  private final int before;
  private final int wanted;
  private int most;
  private long firstNanos;
  private long lastNanos;

  /**
   * @param before flows that are there already
   * @param wanted flows that are to come, more than {@link #OWN}
   * @param nowNanos before the first can have come
   */
  Arrival(int before, int wanted, long nowNanos) {
    this.before = before;
    this.wanted = wanted;
    most = before;
    firstNanos = nowNanos;
    lastNanos = nowNanos;
  }

  /**
   * A look.
   *
   * @return true when every flow is there
   */
  boolean seen(int count, long nowNanos) {
    if (count - before <= OWN) {
      firstNanos = nowNanos;
    }
    if (count > most) {
      most = count;
      lastNanos = nowNanos;
    }
    return most - before >= wanted || most >= wanted && nowNanos - lastNanos >= CALM_NANOS;
  }

  /** How many have come so far. */
  int came() {
    return most - before;
  }

  /** From the last look before they came to the one at which all were there. */
  double millis() {
    return (lastNanos - firstNanos) / 1e6;
  }
}
