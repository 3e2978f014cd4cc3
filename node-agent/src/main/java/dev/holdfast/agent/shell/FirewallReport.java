package dev.holdfast.agent.shell;

import dev.holdfast.agent.firewall.core.BackEnd;
import dev.holdfast.agent.firewall.core.PolicyMark;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How the policy stands, for status and metrics.
 *
 * @param standing the policy in the kernel; null before the first
 * @param backEnd null before one was chosen
 * @param mixed others have rules in both back ends
 * @param driftRepaired how often something of ours was gone and put back, since the agent started
 * @param logHits packets that reached the log chains, since the agent started
 * @param onTrial it is not confirmed yet
 * @param problem what keeps the wanted policy from standing, one sentence; null when it stands
 */
public record FirewallReport(
    @Nullable PolicyMark standing,
    @Nullable BackEnd backEnd,
    boolean mixed,
    long driftRepaired,
    long logHits,
    boolean onTrial,
    @Nullable String problem) {

  /** Before anything is known. */
  static final FirewallReport NONE = new FirewallReport(null, null, false, 0, 0, false, null);

  /** What a person should look at, a sentence each. */
  List<String> problems() {
    Optional<String> mix =
        Optional.ofNullable(backEnd).filter(_ -> mixed).map(FirewallReport::sentenceOfMix);
    return Stream.concat(Optional.ofNullable(problem).stream(), mix.stream()).toList();
  }

  /**
   * @param ours the back end that we write to
   */
  static String sentenceOfMix(BackEnd ours) {
    return "both iptables back ends hold rules of others, and every packet is judged by both; ours"
        + " are in "
        + ours.text();
  }
}
