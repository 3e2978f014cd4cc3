package dev.holdfast.agent.linux;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A piece of native memory with its address; zeroed, native byte order. It lives as long as this
 * object is reachable, so whoever hands the address to the kernel keeps the block.
 */
final class Block {
  final ByteBuffer bytes;
  final long address;

  Block(int size) {
    bytes = ByteBuffer.allocateDirect(size).order(ByteOrder.nativeOrder());
    address = MemorySegment.ofBuffer(bytes).address();
  }

  int size() {
    return bytes.capacity();
  }

  /** Copies what remains in {@code source} to {@code offset}; the source's position stays. */
  int put(int offset, ByteBuffer source) {
    int length = source.remaining();
    bytes.put(offset, source, source.position(), length);
    return length;
  }

  /** Writes 16 bits in network order. */
  void putNetworkShort(int offset, int value) {
    bytes.put(offset, (byte) (value >>> 8)).put(offset + 1, (byte) value);
  }
}
