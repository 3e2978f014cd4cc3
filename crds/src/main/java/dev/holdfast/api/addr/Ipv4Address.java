package dev.holdfast.api.addr;

/**
 * An IPv4 address.
 *
 * @param bits the address as one number, first octet in the highest eight bits
 */
public record Ipv4Address(int bits) implements IpAddress {

  /**
   * Reads four decimal numbers of 0 to 255, without leading zeros.
   *
   * @throws IllegalArgumentException with a sentence that names the text
   */
  public static Ipv4Address parse(String text) {
    String[] parts = text.split("\\.", -1);
    if (parts.length != 4) {
      throw bad(text);
    }
    int bits = 0;
    for (String part : parts) {
      if (part.isEmpty()
          || part.length() > 3
          || (part.length() > 1 && part.charAt(0) == '0')
          || !part.chars().allMatch(c -> c >= '0' && c <= '9')) {
        throw bad(text);
      }
      int octet = Integer.parseInt(part);
      if (octet > 255) {
        throw bad(text);
      }
      bits = bits << 8 | octet;
    }
    return new Ipv4Address(bits);
  }

  /** Reads four bytes in network order at {@code offset}. */
  public static Ipv4Address ofBytes(byte[] bytes, int offset) {
    return new Ipv4Address(
        (bytes[offset] & 0xff) << 24
            | (bytes[offset + 1] & 0xff) << 16
            | (bytes[offset + 2] & 0xff) << 8
            | (bytes[offset + 3] & 0xff));
  }

  private static IllegalArgumentException bad(String text) {
    return new IllegalArgumentException(
        "\"" + text + "\" is not an IPv4 address: write four numbers of 0 to 255, like 10.0.0.10");
  }

  @Override
  public Family family() {
    return Family.IPV4;
  }

  @Override
  public byte[] toBytes() {
    return new byte[] {
      (byte) (bits >>> 24), (byte) (bits >>> 16), (byte) (bits >>> 8), (byte) bits
    };
  }

  @Override
  public boolean isMulticast() {
    return bits >>> 28 == 0xe;
  }

  @Override
  public boolean isLinkLocal() {
    return bits >>> 16 == 0xa9fe;
  }

  @Override
  public boolean isUnspecified() {
    return bits == 0;
  }

  @Override
  public boolean isLoopback() {
    return bits >>> 24 == 127;
  }

  @Override
  public String toString() {
    return (bits >>> 24)
        + "."
        + (bits >>> 16 & 0xff)
        + "."
        + (bits >>> 8 & 0xff)
        + "."
        + (bits & 0xff);
  }
}
