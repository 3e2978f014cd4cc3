package dev.holdfast.agent.shell;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.firewall.core.BackEnd;
import dev.holdfast.agent.firewall.core.Ruleset;
import dev.holdfast.agent.netns.TestNetwork;
import dev.holdfast.agent.shell.IptablesRunner.Outcome;
import dev.holdfast.api.addr.Family;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@DisplayName("Large policies and many flows, in a real kernel")
class FirewallScaleNetnsIT {

  private static final int FLOWS = 10_000;

  private static Ruleset thousandRules(int port) {
    StringBuilder yaml = new StringBuilder("firewall:\n  forward:\n");
    for (int i = 0; i < 250; i++) {
      yaml.append(
          "    - {from: WAN, to: LAN, protocol: TCP, ports: [%d], sources: [198.51.%d.%d, 203.0.%d.%d]}\n"
              .formatted(port, i / 8, i, i / 8, i));
    }
    yaml.append("    - {from: LAN, to: WAN}\n");
    return Rulesets.article(yaml.toString());
  }

  @ParameterizedTest
  @EnumSource
  void aThousandRulesAreLoadedAndWatched(BackEnd backEnd) {
    try (FirewallWorld world = new FirewallWorld()) {
      IptablesRunner runner = world.runner(backEnd);
      Ruleset first = thousandRules(80);
      assertThat(first.rules()).isGreaterThan(1000);
      long begin = System.nanoTime();
      assertThat(world.apply(runner, first)).isEqualTo(new Outcome.Applied(true));
      long loaded = System.nanoTime();
      assertThat(world.apply(runner, thousandRules(81))).isEqualTo(new Outcome.Applied(true));
      long changed = System.nanoTime();
      world.inRouter(runner::repairDrift);
      long looked = System.nanoTime();
      System.out.printf(
          "rules: %s, %d rules, loaded in %d ms, changed in %d ms, looked at in %d ms%n",
          backEnd.text(),
          first.rules(),
          (loaded - begin) / 1_000_000,
          (changed - loaded) / 1_000_000,
          (looked - changed) / 1_000_000);

      Ruleset second = thousandRules(81);
      try (FirewallKeeper keeper =
          world.inRouter(() -> new FirewallKeeper(world.stateDir, _ -> {}, Optional.of(backEnd)))) {
        keeper.wanted(second);
        TestNetwork.await(
            "stands",
            Duration.ofSeconds(20),
            () -> second.mark().equals(keeper.report().standing()));
        String right = world.savedOfOurs(backEnd);
        world.iptables(backEnd, Family.IPV4, "-D HOLDFAST-FWD 300");
        long damaged = System.nanoTime();
        // By the look that finds drift, or by the keeper's first one, which does not count as such.
        TestNetwork.await(
            "repaired", Duration.ofSeconds(5), () -> world.savedOfOurs(backEnd).equals(right));
        System.out.printf(
            "rules: %s, one of them taken away, repaired after %d ms%n",
            backEnd.text(), (System.nanoTime() - damaged) / 1_000_000);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void tenThousandFlowsLoseNothingWhenThePolicyChanges(BackEnd backEnd) throws Exception {
    try (FirewallWorld world = new FirewallWorld()) {
      world.echoEverything();
      IptablesRunner runner = world.runner(backEnd);
      world.apply(runner, Rulesets.open(1111));
      try (Probe probe = new Probe(world, world.host, FirewallWorld.MODEM, 20_000, FLOWS, 2_000)) {
        TestNetwork.await(
            "every flow has begun", Duration.ofSeconds(30), () -> probe.sent() > FLOWS);
        long longest = 0;
        for (int i = 0; i < 10; i++) {
          long begin = System.nanoTime();
          world.apply(runner, Rulesets.open(2000 + i));
          longest = Math.max(longest, System.nanoTime() - begin);
        }
        assertThat(probe.lost()).isZero();
        System.out.printf(
            "flows: %s, %d flows, 10 changes of at most %d ms, none of %d datagrams lost%n",
            backEnd.text(), FLOWS, longest / 1_000_000, probe.sent());
      }
    }
  }
}
