package dev.holdfast.lab;

import static dev.holdfast.lab.PolicyLab.ours;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.addr.Family;
import dev.holdfast.lab.PolicyLab.BackEnd;
import dev.holdfast.lab.PolicyLab.Probes;
import dev.holdfast.lab.net.Router;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@DisplayName("A policy of whole agents, while things happen to it")
@Timeout(value = 1_200, unit = TimeUnit.SECONDS)
class PolicyChangeNetnsIT {

  private static final long PROMISED_MILLIS = 5_000;
  private static final long APPLIED_MILLIS = 60_000;

  /** What a kubelet leaves, so that the agent knows whom to follow; kube-proxy, a CNI, a user. */
  private static final String OTHERS =
      """
      *mangle
      :KUBE-IPTABLES-HINT - [0:0]
      COMMIT
      *nat
      :KUBE-SERVICES - [0:0]
      :CNI-POSTRTG - [0:0]
      -A KUBE-SERVICES -d 10.43.0.1/32 -p tcp -m tcp --dport 443 -j RETURN
      -A CNI-POSTRTG -s 10.42.0.0/16 -d 10.42.0.0/16 -j RETURN
      -I PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
      -I POSTROUTING -m comment --comment "pod network" -j CNI-POSTRTG
      COMMIT
      *filter
      :KUBE-FORWARD - [0:0]
      :KUBE-ROUTER-FORWARD - [0:0]
      :MY-RULES - [0:0]
      -A KUBE-FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
      -A KUBE-ROUTER-FORWARD -d 10.42.0.66/32 -j DROP
      -A MY-RULES -s 203.0.113.9/32 -j DROP
      -I FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD
      -I FORWARD -m comment --comment "kube-router netpol" -j KUBE-ROUTER-FORWARD
      -A INPUT -j MY-RULES
      COMMIT
      """;

  private static final String INSISTS =
      """
      *filter
      -D FORWARD -m comment --comment "kube-router netpol" -j KUBE-ROUTER-FORWARD
      -I FORWARD 1 -m comment --comment "kube-router netpol" -j KUBE-ROUTER-FORWARD
      COMMIT
      """;

  private static final String EVERY_JUMP = "every jump to our chains removed";

  private static final Predicate<String> IS_JUMP =
      Pattern.compile("^-A [A-Z]+ -j HOLDFAST-").asPredicate();

  @TempDir Path folder;

  /** The article's network with one port open from the WAN: another policy for each port. */
  private static String open(int port, String more) {
    return PolicyLab.ARTICLE
        + """
          vrrp: {advertisementInterval: 1s}
          firewall:
            confirmSeconds: 5
            input:
        %s      - {name: ssh, from: LAN, protocol: TCP, ports: [22]}
              - {name: opened, from: WAN, protocol: TCP, ports: [%d]}
            forward:
              - {from: LAN, to: WAN}
          nat: {source: Interface, portForwards: [{port: %d, to: "192.168.0.50:80"}]}
        """
            .formatted(more, port, port);
  }

  /**
   * One router alone. Its own addresses carry the flows: they stay when an agent dies, while the
   * virtual ones end three seconds later, so that whatever is lost is the policy's doing.
   */
  private PolicyLab aloneWith(String resource, BackEnd backEnd) {
    PolicyLab lab = new PolicyLab(folder, resource, Map.of(backEnd, OTHERS));
    lab.agent(lab.b()).stop(10_000);
    lab.awaitSettled();
    lab.lanHost().run("ip", "route", "replace", "default", "via", "192.168.0.1");
    return lab;
  }

  private static String applied(PolicyLab lab, BackEnd backEnd, String resource, int port) {
    lab.write(resource);
    lab.reload(lab.a());
    return awaitPort(lab, backEnd, port);
  }

  private static String awaitPort(PolicyLab lab, BackEnd backEnd, int port) {
    lab.await(
        lab.a(),
        "port " + port + " is open",
        APPLIED_MILLIS,
        () -> occurrences(ours(lab.a(), backEnd), "--dport " + port + " ") == 6);
    return ours(lab.a(), backEnd);
  }

  /** In mangle and filter of both families for the rule, in nat twice for the port forward. */
  private static int occurrences(String text, String part) {
    return text.split(part, -1).length - 1;
  }

  /**
   * Ten kills of each in a short run; {@code -Dholdfast.kills=50}, with another {@code
   * -Dholdfast.seed} each time, for more.
   */
  @ParameterizedTest
  @EnumSource
  void agentsThatAreKilledInAnApplicationLeaveTheOldPolicyOrTheNewOne(BackEnd backEnd) {
    int kills = Integer.getInteger("holdfast.kills", 10);
    var random = new Random(Long.getLong("holdfast.seed", 0) ^ backEnd.name().hashCode());
    String[] resources = {open(1111, ""), open(2222, "")};
    try (PolicyLab lab = aloneWith(resources[0], backEnd)) {
      Router router = lab.a();
      String[] right = {awaitPort(lab, backEnd, 1111), ""};
      right[1] = applied(lab, backEnd, resources[1], 2222);
      String others = PolicyLab.others(router, backEnd);
      int begun = 0;
      int mixed = 0;
      try (Probes probes = lab.probes()) {
        for (int i = 0; i < kills; i++) {
          int before = 1 - i % 2;
          int after = i % 2;
          lab.write(resources[after]);
          lab.reload(router);
          PolicyLab.pause(random.nextInt(300));
          lab.kill(router);
          String left = ours(router, backEnd);
          begun += left.equals(right[before]) ? 0 : 1;
          mixed += List.of(right).contains(left) ? 0 : 1;
          // What is wanted when it comes back may be either; what a crash left must not show.
          int wanted = random.nextBoolean() ? before : after;
          lab.write(resources[wanted]);
          lab.start(router);
          lab.await(
              router,
              "kill " + i + ", the wanted policy alone",
              APPLIED_MILLIS,
              () -> ours(router, backEnd).equals(right[wanted]));
          assertThat(PolicyLab.others(router, backEnd)).isEqualTo(others);
          lab.write(resources[after]);
          lab.reload(router);
          lab.await(
              router,
              "kill " + i + ", ready for the next",
              APPLIED_MILLIS,
              () -> ours(router, backEnd).equals(right[after]));
        }
        Probes.Count count = probes.end();
        System.out.printf(
            "agents killed: %s, %d, %d of them when tables had changed, %d between two tables;"
                + " %d of %d datagrams lost%n",
            backEnd, kills, begun, mixed, count.lost(), count.sent());
        assertThat(count.lost()).as("of %d datagrams", count.sent()).isZero();
      }
    }
  }

  private static void removeJumps(Router router, BackEnd backEnd) {
    for (Family family : Family.values()) {
      List<String> saved = PolicyLab.saved(router, backEnd, family).lines().toList();
      assertThat(saved).filteredOn(IS_JUMP).hasSizeGreaterThanOrEqualTo(5);
      PolicyLab.restore(
          router,
          backEnd,
          family,
          saved.stream()
              .filter(IS_JUMP.or(line -> line.startsWith("*") || line.equals("COMMIT")))
              .map(line -> line.replaceFirst("^-A", "-D") + "\n")
              .collect(Collectors.joining()));
    }
  }

  @ParameterizedTest
  @EnumSource
  void whatOthersDoToItIsRepairedAndNothingOfTheirsIsTouched(BackEnd backEnd) {
    try (PolicyLab lab = aloneWith(open(1111, ""), backEnd)) {
      Router router = lab.a();
      String right = awaitPort(lab, backEnd, 1111);
      String others = PolicyLab.others(router, backEnd);
      for (String damage :
          List.of(
              EVERY_JUMP,
              "-t nat -F HOLDFAST-PREROUTING",
              "-t mangle -F HOLDFAST-WAN-IN",
              "-I HOLDFAST-IN 1 -j ACCEPT",
              "-F")) {
        long begin = System.nanoTime();
        if (damage.equals(EVERY_JUMP)) {
          removeJumps(router, backEnd);
        } else {
          lab.iptables(router, backEnd, Family.IPV4, damage);
        }
        if (damage.equals("-F")) {
          // That took away everybody's rules in filter; each brings back its own.
          PolicyLab.restore(
              router, backEnd, Family.IPV4, OTHERS.substring(OTHERS.indexOf("*filter")));
        }
        PolicyLab.await(
            "repaired: iptables " + damage,
            PROMISED_MILLIS,
            () -> ours(router, backEnd).equals(right));
        System.out.printf(
            "drift of whole agents: %s, %s, repaired after %d ms%n",
            backEnd, damage, (System.nanoTime() - begin) / 1_000_000);
        // One that insists comes back in front of us each time, and stays there.
        PolicyLab.restore(router, backEnd, Family.IPV4, INSISTS);
        assertThat(PolicyLab.others(router, backEnd)).isEqualTo(others);
      }
      PolicyLab.pause(PROMISED_MILLIS);
      assertThat(PolicyLab.others(router, backEnd)).isEqualTo(others);
      assertThat(ours(router, backEnd)).isEqualTo(right);
      PolicyLab.await(
          "counted: " + lab.status(router),
          PROMISED_MILLIS,
          () ->
              lab.status(router)
                  .replaceAll("\\s", "")
                  .matches(".*\"driftRepaired\":([5-9]|1[0-9]).*"));
      assertThat(lab.log(router)).contains("policy repaired");
    }
  }

  /**
   * Adverts of the active router no longer come in. Its link does: it is a connection that was
   * there before, and replies always pass.
   */
  private static final String CUTS_A =
      """
            - {name: not-a, from: LAN, sources: [192.168.0.1], action: Drop}
            - {name: not-a-either, from: direct, sources: [10.10.1.1], action: Drop}
      """;

  private static void awaitRolledBack(PolicyLab lab, Router router, String before) {
    lab.await(
        router,
        "rolled back",
        APPLIED_MILLIS,
        () -> lab.log(router).contains("policy rolled back"));
    assertThat(ours(router, BackEnd.NFT)).isEqualTo(before);
  }

  /** Gives the backup a policy that cuts it off; returns what stood before. */
  private static String cutOff(PolicyLab lab) {
    PolicyLab.await("b filters", APPLIED_MILLIS, () -> ours(lab.b(), BackEnd.NFT).contains("1111"));
    String before = ours(lab.b(), BackEnd.NFT);
    lab.write(open(2222, CUTS_A));
    lab.reload(lab.b());
    PolicyLab.await("applied", APPLIED_MILLIS, () -> ours(lab.b(), BackEnd.NFT).contains("2222"));
    return before;
  }

  @Test
  void theBackupTakesBackAPolicyAfterWhichItNoLongerHearsTheActiveRouter() {
    try (PolicyLab lab = new PolicyLab(folder, open(1111, ""), Map.of(BackEnd.NFT, OTHERS))) {
      String before = cutOff(lab);
      awaitRolledBack(lab, lab.b(), before);
      assertThat(lab.log(lab.b()))
          .contains("the link of router-a on direct")
          .contains("adverts of 192.168.0.1 on lan");
    }
  }

  @Test
  void itIsTakenBackAlsoWhenTheAgentIsKilledInBetween() {
    try (PolicyLab lab = new PolicyLab(folder, open(1111, ""), Map.of(BackEnd.NFT, OTHERS))) {
      String before = cutOff(lab);
      PolicyLab.await(
          "on trial", PROMISED_MILLIS, () -> lab.log(lab.b()).contains("policy on trial"));
      lab.kill(lab.b());
      lab.start(lab.b());
      awaitRolledBack(lab, lab.b(), before);
    }
  }

  @Test
  void aPolicyThatCutsNobodyOffIsConfirmed() {
    try (PolicyLab lab = new PolicyLab(folder, open(1111, ""), Map.of(BackEnd.NFT, OTHERS))) {
      awaitPort(lab, BackEnd.NFT, 1111);
      applied(lab, BackEnd.NFT, open(2222, ""), 2222);
      lab.await(
          lab.a(),
          "confirmed",
          PROMISED_MILLIS,
          () -> lab.log(lab.a()).contains("policy confirmed"));
    }
  }
}
