package dev.holdfast.api.addr;

import java.nio.ByteBuffer;

/**
 * An IPv6 address, without a zone.
 *
 * @param high the first eight bytes, network order
 * @param low the last eight bytes, network order
 */
public record Ipv6Address(long high, long low) implements IpAddress {

  private static final int GROUPS = 8;

  /**
   * Reads the text forms of RFC 4291 section 2.2, a dotted decimal tail included.
   *
   * @throws IllegalArgumentException with a sentence that names the text
   */
  public static Ipv6Address parse(String text) {
    int gap = text.indexOf("::");
    if (gap >= 0 && text.indexOf("::", gap + 1) >= 0) {
      throw bad(text);
    }
    int[] head = groups(gap >= 0 ? text.substring(0, gap) : text, gap < 0, text);
    int[] tail = gap >= 0 ? groups(text.substring(gap + 2), true, text) : new int[0];
    int count = head.length + tail.length;
    if (gap >= 0 ? count >= GROUPS : count != GROUPS) {
      throw bad(text);
    }
    int[] all = new int[GROUPS];
    System.arraycopy(head, 0, all, 0, head.length);
    System.arraycopy(tail, 0, all, GROUPS - tail.length, tail.length);
    return new Ipv6Address(join(all, 0), join(all, 4));
  }

  /** Reads sixteen bytes in network order at {@code offset}. */
  public static Ipv6Address ofBytes(byte[] bytes, int offset) {
    ByteBuffer buffer = ByteBuffer.wrap(bytes, offset, 16);
    return new Ipv6Address(buffer.getLong(), buffer.getLong());
  }

  private static int[] groups(String part, boolean mayEndDotted, String text) {
    if (part.isEmpty()) {
      return new int[0];
    }
    String[] words = part.split(":", -1);
    boolean dotted = words[words.length - 1].indexOf('.') >= 0;
    if (dotted && !mayEndDotted) {
      throw bad(text);
    }
    int[] groups = new int[words.length + (dotted ? 1 : 0)];
    if (groups.length > GROUPS) {
      throw bad(text);
    }
    for (int i = 0; i < words.length; i++) {
      if (dotted && i == words.length - 1) {
        int bits = tail(words[i], text);
        groups[i] = bits >>> 16;
        groups[i + 1] = bits & 0xffff;
      } else {
        groups[i] = group(words[i], text);
      }
    }
    return groups;
  }

  private static int tail(String word, String text) {
    try {
      return Ipv4Address.parse(word).bits();
    } catch (IllegalArgumentException e) {
      throw bad(text);
    }
  }

  private static int group(String word, String text) {
    if (word.isEmpty()
        || word.length() > 4
        || !word.chars().allMatch(c -> Character.digit(c, 16) >= 0 && c < 128)) {
      throw bad(text);
    }
    return Integer.parseInt(word, 16);
  }

  private static long join(int[] groups, int from) {
    return (long) groups[from] << 48
        | (long) groups[from + 1] << 32
        | (long) groups[from + 2] << 16
        | groups[from + 3];
  }

  private static IllegalArgumentException bad(String text) {
    return new IllegalArgumentException(
        "\"" + text + "\" is not an IPv6 address: write it like 2001:db8::10 (no zone, no prefix)");
  }

  private int group(int index) {
    long half = index < 4 ? high : low;
    return (int) (half >>> (48 - 16 * (index & 3))) & 0xffff;
  }

  @Override
  public Family family() {
    return Family.IPV6;
  }

  @Override
  public byte[] toBytes() {
    return ByteBuffer.allocate(16).putLong(high).putLong(low).array();
  }

  @Override
  public boolean isMulticast() {
    return high >>> 56 == 0xff;
  }

  @Override
  public boolean isLinkLocal() {
    return high >>> 54 == 0x3fa;
  }

  @Override
  public boolean isUnspecified() {
    return high == 0 && low == 0;
  }

  @Override
  public boolean isLoopback() {
    return high == 0 && low == 1;
  }

  /** RFC 5952: lower case, the first longest run of two or more zero groups becomes "::". */
  @Override
  public String toString() {
    int bestStart = -1;
    int bestLength = 1;
    for (int i = 0; i < GROUPS; i++) {
      int length = 0;
      while (i + length < GROUPS && group(i + length) == 0) {
        length++;
      }
      if (length > bestLength) {
        bestStart = i;
        bestLength = length;
      }
      i += length;
    }
    StringBuilder text = new StringBuilder(39);
    for (int i = 0; i < GROUPS; i++) {
      if (i == bestStart) {
        text.append("::");
        i += bestLength - 1;
      } else {
        if (!text.isEmpty() && text.charAt(text.length() - 1) != ':') {
          text.append(':');
        }
        text.append(Integer.toHexString(group(i)));
      }
    }
    return text.toString();
  }
}
