package dev.holdfast.agent.firewall.core;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Set;

/**
 * The kernel's messages about changed nf_tables (group {@code NFNLGRP_NFTABLES}): whether one may
 * mean that something of ours is gone or altered.
 *
 * <pre>
 *    0        2        4        6        8                16
 *   +-----------------+--------+--------+-----------------+--------------
 *   | length          | type   | flags  | sequence, port  | nfgenmsg(4), attributes
 *   +-----------------+--------+--------+-----------------+--------------
 *   type: subsystem 10 in the high byte; DELTABLE 2, DELCHAIN 5, NEWRULE 6, DELRULE 8
 *   attributes: table name 1 (all), chain name 3 (chain messages) or 2 (rule messages)
 * </pre>
 */
public final class NftEvent {

  /** {@code NFNLGRP_NFTABLES} of linux/netfilter/nfnetlink.h. */
  public static final int GROUP = 7;

  private static final int SUBSYSTEM = 10;
  private static final int DELTABLE = 2;
  private static final int DELCHAIN = 5;
  private static final int NEWRULE = 6;
  private static final int DELRULE = 8;
  private static final int HEADER_BYTES = 16;
  private static final int NFGENMSG_BYTES = 4;
  private static final int AF_INET = 2;
  private static final int AF_INET6 = 10;
  private static final int TABLE = 1;
  private static final int RULE_CHAIN = 2;
  private static final int CHAIN_NAME = 3;

  private static final Set<String> BUILT_IN =
      Set.of("INPUT", "FORWARD", "OUTPUT", "PREROUTING", "POSTROUTING");

  private NftEvent() {}

  /**
   * @param buffer native order
   * @param offset of the message's netlink header
   * @param length of the message
   * @return true when our chains or jumps should be looked at
   */
  public static boolean concernsUs(ByteBuffer buffer, int offset, int length) {
    int type = Short.toUnsignedInt(buffer.getShort(offset + 4));
    if (type >>> 8 != SUBSYSTEM || length < HEADER_BYTES + NFGENMSG_BYTES) {
      return false;
    }
    int family = buffer.get(offset + HEADER_BYTES);
    if (family != AF_INET && family != AF_INET6) {
      return false;
    }
    String table = attribute(buffer, offset, length, TABLE);
    if (TableName.of(table).isEmpty()) {
      return false;
    }
    return switch (type & 0xff) {
      case DELTABLE -> true;
      case DELCHAIN -> isWatched(attribute(buffer, offset, length, CHAIN_NAME));
      case DELRULE -> isWatched(attribute(buffer, offset, length, RULE_CHAIN));
      case NEWRULE -> Chain.isOurs(attribute(buffer, offset, length, RULE_CHAIN));
      default -> false;
    };
  }

  private static boolean isWatched(String chain) {
    return Chain.isOurs(chain) || BUILT_IN.contains(chain);
  }

  private static String attribute(ByteBuffer buffer, int offset, int length, int wanted) {
    int at = offset + HEADER_BYTES + NFGENMSG_BYTES;
    int end = offset + length;
    while (at + 4 <= end) {
      int size = Short.toUnsignedInt(buffer.getShort(at));
      if (size < 4 || size > end - at) {
        return "";
      }
      if ((buffer.getShort(at + 2) & 0x3fff) == wanted) {
        byte[] text = new byte[Math.max(0, size - 5)];
        buffer.get(at + 4, text);
        return new String(text, StandardCharsets.UTF_8);
      }
      at += size + 3 & ~3;
    }
    return "";
  }
}
