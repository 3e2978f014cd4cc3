package dev.holdfast.api.addr;

/**
 * An address with a prefix length, like {@code 10.0.0.10/24}. The host bits are kept: what the
 * network is, {@link #network()} says.
 *
 * @param address any address
 * @param length 0 to 32 or 0 to 128
 */
public record Prefix(IpAddress address, int length) {

  public Prefix {
    if (length < 0 || length > address.family().bits()) {
      throw new IllegalArgumentException(
          "a prefix length of " + address + " is 0 to " + address.family().bits());
    }
  }

  /**
   * Reads {@code ADDRESS/LENGTH}; without a length the whole address is meant.
   *
   * @throws IllegalArgumentException with a sentence that names the text
   */
  public static Prefix parse(String text) {
    int slash = text.indexOf('/');
    if (slash < 0) {
      return host(IpAddress.parse(text));
    }
    IpAddress address = IpAddress.parse(text.substring(0, slash));
    String length = text.substring(slash + 1);
    if (!length.matches("0|[1-9][0-9]{0,2}")
        || Integer.parseInt(length) > address.family().bits()) {
      throw new IllegalArgumentException(
          "\"" + text + "\" has no prefix length of 0 to " + address.family().bits());
    }
    return new Prefix(address, Integer.parseInt(length));
  }

  /** The address alone: /32 or /128. */
  public static Prefix host(IpAddress address) {
    return new Prefix(address, address.family().bits());
  }

  public Family family() {
    return address.family();
  }

  /** The same prefix with its host bits cleared. */
  public Prefix network() {
    return new Prefix(mask(address), length);
  }

  public boolean contains(IpAddress other) {
    return other.family() == family() && mask(other).equals(mask(address));
  }

  /** True when every address of {@code other} is in this prefix. */
  public boolean contains(Prefix other) {
    return other.length >= length && contains(other.address);
  }

  public boolean overlaps(Prefix other) {
    return contains(other) || other.contains(this);
  }

  private IpAddress mask(IpAddress any) {
    return switch (any) {
      case Ipv4Address a -> new Ipv4Address(length == 0 ? 0 : a.bits() & -1 << (32 - length));
      case Ipv6Address a ->
          new Ipv6Address(
              a.high() & high(Math.min(length, 64)), a.low() & high(Math.max(length - 64, 0)));
    };
  }

  private static long high(int ones) {
    return ones == 0 ? 0 : -1L << (64 - ones);
  }

  @Override
  public String toString() {
    return address + "/" + length;
  }
}
