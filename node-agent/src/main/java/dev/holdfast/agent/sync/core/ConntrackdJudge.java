package dev.holdfast.agent.sync.core;

/**
 * What can be known of a conntrackd on the other end: whether it is heard, whether it holds our
 * flows, whether we hold its.
 *
 * <p>It speaks at least once a second, and acknowledges what it got when it has been quiet for a
 * second or has got a window's worth. So under traffic there is always something that is not
 * acknowledged: it counts as holding ours while no change has waited longer than three seconds. Not
 * so one that has begun anew: first it must confirm all that there was then. Where nobody
 * acknowledges (NOTRACK), what was sent to a peer that is heard counts.
 *
 * <p>That we hold theirs is a statement that lasts as on the sealed link, see {@link Lasting}:
 * under traffic there is always a flow that is not in our kernel yet.
 */
public final class ConntrackdJudge {
  private static final long MILLI_NANOS = 1_000_000L;
  private static final long SILENT_NANOS = 5_000 * MILLI_NANOS;
  private static final long LAG_NANOS = 3_000 * MILLI_NANOS;

  /** Judging costs a walk over what is in flight. */
  public static final long EVERY_NANOS = 100 * MILLI_NANOS;

  private final LagMeter lag;
  private final Lasting held = new Lasting();
  private long judgeAtNanos;
  private boolean begun;
  private boolean heard;
  private boolean weHoldTheirs;
  private boolean peerHoldsOurs;

  public ConntrackdJudge(long nowNanos) {
    lag = new LagMeter(nowNanos);
    judgeAtNanos = nowNanos;
  }

  /**
   * Looks again, if it is time to.
   *
   * @param newest position of our newest change
   * @param weHold we have everything that the peer told, and it has told everything
   * @return true at first, and when something is not as it was
   */
  public boolean judge(ConntrackdMachine machine, long newest, boolean weHold, long nowNanos) {
    lag.newest(newest, nowNanos);
    boolean nowHeard = machine.silentNanos(nowNanos) < SILENT_NANOS;
    boolean nowWeHold = held.judge(nowHeard && weHold, nowHeard, nowNanos);
    if (judgeAtNanos - nowNanos > 0) {
      return false;
    }
    judgeAtNanos = nowNanos + EVERY_NANOS;
    long acknowledged = machine.acknowledgedPosition();
    lag.acknowledged(acknowledged, nowNanos);
    boolean nowPeerHolds =
        machine.peerHasBegun(acknowledged) && nowHeard && lag.lagNanos(nowNanos) < LAG_NANOS;
    boolean changed =
        !begun || nowHeard != heard || nowWeHold != weHoldTheirs || nowPeerHolds != peerHoldsOurs;
    begun = true;
    heard = nowHeard;
    weHoldTheirs = nowWeHold;
    peerHoldsOurs = nowPeerHolds;
    return changed;
  }

  /** It has said something within five seconds. */
  public boolean heard() {
    return heard;
  }

  public boolean weHoldTheirs() {
    return weHoldTheirs;
  }

  public boolean peerHoldsOurs() {
    return peerHoldsOurs;
  }

  /** How long the oldest change that the peer has not acknowledged has been waiting. */
  public long lagMillis(long nowNanos) {
    return lag.lagNanos(nowNanos) / MILLI_NANOS;
  }

  /** The state of the link in one word. */
  public String word() {
    if (!heard) {
      return "silent";
    }
    return weHoldTheirs && peerHoldsOurs ? "up" : "syncing";
  }
}
