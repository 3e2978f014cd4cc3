package dev.holdfast.lab.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * What processes cost, from {@code /proc}. A process that is gone costs nothing.
 *
 * @param cpuNanos used since their start, in user and kernel mode
 * @param residentBytes at this moment; memory that they share is counted for each
 */
record ProcessFigures(long cpuNanos, long residentBytes) {

  /** The kernel tells processor time in hundredths of a second, whatever its own tick is. */
  private static final long TICK_NANOS = 10_000_000;

  private static final int UTIME = 11;
  private static final int STIME = 12;
  private static final int RSS = 21;
  private static final long PAGE_BYTES = 4096;

  static ProcessFigures of(Collection<ProcessHandle> processes) {
    long cpu = 0;
    long resident = 0;
    for (ProcessHandle process : processes) {
      List<String> fields = stat(process.pid());
      if (fields.size() > RSS) {
        cpu +=
            scheduledNanos(process.pid())
                .orElseGet(
                    () ->
                        TICK_NANOS
                            * (Long.parseLong(fields.get(UTIME))
                                + Long.parseLong(fields.get(STIME))));
        resident += PAGE_BYTES * Long.parseLong(fields.get(RSS));
      }
    }
    return new ProcessFigures(cpu, resident);
  }

  /** To the nanosecond, where the kernel keeps it: the sum over the threads that live. */
  private static OptionalLong scheduledNanos(long pid) {
    try (Stream<Path> threads = Files.list(Path.of("/proc", "" + pid, "task"))) {
      long sum = 0;
      for (Path thread : threads.toList()) {
        String text = Files.readString(thread.resolve("schedstat"));
        sum += Long.parseLong(text.substring(0, text.indexOf(' ')));
      }
      return OptionalLong.of(sum);
    } catch (IOException e) {
      return OptionalLong.empty();
    }
  }

  /** The fields of proc_pid_stat(5) from the third on: the second may hold anything. */
  private static List<String> stat(long pid) {
    try {
      String text = Files.readString(Path.of("/proc", "" + pid, "stat"));
      return List.of(text.substring(text.lastIndexOf(')') + 2).strip().split(" ", -1));
    } catch (IOException e) {
      return List.of();
    }
  }
}
