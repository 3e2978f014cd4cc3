package dev.holdfast.agent.sync.wire;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A sign of life on one path, sent on every path at all times. Mutable and reused, since there are
 * some hundred a second; the router's word about itself is only read anew when its bytes changed.
 */
public final class Heartbeat {
  private static final int HEARING = 1;
  private static final int INTERVAL_MICROS = 2;
  private static final int NEWEST_POSITION = 3;
  private static final int PEER_HOLDS_POSITION = 4;
  private static final int STATE = 5;

  /** The sender hears the receiver on the path that this heartbeat takes. */
  public boolean hearing;

  /** Between two heartbeats of the sender on one path, 1 to 60 000 000. */
  public int intervalMicros;

  /** The sender's newest change. */
  public long newestPosition;

  /** Up to where the sender knows that the receiver holds its flows. */
  public long peerHoldsPosition;

  private RouterState state = RouterState.UNKNOWN;
  private byte[] stateBytes = new byte[0];

  /** What the sender says of itself. */
  public RouterState state() {
    return state;
  }

  /** Appends the message; the state's bytes are as {@link #encode} made them. */
  public static void write(
      ByteBuffer into,
      boolean hearing,
      int intervalMicros,
      long newestPosition,
      long peerHoldsPosition,
      byte[] encodedState) {
    int message = LinkFields.open(into, LinkMessageType.HEARTBEAT);
    LinkFields.put8(into, HEARING, hearing ? 1 : 0);
    LinkFields.put32(into, INTERVAL_MICROS, intervalMicros);
    LinkFields.put64(into, NEWEST_POSITION, newestPosition);
    LinkFields.put64(into, PEER_HOLDS_POSITION, peerHoldsPosition);
    LinkFields.putBytes(into, STATE, encodedState);
    LinkFields.close(into, message);
  }

  /** The state as it stands in heartbeats; made once per change of it. */
  public static byte[] encode(RouterState state) {
    ByteBuffer scratch = ByteBuffer.allocate(2048);
    state.write(scratch);
    return Arrays.copyOf(scratch.array(), scratch.position());
  }

  /**
   * Reads the message that {@code message} stands on.
   *
   * @return null when it is good; what was read before a bad field must not be used
   */
  public @Nullable LinkDropReason read(LinkFields message, LinkFields scratch, ByteBuffer buffer) {
    hearing = false;
    intervalMicros = 0;
    newestPosition = 0;
    peerHoldsPosition = 0;
    LinkFields fields = scratch.inside(message);
    int stateAt = -1;
    int stateLength = 0;
    while (fields.next()) {
      switch (fields.number()) {
        case HEARING -> hearing = fields.asBoolean();
        case INTERVAL_MICROS -> intervalMicros = fields.asInt();
        case NEWEST_POSITION -> newestPosition = fields.asLong();
        case PEER_HOLDS_POSITION -> peerHoldsPosition = fields.asLong();
        case STATE -> {
          stateAt = fields.valueAt();
          stateLength = fields.valueBytes();
        }
        default -> {}
      }
    }
    if (fields.malformed()) {
      return LinkDropReason.MALFORMED_MESSAGE;
    }
    if (intervalMicros < 1
        || intervalMicros > 60_000_000
        || newestPosition < 0
        || peerHoldsPosition < 0) {
      return LinkDropReason.MALFORMED_FIELD;
    }
    return stateAt < 0 ? null : readState(scratch, buffer, stateAt, stateLength);
  }

  private @Nullable LinkDropReason readState(
      LinkFields scratch, ByteBuffer buffer, int at, int bytes) {
    if (sameBytes(buffer, at, bytes)) {
      return null;
    }
    RouterState read = RouterState.read(scratch.over(buffer, at, at + bytes));
    if (read == null) {
      return LinkDropReason.MALFORMED_FIELD;
    }
    state = read;
    stateBytes = new byte[bytes];
    buffer.get(at, stateBytes);
    return null;
  }

  private boolean sameBytes(ByteBuffer buffer, int at, int bytes) {
    if (bytes != stateBytes.length) {
      return false;
    }
    for (int i = 0; i < bytes; i++) {
      if (buffer.get(at + i) != stateBytes[i]) {
        return false;
      }
    }
    return true;
  }
}
