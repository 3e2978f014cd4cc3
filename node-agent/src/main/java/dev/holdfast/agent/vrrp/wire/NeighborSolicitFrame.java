package dev.holdfast.agent.vrrp.wire;

import dev.holdfast.api.addr.Ipv6Address;
import dev.holdfast.api.addr.MacAddress;
import java.nio.ByteBuffer;

/**
 * A neighbour solicitation in its Ethernet frame (RFC 4861 section 4.3): asks who has an address.
 * It goes to the target's solicited-node group, so that it is answered with the target's MAC
 * (section 7.2.4).
 *
 * <pre>
 *   0  Ethernet destination 33:33:ff:…  6      54  type 135, code 0        2
 *   6  Ethernet source                  6      56  checksum                2
 *  12  ethertype 0x86dd                 2      58  reserved                4
 *  14  IPv6 header                     40      62  target address         16
 *                                              78  option 1: source's MAC  8
 * </pre>
 *
 * @param source an address of the asking machine on this link
 * @param mac its MAC
 */
public record NeighborSolicitFrame(Ipv6Address target, Ipv6Address source, MacAddress mac) {
  /** Bytes of a frame. */
  public static final int BYTES = 86;

  private static final long GROUP_MAC = 0x3333_0000_0000L;
  private static final long GROUP_HIGH = 0xff02L << 48;
  private static final long GROUP_LOW = 0x1_ff00_0000L;
  private static final int ETHERTYPE_IPV6 = 0x86dd;
  private static final int ICMPV6 = 58;
  private static final int HOP_LIMIT = 255;
  private static final int TYPE = 135;
  private static final int OPTION_SOURCE_LINK_LAYER = 1;
  private static final int ICMP_OFFSET = 54;
  private static final int ICMP_BYTES = 32;

  public byte[] encode() {
    long last24 = target.low() & 0xff_ffffL;
    Ipv6Address group = new Ipv6Address(GROUP_HIGH, GROUP_LOW | last24);
    MacAddress groupMac = new MacAddress(GROUP_MAC | (group.low() & 0xffff_ffffL));
    ByteBuffer out = ByteBuffer.allocate(BYTES);
    out.put(groupMac.toBytes()).put(mac.toBytes()).putShort((short) ETHERTYPE_IPV6);
    out.putInt(6 << 28).putShort((short) ICMP_BYTES).put((byte) ICMPV6).put((byte) HOP_LIMIT);
    out.put(source.toBytes()).put(group.toBytes());
    out.put((byte) TYPE).put((byte) 0).putShort((short) 0).putInt(0).put(target.toBytes());
    out.put((byte) OPTION_SOURCE_LINK_LAYER).put((byte) 1).put(mac.toBytes());
    long sum =
        Checksum.sum(out, ICMP_OFFSET, ICMP_BYTES)
            + Checksum.pseudoHeader(source, group, ICMPV6, ICMP_BYTES);
    return out.putShort(ICMP_OFFSET + 2, (short) Checksum.ofSum(sum)).array();
  }
}
