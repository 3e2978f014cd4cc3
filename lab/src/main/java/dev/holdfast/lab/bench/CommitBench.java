package dev.holdfast.lab.bench;

import dev.holdfast.lab.LabException;
import dev.holdfast.lab.LabOptions;
import dev.holdfast.lab.LabSession.Standing;
import dev.holdfast.lab.fault.Fault;
import dev.holdfast.lab.net.Namespace;
import dev.holdfast.lab.net.Router;
import java.util.ArrayList;
import java.util.List;

/**
 * How long it takes until a backup that kept its peer's flows aside has them in its kernel: ours
 * with {@code flowSync.commit: OnTakeover} when the active router loses its power, conntrackd with
 * {@code -c}. Measured by the number of entries in the backup's kernel, from the first to the last
 * one; the loop in C is timed over all of them too.
 */
final class CommitBench implements Bench {

  private static final List<CopyStack> CONTESTANTS =
      List.of(CopyStack.HOLDFAST, CopyStack.CONNTRACKD, CopyStack.TUNED);
  private static final String FLOOR = "loop in C";

  /** The kernel tells a listener of each flow that it is given, which costs as much again. */
  private static final String FLOOR_HEARD = "loop in C, heard";

  private static final int[] SIZES = {10_000, 100_000};
  private static final int PER_SECOND = 20_000;

  @Override
  public String name() {
    return "commit";
  }

  @Override
  public String description() {
    return "the peer's flows into the kernel at a takeover, beside conntrackd -c and a loop in C";
  }

  @Override
  public BenchTable run(BenchContext context) {
    var columns = new ArrayList<>(CONTESTANTS.stream().map(CopyStack::toString).toList());
    columns.add(FLOOR);
    columns.add(FLOOR_HEARD);
    var table = new BenchTable.Builder(name(), columns);
    try (FlowMaker maker = new FlowMaker()) {
      for (int run = 1; run <= context.runs(); run++) {
        for (int size : SIZES) {
          for (CopyStack stack : CONTESTANTS) {
            context.progress().accept("commit, " + stack + ", " + size + " flows, run " + run);
            measure(context, maker, table, stack, size);
          }
        }
      }
    }
    table.remark("commit: Continuous, the default of flowSync.commit, has nothing left to commit.");
    return table.build();
  }

  private static void measure(
      BenchContext context, FlowMaker maker, BenchTable.Builder table, CopyStack stack, int size) {
    LabOptions options = context.options(stack.stack());
    if (stack == CopyStack.HOLDFAST) {
      options =
          new LabOptions(
              options.cluster().committing("OnTakeover"),
              options.stack(),
              options.translation(),
              options.direct(),
              options.program());
    }
    try {
      context
          .session()
          .standing(
              options,
              standing -> {
                stack.prepare(standing);
                FlowMaker.Ends ends = Pair.ends(context.cluster(), standing);
                Pair pair = Pair.of(standing);
                maker.create(pair.active().namespace(), ends, 0, size, PER_SECOND);
                stack.awaitNearlyAll(standing, pair.backup(), size);
                CopyStack.awaitCalm(() -> stack.held(standing, pair.backup()));
                int held = (int) Math.min(size, stack.held(standing, pair.backup()));
                if (held < size) {
                  table.remark(
                      "commit, " + stack + ": had " + held + " of " + size + " flows to commit");
                }
                if (stack == CopyStack.HOLDFAST) {
                  Namespace quiet = standing.topology().lanHost().namespace();
                  double floor = maker.create(quiet, ends, 0, size, 0);
                  table.add(FLOOR, quantity(size), "ms", floor);
                  FlowMaker.flush(quiet);
                  double heard = maker.createHeard(quiet, ends, 0, size);
                  table.add(FLOOR_HEARD, quantity(size), "ms", heard);
                }
                double millis = commit(stack, standing, pair, held);
                table.add(stack.toString(), quantity(size), "ms", millis);
              });
    } catch (LabException e) {
      table.remark("commit, " + stack + ", " + size + " flows: " + e.getMessage());
    }
  }

  private static String quantity(int size) {
    return size + " flows";
  }

  /**
   * @param held flows that the backup keeps aside: all of them, or one in a thousand less
   */
  private static double commit(CopyStack stack, Standing standing, Pair pair, int held) {
    Router backup = pair.backup();
    return FlowMaker.watch(
        backup.namespace(),
        held,
        () -> {
          if (stack == CopyStack.HOLDFAST) {
            standing
                .injector()
                .prepare(Fault.parseList("power-off").getFirst(), pair.active())
                .fire();
          } else {
            CopyStack.conntrackd(standing, backup, "-c");
          }
        });
  }
}
