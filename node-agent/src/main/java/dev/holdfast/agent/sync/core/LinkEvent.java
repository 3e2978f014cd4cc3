package dev.holdfast.agent.sync.core;

import dev.holdfast.agent.sync.wire.HandoverMessage;
import dev.holdfast.agent.sync.wire.Hello;
import dev.holdfast.agent.sync.wire.RouterState;

/** What a link has to tell its owner. */
public sealed interface LinkEvent {

  /** The peer is heard again, on at least one path. */
  record LinkHeard() implements LinkEvent {}

  /** The peer was heard on no path for as long as it takes. */
  record LinkSilent() implements LinkEvent {}

  /** The peer is heard on one more path. */
  record PathHeard(String network) implements LinkEvent {}

  /** One path is silent; only when it was the last one, the link is. */
  record PathSilent(String network) implements LinkEvent {}

  /** The peer's process is another one: it holds nothing of ours, and its own table is new. */
  record PeerRestarted() implements LinkEvent {}

  /** The peer says something else of itself than before. */
  record PeerChanged(RouterState state) implements LinkEvent {}

  /** The peer proved who it is and where; worth keeping for the next start. */
  record PeerIdentified(Hello identity) implements LinkEvent {}

  /** The peer holds all our flows now, or no longer does. */
  record PeerHoldsOurs(boolean all) implements LinkEvent {}

  /** We hold all flows of the peer now, by its own word, or no longer do. */
  record WeHoldTheirs(boolean all) implements LinkEvent {}

  /** Everything that was told before the barrier is in the peer's kernel. */
  record BarrierAnswered(long number) implements LinkEvent {}

  /**
   * The peer asked for a barrier: everything up to this ticket must go to our kernel now, and
   * {@code SyncLinks.committed} must tell when it is there.
   */
  record CommitWanted(long ticket) implements LinkEvent {}

  /** A step of a handover arrived. It may arrive several times. */
  record HandoverReceived(HandoverMessage message) implements LinkEvent {}

  /** The peer speaks no version of the messages that we speak: no session until one is upgraded. */
  record Incompatible(int versionMin, int versionMax) implements LinkEvent {}
}
