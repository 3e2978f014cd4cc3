package dev.holdfast.agent.shell;

import dev.holdfast.agent.firewall.core.Party;
import dev.holdfast.agent.firewall.core.PolicyMark;
import java.util.Set;

/** What happened to the policy, for the agent's loop. */
public sealed interface FirewallEvent {

  /**
   * The wanted policy stands in the kernel.
   *
   * @param changed false: it stood there already
   */
  record Applied(PolicyMark mark, boolean changed, long tookMillis) implements FirewallEvent {}

  /** The wanted policy was refused; the one before stands as it did. It is tried again. */
  record Refused(PolicyMark mark, String sentence) implements FirewallEvent {}

  /**
   * Something of ours was gone or altered, and is as it should be again. Told at most once a
   * minute.
   *
   * @param repairs how many since the last time that it was told
   */
  record DriftRepaired(String what, long repairs) implements FirewallEvent {}

  /** The policy is on trial: all of these must be heard again. */
  record OnTrial(PolicyMark mark, Set<Party> missing) implements FirewallEvent {}

  /** Everyone was heard again: the policy stays. */
  record Confirmed(PolicyMark mark) implements FirewallEvent {}

  /** Somebody was not heard again: the policy before stands, and this one is not tried again. */
  record RolledBack(PolicyMark mark, Set<Party> missing) implements FirewallEvent {}

  /** Others have rules in both back ends. */
  record MixedBackEnds(String sentence) implements FirewallEvent {}

  /** The tables cannot be read or written at all; tried again. */
  record Failed(String sentence) implements FirewallEvent {}
}
