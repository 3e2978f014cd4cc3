package dev.holdfast.agent.firewall.core;

import java.util.Locale;
import java.util.Optional;

/**
 * The tables that we write, in the order in which they are loaded: a port is closed before its
 * translation goes, and translated only after it is open.
 */
public enum TableName {
  FILTER,
  MANGLE,
  NAT;

  /** The name as iptables writes it. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The table of that name, if it is one of ours. */
  public static Optional<TableName> of(String text) {
    for (TableName table : values()) {
      if (table.text().equals(text)) {
        return Optional.of(table);
      }
    }
    return Optional.empty();
  }
}
