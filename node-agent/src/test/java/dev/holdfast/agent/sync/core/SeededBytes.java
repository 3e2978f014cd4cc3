package dev.holdfast.agent.sync.core;

import java.util.Random;

/** Random bytes that a seed decides. */
final class SeededBytes implements RandomBytes {
  private final Random random;

  SeededBytes(long seed) {
    random = new Random(seed);
  }

  @Override
  public void fill(byte[] into) {
    random.nextBytes(into);
  }
}
