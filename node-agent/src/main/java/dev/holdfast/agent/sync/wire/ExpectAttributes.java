package dev.holdfast.agent.sync.wire;

import static dev.holdfast.agent.flow.ExpectEntry.HAS_CLASS;
import static dev.holdfast.agent.flow.ExpectEntry.HAS_FLAGS;
import static dev.holdfast.agent.flow.ExpectEntry.HAS_FUNCTION;
import static dev.holdfast.agent.flow.ExpectEntry.HAS_HELPER;
import static dev.holdfast.agent.flow.ExpectEntry.HAS_NAT;
import static dev.holdfast.agent.flow.ExpectEntry.HAS_TIMEOUT;

import dev.holdfast.agent.flow.ExpectEntry;
import dev.holdfast.agent.flow.FlowTuple;
import dev.holdfast.agent.flow.ShortName;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** The body of an expectation message (types 3, 4, 5) ↔ {@link ExpectEntry}. One owner. */
final class ExpectAttributes {
  private static final int CONNTRACKD_HELPER_MAX = 11;
  private static final int HELPER_MAX = 15;

  /** With header and NUL the attribute is at most 32 bytes long. */
  private static final int CONNTRACKD_FUNCTION_MAX = 27;

  private static final int MASTER_IPV4 = 0;
  private static final int MASTER_IPV6 = 1;
  private static final int MASTER_L4PROTO = 2;
  private static final int MASTER_PORT = 3;
  private static final int EXPECT_IPV4 = 4;
  private static final int EXPECT_IPV6 = 5;
  private static final int EXPECT_L4PROTO = 6;
  private static final int EXPECT_PORT = 7;
  private static final int MASK_IPV4 = 8;
  private static final int MASK_IPV6 = 9;
  private static final int MASK_L4PROTO = 10;
  private static final int MASK_PORT = 11;
  private static final int TIMEOUT = 12;
  private static final int FLAGS = 13;
  private static final int CLASS = 14;
  private static final int NAT_IPV4 = 15;
  private static final int NAT_PORT = 16;
  private static final int NAT_L4PROTO = 17;
  private static final int NAT_DIRECTION = 18;
  private static final int HELPER_NAME = 19;
  private static final int FUNCTION = 20;

  /** Ours, two bytes: the zone, which conntrackd does not send for expectations. */
  private static final int OWN_ZONE = 256;

  /** Ours, 32 bytes: the tuple to translate to when it is of IPv6. */
  private static final int OWN_NAT_IPV6 = 257;

  private static final int REQUIRED_IPV4 =
      1 << MASTER_IPV4
          | 1 << MASTER_L4PROTO
          | 1 << EXPECT_IPV4
          | 1 << EXPECT_L4PROTO
          | 1 << MASK_IPV4
          | 1 << MASK_L4PROTO;
  private static final int REQUIRED_IPV6 =
      1 << MASTER_IPV6
          | 1 << MASTER_L4PROTO
          | 1 << EXPECT_IPV6
          | 1 << EXPECT_L4PROTO
          | 1 << MASK_IPV6
          | 1 << MASK_L4PROTO;
  private static final int ANY_IPV4 = 1 << MASTER_IPV4 | 1 << EXPECT_IPV4 | 1 << MASK_IPV4;
  private static final int ANY_IPV6 = 1 << MASTER_IPV6 | 1 << EXPECT_IPV6 | 1 << MASK_IPV6;

  private final Dialect dialect;
  private int seen;

  ExpectAttributes(Dialect dialect) {
    this.dialect = dialect;
  }

  @Nullable MessageDrop read(ByteBuffer in, int offset, int end, ExpectEntry into) {
    into.clear();
    seen = 0;
    while (end - offset > Attributes.HEADER_BYTES) {
      int length = in.getShort(offset) & 0xffff;
      if (length < Attributes.HEADER_BYTES || length > end - offset) {
        return MessageDrop.BAD_ATTRIBUTE_LENGTH;
      }
      int id = in.getShort(offset + 2) & 0xffff;
      int size = length - Attributes.HEADER_BYTES;
      int wanted = fixedSize(id);
      if (wanted >= 0 && size != wanted) {
        return MessageDrop.BAD_ATTRIBUTE_SIZE;
      }
      if (!attribute(in, id, offset + Attributes.HEADER_BYTES, size, into)) {
        return MessageDrop.BAD_VALUE;
      }
      if (id <= FUNCTION) {
        seen |= 1 << id;
      }
      offset += Attributes.padded(length);
    }
    return complete(into);
  }

  private static int fixedSize(int id) {
    return switch (id) {
      case MASTER_L4PROTO, EXPECT_L4PROTO, MASK_L4PROTO, NAT_L4PROTO -> 1;
      case OWN_ZONE -> 2;
      case MASTER_PORT, EXPECT_PORT, MASK_PORT, TIMEOUT, FLAGS, CLASS, NAT_PORT, NAT_DIRECTION -> 4;
      case MASTER_IPV4, EXPECT_IPV4, MASK_IPV4, NAT_IPV4 -> 8;
      case MASTER_IPV6, EXPECT_IPV6, MASK_IPV6, OWN_NAT_IPV6 -> 32;
      default -> -1;
    };
  }

  /** False when a name is not one. */
  private static boolean attribute(ByteBuffer in, int id, int at, int size, ExpectEntry into) {
    switch (id) {
      case MASTER_IPV4 -> Attributes.readIpv4(in, at, into.master);
      case MASTER_IPV6 -> Attributes.readIpv6(in, at, into.master);
      case MASTER_L4PROTO -> into.master.protocol = in.get(at) & 0xff;
      case MASTER_PORT -> into.master.l4 = in.getInt(at);
      case EXPECT_IPV4 -> Attributes.readIpv4(in, at, into.expected);
      case EXPECT_IPV6 -> Attributes.readIpv6(in, at, into.expected);
      case EXPECT_L4PROTO -> into.expected.protocol = in.get(at) & 0xff;
      case EXPECT_PORT -> into.expected.l4 = in.getInt(at);
      case MASK_IPV4 -> Attributes.readIpv4(in, at, into.mask);
      case MASK_IPV6 -> Attributes.readIpv6(in, at, into.mask);
      case MASK_L4PROTO -> into.mask.protocol = in.get(at) & 0xff;
      case MASK_PORT -> into.mask.l4 = in.getInt(at);
      case NAT_IPV4 -> translation(in, at, into, false);
      case OWN_NAT_IPV6 -> translation(in, at, into, true);
      case NAT_PORT -> into.nat.l4 = in.getInt(at);
      case NAT_L4PROTO -> into.nat.protocol = in.get(at) & 0xff;
      case NAT_DIRECTION -> into.natDirection = in.getInt(at);
      case OWN_ZONE -> into.zone = in.getShort(at) & 0xffff;
      case HELPER_NAME -> {
        into.has |= HAS_HELPER;
        return into.helper.read(in, at, size) && into.helper.length() <= HELPER_MAX;
      }
      case FUNCTION -> {
        into.has |= HAS_FUNCTION;
        return into.function.read(in, at, size);
      }
      default -> number(in, id, at, into);
    }
    return true;
  }

  private static void translation(ByteBuffer in, int at, ExpectEntry into, boolean ipv6) {
    if (ipv6) {
      Attributes.readIpv6(in, at, into.nat);
    } else {
      Attributes.readIpv4(in, at, into.nat);
    }
    into.has |= HAS_NAT;
  }

  private static void number(ByteBuffer in, int id, int at, ExpectEntry into) {
    switch (id) {
      case TIMEOUT -> {
        into.timeoutSeconds = in.getInt(at);
        into.has |= HAS_TIMEOUT;
      }
      case FLAGS -> {
        into.flags = in.getInt(at);
        into.has |= HAS_FLAGS;
      }
      case CLASS -> {
        into.expectClass = in.getInt(at);
        into.has |= HAS_CLASS;
      }
      default -> {} // from a newer sender: skipped
    }
  }

  private @Nullable MessageDrop complete(ExpectEntry into) {
    if ((seen & ANY_IPV4) != 0 && (seen & ANY_IPV6) != 0) {
      return MessageDrop.MIXED_FAMILIES;
    }
    boolean complete =
        (seen & REQUIRED_IPV4) == REQUIRED_IPV4 || (seen & REQUIRED_IPV6) == REQUIRED_IPV6;
    if (!complete || portsMissing(into)) {
      return MessageDrop.INCOMPLETE_KEY;
    }
    if (into.has(HAS_NAT)) {
      if (into.nat.ipv6 != into.expected.ipv6) {
        return MessageDrop.MIXED_FAMILIES;
      }
    } else {
      into.nat.clear();
      into.natDirection = 0;
    }
    return into.natDirection == 0 || into.natDirection == 1 ? null : MessageDrop.BAD_VALUE;
  }

  private boolean portsMissing(ExpectEntry into) {
    return Attributes.carriesPorts(into.master.protocol) && (seen & 1 << MASTER_PORT) == 0
        || Attributes.carriesPorts(into.expected.protocol) && (seen & 1 << EXPECT_PORT) == 0;
  }

  void write(ByteBuffer out, ExpectEntry expectation) {
    writeTuple(out, MASTER_IPV4, expectation.master, expectation.master.protocol);
    writeTuple(out, EXPECT_IPV4, expectation.expected, expectation.expected.protocol);
    writeTuple(out, MASK_IPV4, expectation.mask, expectation.expected.protocol);
    if (expectation.has(HAS_TIMEOUT)) {
      Attributes.writeInt(out, TIMEOUT, expectation.timeoutSeconds);
    }
    if (expectation.has(HAS_FLAGS)) {
      Attributes.writeInt(out, FLAGS, expectation.flags);
    }
    if (expectation.has(HAS_CLASS)) {
      Attributes.writeInt(out, CLASS, expectation.expectClass);
    }
    if (expectation.has(HAS_NAT)) {
      writeTranslation(out, expectation);
    }
    if (expectation.has(HAS_HELPER) && expectation.helper.length() <= helperMax()) {
      Attributes.writeName(out, HELPER_NAME, expectation.helper);
    }
    if (expectation.has(HAS_FUNCTION) && expectation.function.length() <= functionMax()) {
      Attributes.writeName(out, FUNCTION, expectation.function);
    }
    if (dialect == Dialect.HOLDFAST && expectation.zone != 0) {
      Attributes.writeShort(out, OWN_ZONE, expectation.zone);
    }
  }

  /** The four attributes of a tuple have consecutive numbers: IPv4, IPv6, protocol, ports. */
  private static void writeTuple(ByteBuffer out, int firstId, FlowTuple tuple, int protocol) {
    Attributes.writeAddresses(out, firstId, firstId + 1, tuple);
    Attributes.writeByte(out, firstId + 2, tuple.protocol);
    if (Attributes.carriesPorts(protocol)) {
      Attributes.writeInt(out, firstId + 3, tuple.l4);
    }
  }

  /** conntrackd has no IPv6 form of it. */
  private void writeTranslation(ByteBuffer out, ExpectEntry expectation) {
    FlowTuple nat = expectation.nat;
    if (nat.ipv6 && dialect == Dialect.CONNTRACKD) {
      return;
    }
    Attributes.writeAddresses(out, NAT_IPV4, OWN_NAT_IPV6, nat);
    Attributes.writeByte(out, NAT_L4PROTO, nat.protocol);
    if (Attributes.carriesPorts(nat.protocol)) {
      Attributes.writeInt(out, NAT_PORT, nat.l4);
    }
    Attributes.writeInt(out, NAT_DIRECTION, expectation.natDirection);
  }

  private int helperMax() {
    return dialect == Dialect.CONNTRACKD ? CONNTRACKD_HELPER_MAX : HELPER_MAX;
  }

  private int functionMax() {
    return dialect == Dialect.CONNTRACKD ? CONNTRACKD_FUNCTION_MAX : ShortName.MAX_BYTES;
  }
}
