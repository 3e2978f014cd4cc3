package dev.holdfast.agent.vrrp.wire;

import dev.holdfast.api.addr.Ipv4Address;
import dev.holdfast.api.addr.MacAddress;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * An ARP packet in its Ethernet frame (RFC 826).
 *
 * <pre>
 *   0  Ethernet destination   6      22  sender MAC   6
 *   6  Ethernet source        6      28  sender IP    4
 *  12  ethertype 0x0806       2      32  target MAC   6
 *  14  hardware type 1        2      38  target IP    4
 *  16  protocol 0x0800        2      42  end; Ethernet may pad
 *  18  lengths 6 and 4        2
 *  20  operation              2
 * </pre>
 *
 * @param operation 1 request, 2 reply
 */
public record ArpFrame(
    MacAddress destination,
    MacAddress source,
    int operation,
    MacAddress senderMac,
    Ipv4Address senderIp,
    MacAddress targetMac,
    Ipv4Address targetIp) {

  /** Bytes of a frame without padding. */
  public static final int BYTES = 42;

  private static final int ETHERTYPE_ARP = 0x0806;
  private static final int ETHERTYPE_IPV4 = 0x0800;
  private static final int HARDWARE_ETHERNET = 1;
  private static final int LENGTHS = 6 << 8 | 4;
  private static final int REQUEST = 1;
  private static final int REPLY = 2;
  private static final MacAddress NOBODY = new MacAddress(0);

  /** A gratuitous ARP: tells everybody on the segment that {@code address} is at {@code mac}. */
  public static ArpFrame announcement(Ipv4Address address, MacAddress mac) {
    MacAddress all = MacAddress.BROADCAST;
    return new ArpFrame(all, mac, REQUEST, mac, address, all, address);
  }

  /**
   * Asks everybody who has {@code target}.
   *
   * @param sender an address of the asking machine; 0.0.0.0 when it has none there (RFC 5227
   *     section 2.1.1: such a question changes nobody's cache, and whoever has the address answers
   *     it)
   */
  public static ArpFrame question(Ipv4Address target, Ipv4Address sender, MacAddress mac) {
    return new ArpFrame(MacAddress.BROADCAST, mac, REQUEST, mac, sender, NOBODY, target);
  }

  /** True for the answer to a question that came from this MAC. */
  public boolean answers(MacAddress asker) {
    return operation == REPLY && targetMac.equals(asker);
  }

  /** True when the sender says that it has an address (a probe of RFC 5227 says only "who?"). */
  public boolean claims(Ipv4Address address) {
    return senderIp.equals(address);
  }

  public byte[] encode() {
    return ByteBuffer.allocate(BYTES)
        .put(destination.toBytes())
        .put(source.toBytes())
        .putShort((short) ETHERTYPE_ARP)
        .putShort((short) HARDWARE_ETHERNET)
        .putShort((short) ETHERTYPE_IPV4)
        .putShort((short) LENGTHS)
        .putShort((short) operation)
        .put(senderMac.toBytes())
        .putInt(senderIp.bits())
        .put(targetMac.toBytes())
        .putInt(targetIp.bits())
        .array();
  }

  /**
   * Reads an Ethernet frame; empty for anything but ARP for IPv4 over Ethernet.
   *
   * @param frame from the first byte of the Ethernet header, big-endian; its position does not move
   */
  public static Optional<ArpFrame> decode(ByteBuffer frame) {
    if (frame.remaining() < BYTES) {
      return Optional.empty();
    }
    byte[] bytes = new byte[BYTES];
    frame.get(frame.position(), bytes);
    ByteBuffer in = ByteBuffer.wrap(bytes);
    if (Short.toUnsignedInt(in.getShort(12)) != ETHERTYPE_ARP
        || in.getShort(14) != HARDWARE_ETHERNET
        || in.getShort(16) != ETHERTYPE_IPV4
        || in.getShort(18) != LENGTHS) {
      return Optional.empty();
    }
    return Optional.of(
        new ArpFrame(
            MacAddress.ofBytes(bytes, 0),
            MacAddress.ofBytes(bytes, 6),
            Short.toUnsignedInt(in.getShort(20)),
            MacAddress.ofBytes(bytes, 22),
            Ipv4Address.ofBytes(bytes, 28),
            MacAddress.ofBytes(bytes, 32),
            Ipv4Address.ofBytes(bytes, 38)));
  }
}
