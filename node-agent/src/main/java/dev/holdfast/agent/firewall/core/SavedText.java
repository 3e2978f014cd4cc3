package dev.holdfast.agent.firewall.core;

import dev.holdfast.agent.firewall.core.FoundTable.FoundRule;
import dev.holdfast.api.addr.Family;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads what iptables-save prints, with or without counters. */
public final class SavedText {

  private static final Pattern RULE =
      Pattern.compile("(?:\\[([0-9]{1,18}):[0-9]{1,20}] )?-A (\\S+) ?(.*)");

  private SavedText() {}

  /**
   * Reads the tables that we write. The rest is passed over, and so is every line that is none of
   * iptables-save's: it prints warnings too.
   */
  public static Map<TableName, FoundTable> parse(Family family, String text) {
    Map<TableName, FoundTable> tables = new EnumMap<>(TableName.class);
    Optional<TableName> table = Optional.empty();
    Map<String, List<FoundRule>> chains = new LinkedHashMap<>();
    for (String line : text.lines().toList()) {
      if (line.startsWith("*")) {
        table = TableName.of(line.substring(1));
        chains = new LinkedHashMap<>();
      } else if (line.startsWith(":")) {
        chains.put(line.substring(1).split(" ", 2)[0], new ArrayList<>());
      } else if (line.equals("COMMIT")) {
        if (table.isPresent()) {
          tables.put(table.get(), new FoundTable(new TableKey(family, table.get()), chains));
        }
        table = Optional.empty();
      } else {
        addRule(chains, line);
      }
    }
    return tables;
  }

  private static void addRule(Map<String, List<FoundRule>> chains, String line) {
    Matcher matcher = RULE.matcher(line);
    if (matcher.matches()) {
      String counter = matcher.group(1);
      chains
          .computeIfAbsent(matcher.group(2), _ -> new ArrayList<>())
          .add(
              new FoundRule(
                  counter == null ? 0 : Long.parseLong(counter), matcher.group(3).strip()));
    }
  }
}
