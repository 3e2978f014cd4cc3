package dev.holdfast.agent.sync.wire;

import dev.holdfast.agent.flow.FlowTuple;
import dev.holdfast.agent.flow.IpProtocol;
import dev.holdfast.agent.flow.ShortName;
import java.nio.ByteBuffer;

/**
 * Type, length and value as conntrackd lays them out: two bytes length (header and value, without
 * the padding), two bytes number, the value, zeros up to a multiple of four.
 */
final class Attributes {
  static final int HEADER_BYTES = 4;

  private static final int IPV4_PAIR_BYTES = 8;
  private static final int IPV6_PAIR_BYTES = 32;

  private Attributes() {}

  static int padded(int length) {
    return length + 3 & ~3;
  }

  /** True for the protocols of whose ports conntrackd makes attributes; UDP-Lite is not one. */
  static boolean carriesPorts(int protocol) {
    return switch (protocol) {
      case IpProtocol.TCP, IpProtocol.UDP, IpProtocol.SCTP, IpProtocol.DCCP -> true;
      default -> false;
    };
  }

  static void readIpv4(ByteBuffer in, int at, FlowTuple into) {
    into.ipv4(in.getInt(at), in.getInt(at + 4));
  }

  static void readIpv6(ByteBuffer in, int at, FlowTuple into) {
    into.ipv6 = true;
    into.sourceHigh = in.getLong(at);
    into.sourceLow = in.getLong(at + 8);
    into.destinationHigh = in.getLong(at + 16);
    into.destinationLow = in.getLong(at + 24);
  }

  /**
   * Two bytes that conntrackd swaps once more than the network order: little endian on x86, ARM.
   */
  static int readSwapped(ByteBuffer in, int at) {
    return Short.reverseBytes(in.getShort(at)) & 0xffff;
  }

  static void writeAddresses(ByteBuffer out, int ipv4Id, int ipv6Id, FlowTuple tuple) {
    if (tuple.ipv6) {
      open(out, ipv6Id, IPV6_PAIR_BYTES)
          .putLong(tuple.sourceHigh)
          .putLong(tuple.sourceLow)
          .putLong(tuple.destinationHigh)
          .putLong(tuple.destinationLow);
    } else {
      open(out, ipv4Id, IPV4_PAIR_BYTES)
          .putInt((int) tuple.sourceLow)
          .putInt((int) tuple.destinationLow);
    }
  }

  static void writeByte(ByteBuffer out, int id, int value) {
    open(out, id, 1).putInt(value << 24);
  }

  static void writeShort(ByteBuffer out, int id, int value) {
    open(out, id, 2).putInt(value << 16);
  }

  static void writeSwapped(ByteBuffer out, int id, int value) {
    writeShort(out, id, Short.reverseBytes((short) value) & 0xffff);
  }

  static void writeInt(ByteBuffer out, int id, int value) {
    open(out, id, 4).putInt(value);
  }

  /** With its NUL and zeros up to a multiple of four. */
  static void writeName(ByteBuffer out, int id, ShortName name) {
    int size = name.length() + 1;
    open(out, id, size);
    name.write(out);
    for (int i = name.length(); i < padded(size); i++) {
      out.put((byte) 0);
    }
  }

  static ByteBuffer open(ByteBuffer out, int id, int size) {
    return out.putShort((short) (HEADER_BYTES + size)).putShort((short) id);
  }
}
