package dev.holdfast.agent.sync.core;

import dev.holdfast.agent.sync.wire.MessageDrop;
import dev.holdfast.agent.sync.wire.SyncMessage;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * <em>Theirs</em>: where a link puts the flows that its peer tells of.
 *
 * <p>What is applied here must then be written to the kernel (at once, or at a takeover); that is
 * counted by <em>tickets</em>: every change takes the next ticket, and the owner of the table tells
 * the links up to which ticket the kernel holds everything. Called by the one thread that owns the
 * table. No call allocates.
 */
public interface PeerFlows {

  /**
   * Applies one message of the conntrackd protocol: new replaces, updated merges or inserts, ended
   * removes, and ending an unknown one is nothing.
   *
   * @param peer number of the peer, from 0
   * @param message the header, of a flow or an expectation
   * @param datagram where the message lies; position and limit are not moved
   * @return null when it was understood; otherwise nothing was changed
   */
  @Nullable MessageDrop apply(int peer, SyncMessage message, ByteBuffer datagram);

  /** The peer begins to tell everything: what it does not name until the end has ended. */
  void everythingBegins(int peer);

  /** The peer has told everything since {@link #everythingBegins}: the rest of its flows goes. */
  void everythingEnds(int peer);

  /** Ticket of the newest change that this kernel should hold; 0 before the first. */
  long newestTicket();
}
