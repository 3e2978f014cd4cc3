package dev.holdfast.agent.sync.core;

import dev.holdfast.agent.sync.wire.FlowsFrame;
import dev.holdfast.agent.sync.wire.FlowsReceived;
import dev.holdfast.agent.sync.wire.HandoverMessage;
import dev.holdfast.agent.sync.wire.Heartbeat;
import dev.holdfast.agent.sync.wire.Hello;
import java.nio.ByteBuffer;

/**
 * What a peer says, message by message; all of it well-formed. Mutable arguments are the reader's
 * and good only until the call ends.
 */
interface LinkMessages {

  /**
   * A sign of life.
   *
   * @param path on which network it came
   */
  void heartbeat(int path, Heartbeat heartbeat);

  /**
   * Flows of the peer.
   *
   * @param buffer holds them from where the frame says
   * @param end absolute, behind the last of them
   */
  void flows(FlowsFrame frame, ByteBuffer buffer, int end);

  /** Which of our frames arrived. */
  void flowsReceived(FlowsReceived answer, long nowNanos);

  /** Everything has been told since that stream's begin. */
  void everythingSent(long stream);

  /** The peer asks for a barrier. */
  void barrier(long number);

  /** The peer's kernel holds everything up to a barrier of ours. */
  void barrierReached(long number);

  /** Who and where the peer says that it is. */
  void identity(Hello hello);

  /** A step of a handover. */
  void handover(HandoverMessage message);
}
