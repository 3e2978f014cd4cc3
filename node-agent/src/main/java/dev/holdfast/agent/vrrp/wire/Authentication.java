package dev.holdfast.agent.vrrp.wire;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * What a version 2 advert carries in its eight last bytes (RFC 2338 section 5.3.6; RFC 3768 kept
 * only the empty form). Version 3 has none.
 */
public sealed interface Authentication {

  /** Type 0: eight bytes of zero when sent, not looked at when received. */
  record None() implements Authentication {}

  /**
   * Type 1: a password in clear. It protects from mistakes, not from people.
   *
   * @param key the eight bytes as one number, first byte highest
   */
  record SimplePassword(long key) implements Authentication {

    /** The first eight bytes of the password in UTF-8, padded with zeros. */
    public static SimplePassword of(String password) {
      byte[] utf8 = password.getBytes(StandardCharsets.UTF_8);
      return new SimplePassword(ByteBuffer.wrap(Arrays.copyOf(utf8, Long.BYTES)).getLong());
    }

    /** Never the password itself: this text ends up in logs. */
    @Override
    public String toString() {
      return "SimplePassword[…]";
    }
  }

  /** No authentication. */
  static Authentication none() {
    return new None();
  }

  /** The authentication type on the wire. */
  default int type() {
    return switch (this) {
      case None _ -> 0;
      case SimplePassword _ -> 1;
    };
  }

  /** The authentication data on the wire: eight bytes as one number. */
  default long data() {
    return switch (this) {
      case None _ -> 0;
      case SimplePassword(long key) -> key;
    };
  }
}
