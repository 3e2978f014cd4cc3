package dev.holdfast.lab.bench;

import dev.holdfast.lab.LabException;
import dev.holdfast.lab.fault.Fault;
import dev.holdfast.lab.measure.MeasureOptions;
import dev.holdfast.lab.measure.RunReport;
import dev.holdfast.lab.measure.judge.Figures;
import dev.holdfast.lab.measure.judge.FlowCounts;
import dev.holdfast.lab.report.TextReport;
import dev.holdfast.lab.stack.Stack;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The same fault for both, each time on a lab of its own, in turn. */
final class FaultBench implements Bench {

  private static final List<Stack> CONTESTANTS = List.of(Stack.HOLDFAST, Stack.KEEPALIVED);

  private final Fault fault;
  private final @Nullable String interval;

  FaultBench(Fault fault) {
    this(fault, null);
  }

  /**
   * @param interval between adverts, {@code 10ms}; null for the resource's own
   */
  FaultBench(Fault fault, @Nullable String interval) {
    this.fault = fault;
    this.interval = interval;
  }

  @Override
  public String name() {
    return interval == null ? fault.text() : fault.text() + "-" + interval;
  }

  @Override
  public String description() {
    return fault.kind().description()
        + (interval == null ? "" : "; adverts every " + interval.replace("ms", " ms"));
  }

  @Override
  public BenchTable run(BenchContext context) {
    var table = new BenchTable.Builder(name(), CONTESTANTS.stream().map(Stack::toString).toList());
    for (int run = 1; run <= context.runs(); run++) {
      for (Stack stack : CONTESTANTS) {
        String where =
            String.format(Locale.ROOT, "%s, %s %d of %d", name(), stack, run, context.runs());
        context.progress().accept(where);
        try {
          RunReport report =
              context
                  .session()
                  .run(context.options(stack, interval), MeasureOptions.DEFAULT, List.of(fault));
          add(table, stack, report.figures());
          context.progress().accept(TextReport.run(run, report.figures()));
        } catch (LabException e) {
          // One lab that did not come up must not cost the others' figures; n says that it is gone.
          table.remark(where + " gave no figures: " + e.getMessage());
        }
      }
    }
    return table.build();
  }

  private static void add(BenchTable.Builder table, Stack stack, Figures figures) {
    String who = stack.toString();
    FlowCounts flows = figures.flows();
    table.add(who, "gap, LAN to internet", "ms", figures.gapUpMillis());
    table.add(who, "gap, internet to LAN", "ms", figures.gapDownMillis());
    table.add(who, "probes lost", "", (double) (figures.probesLostUp() + figures.probesLostDown()));
    table.add(who, "flows lost of " + flows.total(), "", (double) (flows.total() - flows.kept()));
    table.add(who, "longest pause of a flow", "ms", figures.longestStallMillis());
    table.add(who, "role moved after", "ms", figures.roleMillis());
    table.add(who, "address answered after", "ms", figures.addressMillis());
    table.add(who, "two routers active", "ms", figures.twoActiveMillis());
    table.add(who, "no router active", "ms", figures.noActiveMillis());
    table.add(who, "this machine stood still", "ms", figures.floorStallMillis());
  }
}
