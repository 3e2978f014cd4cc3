package dev.holdfast.agent.firewall.core;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** What somebody else did to what is ours in one table. */
public final class Drift {

  private Drift() {}

  /**
   * One phrase for each difference; none when all is as it should be. A rule of others that leads
   * to one of our chains is theirs to add and to take away.
   *
   * @param expected as it was printed when it was right
   * @param found as it is printed now
   */
  public static List<String> between(RuleTable expected, RuleTable found) {
    List<String> phrases = new ArrayList<>();
    Map<String, Chain> before = expected.byName();
    Map<String, Chain> now = found.byName();
    for (Jump jump : expected.jumps()) {
      if (!found.jumps().contains(jump)) {
        phrases.add("the jump from " + jump.chain() + " was gone");
      }
    }
    TreeSet<String> names = new TreeSet<>(before.keySet());
    names.addAll(now.keySet());
    for (String name : names) {
      Chain old = before.get(name);
      Chain current = now.get(name);
      if (current == null) {
        phrases.add("chain " + name + " was gone");
      } else if (old == null) {
        phrases.add("chain " + name + " was new");
      } else if (!old.sameText(current)) {
        phrases.add("chain " + name + " was altered");
      }
    }
    return phrases.stream().map(phrase -> expected.key() + ": " + phrase).toList();
  }
}
