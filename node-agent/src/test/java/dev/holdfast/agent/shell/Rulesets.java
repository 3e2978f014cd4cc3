package dev.holdfast.agent.shell;

import dev.holdfast.agent.firewall.core.Chain;
import dev.holdfast.agent.firewall.core.FirewallPlanner;
import dev.holdfast.agent.firewall.core.Policies;
import dev.holdfast.agent.firewall.core.RouterFacts;
import dev.holdfast.agent.firewall.core.RuleLine;
import dev.holdfast.agent.firewall.core.RuleTable;
import dev.holdfast.agent.firewall.core.Ruleset;
import dev.holdfast.agent.firewall.core.TableKey;
import dev.holdfast.agent.firewall.core.TableName;
import dev.holdfast.api.addr.Family;
import java.util.ArrayList;
import java.util.List;

/** Policies for tests on a real kernel. */
final class Rulesets {

  /** Passes every test, and is refused by the kernel: it belongs into PREROUTING. */
  static final RuleLine REFUSED_BY_THE_KERNEL =
      new RuleLine("-m rpfilter -m comment --comment planted -j RETURN", "the planted rule");

  private Rulesets() {}

  /** The article's, with more below {@code spec}. */
  static Ruleset article(String yaml) {
    return FirewallPlanner.plan(Policies.article(yaml), RouterFacts.NONE);
  }

  /** The article's with one port open from the WAN: another policy for each port. */
  static Ruleset open(int port) {
    return article(
        """
        firewall:
          input:
            - {name: ssh, from: LAN, protocol: TCP, ports: [22]}
            - {name: opened, from: WAN, protocol: TCP, ports: [%d]}
          forward:
            - {from: LAN, to: WAN}
            - {name: opened, from: WAN, to: LAN, protocol: UDP, ports: [%d]}
        nat:
          portForwards: [{port: %d, to: "192.168.0.50:80"}]
        """
            .formatted(port, port, port));
  }

  /** The same with one rule more at the beginning of a chain. */
  static Ruleset with(Ruleset ruleset, Family family, TableName name, String chain, RuleLine rule) {
    List<RuleTable> tables = new ArrayList<>();
    for (RuleTable table : ruleset.tables()) {
      if (!table.key().equals(new TableKey(family, name))) {
        tables.add(table);
        continue;
      }
      List<Chain> chains = new ArrayList<>();
      for (Chain each : table.chains()) {
        List<RuleLine> rules = new ArrayList<>(each.rules());
        if (each.name().equals(chain)) {
          rules.addFirst(rule);
        }
        chains.add(new Chain(each.name(), rules));
      }
      tables.add(new RuleTable(table.key(), chains, table.jumps()));
    }
    return new Ruleset(ruleset.mark(), ruleset.confirmSeconds(), tables);
  }
}
