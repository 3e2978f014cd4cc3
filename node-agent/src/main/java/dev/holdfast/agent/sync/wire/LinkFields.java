package dev.holdfast.agent.sync.wire;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The one shape of everything inside a sealed datagram: number (2 bytes), length of the value (2
 * bytes), value. Messages have it, and so have the fields of a message, so that a reader steps over
 * whatever it does not know. Big endian, no padding.
 *
 * <p>A reader is reused: {@link #over} sets it on a stretch of a buffer, {@link #next} moves to the
 * next piece. It never throws on outside bytes: {@link #next} returns false at the end and at the
 * first piece that passes the end; {@link #malformed} tells which. Getters of a fixed size answer
 * for any size (missing bytes are zeros in front, surplus ones in front are ignored), and a piece
 * of the wrong size is told by {@link #sized}.
 */
public final class LinkFields {
  public static final int HEADER_BYTES = 4;

  private @Nullable ByteBuffer buffer;
  private int at;
  private int end;
  private int number;
  private int valueAt;
  private int valueBytes;
  private boolean malformed;

  /** Sets the reader before the first piece between two absolute positions. */
  public LinkFields over(ByteBuffer buffer, int start, int end) {
    this.buffer = buffer;
    this.at = start;
    this.end = end;
    this.malformed = false;
    return this;
  }

  /** Sets the reader on the inside of the piece that {@code outer} stands on. */
  public LinkFields inside(LinkFields outer) {
    return over(outer.buffer(), outer.valueAt, outer.valueAt + outer.valueBytes);
  }

  /** Moves to the next piece; false when there is none. */
  public boolean next() {
    if (at == end) {
      return false;
    }
    if (end - at < HEADER_BYTES) {
      malformed = true;
      return false;
    }
    number = buffer().getShort(at) & 0xffff;
    valueBytes = buffer().getShort(at + 2) & 0xffff;
    valueAt = at + HEADER_BYTES;
    if (valueBytes > end - valueAt) {
      malformed = true;
      return false;
    }
    at = valueAt + valueBytes;
    return true;
  }

  /** True when the last {@link #next} stopped at a piece that passes the end. */
  public boolean malformed() {
    return malformed;
  }

  /** Of the present piece. */
  public int number() {
    return number;
  }

  /** Absolute position of the value. */
  public int valueAt() {
    return valueAt;
  }

  public int valueBytes() {
    return valueBytes;
  }

  public boolean sized(int bytes) {
    return valueBytes == bytes;
  }

  /** The value as an unsigned number of up to eight bytes. */
  public long asLong() {
    long value = 0;
    for (int i = Math.max(0, valueBytes - 8); i < valueBytes; i++) {
      value = value << 8 | buffer().get(valueAt + i) & 0xff;
    }
    return value;
  }

  public int asInt() {
    return (int) asLong();
  }

  public boolean asBoolean() {
    return asLong() != 0;
  }

  /** The value as text; null when it is longer than {@code bytesMax} or not UTF-8. */
  public @Nullable String asText(int bytesMax) {
    if (valueBytes > bytesMax) {
      return null;
    }
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .onUnmappableCharacter(CodingErrorAction.REPORT)
          .decode(buffer().slice(valueAt, valueBytes))
          .toString();
    } catch (CharacterCodingException e) {
      return null;
    }
  }

  /** The value, a fresh copy. */
  public byte[] asBytes() {
    byte[] bytes = new byte[valueBytes];
    buffer().get(valueAt, bytes);
    return bytes;
  }

  private ByteBuffer buffer() {
    if (buffer == null) {
      throw new IllegalStateException("a reader is set on a buffer before it is read");
    }
    return buffer;
  }

  /** Begins a piece at the buffer's position; give the result to {@link #close}. */
  public static int open(ByteBuffer into, int number) {
    into.putShort((short) number);
    into.putShort((short) 0);
    return into.position();
  }

  /** Ends the piece that {@link #open} began: everything written since is its value. */
  public static void close(ByteBuffer into, int opened) {
    into.putShort(opened - 2, (short) (into.position() - opened));
  }

  public static void put8(ByteBuffer into, int number, int value) {
    into.putShort((short) number).putShort((short) 1).put((byte) value);
  }

  public static void put32(ByteBuffer into, int number, int value) {
    into.putShort((short) number).putShort((short) 4).putInt(value);
  }

  public static void put64(ByteBuffer into, int number, long value) {
    into.putShort((short) number).putShort((short) 8).putLong(value);
  }

  public static void putBytes(ByteBuffer into, int number, byte[] value) {
    into.putShort((short) number).putShort((short) value.length).put(value);
  }

  public static void putText(ByteBuffer into, int number, String value) {
    putBytes(into, number, value.getBytes(StandardCharsets.UTF_8));
  }
}
