package dev.holdfast.agent.sync.core;

import java.util.Arrays;

/**
 * What was sent under which sequence number and is not confirmed: for a flow its reference and the
 * position that it had, for a control message its flags and range. Grows up to a bound; beyond it
 * the oldest is dropped.
 *
 * <p>Indexed by sequence number; sequence numbers are serial numbers of 32 bits.
 */
final class ResendRing {
  static final int NOTHING = 0;
  static final int FLOW = 1;
  static final int CONTROL = 2;

  private static final int AGAIN = 4;
  private static final int FIRST_CAPACITY = 1024;

  private final int capacityMax;
  private byte[] kinds = new byte[FIRST_CAPACITY];
  private byte[] flags = new byte[FIRST_CAPACITY];
  private int[] references = new int[FIRST_CAPACITY];
  private long[] values = new long[FIRST_CAPACITY];

  /** Sequences from tail to head are held. */
  private int tail;

  private int head;
  private int waiting;
  private int nextAgain;

  /**
   * @param capacityMax a power of two
   */
  ResendRing(int capacityMax) {
    this.capacityMax = Math.max(FIRST_CAPACITY, capacityMax);
    if (Integer.bitCount(this.capacityMax) != 1) {
      throw new IllegalArgumentException("a ring of a power of two, not " + capacityMax);
    }
  }

  /** Forgets everything; the next sequence number will be {@code sequence}. */
  void clear(int sequence) {
    Arrays.fill(kinds, (byte) NOTHING);
    tail = sequence;
    head = sequence;
    nextAgain = sequence;
    waiting = 0;
  }

  /**
   * Notes what the next sequence number carries.
   *
   * @return true when an unconfirmed message had to be dropped for it
   */
  boolean push(int kind, int flag, int reference, long value) {
    boolean dropped = false;
    if (head - tail == kinds.length && !grow()) {
      dropped = (kinds[index(tail)] & FLOW) != 0;
      resolve(tail);
      tail++;
    }
    int at = index(head);
    kinds[at] = (byte) kind;
    flags[at] = (byte) flag;
    references[at] = reference;
    values[at] = value;
    head++;
    return dropped;
  }

  private boolean grow() {
    int capacity = kinds.length * 2;
    if (capacity > capacityMax) {
      return false;
    }
    byte[] newKinds = new byte[capacity];
    byte[] newFlags = new byte[capacity];
    int[] newReferences = new int[capacity];
    long[] newValues = new long[capacity];
    for (int sequence = tail; sequence != head; sequence++) {
      int from = index(sequence);
      int to = sequence & capacity - 1;
      newKinds[to] = kinds[from];
      newFlags[to] = flags[from];
      newReferences[to] = references[from];
      newValues[to] = values[from];
    }
    kinds = newKinds;
    flags = newFlags;
    references = newReferences;
    values = newValues;
    return true;
  }

  int tail() {
    return tail;
  }

  int head() {
    return head;
  }

  boolean holds(int sequence) {
    return sequence - tail >= 0 && sequence - head < 0 && kinds[index(sequence)] != NOTHING;
  }

  /** {@link #FLOW}, {@link #CONTROL} or {@link #NOTHING}. */
  int kind(int sequence) {
    return kinds[index(sequence)] & ~AGAIN;
  }

  int flags(int sequence) {
    return flags[index(sequence)];
  }

  int reference(int sequence) {
    return references[index(sequence)];
  }

  /** Position of a flow; of a control message its range, first sequence in the upper half. */
  long value(int sequence) {
    return values[index(sequence)];
  }

  /** That message needs no further thought. */
  void resolve(int sequence) {
    int at = index(sequence);
    if ((kinds[at] & AGAIN) != 0) {
      waiting--;
    }
    kinds[at] = NOTHING;
  }

  /** Moves the tail over what needs no further thought. */
  void trim() {
    while (tail != head && kinds[index(tail)] == NOTHING) {
      tail++;
    }
  }

  /** That message is to be sent again. */
  void again(int sequence) {
    int at = index(sequence);
    if (kinds[at] == NOTHING || (kinds[at] & AGAIN) != 0) {
      return;
    }
    kinds[at] |= AGAIN;
    if (waiting == 0 || sequence - nextAgain < 0) {
      nextAgain = sequence;
    }
    waiting++;
  }

  boolean anyAgain() {
    return waiting > 0;
  }

  /** The oldest message that is to be sent again; only when there is one. */
  int nextAgain() {
    if (nextAgain - tail < 0) {
      nextAgain = tail;
    }
    while ((kinds[index(nextAgain)] & AGAIN) == 0) {
      nextAgain++;
    }
    return nextAgain;
  }

  private int index(int sequence) {
    return sequence & kinds.length - 1;
  }
}
