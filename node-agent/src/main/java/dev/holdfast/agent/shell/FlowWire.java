package dev.holdfast.agent.shell;

import dev.holdfast.agent.loop.AgentEvent;
import dev.holdfast.agent.role.core.Speakers;
import dev.holdfast.agent.sync.wire.HandoverMessage;
import dev.holdfast.agent.sync.wire.LinkKeys;
import dev.holdfast.api.v1alpha1.FlowSyncStatus;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * How flows reach the other routers, and how theirs come here: one for each protocol. It knows who
 * holds what; what is in this kernel, {@link KernelFlows} knows.
 *
 * <p>Owner: the loop's thread.
 */
sealed interface FlowWire extends AutoCloseable permits SealedWire, ConntrackdWire {

  /**
   * Another resource of the same router.
   *
   * @param keys of the sealed link; null with a protocol that has none
   */
  void reconfigure(GatewayNodeSpec spec, Speakers speakers, @Nullable LinkKeys keys);

  /** Interfaces or addresses have changed. */
  void refresh(long nowNanos);

  /** Takes what has arrived until there is no more, or until that time. */
  void receive(long nowNanos, long untilNanos);

  /** Sends what is due, and tells what the role must know. */
  void turn(long nowNanos, Consumer<AgentEvent> tell);

  /** The role was given away: what the peers have is asked for anew. */
  void roleGiven(long nowNanos);

  /** Says a step of a handover to a peer; nothing where the protocol has no word for it. */
  void say(String peer, HandoverMessage message);

  /** Asks a peer for a barrier; nothing where the protocol has no word for it. */
  void askBarrier(String peer);

  /**
   * The active router's number in the table, when we hold all that it told, so that what we hold
   * beyond its word is of an earlier life; {@link dev.holdfast.agent.flow.FlowTable#NONE} else.
   */
  int activePeer();

  /** When it wants a turn even if nothing happens until then. */
  long deadlineNanos(long nowNanos);

  /** The loop stood still for this long. */
  void stalled(long nanos);

  /** Each peer, in the words of the resource. */
  FlowSyncStatus status(long nowNanos);

  /** What a person should look at, a sentence each. */
  List<String> problems(long nowNanos);

  /** What of our flows the peers hold. */
  Protection protection();

  @Override
  void close();
}
