package dev.holdfast.lab.bench;

import dev.holdfast.lab.measure.judge.Summary;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a bench measured.
 *
 * @param name of the bench
 * @param contestants the columns, ours first
 * @param remarks what a reader should know before he believes the figures
 */
public record BenchTable(
    String name, List<String> contestants, List<Row> rows, List<String> remarks) {

  public BenchTable {
    contestants = List.copyOf(contestants);
    rows = List.copyOf(rows);
    remarks = List.copyOf(remarks);
  }

  /**
   * One quantity.
   *
   * @param unit {@code ms}, {@code MiB}; empty for a count
   * @param summaries by contestant; absent where nothing was measured
   */
  public record Row(String quantity, String unit, Map<String, Summary> summaries) {

    public Row {
      summaries = Map.copyOf(summaries);
    }

    public Optional<Summary> of(String contestant) {
      return Optional.ofNullable(summaries.get(contestant));
    }
  }

  /** Ours divided by theirs, of the medians; empty where that means nothing. */
  public Optional<Double> ratio(Row row, String contestant) {
    Optional<Summary> ours = row.of(contestants.getFirst());
    Optional<Summary> theirs = row.of(contestant).filter(summary -> summary.median() != 0);
    return ours.flatMap(o -> theirs.map(t -> o.median() / t.median()));
  }

  /** Collects measurements as they come. */
  static final class Builder {
    private final String name;
    private final List<String> contestants;
    private final Map<String, Map<String, List<Double>>> values = new LinkedHashMap<>();
    private final Map<String, String> units = new LinkedHashMap<>();
    private final List<String> remarks = new ArrayList<>();

    Builder(String name, List<String> contestants) {
      this.name = name;
      this.contestants = List.copyOf(contestants);
    }

    /**
     * @param value null where it could not be measured
     */
    void add(String contestant, String quantity, String unit, @Nullable Double value) {
      units.putIfAbsent(quantity, unit);
      List<Double> measured =
          values
              .computeIfAbsent(quantity, _ -> new LinkedHashMap<>())
              .computeIfAbsent(contestant, _ -> new ArrayList<>());
      if (value != null) {
        measured.add(value);
      }
    }

    void remark(String sentence) {
      if (!remarks.contains(sentence)) {
        remarks.add(sentence);
      }
    }

    BenchTable build() {
      var rows = new ArrayList<Row>();
      values.forEach(
          (quantity, byContestant) -> {
            var summaries = new LinkedHashMap<String, Summary>();
            byContestant.forEach(
                (contestant, measured) -> {
                  if (!measured.isEmpty()) {
                    summaries.put(contestant, Summary.of(measured));
                  }
                });
            rows.add(new Row(quantity, units.getOrDefault(quantity, ""), summaries));
          });
      return new BenchTable(name, contestants, rows, remarks);
    }
  }
}
