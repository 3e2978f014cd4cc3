package dev.holdfast.agent.firewall.core;

/**
 * One rule.
 *
 * @param text what follows {@code -A CHAIN }, as iptables-save writes it
 * @param origin the part of the resource that it was made from, for sentences about it; empty when
 *     it was read from the kernel
 */
public record RuleLine(String text, String origin) {

  /** A rule as read from the kernel. */
  static RuleLine found(String text) {
    return new RuleLine(text, "");
  }
}
