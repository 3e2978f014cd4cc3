package dev.holdfast.agent.sync.wire;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * A key of the sealed link: 32 random bytes that all routers of a cluster share, written as one
 * line of base64. It seals nothing itself; {@link KeySchedule} derives from it. Its text form never
 * shows the secret.
 */
public final class LinkKey {
  public static final int BYTES = 32;

  private final byte[] secret;
  private final int id;

  private LinkKey(byte[] secret) {
    this.secret = secret;
    this.id = idOf(secret);
  }

  /**
   * @param secret {@link #BYTES} random bytes; copied
   */
  public static LinkKey of(byte[] secret) {
    if (secret.length != BYTES) {
      throw new IllegalArgumentException("a link key has 32 bytes, not " + secret.length);
    }
    return new LinkKey(secret.clone());
  }

  /** Reads one line of base64; null when it is not exactly 32 bytes. */
  static @Nullable LinkKey parse(String line) {
    try {
      byte[] secret = Base64.getDecoder().decode(line);
      return secret.length == BYTES ? new LinkKey(secret) : null;
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  /** The line that {@link LinkKeys#parse} reads, without line break. */
  public String toLine() {
    return Base64.getEncoder().encodeToString(secret);
  }

  /**
   * Names the key in every datagram without telling anything of it, so that a receiver with two
   * keys need not try both: the first four bytes of a hash.
   */
  public int id() {
    return id;
  }

  /**
   * Names the key for people and for the operator's rotation: the first eight hexadecimal digits of
   * the SHA-256 of its bytes.
   */
  public String fingerprint() {
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(secret);
      return HexFormat.of().formatHex(hash, 0, 4);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  byte[] secret() {
    return secret;
  }

  private static int idOf(byte[] secret) {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      sha.update("holdfast link key id".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
      byte[] hash = sha.digest(secret);
      return (hash[0] & 0xff) << 24
          | (hash[1] & 0xff) << 16
          | (hash[2] & 0xff) << 8
          | (hash[3] & 0xff);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof LinkKey key && MessageDigest.isEqual(secret, key.secret);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(secret);
  }

  @Override
  public String toString() {
    return String.format("key %08x", id);
  }
}
