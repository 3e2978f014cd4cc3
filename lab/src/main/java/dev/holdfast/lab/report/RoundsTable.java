package dev.holdfast.lab.report;

import dev.holdfast.lab.measure.judge.Figures;
import dev.holdfast.lab.measure.judge.FlowCounts;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Different faults on one lab, a row each, in Markdown. */
public final class RoundsTable {

  private RoundsTable() {}

  /**
   * @param text the faults as on the command line
   * @param broken a sentence for each promise that was not kept
   */
  public record Round(String text, Figures figures, List<String> broken) {
    public Round {
      broken = List.copyOf(broken);
    }
  }

  public static String write(List<Round> rounds) {
    String head =
        """
        | what happens | flows kept | probes lost | longest gap, ms | role moved after, ms | longest pause of a flow, ms | promise |
        |---|---|---|---|---|---|---|
        """;
    return rounds.stream().map(RoundsTable::row).collect(Collectors.joining("", head, ""));
  }

  private static String row(Round round) {
    Figures figures = round.figures();
    FlowCounts flows = figures.flows();
    double gap =
        Math.max(
            Objects.requireNonNullElse(figures.gapUpMillis(), 0.0),
            Objects.requireNonNullElse(figures.gapDownMillis(), 0.0));
    return "| `%s` | %d of %d | %d | %s | %s | %s | %s |\n"
        .formatted(
            round.text(),
            flows.kept(),
            flows.total(),
            figures.probesLostUp() + figures.probesLostDown(),
            millis(gap),
            millis(figures.roleMillis()),
            millis(figures.longestStallMillis()),
            round.broken().isEmpty() ? "held" : String.join("; ", round.broken()));
  }

  private static String millis(@Nullable Double value) {
    return value == null ? "-" : String.format(Locale.ROOT, "%.0f", value);
  }
}
