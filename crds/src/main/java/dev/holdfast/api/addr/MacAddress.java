package dev.holdfast.api.addr;

/**
 * An Ethernet address.
 *
 * @param bits the six bytes as one number, first byte highest; the upper 16 bits are zero
 */
public record MacAddress(long bits) implements Comparable<MacAddress> {

  public static final MacAddress BROADCAST = new MacAddress(0xffff_ffff_ffffL);

  public MacAddress {
    if (bits >>> 48 != 0) {
      throw new IllegalArgumentException("a MAC address has 48 bits");
    }
  }

  /** The virtual router's own address, RFC 9568 section 7.3: 00-00-5E-00-01-{VRID}, 02 for IPv6. */
  public static MacAddress ofVirtualRouter(Family family, int vrid) {
    return new MacAddress((family == Family.IPV4 ? 0x0000_5e00_0100L : 0x0000_5e00_0200L) | vrid);
  }

  /**
   * Reads six hexadecimal bytes with colons.
   *
   * @throws IllegalArgumentException with a sentence that names the text
   */
  public static MacAddress parse(String text) {
    if (!text.matches("[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}")) {
      throw new IllegalArgumentException(
          "\"" + text + "\" is not a MAC address: write it like 02:00:00:00:00:01");
    }
    return new MacAddress(Long.parseLong(text.replace(":", ""), 16));
  }

  /** Reads six bytes at {@code offset}. */
  public static MacAddress ofBytes(byte[] bytes, int offset) {
    long bits = 0;
    for (int i = 0; i < 6; i++) {
      bits = bits << 8 | bytes[offset + i] & 0xff;
    }
    return new MacAddress(bits);
  }

  public byte[] toBytes() {
    byte[] bytes = new byte[6];
    for (int i = 0; i < 6; i++) {
      bytes[i] = (byte) (bits >>> (40 - 8 * i));
    }
    return bytes;
  }

  @Override
  public int compareTo(MacAddress other) {
    return Long.compare(bits, other.bits);
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(17);
    for (byte b : toBytes()) {
      text.append(text.isEmpty() ? "" : ":").append(String.format("%02x", b));
    }
    return text.toString();
  }
}
