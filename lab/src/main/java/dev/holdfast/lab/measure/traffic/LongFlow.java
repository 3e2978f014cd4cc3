package dev.holdfast.lab.measure.traffic;

import dev.holdfast.lab.measure.judge.FlowEnd;
import dev.holdfast.lab.measure.judge.FlowKind;
import dev.holdfast.lab.measure.judge.FlowRecord;
import dev.holdfast.lab.measure.judge.Span;
import java.nio.channels.SocketChannel;

/** A long flow as its client sees it. Times: nanoseconds since the origin. */
final class LongFlow extends MessageChannel {

  private final FlowPlan plan;
  private final TcpClient client;
  private long toSend;
  private long expected;
  private int serverId = -1;
  private long lastDataNanos;
  private long pauseFromNanos;
  private long pauseToNanos;
  private FlowEnd end = FlowEnd.OPEN;
  private long endNanos = Long.MAX_VALUE;

  LongFlow(SocketChannel channel, FlowPlan plan, TcpClient client) {
    super(channel);
    this.plan = plan;
    this.client = client;
  }

  FlowPlan plan() {
    return plan;
  }

  /** The number of the next message of an echo flow; it counts once it was sent. */
  long toSend() {
    return toSend;
  }

  void sent() {
    toSend++;
  }

  @Override
  void message(int id, long number) {
    if (number != expected || serverId >= 0 && id != serverId) {
      end(FlowEnd.CORRUPT);
    }
    serverId = id;
    expected++;
    long nowNanos = client.nowNanos();
    long armedNanos = client.armedNanos();
    if (armedNanos != TcpClient.NOT_ARMED) {
      measurePause(Math.max(lastDataNanos, armedNanos), nowNanos);
    }
    lastDataNanos = nowNanos;
  }

  private void measurePause(long fromNanos, long toNanos) {
    if (toNanos - fromNanos > pauseToNanos - pauseFromNanos) {
      pauseFromNanos = fromNanos;
      pauseToNanos = toNanos;
    }
  }

  /** The first end counts. */
  void end(FlowEnd how) {
    if (end == FlowEnd.OPEN) {
      end = how;
      endNanos = client.nowNanos();
    }
  }

  boolean isOpen() {
    return end == FlowEnd.OPEN;
  }

  boolean hasData() {
    return expected > 0;
  }

  long lastDataNanos() {
    return lastDataNanos;
  }

  /** As both ends saw it until a moment; what came later is our own closing. */
  FlowRecord record(FarEnd server, long untilNanos) {
    FlowEnd near = endNanos < untilNanos ? end : FlowEnd.OPEN;
    boolean far = near == FlowEnd.OPEN && server.wasReset(serverId, untilNanos);
    FlowEnd both = far ? FlowEnd.RESET : near;
    return new FlowRecord(
        plan.service(),
        plan.kind(),
        plan.family(),
        plan.intervalMillis() * 1_000_000L,
        plan.judged(),
        both,
        lastDataNanos,
        new Span(pauseFromNanos, pauseToNanos),
        expected);
  }

  boolean isEcho() {
    return plan.kind() == FlowKind.ECHO;
  }
}
