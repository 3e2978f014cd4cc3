package dev.holdfast.lab.bench;

import dev.holdfast.api.addr.Ipv4Address;
import dev.holdfast.api.v1alpha1.NetworkRole;
import dev.holdfast.lab.LabException;
import dev.holdfast.lab.LabSession.Standing;
import dev.holdfast.lab.Pause;
import dev.holdfast.lab.net.Attachment;
import dev.holdfast.lab.net.Router;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * What copying flows costs while nothing fails: processor, bytes and memory per flow, what a storm
 * of short flows costs and leaves behind, how long a backup that was restarted needs until it has
 * everything, and how many new flows a second it follows.
 */
final class FlowsBench implements Bench {

  private static final List<CopyStack> CONTESTANTS =
      List.of(CopyStack.HOLDFAST, CopyStack.CONNTRACKD, CopyStack.TUNED_DIRECT);
  private static final Path TABLE_MAX = Path.of("/proc/sys/net/netfilter/nf_conntrack_max");
  private static final int FLOWS = 100_000;
  private static final int MANY_FLOWS = 500_000;
  private static final int PER_SECOND = 10_000;
  private static final int CHURN_PER_SECOND = 5_000;
  private static final int CHURN_SECONDS = 8;
  private static final int EVENTS_PER_FLOW = 3;

  private static final int CHURN_OFFSET = 40;

  /** New flows a second, slowest first; the kernel's default table holds all of them. */
  private static final int[] RATES = {10_000, 20_000, 40_000};

  private static final int RATE_SECONDS = 2;
  private static final int RATE_OFFSET = 80;

  private static final long QUIET_MILLIS = 2_000;
  private static final long LEFT_MILLIS = 3_000;

  @Override
  public String name() {
    return "flows";
  }

  @Override
  public String description() {
    return "copying flows: processor, bytes and memory per flow, short flows, a restarted backup";
  }

  @Override
  public BenchTable run(BenchContext context) {
    var table =
        new BenchTable.Builder(name(), CONTESTANTS.stream().map(CopyStack::toString).toList());
    List<Integer> sizes = sizes(table);
    try (FlowMaker maker = new FlowMaker()) {
      for (int run = 1; run <= context.runs(); run++) {
        for (int size : sizes) {
          for (CopyStack stack : CONTESTANTS) {
            context.progress().accept("flows, " + stack + ", " + size + " flows, run " + run);
            try {
              context
                  .session()
                  .standing(
                      context.options(stack.stack()),
                      standing -> {
                        stack.prepare(standing);
                        new Look(context, maker, table, stack, standing, size).measure();
                      });
            } catch (LabException e) {
              table.remark("flows, " + stack + ", " + size + " flows: " + e.getMessage());
            }
          }
        }
      }
    }
    return table.build();
  }

  private static List<Integer> sizes(BenchTable.Builder table) {
    var sizes = new ArrayList<>(List.of(FLOWS));
    try {
      if (Integer.parseInt(Files.readString(TABLE_MAX).strip()) > 2 * MANY_FLOWS) {
        sizes.add(MANY_FLOWS);
      } else {
        table.remark(
            "flows: "
                + MANY_FLOWS
                + " flows need net.netfilter.nf_conntrack_max above "
                + 2 * MANY_FLOWS
                + " on this machine.");
      }
    } catch (IOException e) {
      table.remark("flows: " + TABLE_MAX + " cannot be read");
    }
    return sizes;
  }

  /** One contestant, one size. */
  private static final class Look {
    private final FlowMaker maker;
    private final BenchTable.Builder table;
    private final CopyStack stack;
    private final Standing standing;
    private final int size;
    private final Pair pair;
    private final FlowMaker.Ends ends;
    private final Attachment link;

    Look(
        BenchContext context,
        FlowMaker maker,
        BenchTable.Builder table,
        CopyStack stack,
        Standing standing,
        int size) {
      this.maker = maker;
      this.table = table;
      this.stack = stack;
      this.standing = standing;
      this.size = size;
      this.pair = Pair.of(standing);
      this.ends = Pair.ends(context.cluster(), standing);
      String sync =
          context.cluster().nodes().getFirst().networks(NetworkRole.SYNC).getFirst().name();
      this.link = pair.active().attachment(sync).orElseThrow();
    }

    void measure() {
      Pause.millis(QUIET_MILLIS);
      fill();
      if (size == FLOWS) {
        churn();
      }
      restart();
      if (size == FLOWS) {
        rates();
      }
    }

    private void fill() {
      ProcessFigures active = figures(pair.active());
      ProcessFigures backup = figures(pair.backup());
      long bytes = sentBytes();
      maker.create(pair.active().namespace(), ends, 0, size, PER_SECOND);
      stack.awaitNearlyAll(standing, pair.backup(), size);
      long sent = sentBytes() - bytes;
      ProcessFigures activeAfter = figures(pair.active());
      ProcessFigures backupAfter = figures(pair.backup());
      add("bytes on the wire per flow", "B", (double) sent / size);
      cpu("new flows, active", active, activeAfter, size);
      cpu("new flows, backup", backup, backupAfter, size);
      memory("active", active, activeAfter);
      memory("backup", backup, backupAfter);
    }

    private void churn() {
      CopyStack.awaitCalm(() -> stack.held(standing, pair.backup()));
      long held = stack.held(standing, pair.backup());
      ProcessFigures active = figures(pair.active());
      ProcessFigures backup = figures(pair.backup());
      maker.churn(pair.active().namespace(), others(CHURN_OFFSET), CHURN_PER_SECOND, CHURN_SECONDS);
      int events = CHURN_PER_SECOND * CHURN_SECONDS * EVENTS_PER_FLOW;
      cpu("short flows, active", active, figures(pair.active()), events);
      cpu("short flows, backup", backup, figures(pair.backup()), events);
      Pause.millis(LEFT_MILLIS);
      add(
          "short flows left on the backup",
          "",
          (double) Math.max(0, stack.held(standing, pair.backup()) - held));
    }

    /** The backup's program is killed and its kernel's table emptied; it starts again. */
    private void restart() {
      standing.software(pair.backup()).processes().forEach(ProcessHandle::destroyForcibly);
      Pause.millis(QUIET_MILLIS);
      FlowMaker.flush(pair.backup().namespace());
      long begin = System.nanoTime();
      standing.software(pair.backup()).restartSpeaker();
      if (stack != CopyStack.HOLDFAST) {
        CopyStack.conntrackd(standing, pair.backup(), "-n");
      }
      try {
        awaitAll();
        add(
            "restarted backup has all " + size,
            "ms",
            (System.nanoTime() - begin) / (double) TimeUnit.MILLISECONDS.toNanos(1));
      } catch (LabException e) {
        table.remark("flows, " + stack + ", a restarted backup: " + e.getMessage());
      }
    }

    private void awaitAll() {
      if (stack.continuous()) {
        FlowMaker.awaitCount(pair.backup().namespace(), size);
      } else {
        stack.awaitHeld(standing, pair.backup(), size);
      }
    }

    /** The highest rate of new flows of which the backup has every one soon after. */
    private void rates() {
      int kept = 0;
      long made = size;
      int offset = RATE_OFFSET;
      for (int rate : RATES) {
        CopyStack.awaitCalm(this::copied);
        // A kernel's own few flows, and what has ended, come and go: they are not the bench's.
        long held = Math.min(copied(), made);
        maker.create(pair.active().namespace(), others(offset), 0, rate * RATE_SECONDS, rate);
        Pause.millis(LEFT_MILLIS);
        if (copied() - held < (long) rate * RATE_SECONDS) {
          break;
        }
        kept = rate;
        made += (long) rate * RATE_SECONDS;
        offset += 2;
      }
      add("new flows per second, none lost", "", kept);
    }

    /** Our agent's own number has flows in it that ended; its kernel holds what it was told. */
    private long copied() {
      return stack == CopyStack.HOLDFAST
          ? FlowMaker.count(pair.backup().namespace())
          : stack.held(standing, pair.backup());
    }

    /** Other addresses than those of the flows that stay. */
    private FlowMaker.Ends others(int offset) {
      return new FlowMaker.Ends(
          new Ipv4Address(ends.client().bits() + offset),
          new Ipv4Address(ends.server().bits() + offset),
          ends.translated());
    }

    private void cpu(String what, ProcessFigures before, ProcessFigures after, int events) {
      add(
          "processor per 10 000 events, " + what,
          "ms",
          (after.cpuNanos() - before.cpuNanos()) / 1e6 * 10_000 / events);
    }

    private void memory(String role, ProcessFigures before, ProcessFigures after) {
      add(
          "memory per flow at " + size + ", " + role,
          "B",
          (double) (after.residentBytes() - before.residentBytes()) / size);
    }

    private void add(String quantity, String unit, double value) {
      table.add(stack.toString(), quantity, unit, value);
    }

    private ProcessFigures figures(Router router) {
      return ProcessFigures.of(standing.software(router).processes());
    }

    private long sentBytes() {
      return pair.active()
          .namespace()
          .call(
              () -> {
                for (String line : Files.readAllLines(Path.of("/proc/thread-self/net/dev"))) {
                  String[] fields = line.strip().split("[: ]+", -1);
                  if (fields[0].equals(link.interfaceName())) {
                    return Long.parseLong(fields[9]);
                  }
                }
                throw new LabException("no interface " + link.interfaceName());
              });
    }
  }
}
