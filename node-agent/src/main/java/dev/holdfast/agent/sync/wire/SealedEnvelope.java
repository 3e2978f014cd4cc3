package dev.holdfast.agent.sync.wire;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import org.jspecify.annotations.Nullable;

/**
 * Seals and opens datagrams with AES-256-GCM (NIST SP 800-38D): key and nonce are handed in, the
 * clear bytes in front ({@link EnvelopeHeader} and salt) are the associated data.
 *
 * <p>The nonce has twelve bytes, the path's number (4) and the counter (8), so the caller owes one
 * thing only: never the same path and counter twice under one key. {@code SealedChannel} keeps that
 * promise.
 *
 * <p>One owner, reused. The ciphers and buffers are kept; what is left is what the provider itself
 * allocates, about a kilobyte per datagram whatever its size. Half a microsecond for 1300 bytes
 * once compiled by C2, twenty where only C1 runs: the agent must not be started with {@code
 * TieredStopAtLevel=1}.
 */
public class SealedEnvelope {
  private static final int TAG_BITS = EnvelopeHeader.SEAL_BYTES * 8;

  private final Cipher sealing = cipher();
  private final Cipher opening = cipher();
  private final byte[] clear = new byte[EnvelopeHeader.BYTES + EnvelopeHeader.SALT_BYTES];
  private final byte[] sealed = new byte[EnvelopeHeader.DATAGRAM_BYTES_MAX];
  private final byte[] plain = new byte[EnvelopeHeader.DATAGRAM_BYTES_MAX];
  private final byte[] nonce = new byte[12];
  private final ByteBuffer nonceView = ByteBuffer.wrap(nonce);

  /**
   * Appends a whole datagram.
   *
   * @param header complete, with path and counter
   * @param salt what follows the header when its kind is salted, otherwise null
   * @param message from position to limit: what to seal; position ends at the limit
   * @param into big endian; its position ends behind the datagram
   */
  public void seal(
      EnvelopeHeader header,
      byte @Nullable [] salt,
      SecretKey key,
      ByteBuffer message,
      ByteBuffer into) {
    if (header.kind.salted() != (salt != null)) {
      throw new IllegalStateException("a salt belongs to " + header.kind + " or not");
    }
    int bytes = message.remaining();
    int start = into.position();
    header.write(into, EnvelopeHeader.overhead(header.kind) + bytes);
    if (salt != null) {
      into.put(salt);
    }
    int clearBytes = into.position() - start;
    into.get(start, clear, 0, clearBytes);
    message.get(plain, 0, bytes);
    try {
      sealing.init(Cipher.ENCRYPT_MODE, key, nonce(header.path, header.counter));
      sealing.updateAAD(clear, 0, clearBytes);
      int sealedBytes = sealing.doFinal(plain, 0, bytes, sealed, 0);
      into.put(sealed, 0, sealedBytes);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("AES-GCM refused to seal", e);
    }
  }

  /**
   * Opens the datagram between position and limit, which are not moved.
   *
   * @param header as {@link EnvelopeHeader#read} found it
   * @param into cleared; its position and limit end around what was inside, which is nothing when
   *     the seal does not fit
   * @return null when the seal fits
   */
  public @Nullable LinkDropReason open(
      EnvelopeHeader header, SecretKey key, ByteBuffer datagram, ByteBuffer into) {
    int clearBytes = header.clearBytes();
    int sealedBytes = datagram.remaining() - clearBytes;
    into.clear().limit(0);
    datagram.get(datagram.position(), clear, 0, clearBytes);
    datagram.get(datagram.position() + clearBytes, sealed, 0, sealedBytes);
    try {
      opening.init(Cipher.DECRYPT_MODE, key, nonce(header.path, header.counter));
      opening.updateAAD(clear, 0, clearBytes);
      int bytes = opening.doFinal(sealed, 0, sealedBytes, plain, 0);
      into.limit(bytes);
      into.put(0, plain, 0, bytes);
      return null;
    } catch (AEADBadTagException e) {
      return LinkDropReason.FORGED;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("AES-GCM refused to open", e);
    }
  }

  private GCMParameterSpec nonce(int path, long counter) {
    nonceView.putInt(0, path);
    nonceView.putLong(4, counter);
    return new GCMParameterSpec(TAG_BITS, nonce);
  }

  private static Cipher cipher() {
    try {
      return Cipher.getInstance("AES/GCM/NoPadding");
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java has AES-GCM", e);
    }
  }
}
