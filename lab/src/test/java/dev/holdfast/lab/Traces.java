package dev.holdfast.lab;

import dev.holdfast.lab.net.Router;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What an agent could leave in a router's kernel, a line each: addresses, links, rules of ours in
 * both back ends, and every network setting. Read by the system's own programs.
 */
final class Traces {

  private static final List<String> RULES =
      List.of("iptables-nft", "ip6tables-nft", "iptables-legacy", "ip6tables-legacy");
  private static final List<String> TABLES = List.of("raw", "mangle", "nat", "filter");

  /** The cluster's own link, and a count that moves by itself. */
  private static final List<String> NOT_OURS = List.of("mgmt0", "net.netfilter.nf_conntrack_count");

  private Traces() {}

  static Set<String> of(Router router) {
    Stream<String> addresses =
        lines(router, "ip", "-o", "address", "show", "scope", "global")
            .map(line -> line.split(" +"))
            .map(words -> "address " + words[1] + " " + words[3]);
    Stream<String> links =
        lines(router, "ip", "-o", "link")
            .map(line -> line.split("[:@ ]+"))
            .map(words -> "link " + words[1]);
    Stream<String> rules =
        RULES.stream()
            .flatMap(
                program ->
                    TABLES.stream()
                        .flatMap(table -> lines(router, program, "-w", "-t", table, "-S")))
            .filter(line -> line.contains("HOLDFAST"));
    Stream<String> settings = lines(router, "sysctl", "-a", "-e", "--pattern", "^net\\.");
    return Stream.of(addresses, links, rules, settings)
        .flatMap(line -> line)
        .filter(line -> NOT_OURS.stream().noneMatch(line::contains))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static Stream<String> lines(Router router, String... command) {
    return router.namespace().run(command).lines();
  }

  /** What is there now and was not, and what was there and is not. */
  static List<String> difference(Set<String> before, Set<String> now) {
    return Stream.concat(
            now.stream().filter(line -> !before.contains(line)).map(line -> "new: " + line),
            before.stream().filter(line -> !now.contains(line)).map(line -> "gone: " + line))
        .toList();
  }
}
