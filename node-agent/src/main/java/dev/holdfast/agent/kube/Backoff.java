package dev.holdfast.agent.kube;

import java.util.random.RandomGenerator;

/**
 * How long to wait before the next try: one second, doubled each time up to thirty, and each time
 * between half and one and a half of that, so that the agents of a cluster do not come all at once
 * when its API server returns.
 */
final class Backoff {

  private static final long FIRST_MILLIS = 1_000;
  private static final long LAST_MILLIS = 30_000;

  private final RandomGenerator random;
  private long baseMillis = FIRST_MILLIS;

  Backoff(RandomGenerator random) {
    this.random = random;
  }

  /** After a failure. */
  long nextMillis() {
    long millis = Math.round(baseMillis * (0.5 + random.nextDouble()));
    baseMillis = Math.min(2 * baseMillis, LAST_MILLIS);
    return millis;
  }

  /** After a success. */
  void reset() {
    baseMillis = FIRST_MILLIS;
  }
}
