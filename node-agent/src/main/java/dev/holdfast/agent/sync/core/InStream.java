package dev.holdfast.agent.sync.core;

import dev.holdfast.agent.sync.wire.ConntrackdCodec;
import dev.holdfast.agent.sync.wire.FlowsFrame;
import dev.holdfast.agent.sync.wire.FlowsReceived;
import dev.holdfast.agent.sync.wire.MessageDrop;
import dev.holdfast.agent.sync.wire.SyncMessage;
import java.nio.ByteBuffer;

/**
 * A peer's flows as they arrive. A frame is accepted when it is later than all accepted before; so
 * an older state of a flow never follows a newer one, and no frame waits for another.
 */
final class InStream {
  private final PeerFlows theirs;
  private final int peer;
  private final ConntrackdCodec codec;
  private final LinkCounters counters;
  private final SyncMessage message = new SyncMessage();

  /** What we answer; its fields are this stream's state. */
  private final FlowsReceived answer = new FlowsReceived();

  private boolean answerDue;

  InStream(PeerFlows theirs, int peer, ConntrackdCodec codec, LinkCounters counters) {
    this.theirs = theirs;
    this.peer = peer;
    this.codec = codec;
    this.counters = counters;
  }

  /** The peer is another process than before: its streams count anew. */
  void peerRestarted() {
    answer.begin(0);
    answer.everythingOf = 0;
    answer.again = 0;
    answerDue = false;
  }

  /** Applies the flows of a frame whose head was read. */
  void received(FlowsFrame frame, ByteBuffer buffer, int end) {
    answerDue = true;
    counters.framesReceived++;
    if (frame.stream > answer.stream) {
      beginStream(frame.stream);
    }
    if (frame.stream < answer.stream || frame.frame <= answer.last) {
      counters.framesLate++;
      return;
    }
    counters.framesMissed += frame.frame - answer.last - 1;
    answer.advance(frame.frame);
    int limit = buffer.limit();
    buffer.limit(end).position(frame.messagesAt);
    while (buffer.hasRemaining()) {
      MessageDrop drop = codec.next(buffer, message);
      if (drop == null) {
        drop = theirs.apply(peer, message, buffer);
      }
      if (drop == null) {
        counters.flowsReceived++;
      } else {
        counters.flowDrops.count(drop);
        if (drop.endsDatagram()) {
          break;
        }
      }
    }
    buffer.limit(limit);
  }

  private void beginStream(int stream) {
    answer.begin(stream);
    answer.again = 0;
    theirs.everythingBegins(peer);
  }

  /**
   * The peer says that everything of a stream has been told. It says so when all frames arrived, so
   * a stream that is new to us had none: the peer has no flows.
   */
  void everythingSent(long stream) {
    if (stream > answer.stream && stream <= Integer.MAX_VALUE) {
      beginStream((int) stream);
    }
    if (stream == answer.stream && stream != 0) {
      if (answer.everythingOf != answer.stream) {
        answer.everythingOf = answer.stream;
        theirs.everythingEnds(peer);
      }
      answerDue = true;
    }
  }

  /** Asks for everything from the beginning. */
  void askAgain() {
    answer.again = answer.stream;
    answerDue = answer.stream != 0;
  }

  /** Everything was asked for, and the peer has not begun to tell it. */
  boolean askingAgain() {
    return answer.again != 0;
  }

  /** The whole table of the peer, as it was at some moment since it began to tell, is here. */
  boolean complete() {
    return answer.stream != 0 && answer.everythingOf == answer.stream;
  }

  boolean answerDue() {
    return answerDue;
  }

  /** There is something that an answer could say. */
  boolean begun() {
    return answer.stream != 0;
  }

  void writeAnswer(ByteBuffer into) {
    answer.write(into);
    answerDue = false;
  }
}
