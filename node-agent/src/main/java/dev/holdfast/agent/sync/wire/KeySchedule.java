package dev.holdfast.agent.sync.wire;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import javax.crypto.KDF;
import javax.crypto.SecretKey;
import javax.crypto.spec.HKDFParameterSpec;

/**
 * From the link key to the keys that seal: HKDF with SHA-256 (RFC 5869). The salt is fresh random
 * of the sender, of both ends for a session; the info names purpose, cluster, sender and receiver,
 * each with its length, so that no two of them can be mistaken for each other.
 *
 * <p>A derived key belongs to one direction of one session (or to one salt of a hello or an opening
 * message), and never outlives the process that drew the salt. That is why its counter may begin at
 * zero: see docs/decisions/020.
 */
public final class KeySchedule {
  private static final String HELLO = "holdfast 1 hello";
  private static final String OPENING = "holdfast 1 opening";
  private static final String SESSION = "holdfast 1 session";
  private static final String SESSION_ID = "holdfast 1 session id";
  private static final int KEY_BYTES = 32;

  private KeySchedule() {}

  /** Seals the hellos of one sender under one salt. */
  public static SecretKey hello(LinkKey key, byte[] salt, String cluster, String sender) {
    return derive(key, salt, info(HELLO, cluster, sender, ""), KEY_BYTES);
  }

  /** Seals WAKE and INITIATE of one sender under one salt. */
  public static SecretKey opening(
      LinkKey key, byte[] salt, String cluster, String sender, String receiver) {
    return derive(key, salt, info(OPENING, cluster, sender, receiver), KEY_BYTES);
  }

  /** Seals one direction of a session: RESPOND and DATA. */
  public static SecretKey session(
      LinkKey key,
      byte[] firstSalt,
      byte[] secondSalt,
      String cluster,
      String sender,
      String receiver) {
    return derive(
        key, both(firstSalt, secondSalt), info(SESSION, cluster, sender, receiver), KEY_BYTES);
  }

  /** The session's public number, the same for both directions; never 0. */
  public static long sessionId(
      LinkKey key,
      byte[] firstSalt,
      byte[] secondSalt,
      String cluster,
      String first,
      String second) {
    byte[] id =
        deriveData(key, both(firstSalt, secondSalt), info(SESSION_ID, cluster, first, second), 8);
    long number = ByteBuffer.wrap(id).getLong();
    return number == 0 ? 1 : number;
  }

  /** Four bytes that tell clusters apart at a glance; the seal binds the name itself. */
  public static int clusterTag(String cluster) {
    return ByteBuffer.wrap(hash("cluster", cluster)).getInt();
  }

  /** Eight bytes that tell routers apart at a glance; never 0. */
  public static long nodeTag(String node) {
    long tag = ByteBuffer.wrap(hash("node", node)).getLong();
    return tag == 0 ? 1 : tag;
  }

  private static byte[] hash(String what, String name) {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      sha.update(what.getBytes(StandardCharsets.UTF_8));
      sha.update((byte) 0);
      return sha.digest(name.getBytes(StandardCharsets.UTF_8));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  private static byte[] both(byte[] first, byte[] second) {
    byte[] salt = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, salt, first.length, second.length);
    return salt;
  }

  private static byte[] info(String... parts) {
    int bytes = 0;
    for (String part : parts) {
      bytes += 2 + part.getBytes(StandardCharsets.UTF_8).length;
    }
    ByteBuffer info = ByteBuffer.allocate(bytes);
    for (String part : parts) {
      byte[] utf8 = part.getBytes(StandardCharsets.UTF_8);
      info.putShort((short) utf8.length);
      info.put(utf8);
    }
    return info.array();
  }

  private static SecretKey derive(LinkKey key, byte[] salt, byte[] info, int bytes) {
    try {
      return KDF.getInstance("HKDF-SHA256").deriveKey("AES", parameters(key, salt, info, bytes));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java 25 has HKDF-SHA256", e);
    }
  }

  private static byte[] deriveData(LinkKey key, byte[] salt, byte[] info, int bytes) {
    try {
      return KDF.getInstance("HKDF-SHA256").deriveData(parameters(key, salt, info, bytes));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java 25 has HKDF-SHA256", e);
    }
  }

  private static HKDFParameterSpec parameters(LinkKey key, byte[] salt, byte[] info, int bytes) {
    return HKDFParameterSpec.ofExtract().addIKM(key.secret()).addSalt(salt).thenExpand(info, bytes);
  }
}
