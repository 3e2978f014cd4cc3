package dev.holdfast.agent.sync.core;

import java.nio.ByteBuffer;

/**
 * <em>Ours</em>, in the order of their last change: what a link reads of the flow table.
 *
 * <p>Every change of an entry of ours (born, updated, ended) takes the next <em>position</em>, a
 * number that grows by one and is never used twice, and moves the entry to the newest end of one
 * list. So a flow that changes ten times before it is sent stands there once, with its last state,
 * and no queue exists that could overflow. Nothing is kept per peer: a link remembers the position
 * up to which it has sent, and what was lost on the way is found again by its position. An entry
 * whose position has grown meanwhile needs no repetition, because it stands further on in the list
 * anyway.
 *
 * <p>An entry that ended stays as a tombstone until {@link #forgetEnded} says that every peer
 * knows, or until the bound on tombstones is reached; then {@link #forgottenPosition} rises, and a
 * link that had not come so far sends everything anew.
 *
 * <p>Called by the one thread that owns the table. No call allocates.
 */
public interface OwnFlows {

  /** The reference that means: no entry. */
  int NONE = -1;

  /** Position of the newest change, 0 before the first one. */
  long newestPosition();

  /** Live entries of ours, without tombstones. */
  long count();

  /** Live entries of ours whose last change is newer than {@code position}. */
  long countAfter(long position);

  /**
   * A cursor that stands before the oldest entry. It stays right whatever changes in the table
   * (when the entry under it moves, it steps back to the one before), and while the table grows.
   *
   * @return its number; at most as many as there may be peers are open at once
   */
  int openCursor();

  void closeCursor(int cursor);

  /** Puts the cursor before the oldest entry again. */
  void rewind(int cursor);

  /**
   * Moves to the next entry in the order of positions, tombstones included.
   *
   * @return a reference to it, or {@link #NONE} when the cursor stands on the newest one. A
   *     reference names the same entry until that is forgotten; afterwards another entry may have
   *     it, with a higher position.
   */
  int next(int cursor);

  /** Moves one entry back, so that the next {@link #next} gives the same one again. */
  void stepBack(int cursor);

  /** Position of the last change of what {@code reference} names now; 0 when it names nothing. */
  long position(int reference);

  /**
   * Writes the entry's present state as one message of the conntrackd protocol, header included:
   * type by what happened to it (new, updated, ended), no flag bits.
   *
   * @param sequence the header's sequence number
   * @return bytes written, or 0 when it does not fit; then nothing was written
   */
  int encode(int reference, int sequence, ByteBuffer into);

  /** Every peer that counts knows all up to {@code position}: tombstones up to there may go. */
  void forgetEnded(long position);

  /** Tombstones up to this position were forgotten, for whatever reason; 0 when none was. */
  long forgottenPosition();
}
