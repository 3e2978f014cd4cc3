package dev.holdfast.agent.linux;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A netlink socket of any protocol (netlink(7)): requests with their answers, dumps, multicast
 * events one by one or in batches. It knows the 16-byte message header, errors and dumps; what is
 * in a message, its callers know. Native byte order.
 *
 * <pre>
 *    0               2               4               6               8
 *   +---------------+---------------+---------------+---------------+
 *   | length (whole message)        | type          | flags         |
 *   +---------------+---------------+---------------+---------------+
 *   | sequence                      | port id                       |
 *   +---------------+---------------+---------------+---------------+
 * </pre>
 *
 * <p>Use one socket for events and others for requests: events never stand between a request and
 * its answer, and the port id of the requesting socket tells our own changes apart in the events. A
 * socket has one owner thread; {@code wake} and {@code close} may come from any.
 */
public final class NetlinkSocket implements AutoCloseable {
  /** Protocol of links, addresses, routes: rtnetlink(7). */
  public static final int ROUTE = 0;

  /** Protocol of connection tracking: nfnetlink. */
  public static final int NETFILTER = 12;

  /** Offsets in the message header. */
  public static final int LENGTH = 0;

  public static final int TYPE = 4;
  public static final int FLAGS = 6;
  public static final int SEQUENCE = 8;
  public static final int PORT_ID = 12;
  public static final int HEADER_BYTES = 16;

  public static final int FLAG_REQUEST = 0x1;
  public static final int FLAG_ACK = 0x4;
  public static final int FLAG_DUMP = 0x300;

  /** Longest the kernel may take for an answer: it works inside our send. */
  public static final long ANSWER_TIMEOUT_NANOS = 2_000_000_000L;

  private static final int FLAG_DUMP_INTERRUPTED = 0x10;
  private static final int FLAG_CAPPED = 0x100;
  private static final int FLAG_ACK_TLVS = 0x200;
  private static final int TYPE_NOOP = 1;
  private static final int TYPE_ERROR = 2;
  private static final int TYPE_DONE = 3;
  private static final int TYPE_OVERRUN = 4;
  private static final int DUMP_ATTEMPTS = 8;

  /** The kernel sends at most 32 KiB at once to a dump; the same size on every receive. */
  private static final int BUFFER_BYTES = 64 * 1024;

  private final Descriptor descriptor;
  private final int portId;
  private final int receiveBufferBytes;
  private final Block in = new Block(BUFFER_BYTES);
  private final MessageHeader header = new MessageHeader(0);
  private final Block kernel = new Block(Abi.SIZEOF_SOCKADDR_NL);
  private Block out = new Block(4096);
  private final EachAnswer each = new EachAnswer();
  private int sequence;
  private String refusal = "";

  /** Takes messages out of datagrams. */
  @FunctionalInterface
  public interface Messages {
    /**
     * @param buffer native order; valid during the call only
     * @param offset of the message's header
     * @param length of the message, header included
     */
    void message(ByteBuffer buffer, int offset, int length);

    /** What came before is void: the kernel's table changed under the dump, which starts anew. */
    default void restarted() {}
  }

  /** Hears which requests of a batch the kernel refused. */
  @FunctionalInterface
  public interface Refusals {
    /**
     * @param index of the request in the batch, from 0
     * @param errno positive
     */
    void refused(int index, int errno);
  }

  private NetlinkSocket(Descriptor descriptor, int receiveBufferBytes, int portId) {
    this.descriptor = descriptor;
    this.receiveBufferBytes = receiveBufferBytes;
    this.portId = portId;
    header.data(in.address, in.size());
    kernel.bytes.putShort(0, (short) Abi.AF_NETLINK);
  }

  /**
   * @param protocol {@link #ROUTE} or {@link #NETFILTER}
   * @param receiveBufferBytes what to ask for, beyond the system's limit where we may; 0 leaves the
   *     default
   * @param groups multicast groups by number, not by bit
   */
  public static NetlinkSocket open(int protocol, int receiveBufferBytes, int... groups) {
    return open(protocol, receiveBufferBytes, null, groups);
  }

  /**
   * As {@link #open(int, int, int...)}.
   *
   * @param filter of what the kernel queues for this socket; null for everything
   */
  public static NetlinkSocket open(
      int protocol, int receiveBufferBytes, @Nullable SocketFilter filter, int... groups) {
    Descriptor descriptor =
        Descriptor.socket(
            "socket(AF_NETLINK, SOCK_RAW, " + protocol + ")",
            Abi.AF_NETLINK,
            Abi.SOCK_RAW,
            protocol,
            "");
    try {
      // Short answers, with words, to dumps as narrow as asked for; old kernels lack some of it.
      descriptor.tryOption(Abi.SOL_NETLINK, Abi.NETLINK_CAP_ACK, 1);
      descriptor.tryOption(Abi.SOL_NETLINK, Abi.NETLINK_EXT_ACK, 1);
      descriptor.tryOption(Abi.SOL_NETLINK, Abi.NETLINK_GET_STRICT_CHK, 1);
      int given =
          receiveBufferBytes > 0
              ? descriptor.receiveBuffer(receiveBufferBytes)
              : descriptor.getOption("SO_RCVBUF", Abi.SOL_SOCKET, Abi.SO_RCVBUF);
      Block address = new Block(Abi.SIZEOF_SOCKADDR_NL + 4);
      address.bytes.putShort(0, (short) Abi.AF_NETLINK);
      descriptor.bind("bind(AF_NETLINK)", address, Abi.SIZEOF_SOCKADDR_NL);
      address.bytes.putInt(Abi.SIZEOF_SOCKADDR_NL, Abi.SIZEOF_SOCKADDR_NL);
      if (LibC.getsockname(descriptor.fd, address.address, address.address + Abi.SIZEOF_SOCKADDR_NL)
          < 0) {
        throw new SyscallException("getsockname(AF_NETLINK)", LibC.errno(), "");
      }
      if (filter != null) {
        descriptor.attach(filter);
      }
      for (int group : groups) {
        descriptor.setOption(
            "NETLINK_ADD_MEMBERSHIP " + group, Abi.SOL_NETLINK, Abi.NETLINK_ADD_MEMBERSHIP, group);
      }
      return new NetlinkSocket(descriptor, given, address.bytes.getInt(4));
    } catch (RuntimeException e) {
      descriptor.close();
      throw e;
    }
  }

  /** What the kernel writes as port id into events that a request of this socket caused. */
  public int portId() {
    return portId;
  }

  /** What the kernel really gave, its own bookkeeping included. */
  public int receiveBufferBytes() {
    return receiveBufferBytes;
  }

  /** Asks for a send buffer of this size; a batch must fit into it. */
  public int growSendBuffer(int bytes) {
    return descriptor.sendBuffer(bytes);
  }

  // Events.

  /**
   * Waits for one datagram from the kernel; {@link #buffer()} holds it.
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
        if (length < 0) {
          int waited = afterFailure("recvmsg(AF_NETLINK)", timeoutNanos);
          if (waited < 0) {
            return waited;
          }
        } else if (header.block.bytes.getInt(MessageHeader.NAME + 4) == 0) {
          // Other processes may write to our port id: only the kernel, port id 0, is believed.
          if ((header.flags() & Abi.MSG_TRUNC) != 0) {
            return Receive.LOST;
          }
          in.bytes.limit((int) length).position(0);
          return (int) length;
        }
      }
    } finally {
      descriptor.receiving.unlock();
    }
  }

  /**
   * Waits for datagrams and takes as many as the batch has slots, with one system call.
   *
   * @return their number, or a constant of {@link Receive}
   */
  public int receiveBatch(NetlinkBatch batch, long timeoutNanos) {
    descriptor.receiving.lock();
    try {
      while (true) {
        batch.count = 0;
        if (descriptor.isClosed()) {
          return Receive.WOKEN;
        }
        int count = LibC.recvmmsg(descriptor.fd, batch.headers.address, batch.slots(), 0, 0);
        if (count > 0) {
          return batch.filled(count) ? count : Receive.LOST;
        }
        int waited = afterFailure("recvmmsg(AF_NETLINK)", timeoutNanos);
        if (waited < 0) {
          return waited;
        }
      }
    } finally {
      descriptor.receiving.unlock();
    }
  }

  private int afterFailure(String call, long timeoutNanos) {
    int errno = LibC.errno();
    return switch (errno) {
      case Errno.EAGAIN -> descriptor.awaitInput(timeoutNanos);
      case Errno.EINTR -> 0;
      case Errno.ENOBUFS -> Receive.LOST;
      default -> throw new SyscallException(call, errno, "");
    };
  }

  /** The last datagram of {@link #receive}, from 0 to its limit; valid until the next receive. */
  public ByteBuffer buffer() {
    return in.bytes;
  }

  /**
   * Hands every message between position and limit to {@code messages}; the position stays.
   *
   * @return false when the bytes do not divide into messages; the rest was left out
   */
  public static boolean forEach(ByteBuffer buffer, Messages messages) {
    int at = buffer.position();
    int end = buffer.limit();
    while (end - at >= HEADER_BYTES) {
      int length = buffer.getInt(at + LENGTH);
      if (length < HEADER_BYTES || length > end - at) {
        return false;
      }
      messages.message(buffer, at, length);
      at += length + 3 & ~3;
    }
    return at >= end;
  }

  // Requests.

  /**
   * Sends one request and waits for the kernel's answer. Sets the sequence and the ACK flag in the
   * message.
   *
   * @param message one message between position and limit; native order
   * @return 0, or the errno; then {@link #refusal()} has the kernel's words, if it gave some
   */
  public int request(ByteBuffer message) {
    return query(message, (_, _, _) -> {});
  }

  /** As {@link #request}, for requests that are answered with messages before the ACK. */
  public int query(ByteBuffer message, Messages answers) {
    descriptor.receiving.lock();
    try {
      int wanted = stamp(message, message.position(), FLAG_REQUEST | FLAG_ACK);
      send(message);
      var answer = new Answer(wanted, answers);
      while (!answer.complete) {
        receiveAnswer("netlink request");
        forEach(in.bytes, answer);
      }
      return answer.errno;
    } finally {
      descriptor.receiving.unlock();
    }
  }

  /**
   * Sends requests that are answered by one message or one error each, without asking for ACKs.
   *
   * @param messages padded to four bytes, between position and limit; get sequences
   * @param answers in the order of the requests; errors are left out
   */
  public void queryEach(ByteBuffer messages, Messages answers) {
    descriptor.receiving.lock();
    try {
      each.first = sequence + 1;
      each.open = 0;
      for (int at = messages.position(); messages.limit() - at >= HEADER_BYTES; ) {
        stamp(messages, at, FLAG_REQUEST);
        each.open++;
        at += messages.getInt(at + LENGTH) + 3 & ~3;
      }
      if (each.open == 0) {
        return;
      }
      each.answers = answers;
      send(messages);
      while (each.open > 0) {
        receiveAnswer("netlink query");
        forEach(in.bytes, each);
      }
    } finally {
      descriptor.receiving.unlock();
    }
  }

  /**
   * Sends many requests at once. The kernel works on all of them in order, also after an error.
   *
   * @param messages messages padded to four bytes, between position and limit; gets sequences
   * @return number of requests that the kernel took
   */
  public int requestBatch(ByteBuffer messages, Refusals refusals) {
    descriptor.receiving.lock();
    try {
      int first = sequence + 1;
      int count = 0;
      int last = -1;
      for (int at = messages.position(); messages.limit() - at >= HEADER_BYTES; ) {
        stamp(messages, at, FLAG_REQUEST);
        last = at;
        count++;
        at += messages.getInt(at + LENGTH) + 3 & ~3;
      }
      if (last < 0) {
        return 0;
      }
      // Errors are told without being asked for; the ACK of the last one says that all are done.
      int flags = messages.getShort(last + FLAGS) | FLAG_ACK;
      messages.putShort(last + FLAGS, (short) flags);
      send(messages);
      var answers = new BatchAnswers(first, count, refusals);
      while (!answers.complete) {
        if (receiveAnswer("netlink batch") == Receive.LOST) {
          throw new SyscallException("netlink batch", Errno.ENOBUFS, "its answers were lost");
        }
        forEach(in.bytes, answers);
      }
      return count - answers.refused;
    } finally {
      descriptor.receiving.unlock();
    }
  }

  /**
   * Reads a whole table. When the kernel says that it changed meanwhile, {@link
   * Messages#restarted()} is called and the dump starts anew.
   *
   * @param message the request; sequence and DUMP flags are set here
   * @throws SyscallException ESTALE when the table never held still
   */
  public void dump(ByteBuffer message, Messages messages) {
    descriptor.receiving.lock();
    try {
      for (int attempt = 0; attempt < DUMP_ATTEMPTS; attempt++) {
        int wanted = stamp(message, message.position(), FLAG_REQUEST | FLAG_DUMP);
        send(message);
        var answer = new DumpAnswer(wanted, messages);
        while (!answer.complete) {
          if (receiveAnswer("netlink dump") == Receive.LOST) {
            answer.interrupted = true;
          } else {
            forEach(in.bytes, answer);
          }
        }
        if (answer.errno != 0) {
          throw new SyscallException("netlink dump", answer.errno, refusal);
        }
        if (!answer.interrupted) {
          return;
        }
        messages.restarted();
      }
      throw new SyscallException("netlink dump", Errno.ESTALE, "the table never held still");
    } finally {
      descriptor.receiving.unlock();
    }
  }

  /** The kernel's own words about the last refused request, or empty. */
  public String refusal() {
    return refusal;
  }

  private int receiveAnswer(String what) {
    int received = receive(ANSWER_TIMEOUT_NANOS);
    if (received == Receive.TIMEOUT) {
      throw new SyscallException(what, Errno.ETIMEDOUT, "the kernel did not answer");
    }
    if (received == Receive.WOKEN && descriptor.isClosed()) {
      throw new SyscallException(what, Errno.EBADF, "closed by us");
    }
    if (received < 0) {
      in.bytes.limit(0);
    }
    return received;
  }

  /** Writes the next sequence, port id 0 and these flags into a message. */
  private int stamp(ByteBuffer messages, int at, int flags) {
    sequence++;
    int all = messages.getShort(at + FLAGS) | flags;
    messages.putShort(at + FLAGS, (short) all);
    messages.putInt(at + SEQUENCE, sequence).putInt(at + PORT_ID, 0);
    return sequence;
  }

  /** Sends what remains in {@code messages} to the kernel as it is; the position stays. */
  public void send(ByteBuffer messages) {
    descriptor.sending.lock();
    try {
      descriptor.requireOpen("sendto(AF_NETLINK)");
      int length = messages.remaining();
      if (length > out.size()) {
        out = new Block(Integer.highestOneBit(length) * 2);
      }
      out.put(0, messages);
      long sent;
      do {
        sent =
            LibC.sendto(
                descriptor.fd, out.address, length, 0, kernel.address, Abi.SIZEOF_SOCKADDR_NL);
      } while (sent < 0 && LibC.errno() == Errno.EINTR);
      if (sent < 0) {
        throw new SyscallException("sendto(AF_NETLINK, " + length + " bytes)", LibC.errno(), "");
      }
    } finally {
      descriptor.sending.unlock();
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

  /** The errno of an error message: positive, 0 for an ACK; keeps the kernel's words. */
  private int errnoOf(ByteBuffer buffer, int offset, int length) {
    int errno = length >= HEADER_BYTES + 4 ? -buffer.getInt(offset + HEADER_BYTES) : Errno.EIO;
    if (errno != 0) {
      refusal = words(buffer, offset, length);
    }
    return errno;
  }

  /** NLMSGERR_ATTR_MSG behind the error and the echoed request (only its header when capped). */
  private static String words(ByteBuffer buffer, int offset, int length) {
    int flags = buffer.getShort(offset + FLAGS);
    if ((flags & FLAG_ACK_TLVS) == 0 || length < HEADER_BYTES + 4 + HEADER_BYTES) {
      return "";
    }
    int echo = offset + HEADER_BYTES + 4;
    int echoed = (flags & FLAG_CAPPED) != 0 ? HEADER_BYTES : buffer.getInt(echo + LENGTH) + 3 & ~3;
    int end = offset + length;
    int at = echo + echoed;
    while (at >= echo && at + 4 <= end) {
      int size = Short.toUnsignedInt(buffer.getShort(at));
      if (size < 4 || size > end - at) {
        return "";
      }
      if ((buffer.getShort(at + 2) & 0x3fff) == 1) {
        byte[] text = new byte[size - 5 < 0 ? 0 : size - 5];
        buffer.get(at + 4, text);
        return new String(text, StandardCharsets.UTF_8);
      }
      at += size + 3 & ~3;
    }
    return "";
  }

  private final class Answer implements Messages {
    private final int wanted;
    private final Messages answers;
    private boolean complete;
    private int errno;

    Answer(int wanted, Messages answers) {
      this.wanted = wanted;
      this.answers = answers;
    }

    @Override
    public void message(ByteBuffer buffer, int offset, int length) {
      if (buffer.getInt(offset + SEQUENCE) != wanted) {
        return; // A late answer to a request that we gave up.
      }
      switch (buffer.getShort(offset + TYPE)) {
        case TYPE_ERROR -> {
          errno = errnoOf(buffer, offset, length);
          complete = true;
        }
        case TYPE_NOOP, TYPE_DONE, TYPE_OVERRUN -> {}
        default -> answers.message(buffer, offset, length);
      }
    }
  }

  /** Used again by every {@link #queryEach}, which is called all the time. */
  private static final class EachAnswer implements Messages {
    private int first;
    private int open;
    private Messages answers = (_, _, _) -> {};

    @Override
    public void message(ByteBuffer buffer, int offset, int length) {
      if (buffer.getInt(offset + SEQUENCE) - first < 0) {
        return; // A late answer to a request that we gave up.
      }
      open--;
      if (buffer.getShort(offset + TYPE) != TYPE_ERROR) {
        answers.message(buffer, offset, length);
      }
    }
  }

  private final class BatchAnswers implements Messages {
    private final int first;
    private final int count;
    private final Refusals refusals;
    private boolean complete;
    private int refused;

    BatchAnswers(int first, int count, Refusals refusals) {
      this.first = first;
      this.count = count;
      this.refusals = refusals;
    }

    @Override
    public void message(ByteBuffer buffer, int offset, int length) {
      int index = buffer.getInt(offset + SEQUENCE) - first;
      if (index < 0 || index >= count || buffer.getShort(offset + TYPE) != TYPE_ERROR) {
        return;
      }
      int errno = errnoOf(buffer, offset, length);
      if (errno != 0) {
        refused++;
        refusals.refused(index, errno);
      }
      complete |= index == count - 1;
    }
  }

  private final class DumpAnswer implements Messages {
    private final int wanted;
    private final Messages messages;
    private boolean complete;
    private boolean interrupted;
    private int errno;

    DumpAnswer(int wanted, Messages messages) {
      this.wanted = wanted;
      this.messages = messages;
    }

    @Override
    public void message(ByteBuffer buffer, int offset, int length) {
      if (buffer.getInt(offset + SEQUENCE) != wanted) {
        return;
      }
      interrupted |= (buffer.getShort(offset + FLAGS) & FLAG_DUMP_INTERRUPTED) != 0;
      switch (buffer.getShort(offset + TYPE)) {
        case TYPE_ERROR, TYPE_DONE -> {
          // DONE carries an error too, 0 or negative, when the dump broke off inside the kernel.
          errno = length >= HEADER_BYTES + 4 ? errnoOf(buffer, offset, length) : 0;
          complete = true;
        }
        case TYPE_NOOP -> {}
        case TYPE_OVERRUN -> interrupted = true;
        default -> messages.message(buffer, offset, length);
      }
    }
  }
}
