package dev.holdfast.agent.sync.core;

import dev.holdfast.agent.flow.ExpectEntry;
import dev.holdfast.agent.flow.FlowEntry;
import dev.holdfast.agent.flow.FlowLog;
import dev.holdfast.agent.flow.FlowTable;
import dev.holdfast.agent.flow.Stored;
import dev.holdfast.agent.flow.Telling;
import dev.holdfast.agent.sync.wire.ConntrackdCodec;
import dev.holdfast.agent.sync.wire.MessageDrop;
import dev.holdfast.agent.sync.wire.SyncMessage;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The flow table as links see it: ours to be told, theirs as they are told.
 *
 * <p>Who may take a flow from whom: while we are the active router our own kernel knows best, and a
 * peer's word about a flow of ours changes nothing. Otherwise the peer's word counts, and what was
 * ours (or another peer's) becomes theirs; only from a peer that is active one that is not takes
 * nothing.
 *
 * <p>Ending what a peer no longer has goes in pieces ({@link #sweepSome}), so that a full table
 * does not hold up the loop.
 */
public final class TableFlows implements OwnFlows, PeerFlows {
  private final FlowTable table;
  private final ConntrackdCodec codec;
  private final FlowEntry flow = new FlowEntry();
  private final ExpectEntry expectation = new ExpectEntry();
  private final FlowTable.@Nullable Sweep[] begun = new FlowTable.Sweep[FlowTable.PEERS_MAX + 1];
  private final FlowTable.@Nullable Sweep[] running = new FlowTable.Sweep[FlowTable.PEERS_MAX + 1];

  private final boolean[] activePeers = new boolean[FlowTable.PEERS_MAX + 1];
  private int activePeerCount;

  private boolean active;
  private int nowSeconds;
  private int sweeping;
  private long heldByOther;
  private long refused;

  /**
   * @param codec of the dialect that the peers speak
   */
  public TableFlows(FlowTable table, ConntrackdCodec codec) {
    this.table = table;
    this.codec = codec;
  }

  /** The peer's number as an owner in the table. */
  public static int owner(int peer) {
    return peer + 1;
  }

  /** We are the active router, or no longer. */
  public void setActive(boolean active) {
    this.active = active;
  }

  /**
   * A peer is the active router, or no longer.
   *
   * @param peer its number, from 0
   * @return whether that is new
   */
  public boolean setPeerActive(int peer, boolean isActive) {
    int owner = owner(peer);
    if (activePeers[owner] == isActive) {
      return false;
    }
    activePeers[owner] = isActive;
    activePeerCount += isActive ? 1 : -1;
    return true;
  }

  /** Whether that peer may take a flow from whoever holds it. */
  private boolean mayTake(int owner, int handle) {
    return !active
        && (handle == FlowTable.NONE || activePeers[owner] || !activePeers[table.ownerOf(handle)]);
  }

  /** The same, without looking for the flow where it makes no difference. */
  private boolean mayTakeFlow(int owner) {
    boolean weak = activePeerCount > 0 && !activePeers[owner];
    return mayTake(owner, weak ? table.find(flow.original, flow.zone) : FlowTable.NONE);
  }

  /** Monotonic seconds, kept beside what is stored from now on. */
  public void setNowSeconds(int nowSeconds) {
    this.nowSeconds = nowSeconds;
  }

  /** Messages about flows that another owner holds and keeps. */
  public long heldByOther() {
    return heldByOther;
  }

  /** Messages about new flows that found no room. */
  public long refused() {
    return refused;
  }

  // --------------------------------------------------------------------------------------- ours

  @Override
  public long newestPosition() {
    return ours().newestPosition();
  }

  @Override
  public long count() {
    return ours().count();
  }

  @Override
  public long countAfter(long position) {
    return ours().countAfter(position);
  }

  @Override
  public int openCursor() {
    return ours().openCursor();
  }

  @Override
  public void closeCursor(int cursor) {
    ours().closeCursor(cursor);
  }

  @Override
  public void rewind(int cursor) {
    ours().rewind(cursor);
  }

  @Override
  public int next(int cursor) {
    return ours().next(cursor);
  }

  @Override
  public void stepBack(int cursor) {
    ours().stepBack(cursor);
  }

  @Override
  public long position(int reference) {
    return table.ownerOf(reference) == FlowTable.OURS ? ours().position(reference) : 0;
  }

  @Override
  public int encode(int reference, int sequence, ByteBuffer into) {
    int start = into.position();
    int happened = table.isEnded(reference) ? 2 : table.hasGrown(reference) ? 1 : 0;
    if (table.isExpectation(reference)) {
      table.read(reference, expectation);
      codec.writeExpectation(into, SyncMessage.EXPECT_NEW + happened, 0, sequence, expectation);
    } else {
      table.read(reference, flow);
      codec.writeFlow(into, SyncMessage.FLOW_NEW + happened, 0, sequence, flow);
    }
    return into.position() - start;
  }

  @Override
  public void forgetEnded(long position) {
    ours().forgetEnded(position);
  }

  @Override
  public long forgottenPosition() {
    return ours().forgottenPosition();
  }

  private FlowLog ours() {
    return table.ours();
  }

  // ------------------------------------------------------------------------------------- theirs

  @Override
  public @Nullable MessageDrop apply(int peer, SyncMessage message, ByteBuffer datagram) {
    if (message.isFlow()) {
      MessageDrop drop = codec.readFlow(datagram, message, flow);
      if (drop == null) {
        applyFlow(owner(peer), message.type);
      }
      return drop;
    }
    if (message.isExpectation()) {
      MessageDrop drop = codec.readExpectation(datagram, message, expectation);
      if (drop == null) {
        applyExpectation(owner(peer), message.type);
      }
      return drop;
    }
    return MessageDrop.BAD_TYPE;
  }

  private void applyFlow(int owner, int type) {
    if (type == SyncMessage.FLOW_DELETE) {
      end(owner, table.find(flow.original, flow.zone));
    } else {
      note(table.store(owner, telling(type), flow, mayTakeFlow(owner), nowSeconds));
    }
  }

  private void applyExpectation(int owner, int type) {
    int happened = type - SyncMessage.EXPECT_NEW;
    if (happened == SyncMessage.FLOW_DELETE) {
      end(owner, table.findExpectation(expectation.expected, expectation.zone));
    } else {
      note(table.store(owner, telling(happened), expectation, !active, nowSeconds));
    }
  }

  private static Telling telling(int happened) {
    return happened == SyncMessage.FLOW_NEW ? Telling.BORN : Telling.UPDATED;
  }

  private void end(int owner, int handle) {
    if (handle == FlowTable.NONE) {
      return;
    }
    if (table.ownerOf(handle) == owner || mayTake(owner, handle)) {
      // In the peer's name whoever had it: so it leaves our kernel, and is told to nobody as ours.
      table.end(handle, owner);
    } else {
      heldByOther++;
    }
  }

  private void note(Stored stored) {
    switch (stored) {
      case HELD_BY_OTHER -> heldByOther++;
      case FULL -> refused++;
      case INSERTED, CHANGED, REFRESHED -> {}
    }
  }

  @Override
  public void everythingBegins(int peer) {
    int owner = owner(peer);
    stop(owner);
    begun[owner] = table.beginSweep(owner);
  }

  @Override
  public void everythingEnds(int peer) {
    int owner = owner(peer);
    FlowTable.Sweep sweep = begun[owner];
    if (sweep != null) {
      stop(owner);
      running[owner] = sweep;
      sweeping++;
    }
  }

  private void stop(int owner) {
    begun[owner] = null;
    if (running[owner] != null) {
      running[owner] = null;
      sweeping--;
    }
  }

  /**
   * Goes on with ending what peers no longer have.
   *
   * @param slots of the table to look at in this call, for each peer
   * @return false when nothing is left to do
   */
  public boolean sweepSome(int slots) {
    for (int owner = 1; sweeping > 0 && owner < running.length; owner++) {
      FlowTable.Sweep sweep = running[owner];
      if (sweep != null && sweep.step(slots)) {
        running[owner] = null;
        sweeping--;
      }
    }
    return sweeping > 0;
  }

  @Override
  public long newestTicket() {
    return table.theirs().newestPosition();
  }
}
