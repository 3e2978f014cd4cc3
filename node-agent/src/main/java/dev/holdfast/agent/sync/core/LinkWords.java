package dev.holdfast.agent.sync.core;

import dev.holdfast.agent.sync.wire.HandoverMessage;
import dev.holdfast.agent.sync.wire.LinkMessageType;
import dev.holdfast.agent.sync.wire.Marker;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * What is said to a peer on every path and does not wait for a heartbeat: a barrier of ours, the
 * answer to one of the peer's, steps of a handover.
 */
final class LinkWords {
  private static final int STEPS_MAX = 8;

  final OwnBarrier ownBarrier = new OwnBarrier();
  final PeerBarrier peerBarrier = new PeerBarrier();

  private final List<HandoverMessage> steps = new ArrayList<>();
  private boolean urgent;

  /** Says a step of a handover, once; beyond {@value #STEPS_MAX} waiting ones it is left out. */
  void say(HandoverMessage step) {
    if (steps.size() < STEPS_MAX) {
      steps.add(step);
      urgent = true;
    }
  }

  /** Judges our barrier by what the peer holds now. */
  void judge(long acknowledgedPosition) {
    urgent |= ownBarrier.hurry(acknowledgedPosition);
  }

  /** Something waits that is for the next turn, not for the next heartbeat. */
  boolean urgent() {
    return urgent;
  }

  /** The same, or an answer that goes out with this turn. */
  boolean anyToSay() {
    return urgent || peerBarrier.answerDue();
  }

  /** Appends all of it. */
  void write(ByteBuffer into, long acknowledgedPosition) {
    if (ownBarrier.due(acknowledgedPosition)) {
      Marker.write(into, LinkMessageType.BARRIER, ownBarrier.number());
    }
    if (peerBarrier.answerDue()) {
      Marker.write(into, LinkMessageType.BARRIER_REACHED, peerBarrier.reached());
    }
    for (HandoverMessage step : steps) {
      step.write(into);
    }
  }

  /** It has gone out on every path. */
  void said() {
    steps.clear();
    urgent = false;
    peerBarrier.answerSent();
  }

  /** The peer's process is another one. */
  void peerRestarted() {
    ownBarrier.peerRestarted();
    peerBarrier.peerRestarted();
  }
}
