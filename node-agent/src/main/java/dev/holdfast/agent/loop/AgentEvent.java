package dev.holdfast.agent.loop;

import dev.holdfast.agent.role.core.Fault;
import dev.holdfast.agent.role.core.Link;
import dev.holdfast.agent.role.core.NextHop;
import dev.holdfast.agent.role.core.Role;
import dev.holdfast.agent.role.core.RoleEvent;
import dev.holdfast.agent.role.core.Segment;
import dev.holdfast.agent.vrrp.wire.Decoded;
import dev.holdfast.agent.vrrp.wire.DropReason;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.MacAddress;

/** What can happen to the agent. */
public sealed interface AgentEvent {

  // Told by the loop itself.

  /** The time of {@link AgentCore#deadlineNanos()} has passed. Told after what arrived. */
  record DeadlineReached() implements AgentEvent {}

  /**
   * The loop did not turn for this long although it should have. Told before what arrived
   * meanwhile.
   */
  record Stalled(long nanos) implements AgentEvent {}

  // From the segments.

  /** An advert that passed the codec's checks. */
  record AdvertReceived(Segment segment, Decoded.Ok received) implements AgentEvent {}

  /**
   * Adverts for one of our virtual routers that did not pass, counted by the receiver; it tells
   * them together when there are many.
   */
  record AdvertsDropped(Segment segment, DropReason reason, IpAddress lastSource, long count)
      implements AgentEvent {}

  /** Another machine says, by ARP or ND, that this address is at its MAC. */
  record AddressClaimSeen(String network, IpAddress address, MacAddress mac)
      implements AgentEvent {}

  // From the kernel.

  /** A network's interface or the router's own addresses on it have changed. */
  record LinkChanged(String network, Link link) implements AgentEvent {}

  /** A virtual address was taken off an interface, and not by us. */
  record AddressLost(String network, IpAddress address) implements AgentEvent {}

  /** A fault that is watched for elsewhere (a next hop that does not answer) came or went. */
  record FaultChanged(Fault fault, boolean present) implements AgentEvent {}

  /** A next hop has answered {@link Effect.AskNextHop}. */
  record NextHopAnswered(NextHop hop) implements AgentEvent {}

  // Answers to effects.

  /** Answers {@link Effect.CommitFlows}. */
  record FlowsCommitted(long takeover) implements AgentEvent {}

  /** Answers {@link Effect.AskBarrier}. */
  record BarrierAnswered(String node) implements AgentEvent {}

  /**
   * Answers {@link Effect.ClaimAddresses}, after an {@link AddressRefused} for each address that
   * could not be had.
   */
  record AddressesClaimed(long takeover) implements AgentEvent {}

  /** The kernel would not take a virtual address, when it was claimed or renewed. */
  record AddressRefused(String network, IpAddress address, String why) implements AgentEvent {}

  // From the flow sync and the link.

  /** Whether this router holds every flow of the active one. */
  record SyncChanged(boolean inSync) implements AgentEvent {}

  /** Whether a peer that may take over holds every flow of this router. */
  record PeerSyncChanged(boolean inSync) implements AgentEvent {}

  /** A sign of life of a peer over the link. */
  record PeerHeard(String node) implements AgentEvent {}

  /** All paths of the link to a peer have been silent for too long. */
  record PeerSilent(String node) implements AgentEvent {}

  /** What a peer says of itself over the link. */
  record PeerReported(
      String node, Role role, int faults, boolean inSync, String successor, boolean stays)
      implements AgentEvent {}

  /** A peer's own address on a segment was learned. */
  record PeerAddressLearned(String node, Segment segment, IpAddress address)
      implements AgentEvent {}

  // From people.

  record ConfigChanged(ClusterConfig config) implements AgentEvent {}

  record MaintenanceChanged(boolean on) implements AgentEvent {}

  /**
   * Somebody asks that this router, the active one, gives the role away. Answered by {@link
   * Effect.AnswerHandover}.
   *
   * @param request names it in the answer; not 0
   * @param to as in {@link RoleEvent.HandoverAsked}
   */
  record HandoverAsked(long request, String to) implements AgentEvent {}

  /** The agent shall end. Its last effect will be {@link Effect.Finish}. */
  record StopRequested() implements AgentEvent {}
}
