package dev.holdfast.agent.firewall.core;

import dev.holdfast.api.addr.Family;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** One table of one family: what a restore changes as a whole. Order: the order of loading. */
public record TableKey(Family family, TableName table) implements Comparable<TableKey> {

  private static final Comparator<TableKey> ORDER =
      Comparator.comparing(TableKey::table).thenComparing(TableKey::family);

  /** All of them, in the order of loading. */
  public static List<TableKey> all() {
    return Stream.of(TableName.values())
        .flatMap(table -> Stream.of(Family.values()).map(family -> new TableKey(family, table)))
        .toList();
  }

  @Override
  public int compareTo(TableKey other) {
    return ORDER.compare(this, other);
  }

  /** Like {@code IPv4 filter}. */
  @Override
  public String toString() {
    return (family == Family.IPV4 ? "IPv4 " : "IPv6 ") + table.text();
  }
}
