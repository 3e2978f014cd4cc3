package dev.holdfast.agent.firewall.core;

import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the comment in {@link Chain#GENERATION} says.
 *
 * @param generation the {@code metadata.generation} of the GatewayCluster
 * @param policy fingerprint of all rules of all tables, sixteen hexadecimal digits
 */
public record PolicyMark(long generation, String policy) {

  private static final Pattern FORM =
      Pattern.compile("generation ([0-9]{1,19}) policy ([0-9a-f]{16})");

  /** True when the rules are the same; the generation counts every edit of the resource. */
  public boolean samePolicy(PolicyMark other) {
    return policy.equals(other.policy);
  }

  /** The chain with this mark. */
  Chain chain() {
    String words = "generation " + generation + " policy " + policy;
    return new Chain(
        Chain.GENERATION,
        List.of(new RuleLine("-m comment --comment " + Words.quoted(words), "the generation")));
  }

  static Optional<PolicyMark> of(Chain chain) {
    for (RuleLine rule : chain.rules()) {
      Matcher matcher = FORM.matcher(rule.text());
      if (matcher.find()) {
        return Optional.of(new PolicyMark(Long.parseLong(matcher.group(1)), matcher.group(2)));
      }
    }
    return Optional.empty();
  }
}
