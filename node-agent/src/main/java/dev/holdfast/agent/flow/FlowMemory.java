package dev.holdfast.agent.flow;

import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.util.IdentityHashMap;

/**
 * Where a {@link FlowTable} gets its memory from: blocks of a few hundred KiB, asked for as the
 * table grows. One owner.
 */
public interface FlowMemory {

  /** A block of zeros, to be accessed by absolute positions only. */
  ByteBuffer allocate(int bytes);

  /** Gives a block back; it is not touched afterwards. */
  void release(ByteBuffer block);

  /** Memory outside the Java heap, not counted by {@code MaxDirectMemorySize}. */
  static FlowMemory offHeap() {
    return new FlowMemory() {
      private final IdentityHashMap<ByteBuffer, Arena> arenas = new IdentityHashMap<>();

      @Override
      public ByteBuffer allocate(int bytes) {
        Arena arena = Arena.ofShared();
        ByteBuffer block = arena.allocate(bytes, Long.BYTES).asByteBuffer();
        arenas.put(block, arena);
        return block;
      }

      @Override
      public void release(ByteBuffer block) {
        Arena arena = arenas.remove(block);
        if (arena == null) {
          throw new IllegalStateException("a block that was not allocated here");
        }
        arena.close();
      }
    };
  }

  /** Memory on the Java heap, for small tables in tests. */
  static FlowMemory onHeap() {
    return new FlowMemory() {
      @Override
      public ByteBuffer allocate(int bytes) {
        return ByteBuffer.allocate(bytes);
      }

      @Override
      public void release(ByteBuffer block) {}
    };
  }
}
