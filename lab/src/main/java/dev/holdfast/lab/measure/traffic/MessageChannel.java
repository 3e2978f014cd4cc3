package dev.holdfast.lab.measure.traffic;

import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/**
 * A TCP connection that carries messages of 16 bytes: sender's id u32, zero u32, number u64. One
 * thread owns it; nothing is allocated while messages are whole and the peer takes them.
 */
abstract class MessageChannel {

  static final int MESSAGE_BYTES = 16;

  final SocketChannel channel;
  private final byte[] partial = new byte[MESSAGE_BYTES];
  private int partialLength;
  private @Nullable ByteBuffer unsent;

  MessageChannel(SocketChannel channel) {
    this.channel = channel;
  }

  /** A whole message came in. */
  abstract void message(int id, long number);

  /**
   * Reads what is there, as much as {@code room} takes.
   *
   * @param room direct, larger than a message; overwritten. Holds the whole messages afterwards,
   *     from 0 to its limit
   * @return false at the end of the stream
   */
  final boolean read(ByteBuffer room) throws IOException {
    room.clear();
    room.put(partial, 0, partialLength);
    int read = channel.read(room);
    room.flip();
    int whole = room.limit() - room.limit() % MESSAGE_BYTES;
    for (int at = 0; at < whole; at += MESSAGE_BYTES) {
      message(room.getInt(at), room.getLong(at + 8));
    }
    partialLength = room.limit() - whole;
    room.get(whole, partial, 0, partialLength);
    room.limit(whole);
    return read >= 0;
  }

  /**
   * Sends one message.
   *
   * @return false when the kernel's buffer is full: then nothing of it was sent
   */
  final boolean send(ByteBuffer room, int id, long number) throws IOException {
    if (!flush()) {
      return false;
    }
    room.clear();
    room.putInt(id).putInt(0).putLong(number).flip();
    if (channel.write(room) == 0) {
      return false;
    }
    keepRest(room);
    return true;
  }

  /**
   * Sends all that remains in {@code messages}; what the kernel does not take is kept.
   *
   * @return false when something was kept: see {@link #flush}
   */
  final boolean sendAll(ByteBuffer messages) throws IOException {
    if (flush()) {
      channel.write(messages);
    }
    return keepRest(messages);
  }

  private boolean keepRest(ByteBuffer rest) {
    if (!rest.hasRemaining()) {
      return unsent == null;
    }
    int before = unsent == null ? 0 : unsent.remaining();
    ByteBuffer kept = ByteBuffer.allocate(before + rest.remaining());
    if (unsent != null) {
      kept.put(unsent);
    }
    unsent = kept.put(rest).flip();
    return false;
  }

  /** Sends what was kept; true when nothing is left. */
  final boolean flush() throws IOException {
    ByteBuffer kept = unsent;
    if (kept == null) {
      return true;
    }
    channel.write(kept);
    if (kept.hasRemaining()) {
      return false;
    }
    unsent = null;
    return true;
  }

  /** Closes without waiting and without a FIN that would have to be answered. */
  final void abort() {
    try {
      channel.setOption(StandardSocketOptions.SO_LINGER, 0);
    } catch (IOException _) {
      // Not connected, or already gone: there is nothing to linger for.
    }
    closeQuietly();
  }

  final void closeQuietly() {
    try {
      channel.close();
    } catch (IOException _) {
      // It is gone either way.
    }
  }
}
