package dev.holdfast.agent.sync.core;

import static dev.holdfast.agent.sync.wire.SyncMessage.ACK;
import static dev.holdfast.agent.sync.wire.SyncMessage.ALIVE;
import static dev.holdfast.agent.sync.wire.SyncMessage.NACK;
import static dev.holdfast.agent.sync.wire.SyncMessage.RESYNC;

import dev.holdfast.agent.sync.wire.ConntrackdCodec;
import dev.holdfast.agent.sync.wire.MessageDrop;
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
 * after a loss, and every five minutes, the peer is asked for everything and compared with what we
 * hold of it. Nobody says when everything has been told, so it is believed two seconds after the
 * question at the earliest, when no flow was told for half a second, or ten seconds after it, since
 * under traffic flows are told all the time; and only if nothing was lost since the question.
 */
public final class NotrackMachine extends ConntrackdMachine {
  private static final long SECOND_NANOS = 1_000_000_000L;
  private static final long TOLD_NANOS = 2 * SECOND_NANOS;
  private static final long TOLD_AT_LAST_NANOS = 10 * SECOND_NANOS;
  private static final long QUIET_NANOS = SECOND_NANOS / 2;
  private static final long SILENT_NANOS = 5 * SECOND_NANOS;
  private static final long AFTER_LOSS_NANOS = 30 * SECOND_NANOS;
  private static final long ROUTINE_NANOS = 300 * SECOND_NANOS;

  /**
   * @param datagramBytes MTU less 28
   * @param burstDatagrams at most so many per millisecond
   * @param resyncAtStart ask for everything at first, conntrackd's StartupResync
   * @param compares ask again after a loss and from time to time; with more than two routers on one
   *     group numbers tell no loss
   */
  public record Config(
      int datagramBytes, int burstDatagrams, boolean resyncAtStart, boolean compares) {
    public static final Config DEFAULT = new Config(1472, 16, true, true);
  }

  private final Config config;
  private int lastReceived;

  /** How far the peer has told what we asked for. */
  private enum Ask {
    NOTHING,
    QUEUED,
    SENT,
    TOLD
  }

  private Ask ask = Ask.NOTHING;
  private boolean inRoutine;
  private long askedAtNanos;
  private long flowAtNanos;
  private long lostWhenAsked;

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
    this.flowAtNanos = nowNanos;
    if (config.resyncAtStart()) {
      requestEverything();
    }
  }

  // ---------------------------------------------------------------------------------- receiving

  @Override
  @Nullable MessageDrop judge(ByteBuffer datagram, long nowNanos) {
    if (config.compares() && returns(nowNanos)) {
      compare();
    }
    track(message.sequence);
    if (!message.isControl()) {
      believe(nowNanos); // It may be the first for long.
      flowAtNanos = nowNanos;
      return applyFlow(datagram);
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

  /** Statistics only: every message counts, in whatever order. */
  private void track(int sequence) {
    int ahead = heard() ? sequence - (lastReceived + 1) : 0;
    if (ahead < 0) {
      counters.before++;
      return;
    }
    counters.lost += ahead;
    lastReceived = sequence;
  }

  /** The peer was not there when it was asked, or not for some time. */
  private boolean returns(long nowNanos) {
    return heard()
        ? silentNanos(nowNanos) >= SILENT_NANOS
        : ask == Ask.SENT && nowNanos - askedAtNanos >= TOLD_NANOS;
  }

  @Override
  void afterDatagram(long nowNanos) {
    believe(nowNanos);
  }

  /** Something was heard: the peer lives, and so has answered. */
  private void believe(long nowNanos) {
    if (ask == Ask.SENT && answerIsOver(nowNanos) && !lostSinceAsked()) {
      ask = Ask.TOLD;
      inRoutine = false;
      everythingTold();
    }
  }

  private boolean answerIsOver(long nowNanos) {
    long waited = nowNanos - askedAtNanos;
    return waited >= TOLD_AT_LAST_NANOS
        || (waited >= TOLD_NANOS && nowNanos - flowAtNanos >= QUIET_NANOS);
  }

  private boolean lostSinceAsked() {
    return counters.lost != lostWhenAsked;
  }

  // ------------------------------------------------------------------------------------- asking

  @Override
  public void requestEverything() {
    ask = Ask.QUEUED;
    super.requestEverything();
  }

  @Override
  public boolean holdsTheirs() {
    return (ask == Ask.TOLD || inRoutine) && !lostSinceAsked();
  }

  private void askAgainInTime(long nowNanos) {
    if (config.compares() && (ask == Ask.SENT || ask == Ask.TOLD)) {
      long after = lostSinceAsked() ? AFTER_LOSS_NANOS : ROUTINE_NANOS;
      if (nowNanos - askedAtNanos >= after) {
        inRoutine = holdsTheirs();
        compare();
      }
    }
  }

  // ------------------------------------------------------------------------------------ sending

  @Override
  void sayAlive() {
    control(ALIVE, 0, 0);
  }

  @Override
  boolean send() {
    return sendControls() && sendChanged();
  }

  @Override
  void afterFill(boolean drained, long nowNanos) {
    if (ask == Ask.QUEUED && controls.isEmpty()) {
      ask = Ask.SENT;
      askedAtNanos = nowNanos;
      lostWhenAsked = counters.lost;
    }
    if (drained) {
      // Nothing confirms a deletion in this mode: it was told once.
      ours.forgetEnded(sentPosition);
    }
    askAgainInTime(nowNanos);
  }

  @Override
  int greeting() {
    return 0;
  }

  @Override
  void took(int kind, int flags, int reference, long value) {
    nextSequence++;
  }

  @Override
  public long acknowledgedPosition() {
    return sentPosition;
  }
}
