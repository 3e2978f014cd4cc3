package dev.holdfast.lab.measure.traffic;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Numbers by index, written by one thread without moving what is there: room comes in pieces. Other
 * threads may read what they know to be written.
 */
final class SampleSeries {

  private static final int PIECE = 1 << 14;
  private static final int PIECES = 1 << 10;

  /** More than four hours at 1 kHz. */
  static final int CAPACITY = PIECE * PIECES;

  private final long[] @Nullable [] pieces = new long[PIECES][];
  private final long empty;

  /**
   * @param empty what stands where nothing was written
   */
  SampleSeries(long empty) {
    this.empty = empty;
  }

  /** The same index again changes nothing: the first value stays. */
  void setFirst(int index, long value) {
    long[] piece = pieces[index / PIECE];
    if (piece == null) {
      piece = new long[PIECE];
      Arrays.fill(piece, empty);
      pieces[index / PIECE] = piece;
    }
    if (piece[index % PIECE] == empty) {
      piece[index % PIECE] = value;
    }
  }

  long get(int index) {
    long[] piece = pieces[index / PIECE];
    return piece == null ? empty : piece[index % PIECE];
  }

  long[] first(int count) {
    long[] values = new long[count];
    for (int i = 0; i < count; i++) {
      values[i] = get(i);
    }
    return values;
  }
}
