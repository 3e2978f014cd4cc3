package dev.holdfast.api.validate;

import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.Prefix;
import dev.holdfast.api.render.Defaults;
import dev.holdfast.api.v1alpha1.FirewallSpec;
import dev.holdfast.api.v1alpha1.GatewayClusterSpec;
import dev.holdfast.api.v1alpha1.LogSpec;
import dev.holdfast.api.v1alpha1.PortRange;
import dev.holdfast.api.v1alpha1.RuleSpec;
import dev.holdfast.api.v1alpha1.Verdict;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** {@code spec.firewall}. */
final class FirewallRules {

  private static final int RULES_MAX = 256;
  private static final int PORTS_MAX = 15;
  private static final int PREFIXES_MAX = 64;
  private static final Pattern RATE =
      Pattern.compile("([1-9][0-9]{0,4})/(s|sec|second|m|min|minute|h|hour|d|day)");
  private static final int RATE_MAX = 10_000;
  private static final int LOG_PREFIX_MAX = 28;
  private static final Pattern LOG_PREFIX = Pattern.compile("[ !#-\\[\\]-~]*");

  /** Which networks a rule of a chain may name. */
  private enum Chain {
    FORWARD,
    INPUT,
    OUTPUT
  }

  private final GatewayClusterSpec spec;
  private final Findings findings;

  private FirewallRules(GatewayClusterSpec spec, Findings findings) {
    this.spec = spec;
    this.findings = findings;
  }

  static void check(GatewayClusterSpec spec, Findings findings) {
    if (spec.firewall() != null) {
      new FirewallRules(spec, findings).check(spec.firewall());
    }
  }

  private void check(FirewallSpec firewall) {
    checkRules(Chain.FORWARD, "forward", firewall.forward());
    checkRules(Chain.INPUT, "input", firewall.input());
    checkRules(Chain.OUTPUT, "output", firewall.output());
    if (firewall.log() != null) {
      checkLog(firewall.log());
    }
    if (firewall.confirmSeconds() != null) {
      findings.range("spec.firewall.confirmSeconds", firewall.confirmSeconds(), 5, 600);
    }
  }

  private void checkRules(Chain chain, String name, @Nullable List<RuleSpec> rules) {
    if (rules == null) {
      return;
    }
    String path = "spec.firewall." + name;
    findings.atMost(path, rules, RULES_MAX);
    Map<String, String> names = new HashMap<>();
    for (int i = 0; i < rules.size(); i++) {
      RuleSpec rule = rules.get(i);
      String inside = path + "[" + i + "]";
      checkName(inside, rule.name(), name + "-" + (i + 1), names, findings);
      checkEnds(chain, inside, rule);
      checkPorts(inside, rule);
      checkFamilies(inside, rule);
      checkReached(path, rules, i);
    }
  }

  /** A rule behind one that decides everything otherwise was meant to stand before it. */
  private void checkReached(String path, List<RuleSpec> rules, int number) {
    RuleSpec rule = rules.get(number);
    for (int i = 0; i < number; i++) {
      RuleSpec before = rules.get(i);
      if (action(before) != action(rule) && takesAll(before, rule)) {
        findings.add(
            path + "[" + number + "]",
            "is never reached, since "
                + path
                + "["
                + i
                + "] takes all of it; write it before that");
        return;
      }
    }
  }

  private static Verdict action(RuleSpec rule) {
    return Objects.requireNonNullElse(rule.action(), Defaults.RULE_ACTION);
  }

  private static boolean takesAll(RuleSpec before, RuleSpec rule) {
    return before.protocol() == null
        && before.family() == null
        && before.ports().isEmpty()
        && before.sources().isEmpty()
        && before.destinations().isEmpty()
        && (before.from() == null || before.from().equals(rule.from()))
        && (before.to() == null || before.to().equals(rule.to()));
  }

  static void checkName(
      String path,
      @Nullable String given,
      String otherwise,
      Map<String, String> names,
      Findings findings) {
    if (given != null) {
      findings.name(path + ".name", given);
    }
    String name = given == null ? otherwise : given;
    String before = names.putIfAbsent(name, path);
    if (before != null) {
      findings.add(path + ".name", "is " + name + ", as " + before + " is; name each once");
    }
  }

  private void checkEnds(Chain chain, String path, RuleSpec rule) {
    if (rule.from() != null && chain == Chain.OUTPUT) {
      findings.add(
          path + ".from", "has no place in an output rule: the router itself sends; remove it");
    } else if (rule.from() != null) {
      NetworkReference.check(spec, path + ".from", rule.from(), findings);
    }
    if (rule.to() != null && chain == Chain.INPUT) {
      findings.add(
          path + ".to", "has no place in an input rule: the router itself receives; remove it");
    } else if (rule.to() != null) {
      NetworkReference.check(spec, path + ".to", rule.to(), findings);
    }
  }

  private void checkPorts(String path, RuleSpec rule) {
    if (rule.ports().isEmpty()) {
      return;
    }
    if (rule.protocol() == null || !rule.protocol().hasPorts()) {
      findings.add(
          path + ".ports",
          "need a protocol that has ports; write protocol: TCP or UDP, a rule for each");
    }
    int slots = 0;
    for (int i = 0; i < rule.ports().size(); i++) {
      String text = rule.ports().get(i);
      Optional<PortRange> range =
          findings.read(path + ".ports[" + i + "]", text, PortRange::parse, "53 or 8000-8010");
      slots += range.isPresent() && !range.get().isSingle() ? 2 : 1;
    }
    if (slots > PORTS_MAX) {
      findings.add(
          path + ".ports",
          "are more than 15, where a range counts twice; write a second rule for the rest");
    }
  }

  private void checkFamilies(String path, RuleSpec rule) {
    List<Prefix> sources = findings.networks(path + ".sources", rule.sources(), PREFIXES_MAX);
    List<Prefix> destinations =
        findings.networks(path + ".destinations", rule.destinations(), PREFIXES_MAX);
    List<Family> named =
        Stream.concat(sources.stream(), destinations.stream())
            .map(Prefix::family)
            .distinct()
            .toList();
    if (named.size() > 1) {
      findings.add(path, "mixes IPv4 and IPv6 addresses; write a rule for each family");
    } else if (rule.family() != null && !named.isEmpty() && named.getFirst() != rule.family()) {
      findings.add(
          path + ".family", "is not the family of the rule's addresses; remove it, or them");
    }
  }

  private void checkLog(LogSpec log) {
    if (log.rate() != null) {
      Matcher matcher = RATE.matcher(log.rate());
      if (!matcher.matches() || Integer.parseInt(matcher.group(1)) > RATE_MAX) {
        findings.add(
            "spec.firewall.log.rate",
            "is \"" + log.rate() + "\"; write 1 to 10000 a second, min, hour or day, like 2/min");
      }
    }
    if (log.prefix() != null
        && (log.prefix().length() > LOG_PREFIX_MAX
            || !LOG_PREFIX.matcher(log.prefix()).matches())) {
      findings.add(
          "spec.firewall.log.prefix",
          "does not fit into a kernel log line; write at most 28 printable ASCII characters without"
              + " \" and \\");
    }
  }
}
