package dev.holdfast.lab.bench;

import dev.holdfast.api.addr.Family;
import dev.holdfast.lab.ClusterFile;
import dev.holdfast.lab.LabException;
import dev.holdfast.lab.LabSession.Standing;
import dev.holdfast.lab.net.Topology;
import dev.holdfast.lab.stack.HoldfastSoftware;
import dev.holdfast.lab.stack.KeepalivedSoftware;
import dev.holdfast.lab.stack.Stack;
import java.util.List;
import java.util.function.Function;

/**
 * What a change of the policy costs while ten thousand flows run through the router: the resource's
 * file changed and the agent told, beside the two ways of the article's readers: the whole file
 * loaded anew, and a script that flushes and adds rule after rule. Ours is measured from the signal
 * until the last rule stands in the kernel; theirs until the program has ended.
 */
final class PolicyBench implements Bench {

  private static final String OURS = "holdfast";
  private static final String RESTORE = "iptables-restore";
  private static final String SCRIPT = "script of iptables";

  private static final List<String> BACK_ENDS = List.of("nft", "legacy");
  private static final int FLOWS = 10_000;
  private static final int PER_SECOND = 2_000;
  private static final int RULES = 1_000;
  private static final double NANOS_PER_MILLI = 1e6;

  /**
   * A rule from the WAN stands in mangle and filter: of both families, where it names no source.
   */
  private static final int OURS_OF_ONE = 4;

  private static final int OURS_OF_SOURCE = 2;

  private static final int ONE_PORT = 4_001;
  private static final int MANY_PORT = 4_002;

  /** What a kubelet leaves: the agent follows it. */
  private static final String HINT = "*mangle\n:KUBE-IPTABLES-HINT - [0:0]\nCOMMIT\n";

  @Override
  public String name() {
    return "policy";
  }

  @Override
  public String description() {
    return "the policy changed under 10 000 flows, by one rule and by 1 000; drift repaired";
  }

  @Override
  public BenchTable run(BenchContext context) {
    var table = new BenchTable.Builder(name(), List.of(OURS, RESTORE, SCRIPT));
    for (int run = 1; run <= context.runs(); run++) {
      for (String backEnd : BACK_ENDS) {
        String where = "policy, " + backEnd + ", run " + run + " of " + context.runs();
        context.progress().accept(where);
        try {
          ours(context, table, backEnd);
          theirs(context, table, backEnd);
        } catch (LabException e) {
          table.remark(where + " gave no figures: " + e.getMessage());
        }
      }
    }
    return table.build();
  }

  private static void ours(BenchContext context, BenchTable.Builder table, String backEnd) {
    ClusterFile cluster = context.cluster();
    context
        .session()
        .standing(
            context.options(Stack.HOLDFAST),
            topology -> hint(topology, backEnd),
            standing -> {
              if (!(standing.software(standing.active()) instanceof HoldfastSoftware agent)) {
                throw new IllegalStateException("another stack was built");
              }
              var rules = new KernelRules(standing.active().namespace(), backEnd);
              try (ManyFlows flows = flows(standing)) {
                var contest = new Contest(table, OURS, backEnd, flows);
                contest.one(
                    () -> {
                      agent.reload(cluster.opening(ONE_PORT));
                      rules.await(ONE_PORT, OURS_OF_ONE);
                    });
                contest.many(
                    () -> {
                      agent.reload(cluster.forwardingFrom(RULES / OURS_OF_SOURCE, MANY_PORT));
                      rules.await(MANY_PORT, RULES);
                    });
              }
              rules.script(rules.program(Family.IPV4, "") + " -w -D HOLDFAST-FWD 300\n");
              long begin = System.nanoTime();
              rules.await(MANY_PORT, RULES);
              double millis = (System.nanoTime() - begin) / NANOS_PER_MILLI;
              table.add(OURS, backEnd + ", one of 1 000 removed: back after", "ms", millis);
            });
  }

  private static void hint(Topology topology, String backEnd) {
    topology
        .routers()
        .forEach(router -> new KernelRules(router.namespace(), backEnd).add(Family.IPV4, HINT));
  }

  private static void theirs(BenchContext context, BenchTable.Builder table, String backEnd) {
    context
        .session()
        .standing(
            context.options(Stack.KEEPALIVED),
            standing -> {
              if (!(standing.software(standing.active()) instanceof KeepalivedSoftware article)) {
                throw new IllegalStateException("another stack was built");
              }
              var rules = new KernelRules(standing.active().namespace(), backEnd);
              // What was loaded at the start may be in the other back end.
              BACK_ENDS.forEach(any -> new KernelRules(rules.router(), any).loadNothing());
              load(rules, article, _ -> "");
              try (ManyFlows flows = flows(standing)) {
                var whole = new Contest(table, RESTORE, backEnd, flows);
                whole.one(() -> load(rules, article, PolicyBench::oneRule));
                whole.many(() -> load(rules, article, PolicyBench::manyRules));
                var lines = new Contest(table, SCRIPT, backEnd, flows);
                lines.one(() -> runScript(rules, article, PolicyBench::oneRule));
                lines.many(() -> runScript(rules, article, PolicyBench::manyRules));
              }
            });
  }

  private static ManyFlows flows(Standing standing) {
    return new ManyFlows(
        standing.topology().lanHost(), standing.topology().internetHost(), FLOWS, PER_SECOND);
  }

  private static String oneRule(Family family) {
    return "-A INPUT -p tcp --dport " + ONE_PORT + " -j ACCEPT\n";
  }

  private static String manyRules(Family family) {
    var rules = new StringBuilder();
    for (int i = 0; family == Family.IPV4 && i < RULES; i++) {
      rules.append("-A FORWARD -s ").append(ClusterFile.source(i)).append(" -p tcp --dport ");
      rules.append(MANY_PORT).append(" -m conntrack --ctstate NEW -j ACCEPT\n");
    }
    return rules.toString();
  }

  private static void load(
      KernelRules rules, KeepalivedSoftware article, Function<Family, String> more) {
    for (Family family : Family.values()) {
      rules.restore(family, FirewallScript.with(article.rules(family), more.apply(family)));
    }
  }

  private static void runScript(
      KernelRules rules, KeepalivedSoftware article, Function<Family, String> more) {
    for (Family family : Family.values()) {
      String file = FirewallScript.with(article.rules(family), more.apply(family));
      rules.script(FirewallScript.lines(file, rules.program(family, "")));
    }
  }

  /** One way of changing the policy, on one back end, under flows. */
  private record Contest(
      BenchTable.Builder table, String contestant, String backEnd, ManyFlows flows) {

    void one(Runnable change) {
      measure("one rule", change);
    }

    void many(Runnable change) {
      measure("1 000 rules", change);
    }

    private void measure(String what, Runnable change) {
      int first = flows.sent();
      long begin = System.nanoTime();
      change.run();
      double millis = (System.nanoTime() - begin) / NANOS_PER_MILLI;
      int lost = flows.lostSince(first);
      table.add(contestant, backEnd + ", " + what + ": loaded in", "ms", millis);
      table.add(contestant, backEnd + ", " + what + ": datagrams lost", "", (double) lost);
    }
  }
}
