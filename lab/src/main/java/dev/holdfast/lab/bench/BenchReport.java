package dev.holdfast.lab.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.lab.measure.judge.Summary;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** All tables of one call, for people and for programs. */
final class BenchReport {

  private static final String ABSENT = "-";

  private BenchReport() {}

  /** One table: bench and quantity at the left, then a column each, then the ratios. */
  static String text(List<BenchTable> tables) {
    var lines = new ArrayList<List<String>>();
    for (BenchTable table : tables) {
      lines.add(head(table));
      table.rows().forEach(row -> lines.add(line(table, row)));
      lines.add(List.of());
    }
    var out = new StringBuilder();
    int[] widths = widths(lines);
    for (List<String> line : lines) {
      var padded = new StringBuilder();
      for (int i = 0; i < line.size(); i++) {
        padded.append(line.get(i)).repeat(' ', widths[i] + 2 - line.get(i).length());
      }
      out.append(padded.toString().stripTrailing()).append('\n');
    }
    tables.stream()
        .flatMap(table -> table.remarks().stream())
        .forEach(remark -> out.append("Note: ").append(remark).append('\n'));
    return out.toString();
  }

  private static List<String> head(BenchTable table) {
    var cells = new ArrayList<String>();
    cells.add(table.name());
    table.contestants().forEach(contestant -> cells.add(contestant + " (least - most) n"));
    table.contestants().stream().skip(1).forEach(other -> cells.add("ratio to " + other));
    return cells;
  }

  private static List<String> line(BenchTable table, BenchTable.Row row) {
    var cells = new ArrayList<String>();
    cells.add("  " + row.quantity() + (row.unit().isEmpty() ? "" : ", " + row.unit()));
    for (String contestant : table.contestants()) {
      cells.add(row.of(contestant).map(summary -> cell(row, summary)).orElse(ABSENT));
    }
    table.contestants().stream()
        .skip(1)
        .forEach(other -> cells.add(ratio(table, row, other).orElse(ABSENT)));
    return cells;
  }

  private static String cell(BenchTable.Row row, Summary summary) {
    int decimals = row.unit().isEmpty() ? 0 : 1;
    return number(summary.median(), decimals)
        + " ("
        + number(summary.min(), decimals)
        + " - "
        + number(summary.max(), decimals)
        + ") "
        + summary.count();
  }

  private static Optional<String> ratio(BenchTable table, BenchTable.Row row, String other) {
    return table.ratio(row, other).map(ratio -> number(ratio, ratio < 10 ? 2 : 0));
  }

  private static int[] widths(List<List<String>> lines) {
    int columns = lines.stream().mapToInt(List::size).max().orElse(0);
    int[] widths = new int[columns];
    for (List<String> line : lines) {
      for (int i = 0; i < line.size(); i++) {
        widths[i] = Math.max(widths[i], line.get(i).length());
      }
    }
    return widths;
  }

  private static String number(double value, int decimals) {
    return String.format(Locale.ROOT, "%." + decimals + "f", value);
  }

  static String json(List<BenchTable> tables) {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    ArrayNode benches = root.putArray("benches");
    for (BenchTable table : tables) {
      ObjectNode bench = benches.addObject();
      bench.put("name", table.name());
      ArrayNode rows = bench.putArray("rows");
      for (BenchTable.Row row : table.rows()) {
        rows.add(json(table, row));
      }
      ArrayNode remarks = bench.putArray("remarks");
      table.remarks().forEach(remarks::add);
    }
    try {
      return new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree of plain values cannot be written", e);
    }
  }

  private static ObjectNode json(BenchTable table, BenchTable.Row row) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("quantity", row.quantity());
    node.put("unit", row.unit());
    ObjectNode measured = node.putObject("measured");
    for (String contestant : table.contestants()) {
      Optional<Summary> summary = row.of(contestant);
      if (summary.isEmpty()) {
        measured.putNull(contestant);
      } else {
        measured
            .putObject(contestant)
            .put("median", summary.get().median())
            .put("min", summary.get().min())
            .put("max", summary.get().max())
            .put("n", summary.get().count());
      }
    }
    ObjectNode ratios = node.putObject("ratio");
    table.contestants().stream()
        .skip(1)
        .forEach(
            other ->
                table
                    .ratio(row, other)
                    .ifPresentOrElse(
                        ratio -> ratios.put(other, Math.round(ratio * 1000) / 1000.0),
                        () -> ratios.putNull(other)));
    return node;
  }
}
