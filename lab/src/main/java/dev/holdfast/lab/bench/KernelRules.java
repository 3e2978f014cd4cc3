package dev.holdfast.lab.bench;

import dev.holdfast.api.addr.Family;
import dev.holdfast.lab.LabException;
import dev.holdfast.lab.Pause;
import dev.holdfast.lab.net.Namespace;
import dev.holdfast.lab.net.Programs;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A router's rules, as the programs of one iptables back end show and change them.
 *
 * @param backEnd {@code nft} or {@code legacy}
 */
record KernelRules(Namespace router, String backEnd) {

  private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(60);
  private static final long POLL_MILLIS = 5;

  private static final String OPEN_FILTER =
      """
      *filter
      :INPUT ACCEPT [0:0]
      :FORWARD ACCEPT [0:0]
      :OUTPUT ACCEPT [0:0]
      COMMIT
      """;

  /** {@code iptables-nft-save}; {@code kind} is empty, {@code -save} or {@code -restore}. */
  String program(Family family, String kind) {
    return (family == Family.IPV4 ? "iptables-" : "ip6tables-") + backEnd + kind;
  }

  /** Loads a whole file: what its tables held before is gone. */
  void restore(Family family, String text) {
    inside(text, program(family, "-restore"), "--wait=5");
  }

  /** Loads a file beside what is there. */
  void add(Family family, String text) {
    inside(text, program(family, "-restore"), "--wait=5", "--noflush");
  }

  /** Everything is let through and nothing is translated. */
  void loadNothing() {
    restore(Family.IPV4, "*nat\nCOMMIT\n" + OPEN_FILTER);
    restore(Family.IPV6, OPEN_FILTER);
  }

  /** Runs lines of a shell script. */
  void script(String lines) {
    inside(lines, "sh", "-e");
  }

  private void inside(String input, String... command) {
    Programs.feed(
        input,
        Stream.concat(Stream.of("ip", "netns", "exec", router.name()), Stream.of(command))
            .toList());
  }

  /** Waits until so many rules of both families name this port. */
  void await(int port, int rules) {
    long limit = System.nanoTime() + LIMIT_NANOS;
    for (int count = naming(port); count != rules; count = naming(port)) {
      if (System.nanoTime() - limit > 0) {
        throw new LabException(count + " of " + rules + " rules stand in the kernel");
      }
      Pause.millis(POLL_MILLIS);
    }
  }

  private int naming(int port) {
    Pattern rule = Pattern.compile("--dport " + port + " ");
    int count = 0;
    for (Family family : Family.values()) {
      count += (int) rule.matcher(router.run(program(family, "-save"))).results().count();
    }
    return count;
  }
}
