package dev.holdfast.lab.report;

import dev.holdfast.lab.fault.FaultKind;
import dev.holdfast.lab.measure.judge.Figures;
import dev.holdfast.lab.measure.judge.Summary;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What keepalived 2.2.7 with conntrackd 1.4.7 did in the article's network when it was measured
 * before, least and most over the runs. A lab whose own figures for them lie elsewhere measures
 * something else, and says so.
 */
final class Baseline {

  private static final long SECOND_NANOS = 1_000_000_000;
  private static final long TENTH_NANOS = 100_000_000;
  private static final long CENTI_NANOS = 10_000_000;

  /** Ranges in milliseconds, of a setting with two routers of priority 100 and 50. */
  private record Row(
      FaultKind fault,
      long intervalNanos,
      double gapUpMin,
      double gapUpMax,
      double addressMin,
      double addressMax) {}

  private static final List<Row> ROWS =
      List.of(
          new Row(FaultKind.POWER_OFF, SECOND_NANOS, 2857, 3678, 2857, 3701),
          new Row(FaultKind.POWER_OFF, TENTH_NANOS, 311, 433, 313, 407),
          new Row(FaultKind.POWER_OFF, CENTI_NANOS, 38, 56, 38, 64),
          new Row(FaultKind.AGENT_STOP, SECOND_NANOS, 0, 20, 837, 992),
          new Row(FaultKind.WAN_DOWN, SECOND_NANOS, 2996, 4812, 2982, 4432),
          new Row(FaultKind.LAN_DOWN, SECOND_NANOS, 3034, 3842, 3279, 4011),
          new Row(FaultKind.AGENT_KILL, SECOND_NANOS, 0, 20, 3327, 3830));

  private Baseline() {}

  /** Sentences about figures that do not fit; none when they do or when nothing is known. */
  static List<String> remarks(Setting setting, List<Figures> runs) {
    var remarks = new ArrayList<String>();
    if (!setting.stack().equals("keepalived") || setting.faults().size() != 1) {
      return remarks;
    }
    for (Row row : ROWS) {
      if (row.fault() == setting.faults().getFirst().kind()
          && row.intervalNanos() == setting.timers().advertIntervalNanos()
          && setting.timers().leastPriority() == 50) {
        compare(remarks, "gap up", runs, Figures::gapUpMillis, row.gapUpMin(), row.gapUpMax());
        compare(
            remarks, "address", runs, Figures::addressMillis, row.addressMin(), row.addressMax());
      }
    }
    return remarks;
  }

  private static void compare(
      List<String> remarks,
      String name,
      List<Figures> runs,
      Function<Figures, @Nullable Double> figure,
      double least,
      double most) {
    List<Double> values = runs.stream().map(figure).filter(Objects::nonNull).toList();
    if (values.isEmpty()) {
      return;
    }
    double median = Summary.of(values).median();
    if (median < least || median > most) {
      remarks.add(
          String.format(
              Locale.ROOT,
              "keepalived's %s is %.0f ms here; measured before were %.0f to %.0f ms",
              name,
              median,
              least,
              most));
    }
  }
}
