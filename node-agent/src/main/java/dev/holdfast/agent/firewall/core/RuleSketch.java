package dev.holdfast.agent.firewall.core;

import dev.holdfast.api.addr.Prefix;
import dev.holdfast.api.v1alpha1.Verdict;
import java.util.ArrayList;
import java.util.List;

/**
 * One rule of one family, before it is known how many lines it takes: iptables knows one interface,
 * one source and one destination a line. An empty list restricts nothing.
 *
 * @param origin for sentences about it, like {@code firewall.input "ssh"}
 * @param comment what its rule comment says
 * @param protocol as iptables calls it; empty: any
 * @param options match options, one line each; never empty, an empty text is no option
 * @param newOnly true: only packets that open a flow
 */
record RuleSketch(
    String origin,
    String comment,
    List<String> in,
    List<String> out,
    List<Prefix> sources,
    List<Prefix> destinations,
    String protocol,
    List<String> options,
    boolean newOnly,
    Verdict verdict) {

  private static final String ANY = "";

  static RuleSketch accept(String origin, String comment) {
    return new RuleSketch(
        origin,
        comment,
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        ANY,
        List.of(""),
        false,
        Verdict.ACCEPT);
  }

  RuleSketch in(List<String> interfaces) {
    return new RuleSketch(
        origin,
        comment,
        interfaces,
        out,
        sources,
        destinations,
        protocol,
        options,
        newOnly,
        verdict);
  }

  RuleSketch out(List<String> interfaces) {
    return new RuleSketch(
        origin,
        comment,
        in,
        interfaces,
        sources,
        destinations,
        protocol,
        options,
        newOnly,
        verdict);
  }

  RuleSketch from(List<Prefix> prefixes) {
    return new RuleSketch(
        origin, comment, in, out, prefixes, destinations, protocol, options, newOnly, verdict);
  }

  RuleSketch to(List<Prefix> prefixes) {
    return new RuleSketch(
        origin, comment, in, out, sources, prefixes, protocol, options, newOnly, verdict);
  }

  RuleSketch protocol(String name, String... matches) {
    return new RuleSketch(
        origin,
        comment,
        in,
        out,
        sources,
        destinations,
        name,
        matches.length == 0 ? List.of("") : List.of(matches),
        newOnly,
        verdict);
  }

  RuleSketch newFlows() {
    return new RuleSketch(
        origin, comment, in, out, sources, destinations, protocol, options, true, verdict);
  }

  RuleSketch verdict(Verdict given) {
    return new RuleSketch(
        origin, comment, in, out, sources, destinations, protocol, options, newOnly, given);
  }

  /** A rule that shuts something out without saying whom. */
  boolean isBroadDrop() {
    return verdict == Verdict.DROP && sources.isEmpty() && destinations.isEmpty();
  }

  /**
   * The lines that it takes.
   *
   * @param pass the target of a packet that may go on
   */
  List<RuleLine> lines(String pass) {
    String tail =
        (newOnly ? " -m conntrack --ctstate NEW" : "")
            + " -m comment --comment "
            + Words.quoted(comment)
            + " -j "
            + (verdict == Verdict.ACCEPT ? pass : Chain.LOG);
    List<RuleLine> lines = new ArrayList<>();
    for (String source : orAny(sources)) {
      for (String destination : orAny(destinations)) {
        for (String inward : orAny(in)) {
          for (String outward : orAny(out)) {
            for (String option : options) {
              String text =
                  word(" -s ", source)
                      + word(" -d ", destination)
                      + word(" -i ", inward)
                      + word(" -o ", outward)
                      + word(" -p ", protocol)
                      + word(" ", option)
                      + tail;
              lines.add(new RuleLine(text.substring(1), origin));
            }
          }
        }
      }
    }
    return lines;
  }

  private static List<String> orAny(List<?> restrictions) {
    return restrictions.isEmpty()
        ? List.of(ANY)
        : restrictions.stream().map(Object::toString).toList();
  }

  private static String word(String option, String value) {
    return value.isEmpty() ? "" : option + value;
  }
}
