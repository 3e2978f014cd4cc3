package dev.holdfast.agent.flow;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Slots of one size in blocks that are never moved: a slot keeps its index for life, and growing
 * costs one block. Free slots form a list through {@code linkOffset}; a taken slot is zero.
 */
final class Slab {
  private static final int NONE = -1;

  private final FlowMemory memory;
  private final int slotBytes;
  private final int linkOffset;
  private final int blockShift;
  private final int blockMask;
  private ByteBuffer[] blocks = new ByteBuffer[0];
  private int blockCount;

  /** Slots that were ever used: all above are untouched. */
  private int touched;

  private int firstFree = NONE;
  private int used;

  /**
   * @param linkOffset where in a free slot four bytes may hold the next one's index
   * @param blockShift a block holds {@code 1 << blockShift} slots
   */
  Slab(FlowMemory memory, int slotBytes, int linkOffset, int blockShift) {
    this.memory = memory;
    this.slotBytes = slotBytes;
    this.linkOffset = linkOffset;
    this.blockShift = blockShift;
    this.blockMask = (1 << blockShift) - 1;
  }

  /** Index of a slot of zeros. */
  int take() {
    used++;
    if (firstFree != NONE) {
      int index = firstFree;
      firstFree = block(index).getInt(offset(index) + linkOffset);
      block(index).putInt(offset(index) + linkOffset, 0);
      return index;
    }
    if (touched >>> blockShift == blockCount) {
      grow();
    }
    return touched++;
  }

  void free(int index) {
    ByteBuffer block = block(index);
    int at = offset(index);
    for (int i = 0; i < slotBytes; i += Long.BYTES) {
      block.putLong(at + i, 0);
    }
    block.putInt(at + linkOffset, firstFree);
    firstFree = index;
    used--;
  }

  private void grow() {
    if (blockCount == blocks.length) {
      blocks = Arrays.copyOf(blocks, Math.max(4, 2 * blocks.length));
    }
    blocks[blockCount++] = memory.allocate(slotBytes << blockShift).order(ByteOrder.nativeOrder());
  }

  ByteBuffer block(int index) {
    return blocks[index >>> blockShift];
  }

  int offset(int index) {
    return (index & blockMask) * slotBytes;
  }

  /** All slots in use have an index below this. */
  int touched() {
    return touched;
  }

  int used() {
    return used;
  }

  long bytes() {
    return (long) blockCount * slotBytes << blockShift;
  }

  void release() {
    for (int i = 0; i < blockCount; i++) {
      memory.release(blocks[i]);
    }
    blockCount = 0;
    touched = 0;
    used = 0;
    firstFree = NONE;
  }
}
