package dev.holdfast.agent.sync.core;

import static dev.holdfast.agent.sync.wire.SyncMessage.ACK;
import static dev.holdfast.agent.sync.wire.SyncMessage.ALIVE;
import static dev.holdfast.agent.sync.wire.SyncMessage.HELLO;
import static dev.holdfast.agent.sync.wire.SyncMessage.HELLO_BACK;
import static dev.holdfast.agent.sync.wire.SyncMessage.NACK;
import static dev.holdfast.agent.sync.wire.SyncMessage.RESYNC;

import dev.holdfast.agent.sync.wire.ConntrackdCodec;
import dev.holdfast.agent.sync.wire.MessageDrop;
import dev.holdfast.agent.sync.wire.SyncMessage;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * conntrackd's reliable mode, FTFW, so that a conntrackd 1.4.7 on the other end notices no
 * difference. Strictly two routers on one group and port.
 *
 * <table>
 * <caption>A message with sequence s arrives</caption>
 * <tr><th>it</th><th>does</th></tr>
 * <tr><td>carries HELLO</td><td>the next message of ours carries HELLO_BACK; nothing sent before is
 * resent; accepted whatever s is</td></tr>
 * <tr><td>carries HELLO_BACK</td><td>we say HELLO no more</td></tr>
 * <tr><td>s is the next, or the first</td><td>accepted; every {@code ackWindow}th answered by ACK</td></tr>
 * <tr><td>s is behind</td><td>discarded, counted</td></tr>
 * <tr><td>s is ahead</td><td>accepted; what came before is ACKed, the hole is NACKed once, and
 * nobody waits for it: what was lost comes again under a new number</td></tr>
 * <tr><td>ACK from, to</td><td>those need not be resent</td></tr>
 * <tr><td>NACK from, to</td><td>those flows are sent again, with their present state; those that
 * changed since are on their way anyway</td></tr>
 * <tr><td>RESYNC</td><td>everything is sent</td></tr>
 * <tr><td>nothing sent for a second</td><td>ACK of what is not acknowledged yet, or ALIVE</td></tr>
 * </table>
 *
 * <p>Where we do more than conntrackd: bursts are paced, so that a full table does not overrun the
 * receiver's socket; a peer that says HELLO has lost its memory and is told everything without
 * asking; and a peer whose messages are all behind for five seconds is asked for everything and
 * believed again (a restart whose HELLO nobody saw).
 */
public final class FtfwMachine implements ConntrackdMachine {
  private static final long MILLI_NANOS = 1_000_000L;
  private static final long IDLE_NANOS = 1_000 * MILLI_NANOS;
  private static final long PACE_NANOS = MILLI_NANOS;
  private static final long FORGET_NANOS = 100 * MILLI_NANOS;
  private static final long BEHIND_NANOS = 5_000 * MILLI_NANOS;

  /**
   * @param ackWindow messages after which an ACK is due, conntrackd's ACKWindowSize
   * @param resendMax unconfirmed messages remembered, a power of two, conntrackd's ResendQueueSize
   * @param datagramBytes MTU less 28
   * @param burstDatagrams at most so many per millisecond
   * @param resyncAtStart ask for everything at first, conntrackd's StartupResync
   * @param tellAllOnHello tell everything to a peer that restarted
   */
  public record Config(
      int ackWindow,
      int resendMax,
      int datagramBytes,
      int burstDatagrams,
      boolean resyncAtStart,
      boolean tellAllOnHello) {
    public static final Config DEFAULT = new Config(300, 1 << 17, 1472, 16, true, true);
  }

  private enum Hello {
    /** Nothing was sent yet. */
    INIT,
    /** Every message says HELLO. */
    SAY,
    /** The peer has answered. */
    DONE
  }

  private final Config config;
  private final OwnFlows ours;
  private final PeerFlows theirs;
  private final int peer;
  private final ConntrackdCodec codec;
  private final ConntrackdCounters counters = new ConntrackdCounters();
  private final DatagramPacker packer;
  private final ControlQueue controls = new ControlQueue();
  private final ResendRing sent;
  private final SyncMessage message = new SyncMessage();
  private final int cursor;

  // Sending.
  private Hello hello = Hello.INIT;
  private boolean sayHelloBack;
  private int nextSequence;
  private int tellingSince;
  private long sentPosition;
  private long idleAtNanos;
  private boolean paced;
  private long forgetAtNanos;

  // Receiving.
  private boolean heard;
  private long heardAtNanos;
  private boolean received;
  private int lastReceived;
  private int untilAck;
  private boolean unacknowledged;
  private int ackFrom;
  private boolean helloHeard;
  private boolean onlyBehind;
  private long behindSinceNanos;

  /**
   * @param codec of dialect CONNTRACKD
   * @param firstSequence what conntrackd takes: the seconds of the wall clock
   */
  public FtfwMachine(
      Config config,
      OwnFlows ours,
      PeerFlows theirs,
      int peer,
      ConntrackdCodec codec,
      int firstSequence,
      long nowNanos) {
    this.config = config;
    this.ours = ours;
    this.theirs = theirs;
    this.peer = peer;
    this.codec = codec;
    this.packer = new DatagramPacker(config.datagramBytes(), config.burstDatagrams(), counters);
    this.sent = new ResendRing(config.resendMax());
    this.cursor = ours.openCursor();
    this.nextSequence = firstSequence;
    this.tellingSince = firstSequence;
    this.untilAck = config.ackWindow();
    this.idleAtNanos = nowNanos + IDLE_NANOS;
    this.forgetAtNanos = nowNanos;
    sent.clear(firstSequence);
    if (config.resyncAtStart()) {
      requestEverything();
    }
  }

  // ---------------------------------------------------------------------------------- receiving

  @Override
  public void received(ByteBuffer datagram, long nowNanos) {
    counters.datagramsReceived++;
    counters.bytesReceived += datagram.remaining();
    while (datagram.hasRemaining()) {
      MessageDrop drop = codec.next(datagram, message);
      if (drop == null) {
        heard = true;
        heardAtNanos = nowNanos;
        drop = judge(datagram, nowNanos);
      }
      if (drop != null) {
        counters.drops.count(drop);
        if (drop.endsDatagram()) {
          break;
        }
      }
    }
    sent.trim();
  }

  private @Nullable MessageDrop judge(ByteBuffer datagram, long nowNanos) {
    int sequence = message.sequence;
    if (message.has(HELLO)) {
      helloReceived(sequence);
      return accept(datagram, sequence);
    }
    helloHeard = false;
    if (message.has(HELLO_BACK)) {
      helloAnswered();
    }
    int ahead = received ? sequence - (lastReceived + 1) : 0;
    if (ahead < 0) {
      behind(nowNanos);
      return null;
    }
    return ahead == 0 ? accept(datagram, sequence) : acceptAfterGap(datagram, sequence, ahead);
  }

  private void helloReceived(int sequence) {
    sayHelloBack = true;
    if (unacknowledged && sequence - ackFrom < 0) {
      untilAck = config.ackWindow() - 1;
      ackFrom = sequence;
    }
    sent.clear(nextSequence);
    if (message.has(HELLO_BACK)) {
      helloAnswered();
    }
    if (!helloHeard && config.tellAllOnHello() && sentPosition > 0) {
      tellEverything();
    }
    helloHeard = true;
  }

  private void helloAnswered() {
    if (hello == Hello.SAY) {
      hello = Hello.DONE;
    }
  }

  private @Nullable MessageDrop accept(ByteBuffer datagram, int sequence) {
    MessageDrop drop = digest(datagram);
    if (drop != null && !drop.countsAsReceived()) {
      return drop;
    }
    onlyBehind = false;
    if (!unacknowledged) {
      unacknowledged = true;
      ackFrom = sequence;
    }
    if (--untilAck <= 0) {
      control(ACK, ackFrom, sequence);
      untilAck = config.ackWindow();
      unacknowledged = false;
    }
    received = true;
    lastReceived = sequence;
    return drop;
  }

  private @Nullable MessageDrop acceptAfterGap(ByteBuffer datagram, int sequence, int missing) {
    counters.lost += missing;
    MessageDrop drop = digest(datagram);
    if (drop != null && !drop.countsAsReceived()) {
      return drop;
    }
    onlyBehind = false;
    if (unacknowledged) {
      control(ACK, ackFrom, lastReceived);
    }
    control(NACK, lastReceived + 1, sequence - 1);
    untilAck = config.ackWindow() - 1;
    unacknowledged = true;
    ackFrom = sequence;
    lastReceived = sequence;
    return drop;
  }

  private void behind(long nowNanos) {
    counters.before++;
    if (!onlyBehind) {
      onlyBehind = true;
      behindSinceNanos = nowNanos;
    } else if (nowNanos - behindSinceNanos >= BEHIND_NANOS) {
      onlyBehind = false;
      received = false;
      requestEverything();
    }
  }

  private @Nullable MessageDrop digest(ByteBuffer datagram) {
    if (!message.isControl()) {
      MessageDrop drop = theirs.apply(peer, message, datagram);
      if (drop == null) {
        counters.flowsReceived++;
      }
      return drop;
    }
    if (message.has(ACK)) {
      confirmed(message.from, message.to);
    } else if (message.has(NACK)) {
      refused(message.from, message.to);
    } else if (message.has(RESYNC)) {
      tellEverything();
    } else if (!message.has(ALIVE)) {
      return MessageDrop.BAD_FLAGS;
    }
    return null;
  }

  private void confirmed(int from, int to) {
    int last = to - sent.head() < 0 ? to : sent.head() - 1;
    for (int s = from - sent.tail() < 0 ? sent.tail() : from; s - last <= 0; s++) {
      sent.resolve(s);
    }
  }

  private void refused(int from, int to) {
    int last = to - sent.head() < 0 ? to : sent.head() - 1;
    for (int s = from - sent.tail() < 0 ? sent.tail() : from; s - last <= 0; s++) {
      if (sent.holds(s)) {
        if (superseded(s)) {
          sent.resolve(s);
        } else {
          sent.again(s);
        }
      }
    }
  }

  /** The flow stands further on in the list by now, or everything was told anew since. */
  private boolean superseded(int sequence) {
    return sent.kind(sequence) == ResendRing.FLOW
        && (sequence - tellingSince < 0
            || ours.position(sent.reference(sequence)) != sent.value(sequence));
  }

  // ------------------------------------------------------------------------------------ sending

  @Override
  public void requestEverything() {
    control(RESYNC, 0, 0);
  }

  @Override
  public void tellEverything() {
    ours.rewind(cursor);
    sentPosition = 0;
    tellingSince = nextSequence;
  }

  private void control(int flags, int from, int to) {
    if (!controls.add(flags, from, to)) {
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
      sayAlive();
    }
    boolean drained = sendControls() && sendAgain() && sendChanged();
    boolean used = packer.used();
    packer.flush();
    paced = !drained;
    if (used || idleAtNanos - nowNanos <= 0) {
      idleAtNanos = nowNanos + (drained ? IDLE_NANOS : PACE_NANOS);
    }
    if (forgetAtNanos - nowNanos <= 0) {
      forgetAtNanos = nowNanos + FORGET_NANOS;
      ours.forgetEnded(acknowledgedPosition());
    }
  }

  private void sayAlive() {
    if (unacknowledged) {
      control(ACK, ackFrom, lastReceived);
      unacknowledged = false;
    } else {
      control(ALIVE, 0, 0);
    }
  }

  private boolean sendControls() {
    while (!controls.isEmpty()) {
      if (!sendControl(controls.flags(), controls.from(), controls.to())) {
        return false;
      }
      controls.remove();
    }
    return true;
  }

  private boolean sendControl(int flags, int from, int to) {
    boolean alive = (flags & ALIVE) != 0;
    int all = flags | helloFlags();
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

  private boolean sendAgain() {
    while (sent.anyAgain()) {
      int sequence = sent.nextAgain();
      boolean went =
          switch (sent.kind(sequence)) {
            case ResendRing.FLOW -> superseded(sequence) || sendFlowAgain(sequence);
            case ResendRing.CONTROL -> {
              long range = sent.value(sequence);
              yield sendControl(sent.flags(sequence), (int) (range >> 32), (int) range);
            }
            default -> true;
          };
      if (!went) {
        return false;
      }
      if (sent.holds(sequence)) {
        sent.resolve(sequence);
      }
    }
    sent.trim();
    return true;
  }

  private boolean sendFlowAgain(int sequence) {
    if (!sendFlow(sent.reference(sequence))) {
      return false;
    }
    counters.flowsResent++;
    return true;
  }

  private boolean sendChanged() {
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

  private boolean sendFlow(int reference) {
    int flags = helloFlags();
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

  private int helloFlags() {
    return (hello == Hello.DONE ? 0 : HELLO) | (sayHelloBack ? HELLO_BACK : 0);
  }

  /** The message under {@code nextSequence} is in the datagram. */
  private void took(int kind, int flags, int reference, long value) {
    if (hello == Hello.INIT) {
      hello = Hello.SAY;
    }
    sayHelloBack = false;
    nextSequence++;
    if (sent.push(kind, flags, reference, value)) {
      counters.resendOverflow++;
    }
  }

  // ------------------------------------------------------------------------------------- status

  @Override
  public long deadlineNanos() {
    return idleAtNanos;
  }

  /** Something waits that was not there at the last {@link #fill}. */
  public boolean anythingDue() {
    return !controls.isEmpty() || sent.anyAgain() || sentPosition != ours.newestPosition();
  }

  @Override
  public long sentPosition() {
    return sentPosition;
  }

  @Override
  public long acknowledgedPosition() {
    long acknowledged = sentPosition;
    for (int s = sent.tail(); s != sent.head(); s++) {
      if (sent.holds(s) && sent.kind(s) == ResendRing.FLOW && !superseded(s)) {
        acknowledged = Math.min(acknowledged, sent.value(s) - 1);
      }
    }
    return acknowledged;
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
