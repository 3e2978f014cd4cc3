package dev.holdfast.agent.linux;

/**
 * One {@code struct msghdr} with room for an address and control messages, pointing to data that
 * somebody else keeps. The kernel overwrites the lengths on each receive: {@link #reset()} first.
 */
final class MessageHeader {
  private static final int IOVEC = 64;

  /** Where the address stands in {@link #block}. */
  static final int NAME = 80;

  private static final int NAME_CAPACITY = 32;

  /** Where the control messages start in {@link #block}. */
  static final int CONTROL = NAME + NAME_CAPACITY;

  final Block block;
  private final int controlCapacity;

  MessageHeader(int controlCapacity) {
    this.controlCapacity = controlCapacity;
    block = new Block(CONTROL + controlCapacity);
    block.bytes.putLong(0, block.address + NAME);
    block.bytes.putLong(16, block.address + IOVEC).putLong(24, 1);
    block.bytes.putLong(32, controlCapacity == 0 ? 0 : block.address + CONTROL);
  }

  /** Points to the data to fill or to send. */
  void data(long address, long length) {
    block.bytes.putLong(IOVEC, address).putLong(IOVEC + 8, length);
  }

  /** Before a receive: full capacities, no flags. */
  void reset() {
    lengths(NAME_CAPACITY, controlCapacity);
  }

  /** Before a send. */
  void lengths(int nameLength, int controlLength) {
    block.bytes.putInt(8, nameLength).putLong(40, controlLength).putInt(48, 0);
  }

  int flags() {
    return block.bytes.getInt(48);
  }

  /** The offset in {@link #block} of the data of the first such control message, or -1. */
  int control(int level, int type) {
    int end = CONTROL + (int) block.bytes.getLong(40);
    int at = CONTROL;
    while (at + Abi.SIZEOF_CMSGHDR <= end) {
      long length = block.bytes.getLong(at);
      if (length < Abi.SIZEOF_CMSGHDR || length > end - at) {
        return -1;
      }
      if (block.bytes.getInt(at + 8) == level && block.bytes.getInt(at + 12) == type) {
        return at + Abi.SIZEOF_CMSGHDR;
      }
      at += (int) (length + 7) & ~7;
    }
    return -1;
  }

  /** The kernel's arrival time in CLOCK_REALTIME nanoseconds, or 0 without a stamp. */
  long stampNanos() {
    int at = control(Abi.SOL_SOCKET, Abi.SO_TIMESTAMPNS);
    return at < 0 ? 0 : block.bytes.getLong(at) * 1_000_000_000 + block.bytes.getLong(at + 8);
  }
}
