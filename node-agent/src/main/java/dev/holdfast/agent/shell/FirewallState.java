package dev.holdfast.agent.shell;

import dev.holdfast.agent.firewall.core.ConfirmMachine.Trial;
import dev.holdfast.agent.firewall.core.PolicyMark;
import dev.holdfast.agent.firewall.core.RuleTable;
import dev.holdfast.agent.firewall.core.Ruleset;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the firewall keeps on disk.
 *
 * @param bootId of the kernel that all this is about
 * @param applying a change that is being made; there only during it, and after a crash in it
 * @param standing the policy that was applied last
 * @param onTrial it is not confirmed yet
 * @param rolledBack the policy that was not confirmed; it is not tried again
 */
record FirewallState(
    String bootId,
    @Nullable Applying applying,
    @Nullable Standing standing,
    @Nullable OnTrial onTrial,
    @Nullable PolicyMark rolledBack) {

  FirewallState {
    Objects.requireNonNull(bootId, "a file without bootId");
  }

  /**
   * A change that is being made.
   *
   * @param mark the policy that is applied
   * @param before what was ours in all tables before it
   */
  record Applying(PolicyMark mark, List<RuleTable> before) {
    Applying {
      before = List.copyOf(before);
    }
  }

  /**
   * A policy that was applied.
   *
   * @param wanted as it was loaded
   * @param found as iptables-save printed it right after, which is what drift is measured by: how a
   *     rule is printed differs between versions and hosts
   */
  record Standing(Ruleset wanted, List<RuleTable> found) {
    Standing {
      found = List.copyOf(found);
    }
  }

  /**
   * A policy that is not confirmed.
   *
   * @param before what comes back when it fails
   */
  record OnTrial(Trial trial, Ruleset before) {}

  static FirewallState empty(String bootId) {
    return new FirewallState(bootId, null, null, null, null);
  }

  FirewallState applying(@Nullable Applying change) {
    return new FirewallState(bootId, change, standing, onTrial, rolledBack);
  }

  FirewallState standing(@Nullable Standing policy) {
    return new FirewallState(bootId, applying, policy, onTrial, rolledBack);
  }

  FirewallState onTrial(@Nullable OnTrial policy) {
    return new FirewallState(bootId, applying, standing, policy, rolledBack);
  }

  FirewallState rolledBack(@Nullable PolicyMark mark) {
    return new FirewallState(bootId, applying, standing, onTrial, mark);
  }

  Optional<Standing> standingPolicy() {
    return Optional.ofNullable(standing);
  }
}
