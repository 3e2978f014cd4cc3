package dev.holdfast.lab.bench;

import dev.holdfast.lab.LabException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A loop in C on every processor, with a real-time priority, that does nothing but wake up every
 * ten milliseconds: what it misses, no program on this machine could have kept.
 */
final class Floor implements AutoCloseable {

  private static final long END_SECONDS = 5;

  /**
   * A time in which a processor did not run the most urgent thread that it had.
   *
   * @param beginNanos of {@link System#nanoTime}
   * @param endNanos of the same
   */
  record Stall(long beginNanos, long endNanos) {

    double millis() {
      return (endNanos - beginNanos) / 1e6;
    }
  }

  private final CProgram program;
  private final List<Process> loops = new ArrayList<>();

  private Floor(CProgram program) {
    this.program = program;
  }

  /** Compiles the loop and starts it on every processor. */
  static Floor start(int seconds) {
    var floor = new Floor(CProgram.compile("floor"));
    try {
      for (int cpu = 0; cpu < Runtime.getRuntime().availableProcessors(); cpu++) {
        floor.loops.add(
            new ProcessBuilder(
                    floor.program.path().toString(), String.valueOf(cpu), String.valueOf(seconds))
                .redirectOutput(floor.output(cpu).toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start());
      }
      return floor;
    } catch (IOException e) {
      floor.close();
      throw new LabException("the loop in C does not run: " + e.getMessage(), e);
    }
  }

  private Path output(int cpu) {
    return program.folder().resolve("cpu" + cpu);
  }

  /** Waits for the end of the loops; returns what they missed, oldest first. */
  List<Stall> stalls() {
    var stalls = new ArrayList<Stall>();
    try {
      for (int cpu = 0; cpu < loops.size(); cpu++) {
        if (loops.get(cpu).waitFor() != 0) {
          throw new LabException("the loop in C failed on processor " + cpu);
        }
        for (String line : Files.readAllLines(output(cpu))) {
          int space = line.indexOf(' ');
          stalls.add(
              new Stall(
                  Long.parseLong(line.substring(0, space)),
                  Long.parseLong(line.substring(space + 1))));
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LabException("interrupted while the loop in C ran", e);
    } catch (IOException e) {
      throw new LabException("cannot read what the loop in C said: " + e.getMessage(), e);
    }
    stalls.sort(Comparator.comparingLong(Stall::beginNanos));
    return stalls;
  }

  @Override
  public void close() {
    for (Process loop : loops) {
      loop.destroyForcibly();
      try {
        loop.waitFor(END_SECONDS, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    program.close();
  }
}
