package dev.holdfast.lab.bench;

import dev.holdfast.lab.LabException;
import dev.holdfast.lab.LabOptions;
import dev.holdfast.lab.LabSession.Standing;
import dev.holdfast.lab.bench.RoleWatch.Takeover;
import dev.holdfast.lab.fault.Fault;
import dev.holdfast.lab.measure.MeasureOptions;
import dev.holdfast.lab.measure.RunReport;
import dev.holdfast.lab.stack.Stack;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The shortest adverts on a machine whose processors are all busy: who takes a role that nobody
 * gave up? Each run looks on for a minute, and then cuts the active router's power under the same
 * load.
 */
final class BusyBench implements Bench {

  private static final List<Stack> CONTESTANTS = List.of(Stack.HOLDFAST, Stack.KEEPALIVED);
  private static final String INTERVAL = "10ms";
  private static final int WINDOW_SECONDS = 60;

  /** What a backup may be blamed for: it waits at least so long, and no program can bridge more. */
  private static final double EXCUSED_MILLIS = 30;

  private static final Fault POWER_OFF = Fault.parseList("power-off").getFirst();

  @Override
  public String name() {
    return "busy";
  }

  @Override
  public String description() {
    return "adverts every 10 ms while all processors are busy: takeovers that nobody asked for";
  }

  @Override
  public BenchTable run(BenchContext context) {
    var table = new BenchTable.Builder(name(), CONTESTANTS.stream().map(Stack::toString).toList());
    for (int run = 1; run <= context.runs(); run++) {
      for (Stack stack : CONTESTANTS) {
        context.progress().accept("busy, " + stack + " " + run + " of " + context.runs());
        try {
          measure(table, context, stack);
        } catch (LabException e) {
          table.remark("busy, " + stack + " " + run + " gave no figures: " + e.getMessage());
        }
      }
    }
    return table.build();
  }

  private static void measure(BenchTable.Builder table, BenchContext context, Stack stack) {
    LabOptions options = context.options(stack, INTERVAL);
    context.session().standing(options, standing -> watch(table, stack.toString(), standing));
    try (Burners _ = Burners.light()) {
      RunReport report = context.session().run(options, MeasureOptions.DEFAULT, List.of(POWER_OFF));
      table.add(stack.toString(), "power-off gap, busy", "ms", report.figures().gapUpMillis());
    }
  }

  private static void watch(BenchTable.Builder table, String who, Standing standing) {
    try (Burners _ = Burners.light();
        Floor floor = Floor.start(WINDOW_SECONDS);
        RoleWatch watch = RoleWatch.start(standing)) {
      List<Floor.Stall> stalls = floor.stalls();
      watch.end();
      List<Takeover> takeovers = watch.takeovers();
      long excused = takeovers.stream().filter(taken -> isExcused(taken, stalls)).count();
      table.add(who, "takeovers in a minute", "", (double) (takeovers.size() - excused));
      table.add(who, "takeovers while the C loop stood still", "", (double) excused);
      table.add(who, "longest silence of the active", "ms", watch.longestSilenceMillis());
      table.add(
          who,
          "longest stall of the C loop",
          "ms",
          stalls.stream().mapToDouble(Floor.Stall::millis).max().orElse(0));
    }
  }

  /** The floor itself stood still for long in the quarter of a second before. */
  private static boolean isExcused(Takeover taken, List<Floor.Stall> stalls) {
    long since = taken.atNanos() - TimeUnit.MILLISECONDS.toNanos(250);
    return stalls.stream()
        .filter(stall -> stall.millis() > EXCUSED_MILLIS)
        .anyMatch(
            stall -> stall.endNanos() - since >= 0 && stall.beginNanos() - taken.atNanos() <= 0);
  }
}
