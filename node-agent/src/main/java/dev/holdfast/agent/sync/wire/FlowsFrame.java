package dev.holdfast.agent.sync.wire;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The head of a message of flows: which stream, which frame of it. Behind it stand conntrackd
 * messages ({@link ConntrackdCodec}, dialect {@code HOLDFAST}) up to the end of the message.
 *
 * <pre>
 * +-------------------------------+-------------------------------+
 * |  bytes of this head (14)      |       stream (4 bytes)        |
 * +-------------------------------+-------------------------------+
 * |                               |       frame (8 bytes)         |
 * +-------------------------------+                               +
 * |                                                               |
 * +                               +-------------------------------+
 * |                               |  conntrackd messages …        |
 * +-------------------------------+-------------------------------+
 * </pre>
 *
 * <p>The head says its own length, so that a later version may append to it. Mutable, reused.
 */
public final class FlowsFrame {
  static final int HEAD_BYTES = 14;

  /** Bytes that a frame adds to its conntrackd messages. */
  public static final int OVERHEAD_BYTES = LinkFields.HEADER_BYTES + HEAD_BYTES;

  /**
   * One telling of everything, and of all changes since. Counts from 1 in the sender's life; a
   * higher one replaces a lower.
   */
  public int stream;

  /** Counts from 1 in its stream, and no number is used twice. */
  public long frame;

  /** Absolute position of the first conntrackd message. */
  public int messagesAt;

  /** Begins the message; give the result to {@link LinkFields#close}. */
  public static int open(ByteBuffer into, int stream, long frame) {
    int opened = LinkFields.open(into, LinkMessageType.FLOWS);
    into.putShort((short) HEAD_BYTES);
    into.putInt(stream);
    into.putLong(frame);
    return opened;
  }

  /** Reads the head of the message that {@code message} stands on; null when it is good. */
  public @Nullable LinkDropReason read(LinkFields message, ByteBuffer buffer) {
    if (message.valueBytes() < HEAD_BYTES) {
      return LinkDropReason.MALFORMED_MESSAGE;
    }
    int at = message.valueAt();
    int head = buffer.getShort(at) & 0xffff;
    if (head < HEAD_BYTES || head > message.valueBytes()) {
      return LinkDropReason.MALFORMED_MESSAGE;
    }
    stream = buffer.getInt(at + 2);
    frame = buffer.getLong(at + 6);
    messagesAt = at + head;
    return stream >= 1 && frame >= 1 ? null : LinkDropReason.MALFORMED_FIELD;
  }
}
