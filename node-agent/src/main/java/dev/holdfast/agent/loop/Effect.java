package dev.holdfast.agent.loop;

import dev.holdfast.agent.role.core.Asked;
import dev.holdfast.agent.role.core.NextHop;
import dev.holdfast.agent.role.core.Segment;
import dev.holdfast.agent.role.core.Sighting;
import dev.holdfast.agent.role.core.Transition;
import dev.holdfast.agent.role.core.VirtualAddress;
import dev.holdfast.agent.vrrp.wire.Advert;
import dev.holdfast.api.addr.IpAddress;
import java.util.List;

/**
 * What the agent wants done. The shell performs effects in the order in which they were given, and
 * does not begin one before the one before it has ended.
 */
public sealed interface Effect {

  /**
   * Send one advert to the group, or to every peer where adverts are unicast.
   *
   * @param source our own address on the segment: it is what others break ties by
   */
  record SendAdvert(Segment segment, Advert advert, IpAddress source) implements Effect {}

  /**
   * Bring the peers' flows into the kernel. Answered by {@link AgentEvent.FlowsCommitted}, also
   * when there is nothing to do.
   *
   * @param takeover goes into the answer
   * @param withinNanos after that long the core goes on without an answer
   */
  record CommitFlows(long takeover, long withinNanos) implements Effect {}

  /**
   * Tell a peer every change of ours and ask it to bring them into its kernel. Answered by {@link
   * AgentEvent.BarrierAnswered} once it has.
   */
  record AskBarrier(String node) implements Effect {}

  /**
   * Take the addresses, each with its limited lifetime; one that is there already gets a new
   * lifetime. Answered by {@link AgentEvent.AddressesClaimed}, after an {@link
   * AgentEvent.AddressRefused} for each that could not be had.
   */
  record ClaimAddresses(long takeover, List<VirtualAddress> addresses) implements Effect {}

  /**
   * Give the addresses a new lifetime; put back one that is missing. Not answered, unless one is
   * refused.
   */
  record RenewAddresses(List<VirtualAddress> addresses) implements Effect {}

  /** Gratuitous ARP or unsolicited neighbour advertisement, one for each address. */
  record Announce(List<VirtualAddress> addresses) implements Effect {}

  /** Give the addresses up; one that is not there is no failure. Not answered. */
  record WithdrawAddresses(List<VirtualAddress> addresses) implements Effect {}

  /** Ask, by ARP or ND, whether a next hop is there. Answered by it, if it is. */
  record AskNextHop(NextHop hop) implements Effect {}

  /** Answers {@link AgentEvent.HandoverAsked}; the sentence is for a person. */
  record AnswerHandover(long request, boolean done, String sentence) implements Effect {}

  /** Keep this for the next start of the agent. */
  record Remember(Asked asked) implements Effect {}

  /** The role has changed and what belongs to it is done: log, status, hooks. */
  record Report(Transition transition) implements Effect {}

  /** Something odd was seen for the first time in a while: log, event. */
  record Warn(Sighting sighting, String subject, String detail) implements Effect {}

  /** Everything is given up: the agent may end. */
  record Finish() implements Effect {}
}
