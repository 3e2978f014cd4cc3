package dev.holdfast.agent.linux;

import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Ipv4Address;
import dev.holdfast.api.addr.Ipv6Address;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Collection;

/**
 * An IP protocol of its own on one interface, in one family (raw(7)): VRRP's sockets. Receiving and
 * sending are separate sockets; a sender's queue stays empty. Needs CAP_NET_RAW.
 *
 * <p>IPv4 datagrams go in both directions with their IPv4 header; the kernel fills the header
 * checksum and the total length of what we send. IPv6 has payload only: the header's values stand
 * beside it. Checksums inside the payload are the caller's work.
 */
public final class RawSocket implements AutoCloseable {
  /** Longest IP packet that is received whole or sent. */
  public static final int PACKET_MAX = 9216;

  /** TC_PRIO_CONTROL: queueing disciplines serve it first. */
  private static final int PRIORITY_CONTROL = 7;

  private static final int PRIORITY_WITHOUT_RIGHTS = 6;
  private static final int TRAFFIC_CLASS_CONTROL = 0xc0;
  private static final int IPV4_HEADER_MIN = 20;

  /** Room for some 5000 packets: a flood during a short pause must not push out what counts. */
  private static final int RECEIVE_BUFFER_BYTES = 2 << 20;

  private static final int PKTINFO_BYTES = 20;

  private final Descriptor descriptor;
  private final Family family;
  private final int interfaceIndex;
  private final Block data = new Block(PACKET_MAX);
  private final MessageHeader header = new MessageHeader(128);

  private RawSocket(Descriptor descriptor, Family family, int interfaceIndex) {
    this.descriptor = descriptor;
    this.family = family;
    this.interfaceIndex = interfaceIndex;
    data.bytes.order(ByteOrder.BIG_ENDIAN);
    header.data(data.address, data.size());
  }

  /**
   * Opens a socket that hears what is sent to one address over one interface.
   *
   * @param protocol the IP protocol number, 112 for VRRP
   * @param local a multicast group, which is joined, or an own unicast address; it gives the family
   */
  public static RawSocket receiver(
      int protocol, String interfaceName, int interfaceIndex, IpAddress local) {
    Family family = local.family();
    Descriptor descriptor = open(family, protocol);
    try {
      descriptor.bindToDevice(interfaceName);
      descriptor.receiveBuffer(RECEIVE_BUFFER_BYTES);
      descriptor.setOption("SO_TIMESTAMPNS", Abi.SOL_SOCKET, Abi.SO_TIMESTAMPNS, 1);
      // Otherwise groups that other processes joined would be heard too.
      switch (family) {
        case IPV4 ->
            descriptor.setOption("IP_MULTICAST_ALL", Abi.IPPROTO_IP, Abi.IP_MULTICAST_ALL, 0);
        case IPV6 -> {
          descriptor.tryOption(Abi.IPPROTO_IPV6, Abi.IPV6_MULTICAST_ALL, 0);
          descriptor.setOption("IPV6_RECVHOPLIMIT", Abi.IPPROTO_IPV6, Abi.IPV6_RECVHOPLIMIT, 1);
          descriptor.setOption("IPV6_RECVPKTINFO", Abi.IPPROTO_IPV6, Abi.IPV6_RECVPKTINFO, 1);
        }
      }
      if (local.isMulticast()) {
        SocketAddress.join(descriptor, local, interfaceIndex);
      }
      Block address = new Block(SocketAddress.BYTES_MAX);
      int length = SocketAddress.write(address, 0, local, 0, interfaceIndex);
      descriptor.bind("bind(" + local + " on " + interfaceName + ")", address, length);
      return new RawSocket(descriptor, family, interfaceIndex);
    } catch (RuntimeException e) {
      descriptor.close();
      throw e;
    }
  }

  /** Opens a socket that sends over one interface, with hop limit 255 and traffic class 0xc0. */
  public static RawSocket sender(
      Family family, int protocol, String interfaceName, int interfaceIndex) {
    Descriptor descriptor = open(family, protocol);
    try {
      descriptor.attach(SocketFilter.nothing());
      descriptor.bindToDevice(interfaceName);
      SocketAddress.multicastOut(descriptor, family, interfaceIndex, 255, false);
      switch (family) {
        case IPV4 -> {
          descriptor.setOption("IP_HDRINCL", Abi.IPPROTO_IP, Abi.IP_HDRINCL, 1);
          descriptor.setOption("IP_TOS", Abi.IPPROTO_IP, Abi.IP_TOS, TRAFFIC_CLASS_CONTROL);
        }
        case IPV6 -> {
          descriptor.setOption("IPV6_UNICAST_HOPS", Abi.IPPROTO_IPV6, Abi.IPV6_UNICAST_HOPS, 255);
          descriptor.setOption(
              "IPV6_TCLASS", Abi.IPPROTO_IPV6, Abi.IPV6_TCLASS, TRAFFIC_CLASS_CONTROL);
        }
      }
      // After IP_TOS, which would set the priority anew.
      if (!descriptor.tryOption(Abi.SOL_SOCKET, Abi.SO_PRIORITY, PRIORITY_CONTROL)) {
        descriptor.setOption(
            "SO_PRIORITY", Abi.SOL_SOCKET, Abi.SO_PRIORITY, PRIORITY_WITHOUT_RIGHTS);
      }
      return new RawSocket(descriptor, family, interfaceIndex);
    } catch (RuntimeException e) {
      descriptor.close();
      throw e;
    }
  }

  private static Descriptor open(Family family, int protocol) {
    return Descriptor.socket(
        "socket(" + family + ", SOCK_RAW, " + protocol + ")",
        SocketAddress.domain(family),
        Abi.SOCK_RAW,
        protocol,
        "does the process have CAP_NET_RAW?");
  }

  /** From now on the kernel queues only packets from these addresses, of this socket's family. */
  public void hearOnly(Collection<IpAddress> sources) {
    descriptor.attach(SocketFilter.sources(sources));
  }

  /** Ends {@link #hearOnly}. */
  public void hearAll() {
    descriptor.detachFilter();
  }

  /**
   * Waits for a packet.
   *
   * @param timeoutNanos {@link Receive#FOREVER}, or 0 and more
   * @return its length, or a constant of {@link Receive}
   */
  public int receive(long timeoutNanos) {
    descriptor.receiving.lock();
    try {
      while (true) {
        if (descriptor.isClosed()) {
          return Receive.WOKEN;
        }
        header.reset();
        long length = LibC.recvmsg(descriptor.fd, header.block.address, 0);
        if (length >= 0) {
          if ((header.flags() & Abi.MSG_TRUNC) == 0) {
            data.bytes.limit((int) length).position(0);
            return (int) length;
          }
        } else {
          int errno = LibC.errno();
          if (errno == Errno.EAGAIN) {
            int waited = descriptor.awaitInput(timeoutNanos);
            if (waited < 0) {
              return waited;
            }
          } else if (!Errno.isPassing(errno)) {
            throw new SyscallException("recvmsg(raw " + family + ")", errno, "");
          }
        }
      }
    } finally {
      descriptor.receiving.unlock();
    }
  }

  /**
   * The last packet: from its IPv4 header, or the IPv6 payload; big-endian; valid until the next
   * receive.
   */
  public ByteBuffer packet() {
    return data.bytes;
  }

  /** Who sent the last packet. */
  public IpAddress source() {
    return switch (family) {
      case IPV4 -> new Ipv4Address(data.bytes.getInt(12));
      case IPV6 -> SocketAddress.address(header.block, MessageHeader.NAME);
    };
  }

  /** To whom it was sent; :: in the impossible case that an IPv6 kernel did not say. */
  public IpAddress destination() {
    if (family == Family.IPV4) {
      return new Ipv4Address(data.bytes.getInt(16));
    }
    int at = header.control(Abi.IPPROTO_IPV6, Abi.IPV6_PKTINFO);
    return at < 0 ? new Ipv6Address(0, 0) : SocketAddress.ipv6(header.block, at);
  }

  /** TTL or hop limit of the last packet, 0 to 255; -1 when the kernel did not say. */
  public int hopLimit() {
    if (family == Family.IPV4) {
      return data.bytes.limit() < IPV4_HEADER_MIN ? -1 : Byte.toUnsignedInt(data.bytes.get(8));
    }
    int at = header.control(Abi.IPPROTO_IPV6, Abi.IPV6_HOPLIMIT);
    return at < 0 ? -1 : header.block.bytes.getInt(at);
  }

  /** When the kernel took the last packet, CLOCK_REALTIME; see {@link Clocks#arrivalNanos}. */
  public long stampNanos() {
    return header.stampNanos();
  }

  /**
   * Sends one packet.
   *
   * @param packet from the IPv4 header, or the IPv6 payload; what remains in it is sent
   * @param source for IPv6 an address of the interface; IPv4 has it in the header
   * @param destination a group, or an address that need not be on the link
   * @throws SyscallException ENETDOWN, ENETUNREACH: usual on a dead link
   */
  public void send(ByteBuffer packet, IpAddress source, IpAddress destination) {
    descriptor.sending.lock();
    try {
      descriptor.requireOpen("sendmsg(raw)");
      int length = data.put(0, packet);
      header.data(data.address, length);
      int nameLength =
          SocketAddress.write(header.block, MessageHeader.NAME, destination, 0, interfaceIndex);
      header.lengths(nameLength, family == Family.IPV6 ? pktinfo(source) : 0);
      int flags = destination.isMulticast() ? Abi.MSG_DONTROUTE : 0;
      if (LibC.sendmsg(descriptor.fd, header.block.address, flags) < 0) {
        throw new SyscallException(
            "sendmsg(raw to " + destination + " on interface " + interfaceIndex + ")",
            LibC.errno(),
            "");
      }
    } finally {
      descriptor.sending.unlock();
    }
  }

  /** Writes an IPV6_PKTINFO control message; returns the length of the control area. */
  private int pktinfo(IpAddress source) {
    ByteBuffer block = header.block.bytes;
    int at = MessageHeader.CONTROL;
    block.putLong(at, Abi.SIZEOF_CMSGHDR + PKTINFO_BYTES);
    block.putInt(at + 8, Abi.IPPROTO_IPV6).putInt(at + 12, Abi.IPV6_PKTINFO);
    SocketAddress.putAddress(header.block, at + Abi.SIZEOF_CMSGHDR, source);
    block.putInt(at + Abi.SIZEOF_CMSGHDR + 16, interfaceIndex);
    return Abi.SIZEOF_CMSGHDR + PKTINFO_BYTES + 4;
  }

  /** Ends the wait of the receiving thread. */
  public void wake() {
    descriptor.wake();
  }

  @Override
  public void close() {
    descriptor.close();
  }
}
