package dev.holdfast.agent.ctnetlink;

import dev.holdfast.agent.flow.ShortName;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Netlink attributes: two bytes length (header and value, without padding) and two bytes type in
 * the buffer's order, the value, padding to a multiple of four. Values are big endian.
 */
final class Nla {
  private Nla() {}

  static int length(ByteBuffer in, int at) {
    return in.getShort(at) & 0xffff;
  }

  static int type(ByteBuffer in, int at) {
    return in.getShort(at + 2) & Ct.NLA_TYPE_MASK;
  }

  static int padded(int length) {
    return length + 3 & ~3;
  }

  static int getInt(ByteBuffer in, int at) {
    return bigEndian(in, in.getInt(at));
  }

  static int getShort(ByteBuffer in, int at) {
    return bigEndian(in, in.getShort(at)) & 0xffff;
  }

  static long getLong(ByteBuffer in, int at) {
    long value = in.getLong(at);
    return in.order() == ByteOrder.BIG_ENDIAN ? value : Long.reverseBytes(value);
  }

  private static int bigEndian(ByteBuffer buffer, int value) {
    return buffer.order() == ByteOrder.BIG_ENDIAN ? value : Integer.reverseBytes(value);
  }

  private static short bigEndian(ByteBuffer buffer, short value) {
    return buffer.order() == ByteOrder.BIG_ENDIAN ? value : Short.reverseBytes(value);
  }

  private static void header(ByteBuffer out, int type, int size) {
    out.putShort((short) (Ct.NLA_HDRLEN + size)).putShort((short) type);
  }

  static void putInt(ByteBuffer out, int type, int value) {
    header(out, type, 4);
    out.putInt(bigEndian(out, value));
  }

  static void putShort(ByteBuffer out, int type, int value) {
    header(out, type, 2);
    out.putShort(bigEndian(out, (short) value)).putShort((short) 0);
  }

  static void putByte(ByteBuffer out, int type, int value) {
    header(out, type, 1);
    out.put((byte) value).put((byte) 0).putShort((short) 0);
  }

  /** Two bytes as they are: a value and the mask of what of it counts. */
  static void putValueAndMask(ByteBuffer out, int type, int value, int mask) {
    header(out, type, 2);
    out.put((byte) value).put((byte) mask).putShort((short) 0);
  }

  static void putIpv6(ByteBuffer out, int type, long high, long low) {
    header(out, type, 16);
    boolean big = out.order() == ByteOrder.BIG_ENDIAN;
    out.putLong(big ? high : Long.reverseBytes(high)).putLong(big ? low : Long.reverseBytes(low));
  }

  static void putName(ByteBuffer out, int type, ShortName name) {
    int size = name.length() + 1;
    header(out, type, size);
    name.write(out);
    for (int i = name.length(); i < padded(size); i++) {
      out.put((byte) 0);
    }
  }

  /** Opens a nest. The result goes to {@link #close}. */
  static int open(ByteBuffer out, int type) {
    int start = out.position();
    header(out, type | Ct.NLA_F_NESTED, 0);
    return start;
  }

  static void close(ByteBuffer out, int start) {
    out.putShort(start, (short) (out.position() - start));
  }
}
