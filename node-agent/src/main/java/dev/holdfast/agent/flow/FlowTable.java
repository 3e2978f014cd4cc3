package dev.holdfast.agent.flow;

import static dev.holdfast.agent.flow.FlowStore.ENDED;
import static dev.holdfast.agent.flow.FlowStore.EPOCH;
import static dev.holdfast.agent.flow.FlowStore.EXPECTATION;
import static dev.holdfast.agent.flow.FlowStore.GROWN;
import static dev.holdfast.agent.flow.FlowStore.HASH;
import static dev.holdfast.agent.flow.FlowStore.LIFE;
import static dev.holdfast.agent.flow.FlowStore.LIVE;
import static dev.holdfast.agent.flow.FlowStore.NOTE;
import static dev.holdfast.agent.flow.FlowStore.OWNER;
import static dev.holdfast.agent.flow.FlowStore.TOLD_AT;

/**
 * All flows (and expectations) that this router knows, outside the Java heap.
 *
 * <p><b>Key.</b> Original tuple and zone. One entry per key, with one owner: {@link #OURS}, tracked
 * by our kernel for traffic through us, or a peer's number, held for that peer. An owner changes
 * when somebody says so ({@link #store} with {@code takeOver}, {@link #adopt}): at a takeover
 * theirs become ours, after a handover ours become theirs, and what is left under an old owner's
 * name is what nobody spoke of since.
 *
 * <p><b>Change.</b> {@link #ours} and {@link #theirs} are the two change logs; a report that brings
 * no news ({@link Stored#REFRESHED}) moves nothing, so a kernel dump after lost events repairs
 * exactly the difference.
 *
 * <p><b>Handles.</b> An entry keeps its handle for life and the table never moves it. After it was
 * forgotten the handle may name another entry, which has a higher position in its log.
 *
 * <p><b>Bounds.</b> Live entries and tombstones together are at most {@code entriesMax}, tombstones
 * at most {@code tombstonesMax}. A new flow in a full table pushes out the oldest tombstone; if
 * there is none it is refused ({@link Stored#FULL}), counted, and {@link #overflowed} stays true
 * until {@link #clearOverflow}: a dump is needed once there is room.
 *
 * <p><b>Cost.</b> 88 bytes an IPv4 flow, 136 an IPv6 one, and 10 to 20 of index. No garbage, no
 * pause when growing: the index moves a few slots with every change.
 *
 * <p>One owner; not for two threads.
 */
public final class FlowTable {
  /** The handle of no entry. */
  public static final int NONE = -1;

  /** The owner of what our own kernel tracks. */
  public static final int OURS = 0;

  /** The note of what had one under another owner, or was ours: see {@link #note}. */
  public static final int MOVED = 255;

  /** Peers are numbered 1 to this. */
  public static final int PEERS_MAX = 255;

  private static final int FLOW = 0;

  private final FlowStore store;
  private final FlowIndex index;
  private final FlowLog ours;
  private final FlowLog theirs;
  private final int entriesMax;
  private final int tombstonesMax;
  private final int[] countByOwner = new int[PEERS_MAX + 1];
  private final int[] countByNote = new int[MOVED + 1];
  private final int[] epochs = new int[PEERS_MAX + 1];
  private final FlowEntry heldFlow = new FlowEntry();
  private final ExpectEntry heldExpectation = new ExpectEntry();
  private int lastHandle = NONE;
  private int expectations;
  private long refused;
  private boolean overflowed;

  /**
   * @param memory asked for blocks as the table grows
   * @param seed secret and random: keeps a sender from choosing flows that collide
   * @param entriesMax most entries, ended ones included; a few more than the kernel's table holds
   * @param tombstonesMax most ended entries that wait to be told
   */
  public FlowTable(FlowMemory memory, long seed, int entriesMax, int tombstonesMax) {
    if (entriesMax < 1 || entriesMax > 1 << 29 || tombstonesMax < 1) {
      throw new IllegalArgumentException(
          "a table of " + entriesMax + " entries and " + tombstonesMax + " tombstones");
    }
    this.entriesMax = entriesMax;
    this.tombstonesMax = tombstonesMax;
    store = new FlowStore(memory, seed);
    index = new FlowIndex(memory);
    ours = new FlowLog(store, this::forget);
    theirs = new FlowLog(store, this::forget);
  }

  /** What is ours, in the order of its last change: read by every link to a peer. */
  public FlowLog ours() {
    return ours;
  }

  /** What is theirs, in the order of its last change: read by whoever writes the kernel's table. */
  public FlowLog theirs() {
    return theirs;
  }

  // ------------------------------------------------------------------------------------- storing

  /**
   * Takes a report about a flow. Where it changes something, the entry moves to the newest end of
   * its owner's log.
   *
   * @param owner {@link #OURS} or a peer's number: whose word this is
   * @param told not kept
   * @param takeOver whether a live entry of another owner becomes this owner's
   * @param nowSeconds monotonic seconds, kept beside the timeout
   */
  public Stored store(
      int owner, Telling telling, FlowEntry told, boolean takeOver, int nowSeconds) {
    told.dropForeignAttributes();
    int hash = store.hash(told.original, told.zone, FLOW);
    store.look(told.original, told.zone, FLOW);
    int handle = index.find(hash, store);
    if (handle == NONE || isEnded(handle)) {
      int note = 0;
      if (handle == NONE) {
        handle = insert(hash, told.original.ipv6, FLOW);
        if (handle == NONE) {
          return Stored.FULL;
        }
      } else {
        note = noteOnceMoved(handle, OURS);
        logOf(handle).unlink(handle);
      }
      store.write(handle, told);
      revive(handle, owner, FLOW, note, nowSeconds);
      return Stored.INSERTED;
    }
    lastHandle = handle;
    boolean moves = ownerOf(handle) != owner;
    if (moves && !takeOver) {
      return Stored.HELD_BY_OTHER;
    }
    store.read(handle, heldFlow);
    boolean changed = FlowMerge.apply(heldFlow, told, telling);
    store.write(handle, heldFlow);
    if (told.has(FlowEntry.HAS_TIMEOUT)) {
      store.setInt(handle, TOLD_AT, nowSeconds);
    }
    return settle(handle, owner, telling, changed || moves);
  }

  /** The same for an expectation, which is always told whole. */
  public Stored store(
      int owner, Telling telling, ExpectEntry told, boolean takeOver, int nowSeconds) {
    int hash = store.hash(told.expected, told.zone, EXPECTATION);
    store.look(told.expected, told.zone, EXPECTATION);
    int handle = index.find(hash, store);
    if (handle == NONE || isEnded(handle)) {
      int note = 0;
      if (handle == NONE) {
        handle = insert(hash, told.expected.ipv6, EXPECTATION);
        if (handle == NONE) {
          return Stored.FULL;
        }
      } else {
        note = noteOnceMoved(handle, OURS);
        logOf(handle).unlink(handle);
      }
      store.write(handle, told);
      revive(handle, owner, EXPECTATION, note, nowSeconds);
      return Stored.INSERTED;
    }
    lastHandle = handle;
    boolean moves = ownerOf(handle) != owner;
    if (moves && !takeOver) {
      return Stored.HELD_BY_OTHER;
    }
    store.read(handle, heldExpectation);
    boolean changed = FlowMerge.apply(heldExpectation, told);
    store.write(handle, heldExpectation);
    store.setInt(handle, TOLD_AT, nowSeconds);
    return settle(handle, owner, telling, changed || moves);
  }

  /** The entry that the last {@link #store} or {@link #end} was about; {@link #NONE} if none. */
  public int lastHandle() {
    return lastHandle;
  }

  private int insert(int hash, boolean isIpv6, int kind) {
    if (store.used() >= entriesMax && !forgetOldestTombstone()) {
      refused++;
      overflowed = true;
      lastHandle = NONE;
      return NONE;
    }
    int handle = store.take(isIpv6);
    store.setInt(handle, HASH, hash);
    store.setByte(handle, LIFE, LIVE | kind);
    index.insert(hash, handle);
    return handle;
  }

  private void revive(int handle, int owner, int kind, int note, int nowSeconds) {
    store.setByte(handle, LIFE, LIVE | kind);
    store.setByte(handle, OWNER, owner);
    store.setByte(handle, NOTE, note);
    store.setShort(handle, EPOCH, epochs[owner]);
    store.setInt(handle, TOLD_AT, nowSeconds);
    count(handle, owner, 1);
    log(owner).append(handle);
    lastHandle = handle;
  }

  private Stored settle(int handle, int owner, Telling telling, boolean changed) {
    store.setShort(handle, EPOCH, epochs[owner]);
    if (!changed) {
      return Stored.REFRESHED;
    }
    int kind = store.getByte(handle, LIFE) & EXPECTATION;
    move(handle, owner, telling == Telling.BORN ? LIVE | kind : LIVE | GROWN | kind);
    return Stored.CHANGED;
  }

  private void move(int handle, int owner, int life) {
    logOf(handle).unlink(handle);
    int before = ownerOf(handle);
    if (before != owner) {
      count(handle, before, -1);
      store.setByte(handle, NOTE, noteOnceMoved(handle, owner));
      store.setByte(handle, OWNER, owner);
      count(handle, owner, 1);
    }
    store.setByte(handle, LIFE, life);
    log(owner).append(handle);
  }

  private void count(int handle, int owner, int difference) {
    countByOwner[owner] += difference;
    countByNote[note(handle)] += difference;
    if ((store.getByte(handle, LIFE) & EXPECTATION) != 0) {
      expectations += difference;
    }
  }

  // -------------------------------------------------------------------------------------- ending

  /**
   * The flow ended: it becomes a tombstone in its owner's log.
   *
   * @return false when it is unknown or had ended before
   */
  public boolean end(int handle) {
    return isLive(handle) && end(handle, ownerOf(handle));
  }

  /**
   * The flow ended, and {@code owner} says so: the tombstone goes into that owner's log. A peer
   * that ends a flow of ours takes it over with its last word, so that our kernel hears of it.
   *
   * @return false when it is unknown or had ended before
   */
  public boolean end(int handle, int owner) {
    if (!isLive(handle)) {
      return false;
    }
    int before = ownerOf(handle);
    log(before).unlink(handle);
    count(handle, before, -1);
    if (before != owner) {
      store.setByte(handle, NOTE, noteOnceMoved(handle, owner));
      store.setByte(handle, OWNER, owner);
    }
    store.setByte(handle, LIFE, store.getByte(handle, LIFE) & EXPECTATION | ENDED);
    FlowLog log = log(owner);
    log.append(handle);
    if (log.tombstones() > tombstonesMax) {
      log.forgetOldestTombstone();
    }
    return true;
  }

  private boolean forgetOldestTombstone() {
    FlowLog log = ours.tombstones() >= theirs.tombstones() ? ours : theirs;
    if (log.tombstones() == 0) {
      return false;
    }
    log.forgetOldestTombstone();
    return true;
  }

  private void forget(int handle) {
    index.remove(store.getInt(handle, HASH), handle);
    store.free(handle);
  }

  // ------------------------------------------------------------------------------------- finding

  /** The flow with this original tuple and zone, ended ones included, or {@link #NONE}. */
  public int find(FlowTuple original, int zone) {
    store.look(original, zone, FLOW);
    return index.find(store.hash(original, zone, FLOW), store);
  }

  /** The expectation of this tuple and zone, ended ones included, or {@link #NONE}. */
  public int findExpectation(FlowTuple expected, int zone) {
    store.look(expected, zone, EXPECTATION);
    return index.find(store.hash(expected, zone, EXPECTATION), store);
  }

  /** Fills {@code into} with the flow; {@link #isExpectation} tells which of the two to call. */
  public void read(int handle, FlowEntry into) {
    store.read(handle, into);
  }

  public void read(int handle, ExpectEntry into) {
    store.read(handle, into);
  }

  public boolean isExpectation(int handle) {
    return (store.getByte(handle, LIFE) & EXPECTATION) != 0;
  }

  /** True while the handle names an entry that has not ended. */
  public boolean isLive(int handle) {
    return store.isUsed(handle) && !isEnded(handle);
  }

  /** True for a tombstone. */
  public boolean isEnded(int handle) {
    return (store.getByte(handle, LIFE) & ENDED) != 0;
  }

  /** True when the entry changed since it was born: it is told as an update. */
  public boolean hasGrown(int handle) {
    return (store.getByte(handle, LIFE) & GROWN) != 0;
  }

  /** {@link #OURS} or a peer's number. */
  public int ownerOf(int handle) {
    return store.getByte(handle, OWNER);
  }

  /** Position of the entry in its owner's log; 0 when the handle names nothing. */
  public long position(int handle) {
    return ours.position(handle);
  }

  /** When the timeout was told, in the seconds of {@link #store}; for live entries. */
  public int toldAtSeconds(int handle) {
    return store.getInt(handle, TOLD_AT);
  }

  /**
   * A number of the caller's below {@link #MOVED}; 0 at first. A tombstone keeps it. With a change
   * of owner, and when what had ended is stored again, it becomes MOVED: in the kernel there may be
   * something of before. It stays 0 where nobody noted anything and the flow was never ours.
   */
  public int note(int handle) {
    return store.getByte(handle, NOTE);
  }

  public void setNote(int handle, int note) {
    if (isLive(handle)) {
      countByNote[note(handle)]--;
      countByNote[note]++;
    }
    store.setByte(handle, NOTE, note);
  }

  private int noteOnceMoved(int handle, int owner) {
    boolean fromOurs = ownerOf(handle) == OURS && owner != OURS;
    return fromOurs || note(handle) != 0 ? MOVED : 0;
  }

  // ---------------------------------------------------------------------------- owners and sweeps

  /** Moves the entry to the newest end of its log, as if it had changed: it will be told again. */
  public void tellAgain(int handle) {
    if (isLive(handle)) {
      move(handle, ownerOf(handle), store.getByte(handle, LIFE));
    }
  }

  /**
   * A takeover: entries of others become ours, oldest first, and so are told to the peers.
   *
   * @param most how many in this call; a table is adopted in many calls, to keep each short
   * @return how many were adopted; 0 when nothing of others is left. Tombstones stay theirs
   */
  public int adopt(int most) {
    int adopted = 0;
    int handle = theirs.oldest();
    while (handle != NONE && adopted < most) {
      int next = store.getInt(handle, FlowStore.NEXT) - 1;
      if (!isEnded(handle)) {
        move(handle, OURS, store.getByte(handle, LIFE) | GROWN);
        store.setShort(handle, EPOCH, epochs[OURS]);
        adopted++;
      }
      handle = next;
    }
    return adopted;
  }

  /**
   * Begins to tell what an owner still has from what it has no more: entries that are not stored
   * (born, updated or seen) between this call and the sweep's end are ended by the sweep.
   */
  public Sweep beginSweep(int owner) {
    epochs[owner] = epochs[owner] + 1 & 0xffff;
    return new Sweep(this, owner, epochs[owner]);
  }

  /** Walks over all slots in pieces. A newer sweep of the same owner makes it stop. */
  public static final class Sweep {
    private final FlowTable table;
    private final int owner;
    private final int epoch;
    private int next;
    private int ended;

    private Sweep(FlowTable table, int owner, int epoch) {
      this.table = table;
      this.owner = owner;
      this.epoch = epoch;
    }

    /**
     * Ends what was not spoken of, in the next {@code slots} slots.
     *
     * @return true when the sweep is over
     */
    public boolean step(int slots) {
      if (table.epochs[owner] != epoch) {
        return true;
      }
      int end = Math.min(table.handlesEnd(), next + 2 * slots);
      for (; next < end; next++) {
        if (table.isLive(next)
            && table.ownerOf(next) == owner
            && table.store.getShort(next, EPOCH) != epoch) {
          table.end(next);
          ended++;
        }
      }
      return next == table.handlesEnd();
    }

    /** How many entries it has ended so far. */
    public int ended() {
      return ended;
    }
  }

  /**
   * Walks over all live entries, in no order of meaning. What is there from the beginning to the
   * end of the walk is seen exactly once, whatever else comes and goes meanwhile.
   *
   * @param after the handle that the last call gave, {@link #NONE} to begin
   * @return the next one, or {@link #NONE} at the end
   */
  public int nextLive(int after) {
    for (int handle = after + 1; handle < handlesEnd(); handle++) {
      if (isLive(handle)) {
        return handle;
      }
    }
    return NONE;
  }

  /** Above all handles: those of IPv4 are even, those of IPv6 odd, and both may grow. */
  public int handlesEnd() {
    return 2 * Math.max(store.touchedIpv4(), store.touchedIpv6());
  }

  // ------------------------------------------------------------------------------------- counting

  /** Live entries of one owner, expectations included. */
  public int count(int owner) {
    return countByOwner[owner];
  }

  /** Live entries with this note, of all owners, expectations included. */
  public int countNoted(int note) {
    return countByNote[note];
  }

  /** Live expectations of all owners. */
  public int expectations() {
    return expectations;
  }

  /** Slots taken, by live entries and tombstones. */
  public int used() {
    return store.used();
  }

  public int entriesMax() {
    return entriesMax;
  }

  /** Flows and expectations that found no room. */
  public long refused() {
    return refused;
  }

  /** True from the first refusal until {@link #clearOverflow}: the table is not complete. */
  public boolean overflowed() {
    return overflowed;
  }

  /** To be called before the dump that makes the table complete again. */
  public void clearOverflow() {
    overflowed = false;
  }

  /** Names of helpers and functions that were not stored, because there are more than 255. */
  public long namesRefused() {
    return store.namesRefused();
  }

  /** Memory that the table has asked for. */
  public long bytes() {
    return store.bytes() + index.bytes();
  }

  /** Gives all memory back; the table must not be used afterwards. */
  public void release() {
    store.release();
    index.release();
  }

  private FlowLog log(int owner) {
    return owner == OURS ? ours : theirs;
  }

  private FlowLog logOf(int handle) {
    return log(ownerOf(handle));
  }
}
