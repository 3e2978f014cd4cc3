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

  /** Waits until every one of so many flows is in that kernel. */
  static void awaitCount(Namespace where, int wanted) {
    long limit = System.nanoTime() + LIMIT_NANOS;
    for (int count = count(where); count < wanted; count = count(where)) {
      if (System.nanoTime() - limit > 0) {
        throw new LabException(count + " of " + wanted + " flows came");
      }
      Pause.millis(10);
    }
  }

  /**
   * Starts something and waits until every one of so many flows more is in that kernel.
   *
   * @return milliseconds from the last look before the first flows to the last flow
   * @throws LabException when they are not there in a minute and a half
   */
  static double watch(Namespace where, int more, Runnable start) {
    return where.call(
        () -> {
          int before = countHere();
          if (more > 0 && before > more / 2) {
            throw new LabException(
                "the backup's kernel had " + before + " flows already: it was active for a while");
          }
          var arrival = new Arrival(before, more, System.nanoTime());
          Thread starter = Thread.ofPlatform().name("bench-starter").start(start);
          long limit = System.nanoTime() + LIMIT_NANOS;
          while (!arrival.seen(countHere(), System.nanoTime())) {
            if (System.nanoTime() - limit > 0) {
              throw new LabException(arrival.came() + " of " + more + " flows came");
            }
            Pause.millis(1);
          }
          starter.join();
          return arrival.millis();
        });
  }

  @Override
  public void close() {
    program.close();
  }
}
