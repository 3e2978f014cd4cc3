package dev.holdfast.agent.sync.wire;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** A message of one number: the end of everything, a barrier, its answer. Mutable, reused. */
public final class Marker {
  private static final int NUMBER = 1;

  /** Of the stream or the barrier; never negative. */
  public long number;

  public static void write(ByteBuffer into, int type, long number) {
    int message = LinkFields.open(into, type);
    LinkFields.put64(into, NUMBER, number);
    LinkFields.close(into, message);
  }

  /** Reads the message that {@code message} stands on; null when it is good. */
  public @Nullable LinkDropReason read(LinkFields message, LinkFields scratch) {
    number = -1;
    LinkFields fields = scratch.inside(message);
    while (fields.next()) {
      if (fields.number() == NUMBER) {
        number = fields.asLong();
      }
    }
    if (fields.malformed()) {
      return LinkDropReason.MALFORMED_MESSAGE;
    }
    return number < 0 ? LinkDropReason.MALFORMED_FIELD : null;
  }
}
