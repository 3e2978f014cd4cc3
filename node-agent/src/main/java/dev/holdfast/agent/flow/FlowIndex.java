package dev.holdfast.agent.flow;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * Hash → handle: open addressing with linear probing, eight bytes a slot (32 bits of hash, handle +
 * 1; all zero is empty).
 *
 * <p>Growing doubles the slots without a pause: the old slots stay readable while every change
 * moves a few of them over. A moved or removed old slot becomes {@link #MOVED}, so that probes walk
 * across it (an empty one stays empty: there probes end); the new slots close gaps at once
 * (backward shift) and need no such mark. The new slots' blocks are allocated when first written,
 * half a MiB at a time.
 */
final class FlowIndex {
  static final int NONE = -1;

  /** Says whether a handle is the one that is looked for. */
  interface Matcher {
    boolean matches(int handle);
  }

  private static final int SLOT_SHIFT = 3;
  private static final int BLOCK_SHIFT = 16;
  private static final int BLOCK_MASK = (1 << BLOCK_SHIFT) - 1;
  private static final int SMALLEST = 1 << 10;

  /** Old slots that one change moves. With 4 the move would end in time; more ends it sooner. */
  private static final int MOVES_PER_CHANGE = 32;

  /** Not a hash and handle: no handle is -2. */
  private static final long MOVED = 0xffff_ffffL;

  private final FlowMemory memory;
  private Slots current;
  private @Nullable Slots old;
  private int moved;
  private int size;

  FlowIndex(FlowMemory memory) {
    this.memory = memory;
    current = new Slots(memory, SMALLEST);
  }

  int size() {
    return size;
  }

  long bytes() {
    return current.bytes() + (old == null ? 0 : old.bytes());
  }

  boolean isGrowing() {
    return old != null;
  }

  int find(int hash, Matcher matcher) {
    int handle = current.find(hash, matcher);
    return handle == NONE && old != null ? old.find(hash, matcher) : handle;
  }

  /** The caller knows that the handle is not in yet. */
  void insert(int hash, int handle) {
    size++;
    // Four fifths full: a miss looks at some thirteen neighbouring slots, two lines of cache.
    if (old == null && 5L * size > 4L * current.capacity) {
      old = current;
      moved = 0;
      current = new Slots(memory, 2 * current.capacity);
    }
    current.insert(hash, handle);
    move();
  }

  void remove(int hash, int handle) {
    size--;
    if (!current.removeAndShift(hash, handle)
        && (old == null || !old.removeAndMark(hash, handle))) {
      throw new IllegalStateException("flow " + handle + " is not in the index");
    }
    move();
  }

  private void move() {
    Slots from = old;
    if (from == null) {
      return;
    }
    int end = Math.min(from.capacity, moved + MOVES_PER_CHANGE);
    for (; moved < end; moved++) {
      long slot = from.get(moved);
      if (slot != 0 && slot != MOVED) {
        current.insert(hash(slot), handle(slot));
        from.set(moved, MOVED);
      }
    }
    if (moved == from.capacity) {
      from.release();
      old = null;
    }
  }

  void release() {
    current.release();
    if (old != null) {
      old.release();
      old = null;
    }
    current = new Slots(memory, SMALLEST);
    size = 0;
  }

  private static long slot(int hash, int handle) {
    return (long) hash << 32 | (handle + 1 & 0xffff_ffffL);
  }

  private static int hash(long slot) {
    return (int) (slot >>> 32);
  }

  private static int handle(long slot) {
    return (int) slot - 1;
  }

  private static final class Slots {
    private final FlowMemory memory;
    private final @Nullable ByteBuffer[] blocks;
    private final int capacity;
    private final int mask;

    Slots(FlowMemory memory, int capacity) {
      this.memory = memory;
      this.capacity = capacity;
      mask = capacity - 1;
      blocks = new ByteBuffer[Math.max(1, capacity >>> BLOCK_SHIFT)];
    }

    long get(int i) {
      ByteBuffer block = blocks[i >>> BLOCK_SHIFT];
      return block == null ? 0 : block.getLong((i & BLOCK_MASK) << SLOT_SHIFT);
    }

    void set(int i, long slot) {
      ByteBuffer block = blocks[i >>> BLOCK_SHIFT];
      if (block == null) {
        block =
            memory
                .allocate(Math.min(capacity, 1 << BLOCK_SHIFT) << SLOT_SHIFT)
                .order(ByteOrder.nativeOrder());
        blocks[i >>> BLOCK_SHIFT] = block;
      }
      block.putLong((i & BLOCK_MASK) << SLOT_SHIFT, slot);
    }

    int find(int hash, Matcher matcher) {
      for (int i = hash & mask; ; i = i + 1 & mask) {
        long slot = get(i);
        if (slot == 0) {
          return NONE;
        }
        if (hash(slot) == hash && slot != MOVED && matcher.matches(handle(slot))) {
          return handle(slot);
        }
      }
    }

    void insert(int hash, int handle) {
      int i = hash & mask;
      while (get(i) != 0) {
        i = i + 1 & mask;
      }
      set(i, slot(hash, handle));
    }

    private int locate(int hash, int handle) {
      long wanted = slot(hash, handle);
      for (int i = hash & mask; ; i = i + 1 & mask) {
        long slot = get(i);
        if (slot == wanted) {
          return i;
        }
        if (slot == 0) {
          return NONE;
        }
      }
    }

    boolean removeAndMark(int hash, int handle) {
      int i = locate(hash, handle);
      if (i == NONE) {
        return false;
      }
      set(i, MOVED);
      return true;
    }

    /** What was pushed on by the removed slot moves back, so that no probe ends too early. */
    boolean removeAndShift(int hash, int handle) {
      int gap = locate(hash, handle);
      if (gap == NONE) {
        return false;
      }
      for (int i = gap + 1 & mask; ; i = i + 1 & mask) {
        long slot = get(i);
        if (slot == 0) {
          set(gap, 0);
          return true;
        }
        int home = hash(slot) & mask;
        if ((i - home & mask) >= (i - gap & mask)) {
          set(gap, slot);
          gap = i;
        }
      }
    }

    long bytes() {
      long bytes = 0;
      for (ByteBuffer block : blocks) {
        bytes += block == null ? 0 : block.capacity();
      }
      return bytes;
    }

    void release() {
      for (int i = 0; i < blocks.length; i++) {
        ByteBuffer block = blocks[i];
        if (block != null) {
          memory.release(block);
          blocks[i] = null;
        }
      }
    }
  }
}
