package dev.holdfast.agent.sync.wire;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The beginning of a file of flows. The whole file, big endian:
 *
 * <pre>
 * bytes  what
 *    16  "holdfast flows" and two zeros
 *     4  version, 1
 *     8  when it was written, seconds since 1970
 *    64  the life of the kernel's table that it was written in, ASCII, zeros behind
 *  4, n  as often as needed: n, then n bytes of messages as the link has them, each a new flow
 *     4  zero: that was all
 *    32  SHA-256 of everything before
 * </pre>
 *
 * @param writtenAtSeconds since 1970, by the clock of whoever wrote it; no later than the year 9999
 * @param life printable ASCII, {@value #LIFE_MAX} characters at most: the same as long as a kernel
 *     keeps its table of flows
 */
public record KeptHeader(long writtenAtSeconds, String life) {

  public static final int BYTES = 92;
  public static final int LIFE_MAX = 64;
  static final int VERSION = 1;
  private static final long SECONDS_MAX = 253_402_300_799L;

  private static final byte[] MAGIC = "holdfast flows\0\0".getBytes(StandardCharsets.US_ASCII);

  /** What became of reading one. */
  public sealed interface Read {
    record Ok(KeptHeader header) implements Read {}

    /**
     * @param sentence why the file cannot be used, with the file as its subject
     */
    record Refused(String sentence) implements Read {}
  }

  public KeptHeader {
    if (writtenAtSeconds < 0 || writtenAtSeconds > SECONDS_MAX) {
      throw new IllegalArgumentException("nobody writes at second " + writtenAtSeconds);
    }
    if (life.isEmpty()
        || life.length() > LIFE_MAX
        || !life.chars().allMatch(c -> c >= ' ' && c <= '~')) {
      throw new IllegalArgumentException("a life of a kernel's table cannot be \"" + life + "\"");
    }
  }

  /** Appends {@value #BYTES} bytes. */
  public void write(ByteBuffer into) {
    into.order(ByteOrder.BIG_ENDIAN).put(MAGIC).putInt(VERSION).putLong(writtenAtSeconds);
    into.put(Arrays.copyOf(life.getBytes(StandardCharsets.US_ASCII), LIFE_MAX));
  }

  /** Reads what remains in the buffer, which may be too short. */
  public static Read read(ByteBuffer from) {
    byte[] magic = new byte[MAGIC.length];
    if (from.remaining() < BYTES) {
      return new Read.Refused("it is cut off");
    }
    from.order(ByteOrder.BIG_ENDIAN).get(magic);
    if (!Arrays.equals(magic, MAGIC)) {
      return new Read.Refused("it does not begin as a file of flows does");
    }
    int version = from.getInt();
    if (version != VERSION) {
      return new Read.Refused(
          "it is of version "
              + Integer.toUnsignedString(version)
              + ", and this agent reads version "
              + VERSION);
    }
    long writtenAtSeconds = from.getLong();
    byte[] life = new byte[LIFE_MAX];
    from.get(life);
    try {
      return new Read.Ok(
          new KeptHeader(
              writtenAtSeconds, new String(life, StandardCharsets.US_ASCII).replace("\0", "")));
    } catch (IllegalArgumentException e) {
      return new Read.Refused("its header is damaged");
    }
  }
}
