package dev.holdfast.lab.measure.traffic;

import dev.holdfast.agent.linux.SocketFilter;
import dev.holdfast.agent.linux.SocketFilter.Instruction;
import dev.holdfast.api.addr.Ipv4Address;
import dev.holdfast.api.addr.MacAddress;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * A TCP segment without data as a frame: Ethernet 14, IPv4 20, TCP 20 bytes, big-endian. Enough for
 * the three segments that open a connection (RFC 9293 section 3.5).
 */
final class SegmentFrame {

  static final int SYN = 0x02;
  static final int ACK = 0x10;
  static final int BYTES = 54;

  private static final int IP = 14;
  private static final int TCP = 34;
  private static final int PROTOCOL_TCP = 6;
  private static final short WINDOW = (short) 64_000;

  private final ByteBuffer frame = ByteBuffer.allocate(BYTES);

  /**
   * @return the frame, from 0 to its limit; valid until the next call
   */
  ByteBuffer write(
      MacAddress from,
      MacAddress to,
      Ipv4Address source,
      int sourcePort,
      Ipv4Address destination,
      int destinationPort,
      int flags,
      int sequence,
      int acknowledged) {
    frame.clear();
    mac(to);
    mac(from);
    frame.putShort((short) 0x0800);
    frame.putShort((short) 0x4500).putShort((short) (BYTES - IP)).putInt(0x0000_4000);
    frame.put((byte) 64).put((byte) PROTOCOL_TCP).putShort((short) 0);
    frame.putInt(source.bits()).putInt(destination.bits());
    frame.putShort((short) sourcePort).putShort((short) destinationPort);
    frame.putInt(sequence).putInt(acknowledged);
    frame.put((byte) 0x50).put((byte) flags).putShort(WINDOW).putInt(0);
    frame.putShort(IP + 10, (short) ~folded(sum(IP, TCP)));
    // The pseudo-header: both addresses, the protocol and the length of the segment.
    long pseudo = sum(IP + 12, TCP) + PROTOCOL_TCP + (BYTES - TCP);
    frame.putShort(TCP + 16, (short) ~folded(pseudo + sum(TCP, BYTES)));
    return frame.flip();
  }

  private void mac(MacAddress address) {
    frame.putShort((short) (address.bits() >>> 32)).putInt((int) address.bits());
  }

  private long sum(int from, int to) {
    long sum = 0;
    for (int at = from; at < to; at += 2) {
      sum += Short.toUnsignedInt(frame.getShort(at));
    }
    return sum;
  }

  private static int folded(long sum) {
    long folded = sum;
    while (folded >> 16 != 0) {
      folded = (folded & 0xffff) + (folded >> 16);
    }
    return (int) folded;
  }

  // Reading: of frames that came through one of the filters below.

  static boolean whole(ByteBuffer frame, int length) {
    return length >= BYTES && (frame.get(IP) & 0xff) == 0x45;
  }

  static int sourcePort(ByteBuffer frame) {
    return Short.toUnsignedInt(frame.getShort(TCP));
  }

  static int destinationPort(ByteBuffer frame) {
    return Short.toUnsignedInt(frame.getShort(TCP + 2));
  }

  static int sequence(ByteBuffer frame) {
    return frame.getInt(TCP + 4);
  }

  static int flags(ByteBuffer frame) {
    return frame.get(TCP + 13) & 0x3f;
  }

  static Ipv4Address source(ByteBuffer frame) {
    return new Ipv4Address(frame.getInt(IP + 12));
  }

  static MacAddress sender(ByteBuffer frame) {
    long high = Short.toUnsignedLong(frame.getShort(6));
    return new MacAddress(high << 32 | Integer.toUnsignedLong(frame.getInt(8)));
  }

  /** TCP over IPv4 whose destination port is in the range. */
  static SocketFilter to(int firstPort, int lastPort) {
    return port(TCP + 2, firstPort, lastPort);
  }

  /** TCP over IPv4 whose source port is in the range. */
  static SocketFilter from(int firstPort, int lastPort) {
    return port(TCP, firstPort, lastPort);
  }

  private static SocketFilter port(int offset, int first, int last) {
    return new SocketFilter(
        List.of(
            new Instruction(0x28, 0, 0, 12),
            new Instruction(0x15, 0, 6, 0x0800),
            new Instruction(0x30, 0, 0, IP + 9),
            new Instruction(0x15, 0, 4, PROTOCOL_TCP),
            new Instruction(0x28, 0, 0, offset),
            new Instruction(0x35, 0, 2, first),
            new Instruction(0x25, 1, 0, last),
            new Instruction(0x06, 0, 0, 0x40000),
            new Instruction(0x06, 0, 0, 0)));
  }
}
