package dev.holdfast.agent.firewall.core;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Rules of one table that packets of one hook would reach, to be loaded where no packet reaches
 * them. The legacy back end says only that the kernel refused a table; loading fewer and fewer of
 * its rules shows which one it meant.
 *
 * @param hook the built-in chain
 */
public record Rehearsal(TableKey key, String hook, List<RuleLine> rules) {

  private static final String SCRATCH = Chain.PREFIX + "REHEARSAL";

  /** An interface that nobody has. */
  private static final String NOWHERE = "holdfast-none";

  public Rehearsal {
    rules = List.copyOf(rules);
  }

  /** One for each built-in chain that the table is entered from. */
  public static List<Rehearsal> of(RuleTable table) {
    List<Rehearsal> rehearsals = new ArrayList<>();
    for (Jump jump : table.jumps()) {
      Map<String, Chain> reached = new LinkedHashMap<>();
      reach(table, new FoundTable.FoundRule(0, jump.text()).leadsTo(), reached);
      rehearsals.add(
          new Rehearsal(
              table.key(),
              jump.chain(),
              reached.values().stream().flatMap(chain -> chain.rules().stream()).toList()));
    }
    return rehearsals;
  }

  private static void reach(RuleTable table, String name, Map<String, Chain> reached) {
    if (reached.containsKey(name)) {
      return;
    }
    table
        .chain(name)
        .ifPresent(
            chain -> {
              reached.put(name, chain);
              chain
                  .rules()
                  .forEach(
                      rule ->
                          reach(
                              table, new FoundTable.FoundRule(0, rule.text()).leadsTo(), reached));
            });
  }

  /** Loads the first so many rules. */
  public String begin(int count) {
    StringBuilder text = new StringBuilder(frame());
    for (RuleLine rule : rules.subList(0, count)) {
      text.append("-A ").append(SCRATCH).append(' ').append(alone(rule)).append('\n');
    }
    return text.append("-A ").append(entry()).append("COMMIT\n").toString();
  }

  /** Takes them away again. */
  public String end() {
    return frame() + "-D " + entry() + "-X " + SCRATCH + "\nCOMMIT\n";
  }

  private String frame() {
    return "*" + key.table().text() + "\n:" + SCRATCH + " - [0:0]\n";
  }

  private String entry() {
    String direction = hook.equals("OUTPUT") || hook.equals("POSTROUTING") ? " -o " : " -i ";
    return hook + direction + NOWHERE + " -j " + SCRATCH + "\n";
  }

  /** The rule without its way to another chain of ours, which is not there. */
  private static String alone(RuleLine rule) {
    String target = new FoundTable.FoundRule(0, rule.text()).leadsTo();
    return Chain.isOurs(target)
        ? rule.text().substring(0, Math.max(0, rule.text().lastIndexOf("-j ")))
        : rule.text();
  }
}
