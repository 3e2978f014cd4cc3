package dev.holdfast.agent.sync.core;

import static dev.holdfast.agent.sync.wire.SyncMessage.ACK;
import static dev.holdfast.agent.sync.wire.SyncMessage.ALIVE;
import static dev.holdfast.agent.sync.wire.SyncMessage.NACK;
import static dev.holdfast.agent.sync.wire.SyncMessage.RESYNC;

import dev.holdfast.agent.sync.wire.ConntrackdCodec;
import dev.holdfast.agent.sync.wire.MessageDrop;
import dev.holdfast.agent.sync.wire.SyncMessage;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * conntrackd's mode without confirmations, NOTRACK. What is lost stays lost until the flow changes
 * again or somebody asks for everything; any number of routers may share a group.
 *
 * <table>
 * <caption>A message arrives</caption>
 * <tr><th>it</th><th>does</th></tr>
 * <tr><td>is a flow, however old</td><td>applied; HELLO bits are tolerated</td></tr>
 * <tr><td>RESYNC</td><td>everything is sent</td></tr>
 * <tr><td>ALIVE</td><td>nothing</td></tr>
 * <tr><td>ACK, NACK</td><td>counted as malformed</td></tr>
 * <tr><td>nothing sent for a second</td><td>ALIVE</td></tr>
 * </table>
 *
 * <p>Sequence numbers only count what was lost or came late. Where we do more than conntrackd:
 * bursts are paced.
 */
public final class NotrackMachine implements ConntrackdMachine {
  private static final long MILLI_NANOS = 1_000_000L;
  private static final long IDLE_NANOS = 1_000 * MILLI_NANOS;
  private static final long PACE_NANOS = MILLI_NANOS;

  /**
   * @param datagramBytes MTU less 28
   * @param burstDatagrams at most so many per millisecond
   * @param resyncAtStart ask for everything at first, conntrackd's StartupResync
   */
  public record Config(int datagramBytes, int burstDatagrams, boolean resyncAtStart) {
    public static final Config DEFAULT = new Config(1472, 16, true);
  }

  private final OwnFlows ours;
  private final PeerFlows theirs;
  private final int peer;
  private final ConntrackdCodec codec;
  private final ConntrackdCounters counters = new ConntrackdCounters();
  private final DatagramPacker packer;
  private final ControlQueue controls = new ControlQueue();
  private final SyncMessage message = new SyncMessage();
  private final int cursor;

  private int nextSequence;
  private long sentPosition;
  private long idleAtNanos;
  private boolean paced;
  private boolean heard;
  private long heardAtNanos;
  private int lastReceived;

  /**
   * @param codec of dialect CONNTRACKD
   * @param firstSequence what conntrackd takes: the seconds of the wall clock
   */
  public NotrackMachine(
      Config config,
      OwnFlows ours,
      PeerFlows theirs,
      int peer,
      ConntrackdCodec codec,
      int firstSequence,
      long nowNanos) {
    this.ours = ours;
    this.theirs = theirs;
    this.peer = peer;
    this.codec = codec;
    this.packer = new DatagramPacker(config.datagramBytes(), config.burstDatagrams(), counters);
    this.cursor = ours.openCursor();
    this.nextSequence = firstSequence;
    this.idleAtNanos = nowNanos + IDLE_NANOS;
    if (config.resyncAtStart()) {
      requestEverything();
    }
  }

  @Override
  public void received(ByteBuffer datagram, long nowNanos) {
    counters.datagramsReceived++;
    counters.bytesReceived += datagram.remaining();
    while (datagram.hasRemaining()) {
      MessageDrop drop = codec.next(datagram, message);
      if (drop == null) {
        track(message.sequence);
        heard = true;
        heardAtNanos = nowNanos;
        drop = digest(datagram);
      }
      if (drop != null) {
        counters.drops.count(drop);
        if (drop.endsDatagram()) {
          break;
        }
      }
    }
  }

  /** Statistics only: every message counts, in whatever order. */
  private void track(int sequence) {
    int ahead = heard ? sequence - (lastReceived + 1) : 0;
    if (ahead < 0) {
      counters.before++;
      return;
    }
    counters.lost += ahead;
    lastReceived = sequence;
  }

  private @Nullable MessageDrop digest(ByteBuffer datagram) {
    if (!message.isControl()) {
      MessageDrop drop = theirs.apply(peer, message, datagram);
      if (drop == null) {
        counters.flowsReceived++;
      }
      return drop;
    }
    if (message.has(ACK) || message.has(NACK)) {
      return MessageDrop.BAD_FLAGS;
    }
    if (message.has(RESYNC)) {
      tellEverything();
    } else if (!message.has(ALIVE)) {
      return MessageDrop.BAD_FLAGS;
    }
    return null;
  }

  @Override
  public void requestEverything() {
    control(RESYNC);
  }

  @Override
  public void tellEverything() {
    ours.rewind(cursor);
    sentPosition = 0;
  }

  private void control(int flags) {
    if (!controls.add(flags, 0, 0)) {
      counters.controlsDropped++;
    }
  }

  @Override
  public void fill(DatagramSink sink, long nowNanos) {
    if (paced && idleAtNanos - nowNanos > 0) {
      return;
    }
    packer.begin(sink);
    if (idleAtNanos - nowNanos <= 0 && controls.isEmpty() && !paced) {
      control(ALIVE);
    }
    boolean drained = sendControls() && sendChanged();
    boolean used = packer.used();
    packer.flush();
    paced = !drained;
    if (used || idleAtNanos - nowNanos <= 0) {
      idleAtNanos = nowNanos + (drained ? IDLE_NANOS : PACE_NANOS);
    }
    if (drained) {
      // Nothing confirms a deletion in this mode: it was told once.
      ours.forgetEnded(sentPosition);
    }
  }

  private boolean sendControls() {
    while (!controls.isEmpty()) {
      boolean alive = controls.flags() == ALIVE;
      while (!(alive
          ? codec.writeControl(packer.buffer(), ALIVE, nextSequence)
          : codec.writeRange(packer.buffer(), controls.flags(), nextSequence, 0, 0))) {
        packer.flush();
        if (!packer.mayGoOn()) {
          return false;
        }
      }
      nextSequence++;
      controls.remove();
    }
    return true;
  }

  private boolean sendChanged() {
    for (int reference = ours.next(cursor);
        reference != OwnFlows.NONE;
        reference = ours.next(cursor)) {
      if (!sendFlow(reference)) {
        ours.stepBack(cursor);
        return false;
      }
      sentPosition = ours.position(reference);
    }
    sentPosition = ours.newestPosition();
    return true;
  }

  private boolean sendFlow(int reference) {
    if (ours.encode(reference, nextSequence, packer.buffer()) == 0) {
      packer.flush();
      if (!packer.mayGoOn()) {
        return false;
      }
      if (ours.encode(reference, nextSequence, packer.buffer()) == 0) {
        // Larger than any datagram on this path: nothing that waiting would change.
        return true;
      }
    }
    nextSequence++;
    counters.flowsSent++;
    return true;
  }

  @Override
  public long deadlineNanos() {
    return idleAtNanos;
  }

  @Override
  public long sentPosition() {
    return sentPosition;
  }

  @Override
  public long acknowledgedPosition() {
    return sentPosition;
  }

  @Override
  public ConntrackdCounters counters() {
    return counters;
  }

  @Override
  public long silentNanos(long nowNanos) {
    return heard ? nowNanos - heardAtNanos : Long.MAX_VALUE;
  }

  /** Takes the machine off the table. */
  public void close() {
    ours.closeCursor(cursor);
  }
}
