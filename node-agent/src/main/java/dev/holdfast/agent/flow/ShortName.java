package dev.holdfast.agent.flow;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A kernel name of at most 31 bytes (a helper, an expectation's function), without its NUL. Mutable
 * and reused, so that no event makes a {@link String}.
 */
public final class ShortName {
  public static final int MAX_BYTES = 31;

  private final byte[] bytes = new byte[MAX_BYTES];
  private int length;

  public int length() {
    return length;
  }

  public boolean isEmpty() {
    return length == 0;
  }

  public void clear() {
    length = 0;
  }

  public void copyFrom(ShortName other) {
    System.arraycopy(other.bytes, 0, bytes, 0, other.length);
    length = other.length;
  }

  /** Sets an ASCII name; for tests and constants. */
  public void set(String name) {
    byte[] ascii = name.getBytes(StandardCharsets.US_ASCII);
    if (ascii.length > MAX_BYTES) {
      throw new IllegalArgumentException("a name of more than 31 bytes: " + name);
    }
    System.arraycopy(ascii, 0, bytes, 0, ascii.length);
    length = ascii.length;
  }

  /**
   * Reads up to the first NUL or the end of the range.
   *
   * @return false, and the name is empty, when it is longer than 31 bytes or not printable ASCII:
   *     such a name is no kernel's and would not be fit for a log line
   */
  public boolean read(ByteBuffer buffer, int offset, int available) {
    length = 0;
    for (int i = 0; i < available; i++) {
      byte b = buffer.get(offset + i);
      if (b == 0) {
        length = i;
        return true;
      }
      if (i == MAX_BYTES || b <= ' ' || b > '~') {
        return false;
      }
      bytes[i] = b;
    }
    length = available;
    return true;
  }

  /** Appends the bytes, without a NUL. */
  public void write(ByteBuffer out) {
    out.put(bytes, 0, length);
  }

  public boolean sameAs(ShortName other) {
    return sameAs(other.bytes, other.length);
  }

  boolean sameAs(byte[] other, int otherLength) {
    if (length != otherLength) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      if (bytes[i] != other[i]) {
        return false;
      }
    }
    return true;
  }

  boolean sameAs(byte[] other) {
    return sameAs(other, other.length);
  }

  void set(byte[] other) {
    System.arraycopy(other, 0, bytes, 0, other.length);
    length = other.length;
  }

  byte[] toBytes() {
    return Arrays.copyOf(bytes, length);
  }

  /** Allocates; for views and logs. */
  @Override
  public String toString() {
    return new String(bytes, 0, length, StandardCharsets.US_ASCII);
  }
}
