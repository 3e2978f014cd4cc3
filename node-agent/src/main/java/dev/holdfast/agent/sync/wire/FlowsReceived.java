package dev.holdfast.agent.sync.wire;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Which frames of a stream were accepted: the last one, and a bit for each of the {@value #BITS}
 * that end with it. A frame that is not accepted when a later one is, never will be; so one such
 * message tells all, and a lost one costs nothing. Mutable, reused.
 */
public final class FlowsReceived {
  /** How far back it tells. */
  public static final int BITS = 512;

  static final int WORDS = BITS / 64;

  private static final int STREAM = 1;
  private static final int LAST = 2;
  private static final int ACCEPTED = 3;
  private static final int EVERYTHING = 4;
  private static final int AGAIN = 5;

  /** The stream that is spoken of; 0 when none was heard. */
  public int stream;

  /** The highest frame accepted; 0 for none. */
  public long last;

  /** The stream whose telling of everything is complete here; 0 for none. */
  public int everythingOf;

  /** The stream that the receiver wants to be told anew from the beginning; 0 for none. */
  public int again;

  /** Bit {@code i % 64} of word {@code i / 64}: frame {@code last - i} was accepted. */
  public final long[] accepted = new long[WORDS];

  /** True when {@code frame}, not above {@link #last}, was accepted as far as this tells. */
  public boolean accepted(long frame) {
    long back = last - frame;
    return back >= 0 && back < BITS && (accepted[(int) (back / 64)] & 1L << back) != 0;
  }

  /** Moves to a later last frame, which was accepted; those between were not. */
  public void advance(long frame) {
    long by = frame - last;
    if (by >= BITS) {
      Arrays.fill(accepted, 0);
    } else {
      shift((int) by);
    }
    accepted[0] |= 1;
    last = frame;
  }

  private void shift(int by) {
    int words = by / 64;
    int bits = by % 64;
    for (int i = WORDS - 1; i >= 0; i--) {
      long value = i >= words ? accepted[i - words] << bits : 0;
      if (bits > 0 && i > words) {
        value |= accepted[i - words - 1] >>> 64 - bits;
      }
      accepted[i] = value;
    }
  }

  /** Nothing was received of {@code stream} yet. */
  public void begin(int stream) {
    this.stream = stream;
    last = 0;
    Arrays.fill(accepted, 0);
  }

  public void write(ByteBuffer into) {
    int message = LinkFields.open(into, LinkMessageType.FLOWS_RECEIVED);
    LinkFields.put32(into, STREAM, stream);
    LinkFields.put64(into, LAST, last);
    int bits = LinkFields.open(into, ACCEPTED);
    for (int i = 0; i < wordsNeeded(); i++) {
      into.putLong(accepted[i]);
    }
    LinkFields.close(into, bits);
    LinkFields.put32(into, EVERYTHING, everythingOf);
    if (again != 0) {
      LinkFields.put32(into, AGAIN, again);
    }
    LinkFields.close(into, message);
  }

  /** A young stream needs few words; zeros at the end are not sent. */
  private int wordsNeeded() {
    int words = WORDS;
    while (words > 0 && accepted[words - 1] == 0) {
      words--;
    }
    return words;
  }

  /** Reads the message that {@code message} stands on; null when it is good. */
  public @Nullable LinkDropReason read(LinkFields message, LinkFields scratch, ByteBuffer buffer) {
    stream = 0;
    last = 0;
    everythingOf = 0;
    again = 0;
    Arrays.fill(accepted, 0);
    LinkFields fields = scratch.inside(message);
    while (fields.next()) {
      switch (fields.number()) {
        case STREAM -> stream = fields.asInt();
        case LAST -> last = fields.asLong();
        case ACCEPTED -> {
          if (fields.valueBytes() % 8 != 0) {
            return LinkDropReason.MALFORMED_FIELD;
          }
          int words = Math.min(WORDS, fields.valueBytes() / 8);
          for (int i = 0; i < words; i++) {
            accepted[i] = buffer.getLong(fields.valueAt() + 8 * i);
          }
        }
        case EVERYTHING -> everythingOf = fields.asInt();
        case AGAIN -> again = fields.asInt();
        default -> {}
      }
    }
    if (fields.malformed()) {
      return LinkDropReason.MALFORMED_MESSAGE;
    }
    return stream >= 0 && last >= 0 && everythingOf >= 0 ? null : LinkDropReason.MALFORMED_FIELD;
  }
}
