package dev.holdfast.agent.sync.core;

import java.nio.ByteBuffer;

/**
 * Sends our flows to one peer, and what we got of its own: at most {@value #BURST_FRAMES} frames at
 * once, then a millisecond for the network and for the peer's answers.
 */
final class FlowSender {
  private static final long BURST_NANOS = 1_000_000L;
  private static final int BURST_FRAMES = 32;

  private final OutStream out;
  private final InStream in;
  private final SealedSender sender;
  private long burstAtNanos;
  private boolean more;

  FlowSender(OutStream out, InStream in, SealedSender sender, long nowNanos) {
    this.out = out;
    this.in = in;
    this.sender = sender;
    this.burstAtNanos = nowNanos;
  }

  /**
   * Sends what is due; needs a session.
   *
   * @param path that flows take, -1 for none
   */
  void send(LinkSink sink, int path, long nowNanos) {
    more = false;
    if (path < 0) {
      return;
    }
    if (burstAtNanos - nowNanos <= 0) {
      sendBurst(sink, path, nowNanos);
    }
    more = out.maySend();
    if (in.answerDue()) {
      in.writeAnswer(sender.begin(path));
      sender.send(sink, path);
    }
  }

  private void sendBurst(LinkSink sink, int path, long nowNanos) {
    int frames = 0;
    while (frames < BURST_FRAMES && out.maySend()) {
      ByteBuffer plain = sender.begin(path);
      if (in.answerDue()) {
        in.writeAnswer(plain);
      }
      boolean filled = out.fill(plain, plain.position() == 0, nowNanos);
      if (plain.position() == 0) {
        break;
      }
      sender.send(sink, path);
      frames += filled ? 1 : 0;
    }
    if (frames > 0) {
      burstAtNanos = nowNanos + BURST_NANOS;
    }
  }

  /** When there is something to do for flows, or {@code otherwise}, whichever is earlier. */
  long deadlineNanos(long otherwise) {
    long deadline = more ? SyncLink.earlier(otherwise, burstAtNanos) : otherwise;
    return out.anyInFlight() ? SyncLink.earlier(deadline, out.overdueAtNanos()) : deadline;
  }
}
