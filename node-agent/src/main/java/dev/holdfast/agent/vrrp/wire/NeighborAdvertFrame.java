package dev.holdfast.agent.vrrp.wire;

import dev.holdfast.api.addr.Ipv6Address;
import dev.holdfast.api.addr.MacAddress;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * A neighbour advertisement in its Ethernet frame (RFC 4861 section 4.4).
 *
 * <pre>
 *   0  Ethernet destination   6      54  type 136, code 0      2
 *   6  Ethernet source        6      56  checksum              2
 *  12  ethertype 0x86dd       2      58  R S O and reserved    4
 *  14  IPv6 header           40      62  target address       16
 *                                    78  option 2: target's MAC  8
 * </pre>
 *
 * @param router the R flag. A gateway always sets it: a host that sees it cleared removes the
 *     sender from its default routers (RFC 4861 section 7.2.5)
 * @param solicited the S flag: an answer, not an announcement
 * @param override the O flag: replaces what the listener has cached
 * @param target the address that is spoken of
 * @param targetMac where it is
 */
public record NeighborAdvertFrame(
    MacAddress destination,
    MacAddress source,
    Ipv6Address sourceIp,
    Ipv6Address destinationIp,
    boolean router,
    boolean solicited,
    boolean override,
    Ipv6Address target,
    MacAddress targetMac) {

  /** Bytes of a frame. */
  public static final int BYTES = 86;

  private static final MacAddress ALL_NODES_MAC = new MacAddress(0x3333_0000_0001L);
  private static final Ipv6Address ALL_NODES = new Ipv6Address(0xff02L << 48, 1);
  private static final int ETHERTYPE_IPV6 = 0x86dd;
  private static final int ICMPV6 = 58;
  private static final int HOP_LIMIT = 255;
  private static final int TYPE_NEIGHBOR_ADVERTISEMENT = 136;
  private static final int OPTION_TARGET_LINK_LAYER = 2;
  private static final int ICMP_OFFSET = 54;
  private static final int ICMP_BYTES = 32;
  private static final int OPTIONS_OFFSET = 78;
  private static final int ROUTER = 0x80;
  private static final int SOLICITED = 0x40;
  private static final int OVERRIDE = 0x20;

  /**
   * An unsolicited advertisement to all nodes: R and O set, S cleared (RFC 9568 section 6.4.2), the
   * address itself as source.
   */
  public static NeighborAdvertFrame announcement(Ipv6Address address, MacAddress mac) {
    return new NeighborAdvertFrame(
        ALL_NODES_MAC, mac, address, ALL_NODES, true, false, true, address, mac);
  }

  public byte[] encode() {
    ByteBuffer out = ByteBuffer.allocate(BYTES);
    out.put(destination.toBytes()).put(source.toBytes()).putShort((short) ETHERTYPE_IPV6);
    out.putInt(6 << 28).putShort((short) ICMP_BYTES).put((byte) ICMPV6).put((byte) HOP_LIMIT);
    out.put(sourceIp.toBytes()).put(destinationIp.toBytes());
    out.put((byte) TYPE_NEIGHBOR_ADVERTISEMENT).put((byte) 0).putShort((short) 0);
    int flags = (router ? ROUTER : 0) | (solicited ? SOLICITED : 0) | (override ? OVERRIDE : 0);
    out.put((byte) flags).put(new byte[3]).put(target.toBytes());
    out.put((byte) OPTION_TARGET_LINK_LAYER).put((byte) 1).put(targetMac.toBytes());
    long sum =
        Checksum.sum(out, ICMP_OFFSET, ICMP_BYTES)
            + Checksum.pseudoHeader(sourceIp, destinationIp, ICMPV6, ICMP_BYTES);
    return out.putShort(ICMP_OFFSET + 2, (short) Checksum.ofSum(sum)).array();
  }

  /**
   * Reads an Ethernet frame; empty for anything but an intact neighbour advertisement that names
   * the target's MAC.
   *
   * @param frame from the first byte of the Ethernet header, big-endian; its position does not move
   */
  public static Optional<NeighborAdvertFrame> decode(ByteBuffer frame) {
    if (frame.remaining() < BYTES) {
      return Optional.empty();
    }
    byte[] bytes = new byte[frame.remaining()];
    frame.get(frame.position(), bytes);
    ByteBuffer in = ByteBuffer.wrap(bytes);
    int icmpBytes = Short.toUnsignedInt(in.getShort(18));
    if (Short.toUnsignedInt(in.getShort(12)) != ETHERTYPE_IPV6
        || bytes[14] >>> 4 != 6
        || in.get(20) != ICMPV6
        || Byte.toUnsignedInt(in.get(21)) != HOP_LIMIT
        || icmpBytes < ICMP_BYTES
        || ICMP_OFFSET + icmpBytes > bytes.length
        || Byte.toUnsignedInt(in.get(ICMP_OFFSET)) != TYPE_NEIGHBOR_ADVERTISEMENT
        || in.get(ICMP_OFFSET + 1) != 0) {
      return Optional.empty();
    }
    Ipv6Address sourceIp = Ipv6Address.ofBytes(bytes, 22);
    Ipv6Address destinationIp = Ipv6Address.ofBytes(bytes, 38);
    if (!Checksum.isIntact(
        Checksum.sum(in, ICMP_OFFSET, icmpBytes)
            + Checksum.pseudoHeader(sourceIp, destinationIp, ICMPV6, icmpBytes))) {
      return Optional.empty();
    }
    int flags = in.get(58);
    return targetMac(bytes, ICMP_OFFSET + icmpBytes)
        .map(
            mac ->
                new NeighborAdvertFrame(
                    MacAddress.ofBytes(bytes, 0),
                    MacAddress.ofBytes(bytes, 6),
                    sourceIp,
                    destinationIp,
                    (flags & ROUTER) != 0,
                    (flags & SOLICITED) != 0,
                    (flags & OVERRIDE) != 0,
                    Ipv6Address.ofBytes(bytes, 62),
                    mac));
  }

  private static Optional<MacAddress> targetMac(byte[] bytes, int end) {
    int at = OPTIONS_OFFSET;
    while (at + 8 <= end) {
      int optionBytes = Byte.toUnsignedInt(bytes[at + 1]) * 8;
      if (optionBytes == 0 || at + optionBytes > end) {
        return Optional.empty();
      }
      if (bytes[at] == OPTION_TARGET_LINK_LAYER) {
        return Optional.of(MacAddress.ofBytes(bytes, at + 2));
      }
      at += optionBytes;
    }
    return Optional.empty();
  }
}
