package dev.holdfast.api.addr;

import com.fasterxml.jackson.annotation.JsonProperty;

/** An address family of the Internet Protocol. */
public enum Family {
  @JsonProperty("IPv4")
  IPV4(32),
  @JsonProperty("IPv6")
  IPV6(128);

  private final int bits;

  Family(int bits) {
    this.bits = bits;
  }

  /** Length of an address in bits: 32 or 128. */
  public int bits() {
    return bits;
  }
}
