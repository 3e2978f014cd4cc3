package dev.holdfast.agent.firewall.core;

import dev.holdfast.api.addr.Family;

/** A policy as a restore file. */
public final class RulesetText {

  private RulesetText() {}

  /**
   * What {@code iptables-restore --noflush} (or {@code ip6tables-restore}) would read on a router
   * that has nothing of ours yet.
   */
  public static String iptables(Ruleset ruleset, Family family) {
    StringBuilder text = new StringBuilder();
    for (RuleTable table : ruleset.tables()) {
      if (table.key().family() == family) {
        text.append(TableChange.of(table, FoundTable.empty(table.key())).text());
      }
    }
    return text.toString();
  }
}
