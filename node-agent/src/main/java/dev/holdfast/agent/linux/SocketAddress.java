package dev.holdfast.agent.linux;

import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Ipv4Address;
import dev.holdfast.api.addr.Ipv6Address;
import java.nio.ByteOrder;

/**
 * Internet addresses as the kernel takes them ({@code sockaddr_in}, {@code sockaddr_in6}), and the
 * multicast options that take them.
 *
 * <p>The number of an address is kept as its bytes stand in memory, so on our little-endian
 * machines it is turned around once.
 */
final class SocketAddress {
  static final int BYTES_MAX = Abi.SIZEOF_SOCKADDR_IN6;

  private static final boolean SWAP = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;

  private SocketAddress() {}

  static int domain(Family family) {
    return switch (family) {
      case IPV4 -> Abi.AF_INET;
      case IPV6 -> Abi.AF_INET6;
    };
  }

  /**
   * Writes an address and port.
   *
   * @param interfaceIndex the scope of link-local addresses and groups
   * @return bytes written
   */
  static int write(Block block, int offset, IpAddress address, int port, int interfaceIndex) {
    block.bytes.putShort(offset, (short) domain(address.family()));
    block.putNetworkShort(offset + 2, port);
    return switch (address) {
      case Ipv4Address a -> {
        putAddress(block, offset + 4, a);
        block.bytes.putLong(offset + 8, 0);
        yield Abi.SIZEOF_SOCKADDR_IN;
      }
      case Ipv6Address a -> {
        block.bytes.putInt(offset + 4, 0);
        putAddress(block, offset + 8, a);
        boolean scoped = a.isLinkLocal() || a.isMulticast();
        block.bytes.putInt(offset + 24, scoped ? interfaceIndex : 0);
        yield Abi.SIZEOF_SOCKADDR_IN6;
      }
    };
  }

  static void putAddress(Block block, int offset, IpAddress address) {
    switch (address) {
      case Ipv4Address a ->
          block.bytes.putInt(offset, SWAP ? Integer.reverseBytes(a.bits()) : a.bits());
      case Ipv6Address a -> {
        block.bytes.putLong(offset, SWAP ? Long.reverseBytes(a.high()) : a.high());
        block.bytes.putLong(offset + 8, SWAP ? Long.reverseBytes(a.low()) : a.low());
      }
    }
  }

  /** Reads the address of a {@code sockaddr_in} or {@code sockaddr_in6}. */
  static IpAddress address(Block block, int offset) {
    return block.bytes.getShort(offset) == Abi.AF_INET
        ? ipv4(block, offset + 4)
        : ipv6(block, offset + 8);
  }

  static int port(Block block, int offset) {
    return Byte.toUnsignedInt(block.bytes.get(offset + 2)) << 8
        | Byte.toUnsignedInt(block.bytes.get(offset + 3));
  }

  static Ipv4Address ipv4(Block block, int offset) {
    int bits = block.bytes.getInt(offset);
    return new Ipv4Address(SWAP ? Integer.reverseBytes(bits) : bits);
  }

  static Ipv6Address ipv6(Block block, int offset) {
    long high = block.bytes.getLong(offset);
    long low = block.bytes.getLong(offset + 8);
    return new Ipv6Address(
        SWAP ? Long.reverseBytes(high) : high, SWAP ? Long.reverseBytes(low) : low);
  }

  /** Joins a group on one interface: {@code ip_mreqn} or {@code ipv6_mreq}. */
  static void join(Descriptor descriptor, IpAddress group, int interfaceIndex) {
    Block request = new Block(20);
    putAddress(request, 0, group);
    String what = "join " + group + " on interface " + interfaceIndex;
    switch (group) {
      case Ipv4Address _ -> {
        request.bytes.putInt(8, interfaceIndex);
        descriptor.setOption(what, Abi.IPPROTO_IP, Abi.IP_ADD_MEMBERSHIP, request, 12);
      }
      case Ipv6Address _ -> {
        request.bytes.putInt(16, interfaceIndex);
        descriptor.setOption(what, Abi.IPPROTO_IPV6, Abi.IPV6_JOIN_GROUP, request, 20);
      }
    }
  }

  /** How multicast leaves: by this interface, with this hop limit, heard by this host or not. */
  static void multicastOut(
      Descriptor descriptor, Family family, int interfaceIndex, int hopLimit, boolean loop) {
    switch (family) {
      case IPV4 -> {
        Block request = new Block(12);
        request.bytes.putInt(8, interfaceIndex);
        descriptor.setOption("IP_MULTICAST_IF", Abi.IPPROTO_IP, Abi.IP_MULTICAST_IF, request, 12);
        descriptor.setOption("IP_MULTICAST_TTL", Abi.IPPROTO_IP, Abi.IP_MULTICAST_TTL, hopLimit);
        descriptor.setOption(
            "IP_MULTICAST_LOOP", Abi.IPPROTO_IP, Abi.IP_MULTICAST_LOOP, loop ? 1 : 0);
      }
      case IPV6 -> {
        descriptor.setOption(
            "IPV6_MULTICAST_IF", Abi.IPPROTO_IPV6, Abi.IPV6_MULTICAST_IF, interfaceIndex);
        descriptor.setOption(
            "IPV6_MULTICAST_HOPS", Abi.IPPROTO_IPV6, Abi.IPV6_MULTICAST_HOPS, hopLimit);
        descriptor.setOption(
            "IPV6_MULTICAST_LOOP", Abi.IPPROTO_IPV6, Abi.IPV6_MULTICAST_LOOP, loop ? 1 : 0);
      }
    }
  }
}
