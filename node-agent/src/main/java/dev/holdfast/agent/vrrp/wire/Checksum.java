package dev.holdfast.agent.vrrp.wire;

import dev.holdfast.api.addr.IpAddress;
import java.nio.ByteBuffer;

/** The Internet checksum (RFC 1071): 16 bits of one's complement arithmetic. */
final class Checksum {

  private Checksum() {}

  /**
   * The one's complement sum of some bytes, not yet folded nor inverted.
   *
   * @param buffer big-endian; its position does not move
   * @param from absolute index of the first byte
   * @param length an odd last byte is padded with zero
   */
  static long sum(ByteBuffer buffer, int from, int length) {
    long sum = 0;
    int end = from + (length & ~1);
    for (int i = from; i < end; i += 2) {
      sum += Short.toUnsignedInt(buffer.getShort(i));
    }
    return (length & 1) == 0 ? sum : sum + (Byte.toUnsignedInt(buffer.get(end)) << 8);
  }

  /**
   * The sum of a pseudo-header: for IPv4 the addresses, a zero byte, the protocol and a 16-bit
   * length; for IPv6 (RFC 8200 section 8.1) the addresses, a 32-bit length and the next header. For
   * lengths below 65536 both add up alike.
   */
  static long pseudoHeader(IpAddress source, IpAddress destination, int protocol, int length) {
    return sum(source) + sum(destination) + protocol + length;
  }

  private static long sum(IpAddress address) {
    ByteBuffer bytes = ByteBuffer.wrap(address.toBytes());
    return sum(bytes, 0, bytes.capacity());
  }

  /** The value of the checksum field for a sum that was made with zero in its place. */
  static int ofSum(long sum) {
    return ~fold(sum) & 0xffff;
  }

  /** True when a sum that includes the received checksum says that nothing was damaged. */
  static boolean isIntact(long sum) {
    return fold(sum) == 0xffff;
  }

  private static int fold(long sum) {
    long folded = sum;
    while (folded >>> 16 != 0) {
      folded = (folded & 0xffff) + (folded >>> 16);
    }
    return (int) folded;
  }
}
