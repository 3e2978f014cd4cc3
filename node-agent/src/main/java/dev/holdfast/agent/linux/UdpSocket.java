package dev.holdfast.agent.linux;

import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Ipv4Address;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * UDP on one interface, both families, with what the JDK's sockets do not give: a binding to the
 * interface, groups joined by its index, the destination, hop limit and kernel time of what
 * arrives, and waiting that another thread can end.
 *
 * <p>One thread receives, any number send.
 */
public final class UdpSocket implements AutoCloseable {
  private static final int PRIORITY_WITHOUT_RIGHTS = 6;

  private final Descriptor descriptor;
  private final Family family;
  private final int interfaceIndex;
  private final Block in;
  private final Block out;
  private final Block outAddress = new Block(SocketAddress.BYTES_MAX);
  private final MessageHeader header = new MessageHeader(160);
  private final int localPort;
  private final AtomicLong oversized = new AtomicLong();

  private UdpSocket(Descriptor descriptor, Options options, int localPort) {
    this.descriptor = descriptor;
    this.family = options.local().family();
    this.interfaceIndex = options.interfaceIndex();
    this.localPort = localPort;
    in = new Block(options.datagramMaxBytes());
    out = new Block(options.datagramMaxBytes());
    in.bytes.order(ByteOrder.BIG_ENDIAN);
    header.data(in.address, in.size());
  }

  /**
   * How to open.
   *
   * @param interfaceName bound to it with SO_BINDTODEVICE; null for any interface
   * @param interfaceIndex its index: where multicast leaves, and the scope of link-local addresses;
   *     0 without an interface
   * @param local an own address, a group, or the unspecified address; it gives the family
   * @param port 0 lets the kernel choose
   * @param shared other sockets may bind the same address and port (SO_REUSEADDR)
   * @param hopLimit of what is sent, 1 to 255
   * @param trafficClass of what is sent, like 0xc0
   * @param datagramMaxBytes longest payload; what is longer is dropped
   * @param receiveBufferBytes what to ask for; 0 leaves the system's default
   */
  public record Options(
      @Nullable String interfaceName,
      int interfaceIndex,
      IpAddress local,
      int port,
      boolean shared,
      int hopLimit,
      int trafficClass,
      int datagramMaxBytes,
      int receiveBufferBytes) {

    /** On one interface, hop limit 1, datagrams up to 64 KiB. */
    public static Options on(String interfaceName, int interfaceIndex, IpAddress local, int port) {
      return new Options(interfaceName, interfaceIndex, local, port, false, 1, 0, 65_536, 0);
    }

    public Options asShared() {
      return new Options(
          interfaceName,
          interfaceIndex,
          local,
          port,
          true,
          hopLimit,
          trafficClass,
          datagramMaxBytes,
          receiveBufferBytes);
    }
  }

  public static UdpSocket open(Options options) {
    Family family = options.local().family();
    Descriptor descriptor =
        Descriptor.socket(
            "socket(" + family + ", SOCK_DGRAM)",
            SocketAddress.domain(family),
            Abi.SOCK_DGRAM,
            0,
            "");
    try {
      configure(descriptor, family, options);
      Block address = new Block(SocketAddress.BYTES_MAX + 4);
      int length =
          SocketAddress.write(
              address, 0, options.local(), options.port(), options.interfaceIndex());
      descriptor.bind(
          "bind(UDP " + options.local() + " port " + options.port() + ")", address, length);
      int lengthAt = SocketAddress.BYTES_MAX;
      address.bytes.putInt(lengthAt, SocketAddress.BYTES_MAX);
      if (LibC.getsockname(descriptor.fd, address.address, address.address + lengthAt) < 0) {
        throw new SyscallException("getsockname(UDP)", LibC.errno(), "");
      }
      return new UdpSocket(descriptor, options, SocketAddress.port(address, 0));
    } catch (RuntimeException e) {
      descriptor.close();
      throw e;
    }
  }

  private static void configure(Descriptor descriptor, Family family, Options options) {
    String interfaceName = options.interfaceName();
    if (interfaceName != null) {
      descriptor.bindToDevice(interfaceName);
    }
    if (options.shared()) {
      descriptor.setOption("SO_REUSEADDR", Abi.SOL_SOCKET, Abi.SO_REUSEADDR, 1);
    }
    if (options.receiveBufferBytes() > 0) {
      descriptor.receiveBuffer(options.receiveBufferBytes());
    }
    descriptor.setOption("SO_TIMESTAMPNS", Abi.SOL_SOCKET, Abi.SO_TIMESTAMPNS, 1);
    SocketAddress.multicastOut(
        descriptor, family, options.interfaceIndex(), options.hopLimit(), false);
    int hops = options.hopLimit();
    int trafficClass = options.trafficClass();
    switch (family) {
      case IPV4 -> {
        descriptor.setOption("IP_MULTICAST_ALL", Abi.IPPROTO_IP, Abi.IP_MULTICAST_ALL, 0);
        descriptor.setOption("IP_PKTINFO", Abi.IPPROTO_IP, Abi.IP_PKTINFO, 1);
        descriptor.setOption("IP_RECVTTL", Abi.IPPROTO_IP, Abi.IP_RECVTTL, 1);
        descriptor.setOption("IP_TTL", Abi.IPPROTO_IP, Abi.IP_TTL, hops);
        descriptor.setOption("IP_TOS", Abi.IPPROTO_IP, Abi.IP_TOS, trafficClass);
      }
      case IPV6 -> {
        descriptor.tryOption(Abi.IPPROTO_IPV6, Abi.IPV6_MULTICAST_ALL, 0);
        descriptor.setOption("IPV6_V6ONLY", Abi.IPPROTO_IPV6, Abi.IPV6_V6ONLY, 1);
        descriptor.setOption("IPV6_RECVPKTINFO", Abi.IPPROTO_IPV6, Abi.IPV6_RECVPKTINFO, 1);
        descriptor.setOption("IPV6_RECVHOPLIMIT", Abi.IPPROTO_IPV6, Abi.IPV6_RECVHOPLIMIT, 1);
        descriptor.setOption("IPV6_UNICAST_HOPS", Abi.IPPROTO_IPV6, Abi.IPV6_UNICAST_HOPS, hops);
        descriptor.setOption("IPV6_TCLASS", Abi.IPPROTO_IPV6, Abi.IPV6_TCLASS, trafficClass);
      }
    }
    if (trafficClass != 0) {
      descriptor.setOption("SO_PRIORITY", Abi.SOL_SOCKET, Abi.SO_PRIORITY, PRIORITY_WITHOUT_RIGHTS);
    }
  }

  /** Joins a multicast group on the socket's interface. */
  public void join(IpAddress group) {
    SocketAddress.join(descriptor, group, interfaceIndex);
  }

  /** The port that the socket is bound to. */
  public int localPort() {
    return localPort;
  }

  /**
   * Sends one datagram.
   *
   * @param datagram what remains in it is sent; position stays; not kept
   * @throws SyscallException ECONNREFUSED when the peer refused an earlier one; ENETUNREACH,
   *     ENETDOWN on a dead path; EAGAIN when the device's queue is full
   */
  public void send(ByteBuffer datagram, IpAddress destination, int port) {
    descriptor.sending.lock();
    try {
      descriptor.requireOpen("sendto(UDP)");
      int length = out.put(0, datagram);
      int addressLength = SocketAddress.write(outAddress, 0, destination, port, interfaceIndex);
      long sent =
          LibC.sendto(descriptor.fd, out.address, length, 0, outAddress.address, addressLength);
      if (sent < 0) {
        throw new SyscallException(
            "sendto(UDP " + destination + " port " + port + ")", LibC.errno(), "");
      }
    } finally {
      descriptor.sending.unlock();
    }
  }

  /**
   * Waits for a datagram.
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
            in.bytes.limit((int) length).position(0);
            return (int) length;
          }
          oversized.incrementAndGet();
        } else {
          int errno = LibC.errno();
          if (errno == Errno.EAGAIN) {
            int waited = descriptor.awaitInput(timeoutNanos);
            if (waited < 0) {
              return waited;
            }
          } else if (!Errno.isPassing(errno)) {
            throw new SyscallException("recvmsg(UDP)", errno, "");
          }
        }
      }
    } finally {
      descriptor.receiving.unlock();
    }
  }

  /** Datagrams that were longer than those wanted, and dropped; any thread. */
  public long oversized() {
    return oversized.get();
  }

  /** The last datagram, big-endian; valid until the next receive. */
  public ByteBuffer datagram() {
    return in.bytes;
  }

  public IpAddress source() {
    return SocketAddress.address(header.block, MessageHeader.NAME);
  }

  public int sourcePort() {
    return SocketAddress.port(header.block, MessageHeader.NAME);
  }

  /** To whom the last datagram was sent: an own address or a group. */
  public IpAddress destination() {
    return switch (family) {
      case IPV4 -> {
        int at = header.control(Abi.IPPROTO_IP, Abi.IP_PKTINFO);
        yield at < 0 ? new Ipv4Address(0) : SocketAddress.ipv4(header.block, at + 8);
      }
      case IPV6 -> {
        int at = header.control(Abi.IPPROTO_IPV6, Abi.IPV6_PKTINFO);
        yield SocketAddress.ipv6(header.block, at < 0 ? MessageHeader.NAME + 8 : at);
      }
    };
  }

  /** TTL or hop limit of the last datagram; -1 when the kernel did not say. */
  public int hopLimit() {
    int at =
        switch (family) {
          case IPV4 -> header.control(Abi.IPPROTO_IP, Abi.IP_TTL);
          case IPV6 -> header.control(Abi.IPPROTO_IPV6, Abi.IPV6_HOPLIMIT);
        };
    return at < 0 ? -1 : header.block.bytes.getInt(at);
  }

  /** When the kernel took the last datagram, CLOCK_REALTIME; see {@link Clocks#arrivalNanos}. */
  public long stampNanos() {
    return header.stampNanos();
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
