package dev.holdfast.agent.firewall.core;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * What turns one table as found into one as wanted, in one atomic restore.
 *
 * <p>A chain is rewritten as a whole or not named at all, so that the counters of what stays the
 * same live on. Jumps are added when they are not there and taken away when they lead to a chain
 * that goes; those that are there stay where they are.
 *
 * @param key the table
 * @param lines for {@code iptables-restore --noflush}, {@code *table} to {@code COMMIT}; each with
 *     what it was made from
 */
public record TableChange(TableKey key, List<RuleLine> lines) {

  public TableChange {
    lines = List.copyOf(lines);
  }

  /** Writes every chain anew. */
  public static TableChange of(RuleTable wanted, FoundTable found) {
    return of(wanted, found, RuleTable.empty(wanted.key()));
  }

  /**
   * @param wanted what is to be there
   * @param found what is there
   * @param same chains that are known to be there already as they are wanted; left as they are
   */
  public static TableChange of(RuleTable wanted, FoundTable found, RuleTable same) {
    RuleTable ours = found.ours();
    List<RuleLine> lines = new ArrayList<>();
    Map<String, Chain> wantedChains = wanted.byName();
    Map<String, Chain> sameChains = same.byName();
    TreeSet<String> gone = new TreeSet<>(ours.byName().keySet());
    gone.removeAll(wantedChains.keySet());

    for (Chain chain : wanted.chains()) {
      if (!sameChains.containsKey(chain.name())) {
        lines.add(declaration(chain.name()));
      }
    }
    gone.forEach(name -> lines.add(declaration(name)));
    for (Chain chain : wanted.chains()) {
      if (!sameChains.containsKey(chain.name())) {
        chain.rules().forEach(rule -> lines.add(appended(chain, rule)));
      }
    }
    for (Jump jump : ours.jumps()) {
      if (leadsToOneOf(jump, gone)) {
        lines.add(plain("-D " + jump.chain() + " " + jump.text()));
      }
    }
    for (Jump jump : wanted.jumps()) {
      if (!ours.jumps().contains(jump)) {
        lines.add(plain("-I " + jump.chain() + " 1 " + jump.text()));
      }
    }
    gone.forEach(name -> lines.add(plain("-X " + name)));
    return new TableChange(wanted.key(), lines.isEmpty() ? lines : framed(wanted.key(), lines));
  }

  private static boolean leadsToOneOf(Jump jump, TreeSet<String> chains) {
    return chains.contains(new FoundTable.FoundRule(0, jump.text()).leadsTo());
  }

  private static RuleLine declaration(String chain) {
    return plain(":" + chain + " - [0:0]");
  }

  private static RuleLine appended(Chain chain, RuleLine rule) {
    return new RuleLine("-A " + chain.name() + " " + rule.text(), rule.origin());
  }

  private static RuleLine plain(String text) {
    return new RuleLine(text, "");
  }

  private static List<RuleLine> framed(TableKey key, List<RuleLine> lines) {
    List<RuleLine> framed = new ArrayList<>(lines.size() + 2);
    framed.add(plain("*" + key.table().text()));
    framed.addAll(lines);
    framed.add(plain("COMMIT"));
    return framed;
  }

  /** True when there is nothing to do. */
  public boolean isEmpty() {
    return lines.isEmpty();
  }

  /** The text for iptables-restore. */
  public String text() {
    StringBuilder text = new StringBuilder();
    lines.forEach(line -> text.append(line.text()).append('\n'));
    return text.toString();
  }

  /**
   * The line of that number in {@link #text()}.
   *
   * @param number counted from 1
   */
  public Optional<RuleLine> line(int number) {
    return number >= 1 && number <= lines.size()
        ? Optional.of(lines.get(number - 1))
        : Optional.empty();
  }
}
