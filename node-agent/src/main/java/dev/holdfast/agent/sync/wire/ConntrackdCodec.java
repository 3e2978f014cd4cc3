package dev.holdfast.agent.sync.wire;

import dev.holdfast.agent.flow.ExpectEntry;
import dev.holdfast.agent.flow.FlowEntry;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * conntrackd messages ↔ flows and expectations. One owner, reused; no garbage. All buffers are big
 * endian.
 *
 * <p>Reading:
 *
 * <pre>{@code
 * while (datagram.hasRemaining()) {
 *   MessageDrop drop = codec.next(datagram, message);
 *   if (drop == null && message.isFlow()) {
 *     drop = codec.readFlow(datagram, message, flow);
 *   }
 *   if (drop != null && drop.endsDatagram()) {
 *     break;
 *   }
 * }
 * }</pre>
 *
 * <p>Writing appends one message at the buffer's position, or returns false and leaves the buffer
 * as it was when the message does not fit before the limit. conntrackd begins a new datagram when
 * used + length would <em>reach</em> the size that it allows (MTU − 28): set the limit four bytes
 * below that.
 */
public final class ConntrackdCodec {
  /** No message that we write is longer. */
  public static final int MESSAGE_BYTES_MAX = 512;

  private static final int VERSION = 1;
  private static final int HELLO_FLAGS = SyncMessage.HELLO | SyncMessage.HELLO_BACK;

  private final Dialect dialect;
  private final FlowAttributes flows;
  private final ExpectAttributes expectations;

  /** For messages near the end of a datagram, whose length is known only when they are written. */
  private final ByteBuffer scratch = ByteBuffer.allocate(MESSAGE_BYTES_MAX);

  public ConntrackdCodec(Dialect dialect) {
    this.dialect = dialect;
    flows = new FlowAttributes(dialect);
    expectations = new ExpectAttributes(dialect);
  }

  /**
   * Reads the next header and moves the buffer's position behind the message; the checks and their
   * order are conntrackd's. After a drop that does not end the datagram the position is behind the
   * bad message.
   *
   * @param datagram big endian, position at a message, limit at the end of the datagram
   * @return null when {@code message} is filled
   */
  public @Nullable MessageDrop next(ByteBuffer datagram, SyncMessage message) {
    int start = datagram.position();
    int remaining = datagram.remaining();
    if (remaining < SyncMessage.HEADER_BYTES) {
      return MessageDrop.TRUNCATED;
    }
    int first = datagram.get(start) & 0xff;
    int type = first & 0x0f;
    int flags = datagram.get(start + 1) & 0xff;
    int length = datagram.getShort(start + 2) & 0xffff;
    if (length < SyncMessage.HEADER_BYTES || length > remaining) {
      return MessageDrop.BAD_LENGTH;
    }
    boolean range = SyncMessage.carriesRange(type, flags);
    if (range && length < SyncMessage.RANGE_BYTES) {
      return remaining < SyncMessage.RANGE_BYTES ? MessageDrop.TRUNCATED : MessageDrop.BAD_LENGTH;
    }
    datagram.position(start + length);
    if (first >>> 4 != VERSION) {
      return MessageDrop.BAD_VERSION;
    }
    message.type = type;
    message.flags = flags;
    message.length = length;
    message.sequence = datagram.getInt(start + 4);
    message.from = range ? datagram.getInt(start + 8) : 0;
    message.to = range ? datagram.getInt(start + 12) : 0;
    message.bodyStart = start + SyncMessage.HEADER_BYTES;
    message.end = start + length;
    return judge(message);
  }

  private @Nullable MessageDrop judge(SyncMessage message) {
    if (message.type > SyncMessage.EXPECT_DELETE && message.type != SyncMessage.CONTROL) {
      // Between our own routers further types are the link's to know or to skip.
      return dialect == Dialect.HOLDFAST && message.type > SyncMessage.CONTROL
          ? null
          : MessageDrop.BAD_TYPE;
    }
    int special = message.flags & ~HELLO_FLAGS;
    if (!message.isControl()) {
      return special == 0 ? null : MessageDrop.BAD_FLAGS;
    }
    return switch (special) {
      case SyncMessage.ALIVE, SyncMessage.RESYNC -> null;
      case SyncMessage.ACK, SyncMessage.NACK ->
          message.to - message.from < 0 ? MessageDrop.BAD_RANGE : null;
      default -> MessageDrop.BAD_FLAGS;
    };
  }

  /** Appends an ALIVE, or any control message without a range. */
  public boolean writeControl(ByteBuffer out, int flags, int sequence) {
    if (out.remaining() < SyncMessage.HEADER_BYTES) {
      return false;
    }
    header(out, SyncMessage.CONTROL, flags, SyncMessage.HEADER_BYTES, sequence);
    return true;
  }

  /** Appends an ACK, a NACK or a RESYNC (whose range is 0, 0). */
  public boolean writeRange(ByteBuffer out, int flags, int sequence, int from, int to) {
    if (out.remaining() < SyncMessage.RANGE_BYTES) {
      return false;
    }
    header(out, SyncMessage.CONTROL, flags, SyncMessage.RANGE_BYTES, sequence);
    out.putInt(from).putInt(to);
    return true;
  }

  private static void header(ByteBuffer out, int type, int flags, int length, int sequence) {
    out.put((byte) (VERSION << 4 | type))
        .put((byte) flags)
        .putShort((short) length)
        .putInt(sequence);
  }

  /**
   * Reads the body of a flow message that {@link #next} has found; {@code into} is garbage after a
   * drop. A message that says nothing of a translation comes without {@code HAS_REPLY}: merged, it
   * does not unmake a translation that an earlier one told.
   *
   * @param datagram the buffer that {@code message} was read from; its position does not matter
   */
  public @Nullable MessageDrop readFlow(ByteBuffer datagram, SyncMessage message, FlowEntry into) {
    return flows.read(datagram, message.bodyStart, message.end, into);
  }

  /**
   * The same for a body without its header.
   *
   * @param body big endian, from its position to its limit; both stay where they are
   */
  public @Nullable MessageDrop readFlow(ByteBuffer body, FlowEntry into) {
    return flows.read(body, body.position(), body.limit(), into);
  }

  /** Like {@link #readFlow}, for types 3, 4 and 5. */
  public @Nullable MessageDrop readExpectation(
      ByteBuffer datagram, SyncMessage message, ExpectEntry into) {
    return expectations.read(datagram, message.bodyStart, message.end, into);
  }

  /** Like {@link #readFlow(ByteBuffer, FlowEntry)}, for types 3, 4 and 5. */
  public @Nullable MessageDrop readExpectation(ByteBuffer body, ExpectEntry into) {
    return expectations.read(body, body.position(), body.limit(), into);
  }

  /**
   * Appends a flow message. What the dialect's receiver would choke on is left out.
   *
   * @param type {@link SyncMessage#FLOW_NEW}, {@code FLOW_UPDATE} or {@code FLOW_DELETE}
   * @param flags {@code HELLO} and {@code HELLO_BACK} or 0
   */
  public boolean writeFlow(ByteBuffer out, int type, int flags, int sequence, FlowEntry flow) {
    if (out.remaining() >= MESSAGE_BYTES_MAX) {
      appendFlow(out, type, flags, sequence, flow);
      return true;
    }
    appendFlow(scratch.clear(), type, flags, sequence, flow);
    return copyScratch(out);
  }

  /** Like {@link #writeFlow}, for types 3, 4 and 5. */
  public boolean writeExpectation(
      ByteBuffer out, int type, int flags, int sequence, ExpectEntry expectation) {
    if (out.remaining() >= MESSAGE_BYTES_MAX) {
      appendExpectation(out, type, flags, sequence, expectation);
      return true;
    }
    appendExpectation(scratch.clear(), type, flags, sequence, expectation);
    return copyScratch(out);
  }

  private void appendFlow(ByteBuffer out, int type, int flags, int sequence, FlowEntry flow) {
    int start = out.position();
    header(out, type, flags, 0, sequence);
    flows.write(out, flow);
    out.putShort(start + 2, (short) (out.position() - start));
  }

  private void appendExpectation(
      ByteBuffer out, int type, int flags, int sequence, ExpectEntry expectation) {
    int start = out.position();
    header(out, type, flags, 0, sequence);
    expectations.write(out, expectation);
    out.putShort(start + 2, (short) (out.position() - start));
  }

  private boolean copyScratch(ByteBuffer out) {
    if (out.remaining() < scratch.position()) {
      return false;
    }
    out.put(scratch.flip());
    return true;
  }
}
