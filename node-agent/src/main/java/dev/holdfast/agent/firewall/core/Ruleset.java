package dev.holdfast.agent.firewall.core;

import java.util.ArrayList;
import java.util.List;

/**
 * A whole policy: what is ours in all tables of both families.
 *
 * @param mark which policy this is
 * @param confirmSeconds time within which everyone must be heard again after it was applied; 0:
 *     nobody needs to be
 * @param tables in the order of loading; a table that is not here is to hold nothing of ours
 */
public record Ruleset(PolicyMark mark, int confirmSeconds, List<RuleTable> tables) {

  public Ruleset {
    tables = List.copyOf(tables);
  }

  /** Marks the tables with the fingerprint of what they say. */
  static Ruleset marked(long generation, int confirmSeconds, List<RuleTable> unmarked) {
    PolicyMark mark = new PolicyMark(generation, Fingerprint.of(unmarked));
    List<RuleTable> tables = new ArrayList<>();
    for (RuleTable table : unmarked) {
      List<Chain> chains = new ArrayList<>(table.chains());
      chains.add(mark.chain());
      tables.add(new RuleTable(table.key(), chains, table.jumps()));
    }
    return new Ruleset(mark, confirmSeconds, tables);
  }

  /** What is ours in that table: nothing, when no table is here for it. */
  public RuleTable table(TableKey key) {
    return tables.stream()
        .filter(table -> table.key().equals(key))
        .findFirst()
        .orElse(RuleTable.empty(key));
  }

  /** Number of rules in all tables, jumps from built-in chains not counted. */
  public int rules() {
    return tables.stream()
        .flatMap(table -> table.chains().stream())
        .mapToInt(chain -> chain.rules().size())
        .sum();
  }
}
