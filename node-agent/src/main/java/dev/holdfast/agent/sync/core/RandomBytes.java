package dev.holdfast.agent.sync.core;

/** A source of random bytes: the system's in a router, a seeded one in a simulation. */
@FunctionalInterface
public interface RandomBytes {

  /** Fills all of {@code into}. */
  void fill(byte[] into);

  /** A random number other than 0. */
  default long number() {
    byte[] bytes = new byte[8];
    long number = 0;
    while (number == 0) {
      fill(bytes);
      number = java.nio.ByteBuffer.wrap(bytes).getLong();
    }
    return number;
  }
}
