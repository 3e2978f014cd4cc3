package dev.holdfast.lab.measure.traffic;

import dev.holdfast.lab.measure.judge.ConnectionRecord;
import dev.holdfast.lab.measure.judge.ConnectionRecord.Outcome;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/** One new connection on trial: connect, a message each way, close. */
final class ShortConnection extends MessageChannel {

  private final long beginNanos;
  private @Nullable ConnectionRecord result;
  private boolean answered;

  ShortConnection(SocketChannel channel, long beginNanos) {
    super(channel);
    this.beginNanos = beginNanos;
  }

  @Override
  void message(int id, long number) {
    answered = true;
  }

  long beginNanos() {
    return beginNanos;
  }

  boolean answered() {
    return answered;
  }

  /** The first outcome counts. */
  void decided(Outcome outcome, long nowNanos) {
    if (result == null) {
      result = new ConnectionRecord(beginNanos, outcome, nowNanos - beginNanos);
    }
  }

  @Nullable ConnectionRecord result() {
    return result;
  }
}
