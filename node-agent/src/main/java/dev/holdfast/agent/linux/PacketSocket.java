package dev.holdfast.agent.linux;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Ethernet frames, header included, below the IP stack (packet(7)). For sending announcements and
 * for seeing what is on a segment. Needs CAP_NET_RAW.
 *
 * <p>One thread receives; any number send, one after the other.
 */
public final class PacketSocket implements AutoCloseable {
  /** Every protocol, for {@link #receiver}. */
  public static final int ETHERTYPE_ALL = 0x0003;

  public static final int ETHERTYPE_IPV4 = 0x0800;
  public static final int ETHERTYPE_ARP = 0x0806;
  public static final int ETHERTYPE_IPV6 = 0x86dd;

  /** {@link #packetType()}: to us, to all, to a group, to another host, sent by this host. */
  public static final int TO_US = 0;

  public static final int BROADCAST = 1;
  public static final int MULTICAST = 2;
  public static final int OTHER_HOST = 3;
  public static final int OUTGOING = 4;

  /** Longest frame that can be sent or received whole: a jumbo frame. */
  public static final int FRAME_MAX = 9216;

  private static final int PKTTYPE = 10;

  private final Descriptor descriptor;
  private final Block out = new Block(FRAME_MAX);
  private final Block outAddress = new Block(Abi.SIZEOF_SOCKADDR_LL);
  private final Block in;
  private final MessageHeader header = new MessageHeader(64);
  private long drops;
  private long stampNanos;

  private PacketSocket(Descriptor descriptor, int receiveCapacity) {
    this.descriptor = descriptor;
    this.in = new Block(receiveCapacity);
    header.data(in.address, in.size());
  }

  /**
   * How to listen.
   *
   * @param promiscuous also frames to other hosts' addresses
   * @param ignoreOutgoing not the frames that this host sends
   * @param receiveBufferBytes what to ask for; 0 leaves the system's default
   * @param filter runs in the kernel; null takes all
   */
  public record Options(
      boolean promiscuous,
      boolean ignoreOutgoing,
      int receiveBufferBytes,
      @Nullable SocketFilter filter) {
    /** Frames that this host would take anyway, from others. */
    public static final Options PLAIN = new Options(false, true, 0, null);

    public Options withFilter(SocketFilter wanted) {
      return new Options(promiscuous, ignoreOutgoing, receiveBufferBytes, wanted);
    }
  }

  /** For sending only, on any interface. */
  public static PacketSocket sender() {
    return new PacketSocket(open(), 1);
  }

  /**
   * Listens on one interface. Every frame comes with the kernel's arrival time.
   *
   * @param interfaceIndex in the calling thread's namespace
   * @param etherType host order; {@link #ETHERTYPE_ALL} for everything
   */
  public static PacketSocket receiver(int interfaceIndex, int etherType, Options options) {
    Descriptor descriptor = open();
    try {
      configure(descriptor, interfaceIndex, options);
      Block address = new Block(Abi.SIZEOF_SOCKADDR_LL);
      address.bytes.putShort(0, (short) Abi.AF_PACKET).putInt(4, interfaceIndex);
      address.putNetworkShort(2, etherType);
      // Bound last: a socket opened with the protocol would already queue frames of every
      // interface.
      descriptor.bind(
          "bind(AF_PACKET, interface " + interfaceIndex + ")", address, Abi.SIZEOF_SOCKADDR_LL);
    } catch (RuntimeException e) {
      descriptor.close();
      throw e;
    }
    return new PacketSocket(descriptor, FRAME_MAX);
  }

  private static Descriptor open() {
    return Descriptor.socket(
        "socket(AF_PACKET, SOCK_RAW)",
        Abi.AF_PACKET,
        Abi.SOCK_RAW,
        0,
        "does the process have CAP_NET_RAW?");
  }

  private static void configure(Descriptor descriptor, int interfaceIndex, Options options) {
    descriptor.setOption("SO_TIMESTAMPNS", Abi.SOL_SOCKET, Abi.SO_TIMESTAMPNS, 1);
    if (options.ignoreOutgoing()) {
      descriptor.setOption("PACKET_IGNORE_OUTGOING", Abi.SOL_PACKET, Abi.PACKET_IGNORE_OUTGOING, 1);
    }
    if (options.receiveBufferBytes() > 0) {
      descriptor.receiveBuffer(options.receiveBufferBytes());
    }
    SocketFilter filter = options.filter();
    if (filter != null) {
      descriptor.attach(filter);
    }
    if (options.promiscuous()) {
      Block membership = new Block(16);
      membership.bytes.putInt(0, interfaceIndex).putShort(4, (short) Abi.PACKET_MR_PROMISC);
      descriptor.setOption(
          "PACKET_ADD_MEMBERSHIP", Abi.SOL_PACKET, Abi.PACKET_ADD_MEMBERSHIP, membership, 16);
    }
  }

  /**
   * Sends one frame, Ethernet header included. Padding to 60 bytes is the driver's work.
   *
   * @param frame what remains in it is sent; position stays; not kept
   * @throws SyscallException ENETDOWN when the interface is down, ENXIO when it is gone
   */
  public void send(int interfaceIndex, ByteBuffer frame) {
    descriptor.sending.lock();
    try {
      descriptor.requireOpen("send(AF_PACKET)");
      int length = out.put(0, frame);
      outAddress.bytes.putShort(0, (short) Abi.AF_PACKET).putInt(4, interfaceIndex);
      outAddress.bytes.put(2, out.bytes, 12, 2);
      int addressLength = Abi.SIZEOF_SOCKADDR_LL;
      long sent =
          LibC.sendto(descriptor.fd, out.address, length, 0, outAddress.address, addressLength);
      if (sent < 0) {
        throw new SyscallException(
            "sendto(AF_PACKET, interface " + interfaceIndex + ")", LibC.errno(), "");
      }
    } finally {
      descriptor.sending.unlock();
    }
  }

  /** As {@link #send(int, ByteBuffer)}. */
  public void send(int interfaceIndex, byte[] frame) {
    send(interfaceIndex, ByteBuffer.wrap(frame));
  }

  /**
   * Waits for a frame.
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
          in.bytes.limit((int) length).position(0);
          stampNanos = header.stampNanos();
          return (int) length;
        }
        int errno = LibC.errno();
        if (errno == Errno.EAGAIN) {
          int waited = descriptor.awaitInput(timeoutNanos);
          if (waited < 0) {
            return waited;
          }
        } else if (!Errno.isPassing(errno)) {
          throw new SyscallException("recvmsg(AF_PACKET)", errno, "");
        }
      }
    } finally {
      descriptor.receiving.unlock();
    }
  }

  /** The last received frame, from its Ethernet header to its end; valid until the next receive. */
  public ByteBuffer frame() {
    return in.bytes;
  }

  /** When the kernel took the last frame, CLOCK_REALTIME; see {@link Clocks#arrivalNanos}. */
  public long stampNanos() {
    return stampNanos;
  }

  /** The interface of the last frame. */
  public int interfaceIndex() {
    return header.block.bytes.getInt(MessageHeader.NAME + 4);
  }

  /** To whom the last frame was sent: {@link #TO_US} to {@link #OUTGOING}. */
  public int packetType() {
    return Byte.toUnsignedInt(header.block.bytes.get(MessageHeader.NAME + PKTTYPE));
  }

  /** Frames that the kernel dropped because our buffer was full, since the socket was opened. */
  public long dropped() {
    descriptor.receiving.lock();
    try {
      descriptor.requireOpen("getsockopt(PACKET_STATISTICS)");
      Block block = new Block(16);
      block.bytes.putInt(8, 8);
      int result =
          LibC.getsockopt(
              descriptor.fd,
              Abi.SOL_PACKET,
              Abi.PACKET_STATISTICS,
              block.address,
              block.address + 8);
      if (result < 0) {
        throw new SyscallException("getsockopt(PACKET_STATISTICS)", LibC.errno(), "");
      }
      // The kernel counts anew after each reading.
      drops += Integer.toUnsignedLong(block.bytes.getInt(4));
      return drops;
    } finally {
      descriptor.receiving.unlock();
    }
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
