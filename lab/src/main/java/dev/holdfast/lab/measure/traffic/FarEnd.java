package dev.holdfast.lab.measure.traffic;

/** The far end of the long flows, wherever it runs. */
public interface FarEnd extends AutoCloseable {

  /** Listens when this returns. */
  void begin();

  /** Throws what ended it before its time. */
  void check();

  @Override
  void close();

  /** After the end: true when this end of its connection was reset before {@code untilNanos}. */
  boolean wasReset(int id, long untilNanos);
}
