package dev.holdfast.api.addr;

/** An IPv4 or IPv6 address. Order: IPv4 before IPv6, then by unsigned value in network order. */
public sealed interface IpAddress extends Comparable<IpAddress> permits Ipv4Address, Ipv6Address {

  Family family();

  /** The address in network byte order, 4 or 16 bytes, a fresh copy. */
  byte[] toBytes();

  /** True for 224.0.0.0/4 and ff00::/8. */
  boolean isMulticast();

  /** True for 169.254.0.0/16 and fe80::/10. */
  boolean isLinkLocal();

  /** True for 0.0.0.0 and ::. */
  boolean isUnspecified();

  /** True for 127.0.0.0/8 and ::1. */
  boolean isLoopback();

  /**
   * Reads dotted decimal or RFC 4291 text.
   *
   * @throws IllegalArgumentException with a sentence that names the text, never a DNS lookup
   */
  static IpAddress parse(String text) {
    return text.indexOf(':') >= 0 ? Ipv6Address.parse(text) : Ipv4Address.parse(text);
  }

  /**
   * @param bytes 4 or 16 bytes in network order; not kept
   * @throws IllegalArgumentException for any other length
   */
  static IpAddress ofBytes(byte[] bytes) {
    return switch (bytes.length) {
      case 4 -> Ipv4Address.ofBytes(bytes, 0);
      case 16 -> Ipv6Address.ofBytes(bytes, 0);
      default ->
          throw new IllegalArgumentException(
              "an IP address has 4 or 16 bytes, not " + bytes.length);
    };
  }

  @Override
  default int compareTo(IpAddress other) {
    return switch (this) {
      case Ipv4Address a ->
          other instanceof Ipv4Address b ? Integer.compareUnsigned(a.bits(), b.bits()) : -1;
      case Ipv6Address a -> {
        if (!(other instanceof Ipv6Address b)) {
          yield 1;
        }
        int high = Long.compareUnsigned(a.high(), b.high());
        yield high != 0 ? high : Long.compareUnsigned(a.low(), b.low());
      }
    };
  }
}
