package dev.holdfast.lab.measure.traffic;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Things that are due once in a period, spread evenly over it in slots of a millisecond. Rounds
 * that the owner missed altogether are left out: a pause is no burst.
 */
final class TickWheel<T> {

  private static final long SLOT_NANOS = 1_000_000;

  private final List<List<T>> slots = new ArrayList<>();
  private int added;
  private long nextSlot = Long.MIN_VALUE;

  /**
   * @param periodMillis 1 and more
   */
  TickWheel(int periodMillis) {
    for (int i = 0; i < periodMillis; i++) {
      slots.add(new ArrayList<>());
    }
  }

  /** Slots are filled in turn, far apart, so that few items do not stand together. */
  void add(T item) {
    long step = Math.max(1, Math.round(slots.size() * 0.618));
    while (gcd(step, slots.size()) != 1) {
      step++;
    }
    slots.get((int) (added * step % slots.size())).add(item);
    added++;
  }

  /** Hands over every item whose slot has come since the last call; each at most once. */
  void advance(long nowNanos, Consumer<T> due) {
    long nowSlot = Math.floorDiv(nowNanos, SLOT_NANOS);
    if (nextSlot == Long.MIN_VALUE) {
      nextSlot = nowSlot;
    }
    nextSlot = Math.max(nextSlot, nowSlot - slots.size() + 1);
    for (; nextSlot <= nowSlot; nextSlot++) {
      List<T> slot = slots.get((int) Math.floorMod(nextSlot, (long) slots.size()));
      for (int i = 0; i < slot.size(); i++) {
        due.accept(slot.get(i));
      }
    }
  }

  private static long gcd(long a, long b) {
    return b == 0 ? a : gcd(b, a % b);
  }
}
