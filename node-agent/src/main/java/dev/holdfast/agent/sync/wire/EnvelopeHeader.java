package dev.holdfast.agent.sync.wire;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What stands in the clear before a sealed datagram: enough to find the key that opens it, and to
 * name what is wrong with one that cannot be opened. Every byte of it is associated data of the
 * seal, so none can be changed. Mutable and reused.
 *
 * <pre>
 *  0               1               2               3
 * +---------------+---------------+---------------+---------------+
 * |  0x68 ('h')   |  version (1)  |     kind      |     path      |
 * +---------------+---------------+---------------+---------------+
 * |   length of the whole datagram  |         reserved (0)        |
 * +-------------------------------+-------------------------------+
 * |                       key identifier                          |
 * +---------------------------------------------------------------+
 * |                        cluster's tag                          |
 * +---------------------------------------------------------------+
 * |                   sender's tag (8 bytes)                      |
 * |                                                               |
 * +---------------------------------------------------------------+
 * |                  receiver's tag (8 bytes), 0: all             |
 * |                                                               |
 * +---------------------------------------------------------------+
 * |               session (8 bytes), 0: none yet                  |
 * |                                                               |
 * +---------------------------------------------------------------+
 * |                     counter (8 bytes)                         |
 * |                                                               |
 * +---------------------------------------------------------------+
 * |        HELLO, WAKE, INITIATE, RESPOND: salt (32 bytes)        |
 * +---------------------------------------------------------------+
 * </pre>
 *
 * <p>Big endian. Then the sealed bytes and the seal (16 bytes). {@code path} is the sender's number
 * of the path; each path counts on its own, because two paths differ in delay by more than a replay
 * window holds. Path and counter together are the nonce.
 */
public final class EnvelopeHeader {
  public static final int BYTES = 48;
  public static final int SALT_BYTES = 32;
  public static final int SEAL_BYTES = 16;

  /** The only version so far; it speaks of the envelope, not of the messages inside. */
  public static final int VERSION = 1;

  /** Of a whole datagram. No path has a larger MTU that we would use. */
  public static final int DATAGRAM_BYTES_MAX = 9000;

  /** Paths are numbered from 0. */
  public static final int PATHS_MAX = 16;

  private static final int MAGIC = 0x68;

  public EnvelopeKind kind = EnvelopeKind.DATA;
  public int path;
  public int keyId;
  public int clusterTag;
  public long senderTag;
  public long receiverTag;
  public long session;
  public long counter;

  /** Bytes before the sealed ones: header, and salt when the kind has one. */
  public int clearBytes() {
    return BYTES + (kind.salted() ? SALT_BYTES : 0);
  }

  /** Bytes that an envelope of this kind adds to what it carries. */
  public static int overhead(EnvelopeKind kind) {
    return BYTES + (kind.salted() ? SALT_BYTES : 0) + SEAL_BYTES;
  }

  /**
   * Reads the header of the datagram that lies between position and limit; neither is moved.
   *
   * @param datagram big endian
   * @return null when it is one of ours as far as can be seen without a key
   */
  public @Nullable LinkDropReason read(ByteBuffer datagram) {
    int at = datagram.position();
    int bytes = datagram.remaining();
    if (bytes < 1) {
      return LinkDropReason.TRUNCATED;
    }
    if ((datagram.get(at) & 0xff) != MAGIC) {
      return LinkDropReason.NOT_OURS;
    }
    if (bytes < 2) {
      return LinkDropReason.TRUNCATED;
    }
    int version = datagram.get(at + 1) & 0xff;
    if (version != VERSION) {
      return version < VERSION ? LinkDropReason.OLD_VERSION : LinkDropReason.NEW_VERSION;
    }
    if (bytes < BYTES + SEAL_BYTES) {
      return LinkDropReason.TRUNCATED;
    }
    EnvelopeKind known = EnvelopeKind.of(datagram.get(at + 2) & 0xff);
    if (known == null) {
      return LinkDropReason.UNKNOWN_KIND;
    }
    int length = datagram.getShort(at + 4) & 0xffff;
    if (bytes < length || length < overhead(known)) {
      return LinkDropReason.TRUNCATED;
    }
    if (bytes > length || bytes > DATAGRAM_BYTES_MAX) {
      return LinkDropReason.OVERSIZED;
    }
    kind = known;
    path = datagram.get(at + 3) & 0xff;
    keyId = datagram.getInt(at + 8);
    clusterTag = datagram.getInt(at + 12);
    senderTag = datagram.getLong(at + 16);
    receiverTag = datagram.getLong(at + 24);
    session = datagram.getLong(at + 32);
    counter = datagram.getLong(at + 40);
    return path < PATHS_MAX ? null : LinkDropReason.UNKNOWN_KIND;
  }

  /**
   * Writes the header at the buffer's position and moves it behind.
   *
   * @param datagramBytes of the whole datagram to come
   */
  public void write(ByteBuffer into, int datagramBytes) {
    into.put((byte) MAGIC);
    into.put((byte) VERSION);
    into.put((byte) kind.code());
    into.put((byte) path);
    into.putShort((short) datagramBytes);
    into.putShort((short) 0);
    into.putInt(keyId);
    into.putInt(clusterTag);
    into.putLong(senderTag);
    into.putLong(receiverTag);
    into.putLong(session);
    into.putLong(counter);
  }
}
