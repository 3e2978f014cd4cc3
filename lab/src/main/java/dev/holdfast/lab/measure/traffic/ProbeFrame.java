package dev.holdfast.lab.measure.traffic;

import dev.holdfast.agent.linux.SocketFilter;
import dev.holdfast.agent.linux.SocketFilter.Instruction;
import dev.holdfast.api.addr.Family;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * One probe as a frame:
 *
 * <pre>
 * Ethernet 14 | IPv4 20 or IPv6 40 | UDP 8 | magic u32 | stream u32 | number u64
 * </pre>
 *
 * All big-endian. {@code stream} is random for each measurement, so that a late datagram of an
 * earlier run is not taken for one of this.
 */
final class ProbeFrame {

  static final int MAGIC = 0x4846_5052;
  static final int PAYLOAD_BYTES = 16;

  private static final int ETHERNET_BYTES = 14;
  private static final int UDP_BYTES = 8;

  private final int stream;
  private final int addressOffset;
  private final int addressBytes;
  private final int udpOffset;

  ProbeFrame(Family family, int stream) {
    this.stream = stream;
    boolean four = family == Family.IPV4;
    addressOffset = ETHERNET_BYTES + (four ? 12 : 8);
    addressBytes = four ? 4 : 16;
    udpOffset = ETHERNET_BYTES + (four ? 20 : 40);
  }

  /**
   * The number of the probe in {@code frame}, or -1 when it is none of ours.
   *
   * @param frame big-endian, from its Ethernet header at 0
   */
  long number(ByteBuffer frame, int length) {
    int payload = udpOffset + UDP_BYTES;
    if (length < payload + PAYLOAD_BYTES
        || frame.getInt(payload) != MAGIC
        || frame.getInt(payload + 4) != stream) {
      return -1;
    }
    return frame.getLong(payload + 8);
  }

  /** True when the frame comes from the address and port in {@code endpoint}. */
  boolean from(ByteBuffer frame, byte[] endpoint) {
    for (int i = 0; i < addressBytes; i++) {
      if (frame.get(addressOffset + i) != endpoint[i]) {
        return false;
      }
    }
    return frame.get(udpOffset) == endpoint[addressBytes]
        && frame.get(udpOffset + 1) == endpoint[addressBytes + 1];
  }

  /** Source address and port: 6 or 18 bytes. */
  byte[] endpoint(ByteBuffer frame) {
    byte[] endpoint = new byte[addressBytes + 2];
    frame.get(addressOffset, endpoint, 0, addressBytes);
    frame.get(udpOffset, endpoint, addressBytes, 2);
    return endpoint;
  }

  /** UDP to this port, over IP headers without options. */
  static SocketFilter to(Family family, int port) {
    boolean four = family == Family.IPV4;
    return new SocketFilter(
        List.of(
            new Instruction(0x28, 0, 0, 12),
            new Instruction(0x15, 0, 5, four ? 0x0800 : 0x86dd),
            new Instruction(0x30, 0, 0, four ? 23 : 20),
            new Instruction(0x15, 0, 3, 17),
            new Instruction(0x28, 0, 0, (four ? 34 : 54) + 2),
            new Instruction(0x15, 0, 1, port),
            new Instruction(0x06, 0, 0, 0x40000),
            new Instruction(0x06, 0, 0, 0)));
  }

  void write(ByteBuffer payload, long number) {
    payload.clear();
    payload.putInt(MAGIC).putInt(stream).putLong(number).flip();
  }
}
