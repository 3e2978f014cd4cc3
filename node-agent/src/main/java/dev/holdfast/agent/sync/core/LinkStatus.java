package dev.holdfast.agent.sync.core;

import dev.holdfast.agent.sync.wire.RouterState;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One link, for people and metrics.
 *
 * @param peer the other router
 * @param state how the link is
 * @param path the network that the flows take, null for none
 * @param heardOn networks on which the peer is heard
 * @param attachedTo networks on which it is heard or should be, best first
 * @param positionSent up to where our flows were sent
 * @param positionAcknowledged up to where the peer holds them
 * @param positionNewest our newest change
 * @param peerHoldsOurs the peer holds all our flows
 * @param weHoldTheirs we hold all flows of the peer, by its own word
 * @param lagMillis how long the oldest change that the peer does not hold has been waiting
 * @param lost frames of ours that did not arrive
 * @param resent flows told again because of that
 * @param rttMicros round trip of a frame and its answer, smoothed
 * @param peerState what the peer said of itself last
 */
public record LinkStatus(
    String peer,
    State state,
    @Nullable String path,
    List<String> heardOn,
    List<String> attachedTo,
    long positionSent,
    long positionAcknowledged,
    long positionNewest,
    boolean peerHoldsOurs,
    boolean weHoldTheirs,
    long lagMillis,
    long lost,
    long resent,
    long rttMicros,
    RouterState peerState) {

  /** How a link is. */
  public enum State {
    /** The peer is not heard. */
    SILENT,
    /** The peer is heard, and a session is being begun. */
    HEARD,
    /** The peer speaks no version of the messages that we speak. */
    INCOMPATIBLE,
    /** Flows go, and one of the two does not hold all of the other's yet. */
    SYNCING,
    /** Each holds all flows of the other. */
    IN_SYNC
  }

  public LinkStatus {
    heardOn = List.copyOf(heardOn);
    attachedTo = List.copyOf(attachedTo);
  }
}
