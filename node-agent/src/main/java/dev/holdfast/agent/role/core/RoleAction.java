package dev.holdfast.agent.role.core;

import java.util.List;

/** What the role wants done, in order. */
public sealed interface RoleAction {

  // For the virtual routers.

  record StartPath(Segment segment) implements RoleAction {}

  record StopPath(Segment segment) implements RoleAction {}

  /** Be active: an advert leaves now. */
  record Elect(Segment segment) implements RoleAction {}

  /** Be backup; {@code resigns}: after an advert of priority zero. */
  record Depose(Segment segment, boolean resigns) implements RoleAction {}

  /** The active router resigned on another segment; here it was last heard at this time. */
  record Hasten(Segment segment, long heardAtNanos) implements RoleAction {}

  /** All active virtual routers listen for one interval before they go on. */
  record ListenFirst() implements RoleAction {}

  /** Our priority in adverts and elections, from now on. */
  record SetPriority(int priority) implements RoleAction {}

  /** Whether weaker routers' adverts count (only beside foreign speakers they may not). */
  record SetPreempts(boolean preempts) implements RoleAction {}

  // For the outside.

  /**
   * Bring the peers' flows into the kernel; answered by {@link RoleEvent.FlowsCommitted}.
   *
   * @param takeover names this takeover in the answer
   * @param withinNanos after that time the addresses are claimed without an answer
   */
  record CommitFlows(long takeover, long withinNanos) implements RoleAction {}

  /**
   * Tell a peer every change of ours, and ask it to bring them into its kernel now; answered by
   * {@link RoleEvent.BarrierAnswered}.
   */
  record AskBarrier(String node) implements RoleAction {}

  /** Take the addresses; those already there get a new lifetime. */
  record ClaimAddresses(long takeover, List<VirtualAddress> addresses) implements RoleAction {}

  record Announce(List<VirtualAddress> addresses) implements RoleAction {}

  /** A new lifetime for the addresses that are held; one that is missing is put back. */
  record RenewAddresses(List<VirtualAddress> addresses) implements RoleAction {}

  /** Give the addresses up; those not there are no failure. */
  record WithdrawAddresses(List<VirtualAddress> addresses) implements RoleAction {}

  /** Answers {@link RoleEvent.HandoverAsked}; the sentence is for a person. */
  record AnswerHandover(long request, boolean done, String sentence) implements RoleAction {}

  /** Keep this for the next start of the agent. */
  record Remember(Asked asked) implements RoleAction {}

  /** The role has changed, and everything that belongs to it has been done. */
  record Report(Transition transition) implements RoleAction {}

  record Note(Sighting sighting, String subject, String detail) implements RoleAction {}

  /** Everything is given up: the agent may end. */
  record Finish() implements RoleAction {}
}
