package dev.holdfast.lab.report;

import dev.holdfast.lab.fault.Fault;
import dev.holdfast.lab.measure.judge.Figures;
import dev.holdfast.lab.measure.judge.FlowCounts;
import dev.holdfast.lab.measure.judge.Promise;
import dev.holdfast.lab.measure.judge.Summary;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * All runs of one setting and what they came to.
 *
 * @param broken a sentence for each promise that was not kept
 * @param remarks what a reader should know before he believes the figures
 */
public record Report(
    Setting setting, List<Figures> runs, List<String> broken, List<String> remarks) {

  public Report {
    runs = List.copyOf(runs);
    broken = List.copyOf(broken);
    remarks = List.copyOf(remarks);
  }

  /**
   * @param runs in their order, at least one
   */
  public static Report of(Setting setting, List<Figures> runs) {
    var promise =
        new Promise(
            setting.faults().stream().map(Fault::kind).toList(),
            setting.timers(),
            setting.powerlessMillis());
    return new Report(setting, runs, promise.broken(runs), Baseline.remarks(setting, runs));
  }

  public boolean held() {
    return broken.isEmpty();
  }

  /** Median, least and most of one figure over the runs that have it. */
  public Optional<Summary> summary(Function<Figures, @Nullable Double> figure) {
    List<Double> values = runs.stream().map(figure).filter(Objects::nonNull).toList();
    return values.isEmpty() ? Optional.empty() : Optional.of(Summary.of(values));
  }

  /** The flows of all runs together. */
  public FlowCounts flows(Function<Figures, FlowCounts> kind) {
    return runs.stream().map(kind).reduce(FlowCounts.NONE, FlowCounts::plus);
  }
}
