package dev.holdfast.agent.linux;

import java.nio.ByteBuffer;

/**
 * Room for many netlink datagrams that one system call fills. Each has a slot of the same size; a
 * longer datagram is cut and counts as lost.
 *
 * <p>Owner: the receiving thread of the socket. Nothing is allocated after construction.
 */
public final class NetlinkBatch {
  final Block headers;
  private final Block vectors;
  private final Block names;
  private final Block data;
  private final int slots;
  private final int slotBytes;
  private final int[] lengths;
  int count;

  /**
   * @param slots datagrams per call, 1 to 1024 (the kernel's limit)
   * @param slotBytes longest datagram taken whole
   */
  public NetlinkBatch(int slots, int slotBytes) {
    if (slots < 1 || slots > 1024 || slotBytes < 16) {
      throw new IllegalArgumentException("a batch has 1 to 1024 slots of 16 bytes or more");
    }
    this.slots = slots;
    this.slotBytes = slotBytes;
    headers = new Block(slots * Abi.SIZEOF_MMSGHDR);
    vectors = new Block(slots * Abi.SIZEOF_IOVEC);
    names = new Block(slots * 16);
    data = new Block(slots * slotBytes);
    lengths = new int[slots];
    for (int i = 0; i < slots; i++) {
      int header = i * Abi.SIZEOF_MMSGHDR;
      int vector = i * Abi.SIZEOF_IOVEC;
      headers.bytes.putLong(header, names.address + i * 16L);
      headers.bytes.putInt(header + 8, Abi.SIZEOF_SOCKADDR_NL);
      headers.bytes.putLong(header + 16, vectors.address + vector).putLong(header + 24, 1);
      vectors.bytes.putLong(vector, data.address + (long) i * slotBytes);
      vectors.bytes.putLong(vector + 8, slotBytes);
    }
  }

  int slots() {
    return slots;
  }

  /**
   * Takes over what the kernel filled.
   *
   * @return false when a datagram was cut
   */
  boolean filled(int datagrams) {
    count = 0;
    boolean whole = true;
    for (int i = 0; i < datagrams; i++) {
      int header = i * Abi.SIZEOF_MMSGHDR;
      // The kernel shortens the address length where a sender has no name.
      headers.bytes.putInt(header + 8, Abi.SIZEOF_SOCKADDR_NL);
      boolean fromKernel = names.bytes.getInt(i * 16 + 4) == 0;
      boolean cut = (headers.bytes.getInt(header + 48) & Abi.MSG_TRUNC) != 0;
      whole &= !cut;
      lengths[i] = fromKernel && !cut ? headers.bytes.getInt(header + 56) : 0;
    }
    count = datagrams;
    return whole;
  }

  /** Datagrams in the last batch; some may be empty. */
  public int count() {
    return count;
  }

  /** Where datagram {@code index} starts in {@link #bytes()}. */
  public int offset(int index) {
    return index * slotBytes;
  }

  /** Length of datagram {@code index}; 0 when it was cut or not from the kernel. */
  public int length(int index) {
    return lengths[index];
  }

  /** All slots; read by absolute offsets, native order. */
  public ByteBuffer bytes() {
    return data.bytes;
  }

  /**
   * Appends datagram {@code index} to {@code target}, padded to four bytes, so that datagrams in a
   * row read like one.
   *
   * @return false when it does not fit; then nothing was written
   */
  public boolean appendTo(ByteBuffer target, int index) {
    int length = lengths[index];
    int padded = length + 3 & ~3;
    if (padded > target.remaining()) {
      return false;
    }
    target.put(target.position(), data.bytes, offset(index), length);
    target.position(target.position() + padded);
    return true;
  }
}
