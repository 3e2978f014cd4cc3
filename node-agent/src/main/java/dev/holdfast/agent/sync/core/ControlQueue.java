package dev.holdfast.agent.sync.core;

/**
 * Control messages that wait to be sent, first in, first out; at the bound the newest is refused.
 */
final class ControlQueue {
  private static final int MAX = 256;

  private final int[] flags = new int[MAX];
  private final int[] from = new int[MAX];
  private final int[] to = new int[MAX];
  private int head;
  private int size;

  boolean add(int flags, int from, int to) {
    if (size == MAX) {
      return false;
    }
    int at = (head + size++) % MAX;
    this.flags[at] = flags;
    this.from[at] = from;
    this.to[at] = to;
    return true;
  }

  boolean isEmpty() {
    return size == 0;
  }

  int flags() {
    return flags[head];
  }

  int from() {
    return from[head];
  }

  int to() {
    return to[head];
  }

  void remove() {
    head = (head + 1) % MAX;
    size--;
  }
}
