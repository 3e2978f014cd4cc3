package dev.holdfast.agent.firewall.core;

import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import dev.holdfast.api.v1alpha1.NetworkRole;
import dev.holdfast.api.v1alpha1.NodeNetwork;
import dev.holdfast.api.v1alpha1.NodePortForward;
import dev.holdfast.api.v1alpha1.Verdict;
import java.util.ArrayList;
import java.util.List;

/**
 * The tables {@code filter} and {@code mangle} of one family.
 *
 * <pre>
 *   INPUT   → HOLDFAST-INPUT    from a gateway's network → HOLDFAST-IN    → accept | HOLDFAST-LOG
 *   FORWARD → HOLDFAST-FORWARD  to and from one → HOLDFAST-BETWEEN → HOLDFAST-FWD → the same
 *   OUTPUT  → HOLDFAST-OUTPUT   to a gateway's network   → HOLDFAST-OUT   → the same
 *   mangle: INPUT, FORWARD from a WAN → HOLDFAST-WAN-IN, HOLDFAST-WAN-FWD → go on | HOLDFAST-LOG
 * </pre>
 *
 * <p>Order within a judging chain: known flows; the resource's rules as they stand; the gateway's
 * own needs, at the latest before the first rule that drops without saying whom; the default.
 */
final class FilterPlan {

  private static final String INPUT = Chain.PREFIX + "INPUT";
  private static final String FORWARD = Chain.PREFIX + "FORWARD";
  private static final String OUTPUT = Chain.PREFIX + "OUTPUT";
  private static final String IN = Chain.PREFIX + "IN";
  private static final String BETWEEN = Chain.PREFIX + "BETWEEN";
  private static final String FWD = Chain.PREFIX + "FWD";
  private static final String OUT = Chain.PREFIX + "OUT";
  private static final String CLUSTER = Chain.PREFIX + "CLUSTER";
  private static final String WAN_IN = Chain.PREFIX + "WAN-IN";
  private static final String WAN_FWD = Chain.PREFIX + "WAN-FWD";

  private static final String KNOWN = "-m conntrack --ctstate RELATED,ESTABLISHED -j ";

  /** A LOG prefix holds 29 characters. */
  private static final int LOG_PREFIX_MAX = 29;

  private final GatewayNodeSpec spec;
  private final Networks networks;
  private final Family family;
  private final UserRules user;
  private final GatewayRules gateway;
  private final ClusterRules cluster;

  FilterPlan(GatewayNodeSpec spec, Networks networks, Family family) {
    this.spec = spec;
    this.networks = networks;
    this.family = family;
    this.user = new UserRules(spec, networks, family);
    this.gateway = new GatewayRules(spec, networks, family);
    this.cluster = new ClusterRules(spec, networks, family);
  }

  RuleTable filter() {
    List<Chain> chains = new ArrayList<>();
    chains.add(new Chain(INPUT, entry("-i", "firewall.input", IN)));
    chains.add(new Chain(IN, in()));
    chains.add(new Chain(FORWARD, perInterface("-o", allInterfaces(), BETWEEN)));
    chains.add(new Chain(BETWEEN, perInterface("-i", allInterfaces(), FWD)));
    chains.add(new Chain(FWD, forward()));
    if (!cluster.forwardTargets().isEmpty()) {
      chains.add(new Chain(CLUSTER, cluster.forwardTargets()));
    }
    chains.add(new Chain(OUTPUT, entry("-o", "firewall.output", OUT)));
    chains.add(new Chain(OUT, out()));
    chains.add(log());
    return new RuleTable(
        new TableKey(family, TableName.FILTER),
        chains,
        List.of(Jump.to("INPUT", INPUT), Jump.to("FORWARD", FORWARD), Jump.to("OUTPUT", OUTPUT)));
  }

  /**
   * Another program's chain may stand before ours in {@code filter} and accept (kube-proxy accepts
   * what it translated). {@code mangle} comes first, and there an accept ends nothing but itself:
   * so what the resource does not open from a WAN stays closed.
   */
  RuleTable mangle() {
    TableKey key = new TableKey(family, TableName.MANGLE);
    List<String> wans = networks.interfaces(NetworkRole.WAN);
    if (wans.isEmpty()) {
      return RuleTable.empty(key);
    }
    List<RuleLine> forward = new ArrayList<>(segmentSizes());
    forward.addAll(perInterface("-i", wans, WAN_FWD));
    return new RuleTable(
        key,
        List.of(
            new Chain(INPUT, perInterface("-i", wans, WAN_IN)),
            new Chain(WAN_IN, wanIn(wans)),
            new Chain(FORWARD, forward),
            new Chain(WAN_FWD, wanForward(wans)),
            log()),
        List.of(Jump.to("INPUT", INPUT), Jump.to("FORWARD", FORWARD)));
  }

  private List<String> allInterfaces() {
    return networks.interfaces(networks.all());
  }

  private List<RuleLine> entry(String direction, String origin, String chain) {
    List<RuleLine> rules = new ArrayList<>();
    rules.add(new RuleLine(direction + " lo -j ACCEPT", origin));
    rules.addAll(perInterface(direction, allInterfaces(), chain));
    return rules;
  }

  private static List<RuleLine> perInterface(
      String direction, List<String> interfaces, String chain) {
    return interfaces.stream()
        .map(name -> new RuleLine(direction + " " + name + " -j " + chain, "networks"))
        .toList();
  }

  private List<RuleLine> in() {
    List<RuleLine> rules = new ArrayList<>();
    rules.add(new RuleLine(KNOWN + "ACCEPT", "known flows"));
    rules.addAll(judged(user.input(), lines(gatewayInput(), "ACCEPT"), "ACCEPT"));
    rules.addAll(cluster.leftToKubernetes());
    if (spec.firewall().defaultPolicy() == Verdict.ACCEPT) {
      // A packet of a flow that we do not know would be answered with a reset.
      rules.add(new RuleLine("-m conntrack --ctstate INVALID -j " + Chain.LOG, "unknown flows"));
      rules.add(
          new RuleLine(
              "-p tcp -m tcp ! --tcp-flags FIN,SYN,RST,ACK SYN -m conntrack --ctstate NEW -j "
                  + Chain.LOG,
              "unknown flows"));
    }
    rules.add(byDefault());
    return rules;
  }

  private List<RuleSketch> gatewayInput() {
    List<RuleSketch> rules = new ArrayList<>(gateway.input());
    rules.addAll(cluster.input());
    return rules;
  }

  private List<RuleLine> forward() {
    List<RuleLine> rules = new ArrayList<>();
    rules.add(new RuleLine(KNOWN + "ACCEPT", "known flows"));
    List<RuleLine> own = new ArrayList<>(portForwards("ACCEPT"));
    own.addAll(cluster.forwardSources(CLUSTER));
    rules.addAll(judged(user.forward(), own, "ACCEPT"));
    for (NodeNetwork lan : networks.of(NetworkRole.LAN)) {
      // Hosts of one network could also talk directly; the way through us is an inner router's.
      rules.addAll(
          RuleSketch.accept("networks", "within-" + lan.name())
              .in(networks.interfaces(lan))
              .out(networks.interfaces(lan))
              .lines("ACCEPT"));
    }
    if (spec.firewall().defaultPolicy() == Verdict.ACCEPT) {
      // It would pass untranslated.
      rules.add(new RuleLine("-m conntrack --ctstate INVALID -j " + Chain.LOG, "unknown flows"));
    }
    rules.add(byDefault());
    return rules;
  }

  private List<RuleLine> out() {
    List<RuleLine> rules = new ArrayList<>();
    rules.add(new RuleLine(KNOWN + "ACCEPT", "known flows"));
    List<RuleSketch> own = new ArrayList<>(gateway.output());
    own.addAll(cluster.output());
    rules.addAll(judged(user.output(), lines(own, "ACCEPT"), "ACCEPT"));
    rules.add(byDefault());
    return rules;
  }

  private List<RuleLine> wanIn(List<String> wans) {
    List<RuleLine> rules = new ArrayList<>();
    rules.add(new RuleLine(KNOWN + "RETURN", "known flows"));
    rules.addAll(
        judged(from(wans, user.input()), lines(from(wans, gatewayInput()), "RETURN"), "RETURN"));
    rules.addAll(closing());
    return rules;
  }

  private List<RuleLine> wanForward(List<String> wans) {
    List<RuleLine> rules = new ArrayList<>();
    rules.add(new RuleLine(KNOWN + "RETURN", "known flows"));
    rules.addAll(judged(from(wans, user.forward()), portForwards("RETURN"), "RETURN"));
    rules.addAll(closing());
    return rules;
  }

  /** Those that can match what comes in there, narrowed to it. */
  private static List<RuleSketch> from(List<String> interfaces, List<RuleSketch> rules) {
    List<RuleSketch> narrowed = new ArrayList<>();
    for (RuleSketch rule : rules) {
      List<String> in = rule.in().stream().filter(interfaces::contains).toList();
      if (rule.in().isEmpty() || !in.isEmpty()) {
        narrowed.add(rule.in(in));
      }
    }
    return narrowed;
  }

  private List<RuleLine> judged(List<RuleSketch> rules, List<RuleLine> own, String pass) {
    List<RuleLine> lines = new ArrayList<>();
    boolean ownIsIn = false;
    for (RuleSketch rule : rules) {
      if (rule.isBroadDrop() && !ownIsIn) {
        lines.addAll(own);
        ownIsIn = true;
      }
      lines.addAll(rule.lines(pass));
    }
    if (!ownIsIn) {
      lines.addAll(own);
    }
    return lines;
  }

  private static List<RuleLine> lines(List<RuleSketch> rules, String pass) {
    return rules.stream().flatMap(rule -> rule.lines(pass).stream()).toList();
  }

  private List<RuleLine> portForwards(String pass) {
    if (family == Family.IPV6) {
      return List.of();
    }
    List<RuleLine> rules = new ArrayList<>();
    for (NodePortForward forward : spec.nat().portForwards()) {
      for (IpAddress address : NatPlan.openAddresses(networks, forward)) {
        rules.add(
            new RuleLine(
                NatPlan.forwarded(address, forward)
                    + " -m comment --comment "
                    + Words.quoted(forward.name())
                    + " -j "
                    + pass,
                NatPlan.origin(forward)));
      }
    }
    return rules;
  }

  private RuleLine byDefault() {
    return new RuleLine(
        switch (spec.firewall().defaultPolicy()) {
          case ACCEPT -> "-j ACCEPT";
          case DROP -> "-j " + Chain.LOG;
        },
        "firewall.defaultPolicy");
  }

  private List<RuleLine> closing() {
    return spec.firewall().defaultPolicy() == Verdict.DROP ? List.of(byDefault()) : List.of();
  }

  private Chain log() {
    String prefix = spec.firewall().log().prefix();
    String cut = prefix.substring(0, Math.min(prefix.length(), LOG_PREFIX_MAX));
    String words = cut.isEmpty() ? "" : " --log-prefix " + Words.quoted(cut);
    return new Chain(
        Chain.LOG,
        List.of(
            new RuleLine(
                "-m limit --limit "
                    + spec.firewall().log().rate()
                    + " -j LOG"
                    + words
                    + " --log-level 7",
                "firewall.log"),
            new RuleLine("-j DROP", "firewall.log")));
  }

  /** Connections between a LAN and a WAN of smaller packets begin with segments that fit. */
  private List<RuleLine> segmentSizes() {
    List<String> lans = networks.interfaces(NetworkRole.LAN);
    List<RuleLine> rules = new ArrayList<>();
    for (NodeNetwork wan : networks.of(NetworkRole.WAN)) {
      if (networks.isNarrow(wan)) {
        RuleSketch clamp =
            RuleSketch.accept("MTU of " + wan.name(), "mss")
                .protocol("tcp", "-m tcp --tcp-flags SYN,RST SYN");
        String target = "TCPMSS --clamp-mss-to-pmtu";
        rules.addAll(clamp.in(lans).out(networks.interfaces(wan)).lines(target));
        rules.addAll(clamp.in(networks.interfaces(wan)).out(lans).lines(target));
      }
    }
    return rules;
  }
}
