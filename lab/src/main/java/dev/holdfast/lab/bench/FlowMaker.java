package dev.holdfast.lab.bench;

import dev.holdfast.api.addr.Ipv4Address;
import dev.holdfast.lab.LabException;
import dev.holdfast.lab.Pause;
import dev.holdfast.lab.net.Namespace;
import dev.holdfast.lab.net.Programs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Makes flows in a router's kernel, as many and as fast as is wanted, and watches how many there
 * are. The flows look like those of LAN clients that were translated to a virtual address.
 */
final class FlowMaker implements AutoCloseable {

  /**
   * A line of names, then one of hexadecimal numbers for each processor; the first is the count.
   */
  private static final Path COUNT = Path.of("/proc/thread-self/net/stat/nf_conntrack");

  private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(90);
  private static final double ALL_BUT = 0.99;
  private static final double BEGUN = 0.01;

  private final CProgram program = CProgram.compile("flows");

  /**
   * Where flows come from and go to.
   *
   * @param client the first client's address
   * @param server the first server's
   * @param translated what the servers see
   */
  record Ends(Ipv4Address client, Ipv4Address server, Ipv4Address translated) {}

  /**
   * Established flows.
   *
   * @param perSecond 0: as fast as the kernel takes them
   * @return milliseconds that it took
   */
  double create(Namespace where, Ends ends, int first, int count, int perSecond) {
    return run(where, "create", ends, first, count, perSecond);
  }

  /** The same as fast as the kernel takes them, while somebody listens to its events. */
  double createHeard(Namespace where, Ends ends, int first, int count) {
    return run(where, "heard", ends, first, count, 0);
  }

  /** Empties the kernel's table there. */
  static void flush(Namespace where) {
    Programs.attempt("", List.of("ip", "netns", "exec", where.name(), "conntrack", "-F"));
  }

  /** Short flows: born, established and ended, for so many seconds. */
  void churn(Namespace where, Ends ends, int perSecond, int seconds) {
    run(where, "churn", ends, perSecond, seconds);
  }

  private double run(Namespace where, String what, Ends ends, int... numbers) {
    String[] command = new String[5 + numbers.length];
    command[0] = program.path().toString();
    command[1] = what;
    command[2] = ends.client().toString();
    command[3] = ends.server().toString();
    command[4] = ends.translated().toString();
    for (int i = 0; i < numbers.length; i++) {
      command[5 + i] = String.valueOf(numbers[i]);
    }
    String[] said = where.run(command).strip().split(" ", 2);
    if (!said[1].equals("0")) {
      throw new LabException("the kernel refused " + said[1] + " of the flows");
    }
    return Long.parseLong(said[0]) / 1e6;
  }

  /** Entries of the kernel's table there. */
  static int count(Namespace where) {
    return where.call(FlowMaker::countHere);
  }

  private static int countHere() throws IOException {
    String numbers = Files.readAllLines(COUNT).get(1);
    return Integer.parseInt(numbers.substring(0, numbers.indexOf(' ')), 16);
  }

  /** Waits until so many flows are in that kernel. */
  static void awaitCount(Namespace where, int wanted) {
    long limit = System.nanoTime() + LIMIT_NANOS;
    for (int count = count(where); count < wanted * ALL_BUT; count = count(where)) {
      if (System.nanoTime() - limit > 0) {
        throw new LabException(count + " of " + wanted + " flows came");
      }
      Pause.millis(10);
    }
  }

  /** When flows began to appear and when all were there, {@link System#nanoTime}. */
  record Appeared(long firstNanos, long allNanos) {
    double millis() {
      return (allNanos - firstNanos) / 1e6;
    }
  }

  /**
   * Starts something and waits until so many flows more are in that kernel.
   *
   * @throws LabException when they are not in a minute and a half
   */
  static Appeared watch(Namespace where, int more, Runnable start) {
    return where.call(
        () -> {
          int before = countHere();
          if (more > 0 && before > more / 2) {
            throw new LabException(
                "the backup's kernel had " + before + " flows already: it was active for a while");
          }
          Thread starter = Thread.ofPlatform().name("bench-starter").start(start);
          long limit = System.nanoTime() + LIMIT_NANOS;
          long first = 0;
          while (true) {
            int now = countHere() - before;
            long time = System.nanoTime();
            if (first == 0 && now >= more * BEGUN) {
              first = time;
            }
            if (now >= more * ALL_BUT) {
              starter.join();
              return new Appeared(first, time);
            }
            if (time - limit > 0) {
              throw new LabException(now + " of " + more + " flows came");
            }
            Pause.millis(1);
          }
        });
  }

  @Override
  public void close() {
    program.close();
  }
}
