package dev.holdfast.agent.linux;

import java.util.concurrent.locks.ReentrantLock;

/**
 * An open file descriptor that another thread can wake or close while one waits for input.
 *
 * <p>Closing waits until the receiving and the sending thread have left the kernel, because the
 * number of a closed descriptor may already belong to something else.
 */
final class Descriptor implements AutoCloseable {
  private static final int POLLFDS = 0;
  private static final int TIMESPEC = 16;
  private static final int COUNTER = 32;

  final int fd;

  /** Held by the one thread that receives, while it does. */
  final ReentrantLock receiving = new ReentrantLock();

  /** Held by whoever sends, while it does. */
  final ReentrantLock sending = new ReentrantLock();

  private final int wakeFd;
  private final Block pollSet = new Block(40);
  private final Block one = new Block(8);
  private final ReentrantLock closing = new ReentrantLock();
  private volatile boolean closed;

  private Descriptor(int fd, int wakeFd) {
    this.fd = fd;
    this.wakeFd = wakeFd;
    one.bytes.putLong(0, 1);
    pollSet.bytes.putInt(POLLFDS, fd).putShort(POLLFDS + 4, Abi.POLLIN);
    pollSet.bytes.putInt(POLLFDS + 8, wakeFd).putShort(POLLFDS + 12, Abi.POLLIN);
  }

  /** Opens a socket, non-blocking and close-on-exec. */
  static Descriptor socket(String call, int domain, int type, int protocol, String hint) {
    int fd = LibC.socket(domain, type | Abi.SOCK_NONBLOCK | Abi.SOCK_CLOEXEC, protocol);
    if (fd < 0) {
      throw new SyscallException(call, LibC.errno(), hint);
    }
    int wakeFd = LibC.eventfd(0, Abi.EFD_NONBLOCK | Abi.EFD_CLOEXEC);
    if (wakeFd < 0) {
      int errno = LibC.errno();
      LibC.close(fd);
      throw new SyscallException("eventfd()", errno, "");
    }
    return new Descriptor(fd, wakeFd);
  }

  /**
   * Waits for input; the caller holds {@link #receiving}.
   *
   * @param timeoutNanos {@link Receive#FOREVER}, or 0 and more
   * @return 0 when there is input or an error to read, else {@link Receive#TIMEOUT} or {@link
   *     Receive#WOKEN}
   */
  int awaitInput(long timeoutNanos) {
    long startNanos = System.nanoTime();
    long leftNanos = timeoutNanos;
    while (!closed) {
      pollSet.bytes.putShort(POLLFDS + 6, (short) 0).putShort(POLLFDS + 14, (short) 0);
      pollSet
          .bytes
          .putLong(TIMESPEC, leftNanos / 1_000_000_000)
          .putLong(TIMESPEC + 8, leftNanos % 1_000_000_000);
      long timespec = timeoutNanos < 0 ? 0 : pollSet.address + TIMESPEC;
      int ready = LibC.ppoll(pollSet.address + POLLFDS, 2, timespec, 0);
      if (ready < 0 && LibC.errno() != Errno.EINTR) {
        throw new SyscallException("ppoll()", LibC.errno(), "");
      }
      if (ready > 0) {
        if (pollSet.bytes.getShort(POLLFDS + 14) != 0) {
          LibC.read(wakeFd, pollSet.address + COUNTER, 8);
          return Receive.WOKEN;
        }
        return 0;
      }
      if (ready == 0) {
        return Receive.TIMEOUT;
      }
      if (timeoutNanos >= 0) {
        leftNanos = Math.max(0, timeoutNanos - (System.nanoTime() - startNanos));
      }
    }
    return Receive.WOKEN;
  }

  /** Ends the wait of the receiving thread, now or at its next wait. */
  void wake() {
    closing.lock();
    try {
      if (!closed) {
        LibC.write(wakeFd, one.address, 8);
      }
    } finally {
      closing.unlock();
    }
  }

  boolean isClosed() {
    return closed;
  }

  void requireOpen(String call) {
    if (closed) {
      throw new SyscallException(call, Errno.EBADF, "closed by us");
    }
  }

  @Override
  public void close() {
    closing.lock();
    try {
      if (closed) {
        return;
      }
      LibC.write(wakeFd, one.address, 8);
      closed = true;
    } finally {
      closing.unlock();
    }
    receiving.lock();
    sending.lock();
    try {
      LibC.close(fd);
      LibC.close(wakeFd);
    } finally {
      sending.unlock();
      receiving.unlock();
    }
  }

  // Socket options.

  void setOption(String name, int level, int option, int value) {
    Block block = new Block(4);
    block.bytes.putInt(0, value);
    setOption(name, level, option, block, 4);
  }

  void setOption(String name, int level, int option, Block value, int length) {
    if (LibC.setsockopt(fd, level, option, value.address, length) < 0) {
      throw new SyscallException("setsockopt(" + name + ")", LibC.errno(), "");
    }
  }

  /** Sets an option that old kernels lack or that needs a right we can live without. */
  boolean tryOption(int level, int option, int value) {
    Block block = new Block(4);
    block.bytes.putInt(0, value);
    return LibC.setsockopt(fd, level, option, block.address, 4) == 0;
  }

  int getOption(String name, int level, int option) {
    Block block = new Block(8);
    block.bytes.putInt(4, 4);
    if (LibC.getsockopt(fd, level, option, block.address, block.address + 4) < 0) {
      throw new SyscallException("getsockopt(" + name + ")", LibC.errno(), "");
    }
    return block.bytes.getInt(0);
  }

  void bindToDevice(String interfaceName) {
    Block name = Names.interfaceName(interfaceName);
    setOption(
        "SO_BINDTODEVICE " + interfaceName,
        Abi.SOL_SOCKET,
        Abi.SO_BINDTODEVICE,
        name,
        interfaceName.length() + 1);
  }

  void bind(String call, Block address, int length) {
    if (LibC.bind(fd, address.address, length) < 0) {
      throw new SyscallException(call, LibC.errno(), "");
    }
  }

  /**
   * Asks for a receive buffer beyond the system's limit, and takes what it gets without the right.
   *
   * @return bytes that the kernel really gives; it counts its own bookkeeping in
   */
  int receiveBuffer(int bytes) {
    if (!tryOption(Abi.SOL_SOCKET, Abi.SO_RCVBUFFORCE, bytes)) {
      setOption("SO_RCVBUF", Abi.SOL_SOCKET, Abi.SO_RCVBUF, bytes);
    }
    return getOption("SO_RCVBUF", Abi.SOL_SOCKET, Abi.SO_RCVBUF);
  }

  int sendBuffer(int bytes) {
    if (!tryOption(Abi.SOL_SOCKET, Abi.SO_SNDBUFFORCE, bytes)) {
      setOption("SO_SNDBUF", Abi.SOL_SOCKET, Abi.SO_SNDBUF, bytes);
    }
    return getOption("SO_SNDBUF", Abi.SOL_SOCKET, Abi.SO_SNDBUF);
  }

  void attach(SocketFilter filter) {
    Block program = filter.toProgram();
    setOption("SO_ATTACH_FILTER", Abi.SOL_SOCKET, Abi.SO_ATTACH_FILTER, program, 16);
  }

  void detachFilter() {
    setOption("SO_DETACH_FILTER", Abi.SOL_SOCKET, Abi.SO_DETACH_FILTER, 0);
  }
}
