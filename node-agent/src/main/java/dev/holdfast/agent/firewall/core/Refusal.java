package dev.holdfast.agent.firewall.core;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What an iptables program said when it refused a text, and which of our rules it meant. */
public final class Refusal {

  private static final Pattern LINE = Pattern.compile("line:? ([0-9]{1,7})");

  private Refusal() {}

  /** The number of the line that the program complained about, counted from 1. */
  public static OptionalInt line(String errors) {
    OptionalInt line = OptionalInt.empty();
    Matcher matcher = LINE.matcher(errors);
    while (matcher.find()) {
      line = OptionalInt.of(Integer.parseInt(matcher.group(1)));
    }
    return line;
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

  /** The program's words on one line, without its hints how to use it. */
  public static String words(String errors) {
    List<String> lines =
        errors
            .lines()
            .map(String::strip)
            .filter(line -> !line.isEmpty())
            .filter(line -> !line.startsWith("Try `") && !line.startsWith("# Warning"))
            .filter(line -> !line.startsWith("Error occurred at line"))
            .toList();
    return String.join(" ", lines);
  }
}
