package dev.holdfast.agent.shell;

import dev.holdfast.agent.linux.PacketSocket;
import dev.holdfast.agent.linux.RawSocket;
import dev.holdfast.agent.linux.SyscallException;
import dev.holdfast.agent.vrrp.wire.AdvertCodec;
import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Ipv4Address;
import dev.holdfast.api.addr.Ipv6Address;
import dev.holdfast.api.addr.MacAddress;
import java.nio.ByteBuffer;

/**
 * Sends adverts over one interface, in one family: through the IP stack with the interface's own
 * MAC, or as whole frames with the virtual router's. Frames need neither an address on the virtual
 * interface nor that it is up, so the first advert of a takeover waits for nothing.
 *
 * <p>Owner: the loop thread.
 */
public sealed interface VrrpSender extends AutoCloseable {
  /**
   * Sends one advert.
   *
   * @param packet IPv4: from the IP header, its checksum complete; IPv6: the payload
   * @param source an own address of the interface
   * @param destination the group, or a peer
   * @throws SyscallException ENETDOWN or ENETUNREACH on a dead link, which is normal there
   */
  void send(ByteBuffer packet, IpAddress source, IpAddress destination);

  @Override
  void close();

  /** With the MAC of the interface. */
  static VrrpSender open(Family family, String interfaceName, int interfaceIndex) {
    return new ByStack(
        RawSocket.sender(family, AdvertCodec.PROTOCOL, interfaceName, interfaceIndex));
  }

  /**
   * With a virtual router's MAC, over the interface below; to the group only.
   *
   * @param interfaceIndex of the interface with the own addresses, not of the macvlan
   */
  static VrrpSender openVirtual(int interfaceIndex, MacAddress virtualMac) {
    return new ByFrame(PacketSocket.sender(), interfaceIndex, virtualMac);
  }

  /** Through the IP stack. */
  record ByStack(RawSocket socket) implements VrrpSender {
    @Override
    public void send(ByteBuffer packet, IpAddress source, IpAddress destination) {
      socket.send(packet, source, destination);
    }

    @Override
    public void close() {
      socket.close();
    }
  }

  /** As Ethernet frames. */
  record ByFrame(PacketSocket socket, int interfaceIndex, MacAddress virtualMac)
      implements VrrpSender {
    private static final int IPV6_HEADER_BYTES = 40;
    private static final int VERSION_6 = 6;

    @Override
    public void send(ByteBuffer packet, IpAddress source, IpAddress destination) {
      ByteBuffer frame = ByteBuffer.allocate(14 + IPV6_HEADER_BYTES + packet.remaining());
      frame.put(groupMac(destination).toBytes()).put(virtualMac.toBytes());
      switch (source) {
        case Ipv4Address _ -> frame.putShort((short) PacketSocket.ETHERTYPE_IPV4);
        case Ipv6Address _ ->
            frame
                .putShort((short) PacketSocket.ETHERTYPE_IPV6)
                .putInt(VERSION_6 << 28 | AdvertCodec.TRAFFIC_CLASS << 20)
                .putShort((short) packet.remaining())
                .put((byte) AdvertCodec.PROTOCOL)
                .put((byte) AdvertCodec.HOP_LIMIT)
                .put(source.toBytes())
                .put(destination.toBytes());
      }
      frame.put(packet.duplicate());
      socket.send(interfaceIndex, frame.flip());
    }

    /** RFC 1112 section 6.4, RFC 2464 section 7. */
    private static MacAddress groupMac(IpAddress group) {
      if (!group.isMulticast()) {
        throw new IllegalStateException("adverts with a virtual MAC go to the group only");
      }
      return switch (group) {
        case Ipv4Address a -> new MacAddress(0x0100_5e00_0000L | a.bits() & 0x7f_ffff);
        case Ipv6Address a -> new MacAddress(0x3333_0000_0000L | a.low() & 0xffff_ffffL);
      };
    }

    @Override
    public void close() {
      socket.close();
    }
  }
}
