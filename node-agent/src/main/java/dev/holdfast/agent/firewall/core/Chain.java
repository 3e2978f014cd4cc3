package dev.holdfast.agent.firewall.core;

import java.util.List;

/** One chain of ours with its rules, in order. */
public record Chain(String name, List<RuleLine> rules) {

  /** What every chain of ours begins with. */
  public static final String PREFIX = "HOLDFAST-";

  /** Nothing jumps here: its one rule's comment says which policy this table belongs to. */
  public static final String GENERATION = PREFIX + "GENERATION";

  /** Where dropped packets end: a rate-limited log line, then the drop, whose counter we report. */
  public static final String LOG = PREFIX + "LOG";

  public Chain {
    rules = List.copyOf(rules);
  }

  /** True for the name of a chain of ours. */
  public static boolean isOurs(String name) {
    return name.startsWith(PREFIX);
  }

  /** The same rules, whatever they were made from. */
  public boolean sameText(Chain other) {
    return texts().equals(other.texts());
  }

  List<String> texts() {
    return rules.stream().map(RuleLine::text).toList();
  }
}
