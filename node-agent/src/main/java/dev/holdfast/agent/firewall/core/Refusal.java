package dev.holdfast.agent.firewall.core;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What an iptables program said when it refused a text, and which of our rules it meant. */
public final class Refusal {

  private static final Pattern LINE = Pattern.compile("line:? ([0-9]{1,7})");

  private Refusal() {}

  /**
   * The number of the first line that the program complained about, counted from 1. The nft back
   * end complains about every line behind it as well.
   */
  public static OptionalInt line(String errors) {
    Matcher matcher = LINE.matcher(errors);
    return matcher.find()
        ? OptionalInt.of(Integer.parseInt(matcher.group(1)))
        : OptionalInt.empty();
  }

  /** One sentence: the table, the part of the resource, the program's own words, the rule. */
  public static String sentence(TableChange change, String errors) {
    return sentence(
        change, line(errors).stream().boxed().findFirst().flatMap(change::line), errors);
  }

  /**
   * @param culprit the rule, when it is known
   */
  public static String sentence(TableChange change, Optional<RuleLine> culprit, String errors) {
    String words = words(errors);
    Optional<RuleLine> rule = culprit.filter(line -> !line.origin().isEmpty());
    return change.key()
        + rule.map(line -> ", " + line.origin()).orElse("")
        + ": "
        + (words.isEmpty() ? "refused without a word" : words)
        + rule.map(line -> " (rule: " + line.text() + ")").orElse("");
  }

  /**
   * The program's words on one line, without its hints how to use it, and only the first of those
   * about a line.
   */
  public static String words(String errors) {
    List<String> words = new ArrayList<>();
    boolean lineSaid = false;
    for (String line : errors.lines().map(String::strip).toList()) {
      boolean aboutLine = line.startsWith("line ");
      if (!line.isEmpty() && !isHint(line) && !(aboutLine && lineSaid)) {
        words.add(line);
      }
      lineSaid |= aboutLine;
    }
    return String.join(" ", words);
  }

  private static boolean isHint(String line) {
    return line.startsWith("Try `")
        || line.startsWith("# Warning")
        || line.startsWith("Error occurred at line");
  }
}
