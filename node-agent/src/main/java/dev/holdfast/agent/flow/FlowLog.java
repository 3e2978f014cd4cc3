package dev.holdfast.agent.flow;

import static dev.holdfast.agent.flow.FlowStore.EARLIER_TOMBSTONE;
import static dev.holdfast.agent.flow.FlowStore.ENDED;
import static dev.holdfast.agent.flow.FlowStore.LATER_TOMBSTONE;
import static dev.holdfast.agent.flow.FlowStore.LIFE;
import static dev.holdfast.agent.flow.FlowStore.NEXT;
import static dev.holdfast.agent.flow.FlowStore.POSITION;
import static dev.holdfast.agent.flow.FlowStore.PREVIOUS;

import java.util.function.IntConsumer;

/**
 * Entries in the order of their last change: the dirty list of a {@link FlowTable}. The table has
 * two, one of what is ours (read by the links to the peers) and one of what is theirs (read by
 * whoever writes it to the kernel).
 *
 * <p>Every change of an entry (born, changed, ended) takes the next <em>position</em> and moves the
 * entry to the newest end. Positions grow by one and are never used twice. So an entry that changes
 * ten times before it is read stands here once, with its last state; nothing is kept per reader but
 * how far it came; and a reader that knows up to which position its peer has acknowledged knows
 * which entries are protected.
 *
 * <p>An entry that ended stays as a tombstone until {@link #forgetEnded}, or until there are too
 * many of them: then the oldest goes and {@link #forgottenPosition} tells.
 */
public final class FlowLog {
  /** The reference that means: no entry. */
  public static final int NONE = -1;

  public static final int CURSORS_MAX = 32;

  private static final int CLOSED = -2;
  private static final int MARKS = 8;

  private final FlowStore store;
  private final IntConsumer forget;
  private int oldest = NONE;
  private int newest = NONE;
  private long newestPosition;
  private long live;
  private int oldestTombstone = NONE;
  private int newestTombstone = NONE;
  private int tombstones;
  private long forgottenPosition;

  /** The entry that each cursor has given last, NONE before the oldest. */
  private final int[] cursors = new int[CURSORS_MAX];

  private int cursorsUsed;

  // Places whose number of newer live entries is kept up to date, for countAfter().
  private final long[] markPositions = new long[MARKS];
  private final int[] marks = new int[MARKS];
  private final long[] liveAfterMarks = new long[MARKS];
  private final long[] markUses = new long[MARKS];
  private int markCount;
  private long uses;

  /**
   * @param forget takes an ended entry out of the table, slot and index; it is in no list any more
   */
  FlowLog(FlowStore store, IntConsumer forget) {
    this.store = store;
    this.forget = forget;
  }

  /** Position of the newest change, 0 before the first one. */
  public long newestPosition() {
    return newestPosition;
  }

  /** Live entries, without tombstones. */
  public long count() {
    return live;
  }

  public int tombstones() {
    return tombstones;
  }

  /**
   * Live entries whose last change is newer than {@code position}. Costs a walk over what the same
   * question passed since it was last asked, not over the table.
   */
  public long countAfter(long position) {
    if (position >= newestPosition) {
      return 0;
    }
    if (oldest == NONE || position < position(oldest)) {
      return live;
    }
    int mark = nearestMark(position);
    markUses[mark] = ++uses;
    for (int next = after(marks[mark]);
        next != NONE && position(next) <= position;
        next = after(next)) {
      marks[mark] = next;
      if (isLive(next)) {
        liveAfterMarks[mark]--;
      }
    }
    markPositions[mark] = position;
    return liveAfterMarks[mark];
  }

  /** The last mark that is not beyond {@code position}; if all are, one that begins anew. */
  private int nearestMark(long position) {
    int best = NONE;
    int stale = 0;
    for (int i = 0; i < markCount; i++) {
      if (markPositions[i] <= position
          && (best == NONE || markPositions[i] > markPositions[best])) {
        best = i;
      }
      if (markUses[i] < markUses[stale]) {
        stale = i;
      }
    }
    if (best != NONE) {
      return best;
    }
    int fresh = markCount < MARKS ? markCount++ : stale;
    markPositions[fresh] = 0;
    marks[fresh] = NONE;
    liveAfterMarks[fresh] = live;
    return fresh;
  }

  // ------------------------------------------------------------------------------------ reading

  /**
   * A cursor that stands before the oldest entry. It stays right whatever changes in the table:
   * when the entry under it moves, it steps back to the one before.
   *
   * @return its number; at most {@link #CURSORS_MAX} are open at once
   */
  public int openCursor() {
    for (int i = 0; i < cursorsUsed; i++) {
      if (cursors[i] == CLOSED) {
        cursors[i] = NONE;
        return i;
      }
    }
    if (cursorsUsed == CURSORS_MAX) {
      throw new IllegalStateException("more than " + CURSORS_MAX + " readers of one log");
    }
    cursors[cursorsUsed] = NONE;
    return cursorsUsed++;
  }

  public void closeCursor(int cursor) {
    cursors[cursor] = CLOSED;
    while (cursorsUsed > 0 && cursors[cursorsUsed - 1] == CLOSED) {
      cursorsUsed--;
    }
  }

  /** Puts the cursor before the oldest entry again. */
  public void rewind(int cursor) {
    cursors[cursor] = NONE;
  }

  /**
   * Moves to the next entry in the order of positions, tombstones included.
   *
   * @return a reference to it, or {@link #NONE} when the cursor stands on the newest one. It names
   *     the same entry until that is forgotten; afterwards another entry may have it, with a higher
   *     position.
   */
  public int next(int cursor) {
    int next = after(cursors[cursor]);
    if (next != NONE) {
      cursors[cursor] = next;
    }
    return next;
  }

  /** Moves one entry back, so that the next {@link #next} gives the same one again. */
  public void stepBack(int cursor) {
    int at = cursors[cursor];
    if (at != NONE) {
      cursors[cursor] = before(at);
    }
  }

  /** Position of the last change of what {@code reference} names now; 0 when it names nothing. */
  public long position(int reference) {
    return store.isUsed(reference) ? store.getLong(reference, POSITION) : 0;
  }

  /**
   * Walks over the tombstones, oldest first.
   *
   * @param after what the last call gave, {@link #NONE} to begin; nothing has changed since
   */
  public int nextTombstone(int after) {
    return after == NONE ? oldestTombstone : store.getInt(after, LATER_TOMBSTONE) - 1;
  }

  // ----------------------------------------------------------------------------------- forgetting

  /** Every reader that counts knows all up to {@code position}: tombstones up to there go. */
  public void forgetEnded(long position) {
    while (oldestTombstone != NONE && position(oldestTombstone) <= position) {
      forgetOldestTombstone();
    }
  }

  /** Tombstones up to this position were forgotten, for whatever reason; 0 when none was. */
  public long forgottenPosition() {
    return forgottenPosition;
  }

  void forgetOldestTombstone() {
    int handle = oldestTombstone;
    forgottenPosition = position(handle);
    unlink(handle);
    forget.accept(handle);
  }

  // ------------------------------------------------------------------------------------- changing

  /** Puts an entry that is in no log, alive or ended by its life bits, at the newest end. */
  void append(int handle) {
    store.setLong(handle, POSITION, ++newestPosition);
    store.setInt(handle, PREVIOUS, newest + 1);
    store.setInt(handle, NEXT, 0);
    if (newest == NONE) {
      oldest = handle;
    } else {
      store.setInt(newest, NEXT, handle + 1);
    }
    newest = handle;
    if (isLive(handle)) {
      live++;
      for (int i = 0; i < markCount; i++) {
        liveAfterMarks[i]++;
      }
    } else {
      appendTombstone(handle);
    }
  }

  /** Takes an entry out; its life bits are still those it was put in with. */
  void unlink(int handle) {
    int previous = before(handle);
    int next = after(handle);
    stepOff(handle, previous);
    if (isLive(handle)) {
      live--;
    } else {
      unlinkTombstone(handle);
    }
    if (previous == NONE) {
      oldest = next;
    } else {
      store.setInt(previous, NEXT, next + 1);
    }
    if (next == NONE) {
      newest = previous;
    } else {
      store.setInt(next, PREVIOUS, previous + 1);
    }
  }

  private void stepOff(int handle, int previous) {
    for (int i = 0; i < cursorsUsed; i++) {
      if (cursors[i] == handle) {
        cursors[i] = previous;
      }
    }
    boolean counted = isLive(handle);
    long position = position(handle);
    for (int i = 0; i < markCount; i++) {
      if (marks[i] == handle) {
        marks[i] = previous;
      }
      if (counted && position > markPositions[i]) {
        liveAfterMarks[i]--;
      }
    }
  }

  private void appendTombstone(int handle) {
    store.setInt(handle, EARLIER_TOMBSTONE, newestTombstone + 1);
    store.setInt(handle, LATER_TOMBSTONE, 0);
    if (newestTombstone == NONE) {
      oldestTombstone = handle;
    } else {
      store.setInt(newestTombstone, LATER_TOMBSTONE, handle + 1);
    }
    newestTombstone = handle;
    tombstones++;
  }

  private void unlinkTombstone(int handle) {
    int earlier = store.getInt(handle, EARLIER_TOMBSTONE) - 1;
    int later = store.getInt(handle, LATER_TOMBSTONE) - 1;
    if (earlier == NONE) {
      oldestTombstone = later;
    } else {
      store.setInt(earlier, LATER_TOMBSTONE, later + 1);
    }
    if (later == NONE) {
      newestTombstone = earlier;
    } else {
      store.setInt(later, EARLIER_TOMBSTONE, earlier + 1);
    }
    tombstones--;
  }

  private boolean isLive(int handle) {
    return (store.getByte(handle, LIFE) & ENDED) == 0;
  }

  private int after(int handle) {
    return handle == NONE ? oldest : store.getInt(handle, NEXT) - 1;
  }

  private int before(int handle) {
    return store.getInt(handle, PREVIOUS) - 1;
  }

  /** The oldest entry, or NONE. */
  int oldest() {
    return oldest;
  }
}
