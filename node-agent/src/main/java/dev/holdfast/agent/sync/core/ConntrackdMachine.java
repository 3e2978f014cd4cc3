package dev.holdfast.agent.sync.core;

import static dev.holdfast.agent.sync.wire.SyncMessage.ALIVE;
import static dev.holdfast.agent.sync.wire.SyncMessage.RESYNC;

import dev.holdfast.agent.sync.wire.ConntrackdCodec;
import dev.holdfast.agent.sync.wire.MessageDrop;
import dev.holdfast.agent.sync.wire.SyncMessage;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Our end of a link whose other end is a conntrackd: what its modes have in common. Messages are
 * numbered, several share a datagram, and whoever has sent nothing for a second says that it lives.
 *
 * <p>Where we do more than conntrackd: bursts are paced, so that a full table does not overrun the
 * receiver's socket, and what the peer has can be compared with what we hold of it ({@link
 * #compare}).
 *
 * <p>Pure: time is an argument, sockets are somewhere else.
 */
public abstract sealed class ConntrackdMachine permits FtfwMachine, NotrackMachine {
  private static final long MILLI_NANOS = 1_000_000L;
  private static final long IDLE_NANOS = 1_000 * MILLI_NANOS;
  private static final long PACE_NANOS = MILLI_NANOS;

  final OwnFlows ours;
  final PeerFlows theirs;
  final int peer;
  final ConntrackdCodec codec;
  final ConntrackdCounters counters = new ConntrackdCounters();
  final SyncMessage message = new SyncMessage();
  final ControlQueue controls = new ControlQueue();
  final DatagramPacker packer;
  int nextSequence;
  long sentPosition;

  private final int cursor;
  private long idleAtNanos;
  private boolean paced;
  private boolean heard;
  private long heardAtNanos;
  private boolean comparing;
  private long emptyUntil;

  /**
   * @param peer its number in the table
   * @param codec of dialect CONNTRACKD
   * @param firstSequence what conntrackd takes: the seconds of the wall clock
   */
  ConntrackdMachine(
      OwnFlows ours,
      PeerFlows theirs,
      int peer,
      ConntrackdCodec codec,
      int datagramBytes,
      int burstDatagrams,
      int firstSequence,
      long nowNanos) {
    this.ours = ours;
    this.theirs = theirs;
    this.peer = peer;
    this.codec = codec;
    this.packer = new DatagramPacker(datagramBytes, burstDatagrams, counters);
    this.cursor = ours.openCursor();
    this.nextSequence = firstSequence;
    this.idleAtNanos = nowNanos + IDLE_NANOS;
    peerBegins();
  }

  // ---------------------------------------------------------------------------------- receiving

  /**
   * @param datagram big endian, from position to limit; not kept
   */
  public final void received(ByteBuffer datagram, long nowNanos) {
    counters.datagramsReceived++;
    counters.bytesReceived += datagram.remaining();
    while (datagram.hasRemaining()) {
      MessageDrop drop = codec.next(datagram, message);
      if (drop == null) {
        drop = judge(datagram, nowNanos);
        heard = true;
        heardAtNanos = nowNanos;
      }
      if (drop != null) {
        counters.drops.count(drop);
        if (drop.endsDatagram()) {
          break;
        }
      }
    }
    afterDatagram(nowNanos);
  }

  /** What the mode makes of {@link #message}; null when it counts. */
  abstract @Nullable MessageDrop judge(ByteBuffer datagram, long nowNanos);

  abstract void afterDatagram(long nowNanos);

  final @Nullable MessageDrop applyFlow(ByteBuffer datagram) {
    MessageDrop drop = theirs.apply(peer, message, datagram);
    if (drop == null) {
      counters.flowsReceived++;
    }
    return drop;
  }

  final boolean heard() {
    return heard;
  }

  // ------------------------------------------------------------------------------------- asking

  /** Asks the peer for everything that it has. */
  public void requestEverything() {
    control(RESYNC, 0, 0);
  }

  /**
   * Asks the peer for everything, and ends what we hold of it and it does not name. Only a peer
   * whose own table is complete may be asked so.
   */
  public final void compare() {
    theirs.everythingBegins(peer);
    comparing = true;
    requestEverything();
  }

  /** The peer has told everything that it was asked for. */
  final void everythingTold() {
    if (comparing) {
      comparing = false;
      theirs.everythingEnds(peer);
    }
  }

  /** The peer has forgotten whatever it held of ours, or has never been told. */
  final void peerBegins() {
    emptyUntil = ours.newestPosition();
  }

  /**
   * The peer held nothing of ours when it began, or was met first: it holds ours once it has
   * confirmed the position that was the newest then. What it asks for anew later it holds already.
   *
   * @param acknowledged up to where it has confirmed now
   */
  final boolean peerHasBegun(long acknowledged) {
    if (acknowledged >= emptyUntil) {
      emptyUntil = 0;
    }
    return emptyUntil == 0;
  }

  /** We hold everything that the peer has, as far as the mode can tell. */
  public abstract boolean holdsTheirs();

  /** False when the queue is full; the next one of its kind repeats what it said. */
  final boolean control(int flags, int from, int to) {
    boolean queued = controls.add(flags, from, to);
    if (!queued) {
      counters.controlsDropped++;
    }
    return queued;
  }

  // ------------------------------------------------------------------------------------ sending

  /** Tells the peer everything that we have. */
  public void tellEverything() {
    ours.rewind(cursor);
    sentPosition = 0;
  }

  /** Sends what is due, at most a burst of it; {@link #deadlineNanos} tells when to come again. */
  public final void fill(DatagramSink sink, long nowNanos) {
    if (paced && idleAtNanos - nowNanos > 0) {
      return;
    }
    packer.begin(sink);
    if (idleAtNanos - nowNanos <= 0 && controls.isEmpty() && !paced) {
      sayAlive();
    }
    boolean drained = send();
    boolean used = packer.used();
    packer.flush();
    paced = !drained;
    if (used || idleAtNanos - nowNanos <= 0) {
      idleAtNanos = nowNanos + (drained ? IDLE_NANOS : PACE_NANOS);
    }
    afterFill(drained, nowNanos);
  }

  /** Nothing was sent for a second. */
  abstract void sayAlive();

  /** Sends in the mode's order; false when the burst ended it. */
  abstract boolean send();

  abstract void afterFill(boolean drained, long nowNanos);

  /** Bits on every message of this moment. */
  abstract int greeting();

  /**
   * The message under {@link #nextSequence} is in the datagram; the mode notes it and counts on.
   */
  abstract void took(int kind, int flags, int reference, long value);

  final boolean sendControls() {
    while (!controls.isEmpty()) {
      if (!sendControl(controls.flags(), controls.from(), controls.to())) {
        return false;
      }
      controlSent(controls.flags());
      controls.remove();
    }
    return true;
  }

  /** A control message has left the queue. */
  void controlSent(int flags) {}

  final boolean sendControl(int flags, int from, int to) {
    boolean alive = (flags & ALIVE) != 0;
    int all = flags | greeting();
    while (!(alive
        ? codec.writeControl(packer.buffer(), all, nextSequence)
        : codec.writeRange(packer.buffer(), all, nextSequence, from, to))) {
      packer.flush();
      if (!packer.mayGoOn()) {
        return false;
      }
    }
    long range = (long) from << 32 | to & 0xffff_ffffL;
    took(alive ? ResendRing.NOTHING : ResendRing.CONTROL, flags, OwnFlows.NONE, range);
    return true;
  }

  final boolean sendChanged() {
    for (int reference = ours.next(cursor);
        reference != OwnFlows.NONE;
        reference = ours.next(cursor)) {
      long position = ours.position(reference);
      if (!sendFlow(reference)) {
        ours.stepBack(cursor);
        return false;
      }
      sentPosition = position;
    }
    sentPosition = ours.newestPosition();
    return true;
  }

  final boolean sendFlow(int reference) {
    int flags = greeting();
    ByteBuffer buffer = packer.buffer();
    int bytes = ours.encode(reference, nextSequence, buffer);
    if (bytes == 0) {
      packer.flush();
      if (!packer.mayGoOn()) {
        return false;
      }
      bytes = ours.encode(reference, nextSequence, buffer);
      if (bytes == 0) {
        // Larger than any datagram on this path: nothing that waiting would change.
        return true;
      }
    }
    buffer.put(buffer.position() - bytes + 1, (byte) flags);
    counters.flowsSent++;
    took(ResendRing.FLOW, 0, reference, ours.position(reference));
    return true;
  }

  // ------------------------------------------------------------------------------------- status

  /** When {@link #fill} has something to do even if nothing happens until then. */
  public final long deadlineNanos() {
    return idleAtNanos;
  }

  /** Position up to which everything was sent. */
  public final long sentPosition() {
    return sentPosition;
  }

  /**
   * Position up to which the peer has confirmed everything; in a mode without confirmations, the
   * position sent. Costs a walk over what is in flight.
   */
  public abstract long acknowledgedPosition();

  public final ConntrackdCounters counters() {
    return counters;
  }

  /** Nanoseconds since the peer was last heard; {@link Long#MAX_VALUE} if never. */
  public final long silentNanos(long nowNanos) {
    return heard ? nowNanos - heardAtNanos : Long.MAX_VALUE;
  }

  /** Takes the machine off the table. */
  public final void close() {
    ours.closeCursor(cursor);
  }
}
