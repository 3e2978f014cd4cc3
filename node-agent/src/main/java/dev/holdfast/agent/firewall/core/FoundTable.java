package dev.holdfast.agent.firewall.core;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One table as iptables-save printed it.
 *
 * @param chains name to rules, in order of appearance; built-in ones and others' too
 */
public record FoundTable(TableKey key, Map<String, List<FoundRule>> chains) {

  /**
   * One rule that was found.
   *
   * @param packets its counter; 0 when counters were not asked for
   * @param text what follows {@code -A CHAIN }
   */
  public record FoundRule(long packets, String text) {

    /** The chain that it leads to, or an empty text. */
    String leadsTo() {
      String[] words = text.split(" ", -1);
      for (int i = words.length - 2; i >= 0; i--) {
        if (words[i].equals("-j") || words[i].equals("-g")) {
          return words[i + 1];
        }
      }
      return "";
    }
  }

  public FoundTable {
    Map<String, List<FoundRule>> copy = new LinkedHashMap<>();
    chains.forEach((name, rules) -> copy.put(name, List.copyOf(rules)));
    chains = Collections.unmodifiableMap(copy);
  }

  /** A table in which nothing is. */
  public static FoundTable empty(TableKey key) {
    return new FoundTable(key, Map.of());
  }

  /** What is ours in it: our chains, and every rule of others' chains that leads to one. */
  public RuleTable ours() {
    List<Chain> ours = new ArrayList<>();
    List<Jump> jumps = new ArrayList<>();
    chains.forEach(
        (name, rules) -> {
          if (Chain.isOurs(name)) {
            ours.add(
                new Chain(name, rules.stream().map(rule -> RuleLine.found(rule.text())).toList()));
          } else {
            rules.stream()
                .filter(rule -> Chain.isOurs(rule.leadsTo()))
                .forEach(rule -> jumps.add(new Jump(name, rule.text())));
          }
        });
    return new RuleTable(key, ours, jumps);
  }

  /** Packets that were dropped by {@link Chain#LOG} since it was last written. */
  public long dropped() {
    return chains.getOrDefault(Chain.LOG, List.of()).stream()
        .filter(rule -> rule.text().equals("-j DROP"))
        .mapToLong(FoundRule::packets)
        .sum();
  }

  /** Number of rules that are not ours. */
  public int rulesOfOthers() {
    int count = 0;
    for (Map.Entry<String, List<FoundRule>> chain : chains.entrySet()) {
      if (!Chain.isOurs(chain.getKey())) {
        for (FoundRule rule : chain.getValue()) {
          count += Chain.isOurs(rule.leadsTo()) ? 0 : 1;
        }
      }
    }
    return count;
  }
}
