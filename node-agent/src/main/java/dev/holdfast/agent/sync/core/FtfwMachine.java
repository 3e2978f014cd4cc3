package dev.holdfast.agent.sync.core;

import static dev.holdfast.agent.sync.wire.SyncMessage.ACK;
import static dev.holdfast.agent.sync.wire.SyncMessage.ALIVE;
import static dev.holdfast.agent.sync.wire.SyncMessage.HELLO;
import static dev.holdfast.agent.sync.wire.SyncMessage.HELLO_BACK;
import static dev.holdfast.agent.sync.wire.SyncMessage.NACK;
import static dev.holdfast.agent.sync.wire.SyncMessage.RESYNC;

import dev.holdfast.agent.sync.wire.ConntrackdCodec;
import dev.holdfast.agent.sync.wire.MessageDrop;
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
 * <p>Where we do more than conntrackd: a peer that says HELLO has lost its memory; it is told
 * everything without asking, and compared with what we hold of it. And a peer whose messages are
 * all behind for five seconds is believed again and compared (a restart whose HELLO nobody saw).
 *
 * <p><b>When we hold everything</b>: when the peer has acknowledged our newest RESYNC or NACK. Both
 * ends work their one queue from the front, so an ACK that covers the question comes after all of
 * the answer. Hence the order of sending here: what was asked for goes before our own ACKs.
 */
public final class FtfwMachine extends ConntrackdMachine {
  private static final long MILLI_NANOS = 1_000_000L;
  private static final long FORGET_NANOS = 100 * MILLI_NANOS;
  private static final long BEHIND_NANOS = 5_000 * MILLI_NANOS;

  /**
   * @param ackWindow messages after which an ACK is due, conntrackd's ACKWindowSize
   * @param resendMax unconfirmed messages remembered, a power of two, conntrackd's ResendQueueSize
   * @param datagramBytes MTU less 28
   * @param burstDatagrams at most so many per millisecond
   * @param resyncAtStart ask for everything at first, conntrackd's StartupResync
   * @param allOnHello a peer that restarted is told everything, and compared
   */
  public record Config(
      int ackWindow,
      int resendMax,
      int datagramBytes,
      int burstDatagrams,
      boolean resyncAtStart,
      boolean allOnHello) {
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
  private final ResendRing sent;

  // Sending.
  private Hello hello = Hello.INIT;
  private boolean sayHelloBack;
  private int tellingSince;
  private boolean answering;
  private long forgetAtNanos;

  // Receiving.
  private boolean received;
  private int lastReceived;
  private int untilAck;
  private boolean unacknowledged;
  private int ackFrom;
  private boolean helloHeard;
  private boolean onlyBehind;
  private long behindSinceNanos;

  // Asking: our newest RESYNC or NACK.
  private boolean asked;
  private boolean askOpen;
  private int asksQueued;
  private boolean askRefused;
  private int newestAsk;

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
    super(
        ours,
        theirs,
        peer,
        codec,
        config.datagramBytes(),
        config.burstDatagrams(),
        firstSequence,
        nowNanos);
    this.config = config;
    this.sent = new ResendRing(config.resendMax());
    this.tellingSince = firstSequence;
    this.untilAck = config.ackWindow();
    this.forgetAtNanos = nowNanos;
    sent.clear(firstSequence);
    if (config.resyncAtStart()) {
      requestEverything();
    }
  }

  // ---------------------------------------------------------------------------------- receiving

  @Override
  @Nullable MessageDrop judge(ByteBuffer datagram, long nowNanos) {
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

  @Override
  void afterDatagram(long nowNanos) {
    sent.trim();
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
    if (!helloHeard) {
      peerBegins();
    }
    if (!helloHeard && config.allOnHello()) {
      if (sentPosition > 0) {
        tellEverything();
      }
      compare();
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
    ask(NACK, lastReceived + 1, sequence - 1);
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
      compare();
    }
  }

  private @Nullable MessageDrop digest(ByteBuffer datagram) {
    if (!message.isControl()) {
      return applyFlow(datagram);
    }
    if (message.has(ACK)) {
      confirmed(message.from, message.to);
    } else if (message.has(NACK)) {
      refused(message.from, message.to);
    } else if (message.has(RESYNC)) {
      answering = true;
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
    if (askOpen && !mustAsk() && newestAsk - last <= 0) {
      askOpen = false;
      everythingTold();
    }
  }

  private boolean mustAsk() {
    return asksQueued > 0 || askRefused || sent.anyAgain();
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

  // ------------------------------------------------------------------------------------- asking

  private void ask(int flag, int from, int to) {
    asked = true;
    askOpen = true;
    if (control(flag, from, to)) {
      asksQueued++;
    } else {
      askRefused = true;
    }
  }

  @Override
  public void requestEverything() {
    ask(RESYNC, 0, 0);
  }

  @Override
  public boolean holdsTheirs() {
    return asked && !askOpen;
  }

  private static boolean asks(int flags) {
    return (flags & (NACK | RESYNC)) != 0;
  }

  // ------------------------------------------------------------------------------------ sending

  @Override
  public void tellEverything() {
    super.tellEverything();
    tellingSince = nextSequence;
  }

  @Override
  boolean send() {
    if (!sendAgain() || (answering && !sendChanged())) {
      return false;
    }
    answering = false;
    return sendControls() && sendChanged();
  }

  @Override
  void afterFill(boolean drained, long nowNanos) {
    if (askRefused && controls.isEmpty()) {
      askRefused = false;
      requestEverything();
    }
    if (forgetAtNanos - nowNanos <= 0) {
      forgetAtNanos = nowNanos + FORGET_NANOS;
      ours.forgetEnded(acknowledgedPosition());
    }
  }

  @Override
  void sayAlive() {
    if (unacknowledged) {
      control(ACK, ackFrom, lastReceived);
      unacknowledged = false;
    } else {
      control(ALIVE, 0, 0);
    }
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

  @Override
  int greeting() {
    return (hello == Hello.DONE ? 0 : HELLO) | (sayHelloBack ? HELLO_BACK : 0);
  }

  @Override
  void took(int kind, int flags, int reference, long value) {
    if (hello == Hello.INIT) {
      hello = Hello.SAY;
    }
    sayHelloBack = false;
    if (kind == ResendRing.CONTROL && asks(flags)) {
      newestAsk = nextSequence;
    }
    nextSequence++;
    if (sent.push(kind, flags, reference, value)) {
      counters.resendOverflow++;
    }
  }

  @Override
  void controlSent(int flags) {
    if (asks(flags)) {
      asksQueued--;
    }
  }

  // ------------------------------------------------------------------------------------- status

  /** Something waits that was not there at the last {@link #fill}. */
  public boolean anythingDue() {
    return !controls.isEmpty() || sent.anyAgain() || sentPosition != ours.newestPosition();
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
}
