package dev.holdfast.lab.report;

import dev.holdfast.lab.measure.judge.Figures;
import dev.holdfast.lab.measure.judge.FlowCounts;
import dev.holdfast.lab.measure.judge.Summary;
import java.util.Locale;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The report for people, at most eighty columns wide. */
public final class TextReport {

  private static final String ABSENT = "-";

  private TextReport() {}

  /** One line when a run is done. */
  public static String run(int number, Figures figures) {
    FlowCounts all = figures.flows();
    return "run "
        + number
        + ": gap "
        + millis(figures.gapUpMillis())
        + " up, "
        + millis(figures.gapDownMillis())
        + " down; "
        + all.kept()
        + " of "
        + all.total()
        + " flows kept; role moved after "
        + millis(figures.roleMillis());
  }

  /** The whole. */
  public static String write(Report report) {
    var out = new StringBuilder();
    out.append(report.setting().describe()).append('\n');
    int runs = report.runs().size();
    out.append(runs == 1 ? "one run\n\n" : runs + " runs: median (least - most)\n\n");
    row(out, report, "gap, LAN to internet", "ms", Figures::gapUpMillis);
    row(out, report, "gap, internet to LAN", "ms", Figures::gapDownMillis);
    row(out, report, "probes lost, LAN to internet", "", f -> (double) f.probesLostUp());
    row(out, report, "probes lost, internet to LAN", "", f -> (double) f.probesLostDown());
    flows(out, report, "flows, client speaks first", Figures::flowsEcho);
    flows(out, report, "flows, server speaks first", Figures::flowsPush);
    if (report.setting().udpFlows() > 0) {
      flows(out, report, "flows, UDP", Figures::flowsUdp);
    }
    if (report.flows(Figures::flowsPortForward).total() > 0) {
      flows(out, report, "flows through port forwards", Figures::flowsPortForward);
    }
    row(out, report, "longest pause of a flow", "ms", Figures::longestStallMillis);
    if (report.summary(Figures::longestStallOthersMillis).isPresent()) {
      row(out, report, "longest pause, slow flows", "ms", Figures::longestStallOthersMillis);
    }
    line(out, "new connections", connections(report));
    row(out, report, "role moved after", "ms", Figures::roleMillis);
    row(out, report, "address answered after", "ms", Figures::addressMillis);
    row(out, report, "two routers active", "ms", Figures::twoActiveMillis);
    row(out, report, "no router active", "ms", Figures::noActiveMillis);
    row(out, report, "two holders of an address", "ms", Figures::twoHoldersMillis);
    row(out, report, "this machine stood still", "ms", Figures::floorStallMillis);
    out.append('\n');
    report.remarks().forEach(remark -> out.append("Note: ").append(remark).append(".\n"));
    if (report.held()) {
      out.append("The promise held.\n");
    } else {
      out.append("The promise did not hold:\n");
      report.broken().forEach(sentence -> out.append("  - ").append(sentence).append('\n'));
    }
    return out.toString();
  }

  private static void row(
      StringBuilder out,
      Report report,
      String name,
      String unit,
      Function<Figures, @Nullable Double> figure) {
    String value =
        report
            .summary(figure)
            .map(summary -> range(summary, unit.isEmpty() ? 0 : 1))
            .orElse(ABSENT);
    line(out, name, unit.isEmpty() || value.equals(ABSENT) ? value : value + " " + unit);
  }

  /** {@code 375.1 (298.0 - 412.3)}; just the number when there is one. */
  static String range(Summary summary, int decimals) {
    String median = number(summary.median(), decimals);
    return summary.count() == 1
        ? median
        : median
            + " ("
            + number(summary.min(), decimals)
            + " - "
            + number(summary.max(), decimals)
            + ")";
  }

  private static void flows(
      StringBuilder out, Report report, String name, Function<Figures, FlowCounts> kind) {
    FlowCounts counts = report.flows(kind);
    line(
        out,
        name,
        counts.total() == 0
            ? ABSENT
            : counts.kept()
                + " kept, "
                + counts.reset()
                + " reset, "
                + counts.stalled()
                + " stalled");
  }

  private static String connections(Report report) {
    long ok = report.runs().stream().mapToLong(f -> f.newConnections().ok()).sum();
    long refused = report.runs().stream().mapToLong(f -> f.newConnections().refused()).sum();
    long timedOut = report.runs().stream().mapToLong(f -> f.newConnections().timedOut()).sum();
    return ok + " made, " + refused + " refused, " + timedOut + " timed out";
  }

  private static void line(StringBuilder out, String name, String value) {
    out.append(String.format(Locale.ROOT, "  %-32s %s%n", name, value));
  }

  private static String millis(@Nullable Double value) {
    return value == null ? ABSENT : number(value, 1) + " ms";
  }

  private static String number(double value, int decimals) {
    return String.format(Locale.ROOT, "%." + decimals + "f", value);
  }
}
