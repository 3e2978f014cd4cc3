package dev.holdfast.agent.sync.wire;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What the handshakes carry: which process speaks, and which versions of the messages it knows.
 *
 * @param incarnation random number of the sender's process; another one means that it restarted and
 *     holds nothing any more
 * @param versionMin lowest version of the messages that it understands, 1 to 255
 * @param versionMax highest
 */
public record Opening(long incarnation, int versionMin, int versionMax) {
  /** Version of the messages as this Holdfast writes them. */
  public static final int VERSION = 1;

  public static final int VERSION_MIN = 1;

  private static final int INCARNATION = 1;
  private static final int MIN = 2;
  private static final int MAX = 3;

  public void write(ByteBuffer into) {
    LinkFields.put64(into, INCARNATION, incarnation);
    LinkFields.put8(into, MIN, versionMin);
    LinkFields.put8(into, MAX, versionMax);
  }

  /** Null when the sender's are not two versions in order, or anything is malformed. */
  public static @Nullable Opening read(ByteBuffer buffer) {
    long incarnation = 0;
    int min = 0;
    int max = 0;
    LinkFields fields = new LinkFields().over(buffer, buffer.position(), buffer.limit());
    while (fields.next()) {
      switch (fields.number()) {
        case INCARNATION -> incarnation = fields.asLong();
        case MIN -> min = fields.asInt();
        case MAX -> max = fields.asInt();
        default -> {}
      }
    }
    return fields.malformed() || incarnation == 0 || min < 1 || max < min || max > 255
        ? null
        : new Opening(incarnation, min, max);
  }

  /** The version that both speak: the highest common one, 0 when there is none. */
  public int commonWith(Opening other) {
    int version = Math.min(versionMax, other.versionMax);
    return version >= Math.max(versionMin, other.versionMin) ? version : 0;
  }
}
