package dev.holdfast.agent.shell;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.firewall.core.BackEnd;
import dev.holdfast.agent.firewall.core.Excuse;
import dev.holdfast.agent.firewall.core.Party;
import dev.holdfast.agent.firewall.core.PolicyMark;
import dev.holdfast.agent.firewall.core.Ruleset;
import dev.holdfast.agent.firewall.core.TableName;
import dev.holdfast.agent.netns.TestNetwork;
import dev.holdfast.api.addr.Family;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@DisplayName("Keeping a policy in a real kernel")
class FirewallKeeperNetnsIT {

  private static final Duration PROMISED = Duration.ofSeconds(5);
  private static final String SHORT_TRIAL =
      """
      firewall:
        confirmSeconds: 5
        input: [{name: opened, from: WAN, protocol: TCP, ports: [%d]}]
      """;

  private final List<FirewallEvent> events = new CopyOnWriteArrayList<>();
  private final List<FirewallKeeper> keepers = new ArrayList<>();
  private FirewallWorld world;

  @BeforeEach
  void build() {
    world = new FirewallWorld();
  }

  @AfterEach
  void tearDown() {
    keepers.forEach(FirewallKeeper::close);
    world.close();
  }

  private FirewallKeeper keeper(Optional<BackEnd> backEnd) {
    FirewallKeeper keeper =
        world.inRouter(() -> new FirewallKeeper(world.stateDir, events::add, backEnd));
    keepers.add(keeper);
    return keeper;
  }

  private FirewallKeeper keeper(BackEnd backEnd) {
    return keeper(Optional.of(backEnd));
  }

  private void awaitStanding(FirewallKeeper keeper, Ruleset ruleset) {
    awaitMark(keeper, ruleset.mark());
  }

  private static void awaitMark(FirewallKeeper keeper, PolicyMark mark) {
    TestNetwork.await(
        mark + " stands",
        Duration.ofSeconds(10),
        () -> mark.equals(keeper.report().standing()) && keeper.report().problem() == null);
  }

  private void awaitEvent(Class<? extends FirewallEvent> kind, Duration atMost) {
    TestNetwork.await(
        kind.getSimpleName() + " among " + events,
        atMost,
        () -> events.stream().anyMatch(kind::isInstance));
  }

  @ParameterizedTest
  @EnumSource
  void whatOthersDidToUsIsPutBackInTime(BackEnd backEnd) {
    world.iptables(backEnd, Family.IPV4, "-A INPUT -s 203.0.113.10/32 -j DROP");
    world.iptables(backEnd, Family.IPV4, "-N MINE");
    Ruleset policy = Rulesets.open(80);
    FirewallKeeper keeper = keeper(backEnd);
    keeper.wanted(policy);
    awaitStanding(keeper, policy);
    String right = world.savedOfOurs(backEnd);

    String[] damages = {
      "-D INPUT -j HOLDFAST-INPUT",
      "-t nat -D POSTROUTING -j HOLDFAST-POSTROUTING",
      "-t mangle -F HOLDFAST-WAN-FWD",
      "-F HOLDFAST-IN",
      "-I HOLDFAST-IN 1 -s 198.51.100.1/32 -j ACCEPT",
      "-A HOLDFAST-LOG -p tcp -j REJECT",
      "-N HOLDFAST-STRANGER",
      "-F",
    };
    int repaired = 0;
    for (String damage : damages) {
      long begin = System.nanoTime();
      world.iptables(backEnd, Family.IPV4, damage);
      TestNetwork.await(
          "repaired: iptables " + damage, PROMISED, () -> world.savedOfOurs(backEnd).equals(right));
      repaired++;
      System.out.printf(
          "drift: %s, iptables %s, repaired after %d ms%n",
          backEnd.text(), damage, (System.nanoTime() - begin) / 1_000_000);
    }
    world.iptables(backEnd, Family.IPV6, "-F");
    TestNetwork.await(
        "repaired: ip6tables -F", PROMISED, () -> world.savedOfOurs(backEnd).equals(right));

    int least = repaired;
    TestNetwork.await("counted", PROMISED, () -> keeper.report().driftRepaired() > least);
    // `iptables -F` flushed the user's rule; that is not ours to bring back. The chain stays.
    assertThat(world.saved(backEnd, Family.IPV4)).contains(":MINE").doesNotContain("203.0.113.10");
  }

  @Test
  void aWholeTableThatIsTakenAwayIsPutBack() {
    Ruleset policy = Rulesets.open(80);
    FirewallKeeper keeper = keeper(BackEnd.NFT);
    keeper.wanted(policy);
    awaitStanding(keeper, policy);
    String right = world.savedOfOurs(BackEnd.NFT);
    world.iptables(BackEnd.NFT, Family.IPV4, "-t mangle -F");
    world.iptables(BackEnd.NFT, Family.IPV4, "-t mangle -X");

    TestNetwork.await("repaired", PROMISED, () -> world.savedOfOurs(BackEnd.NFT).equals(right));
  }

  @ParameterizedTest
  @EnumSource
  void theSamePolicyAgainChangesNothingNorDoesAStartOfTheAgent(BackEnd backEnd) {
    Ruleset policy = Rulesets.open(80);
    FirewallKeeper first = keeper(backEnd);
    first.wanted(policy);
    awaitStanding(first, policy);
    world.seenByUdp(world.modem, FirewallWorld.WAN_OWN, 5000);
    first.close();

    FirewallKeeper second = keeper(backEnd);
    second.wanted(policy);
    awaitEvent(FirewallEvent.Applied.class, Duration.ofSeconds(5));
    TestNetwork.await("applied twice", PROMISED, () -> events.size() >= 2);

    assertThat(((FirewallEvent.Applied) events.get(0)).changed()).isTrue();
    assertThat(((FirewallEvent.Applied) events.get(1)).changed()).isFalse();
    assertThat(world.packets(backEnd, Family.IPV4, "mangle", "HOLDFAST-LOG", "-j DROP"))
        .as("counters live on")
        .isPositive();
    TestNetwork.await("hits are known", PROMISED, () -> second.report().logHits() > 0);
  }

  @ParameterizedTest
  @EnumSource
  void aRefusedPolicyIsTriedAgainAndTheOldOneStands(BackEnd backEnd) {
    Ruleset old = Rulesets.open(80);
    FirewallKeeper keeper = keeper(backEnd);
    keeper.wanted(old);
    awaitStanding(keeper, old);

    keeper.wanted(
        Rulesets.with(
            Rulesets.open(81),
            Family.IPV4,
            TableName.MANGLE,
            "HOLDFAST-WAN-IN",
            Rulesets.REFUSED_BY_THE_KERNEL));
    awaitEvent(FirewallEvent.Refused.class, Duration.ofSeconds(5));

    assertThat(keeper.report().standing()).isEqualTo(old.mark());
    TestNetwork.await(
        "the problem is told",
        PROMISED,
        () -> String.valueOf(keeper.report().problem()).contains("the planted rule"));
    // Drift is repaired all the same.
    world.iptables(backEnd, Family.IPV4, "-F HOLDFAST-IN");
    awaitEvent(FirewallEvent.DriftRepaired.class, PROMISED);
  }

  @Test
  void aPolicyAfterWhichAPeerIsNotHeardIsRolledBack() {
    Ruleset old = Rulesets.article(SHORT_TRIAL.formatted(80));
    Ruleset cutting = Rulesets.article(SHORT_TRIAL.formatted(81));
    FirewallKeeper keeper = keeper(BackEnd.NFT);
    keeper.wanted(old);
    awaitStanding(keeper, old);
    String before = world.savedOfOurs(BackEnd.NFT);
    keeper.heard(Party.answering("router-b"), 0);
    keeper.heard(Party.answering("the API server"), 0);
    keeper.wanted(cutting);
    awaitStanding(keeper, cutting);
    assertThat(keeper.report().onTrial()).isTrue();

    long begin = System.nanoTime();
    while (System.nanoTime() - begin < 2_000_000_000L) {
      keeper.heard(Party.answering("the API server"), 0);
      Thread.onSpinWait();
    }
    awaitEvent(FirewallEvent.RolledBack.class, Duration.ofSeconds(6));

    assertThat(events)
        .contains(
            new FirewallEvent.RolledBack(cutting.mark(), Set.of(Party.answering("router-b"))));
    assertThat(world.savedOfOurs(BackEnd.NFT)).isEqualTo(before);
    assertThat(keeper.report().standing()).isEqualTo(old.mark());
    // Not even the next start of the agent brings it back; a change of the resource does.
    keeper.close();
    FirewallKeeper next = keeper(BackEnd.NFT);
    next.wanted(cutting);
    TestNetwork.await("said", PROMISED, () -> next.report().problem() != null);
    assertThat(world.savedOfOurs(BackEnd.NFT)).isEqualTo(before);
    Ruleset third = Rulesets.article(SHORT_TRIAL.formatted(82));
    next.wanted(third);
    awaitStanding(next, third);
    assertThat(next.report().onTrial()).isFalse();
  }

  @Test
  void aPolicyAfterWhichEveryoneIsHeardStays() {
    Ruleset old = Rulesets.article(SHORT_TRIAL.formatted(80));
    Ruleset good = Rulesets.article(SHORT_TRIAL.formatted(81));
    FirewallKeeper keeper = keeper(BackEnd.NFT);
    keeper.wanted(old);
    awaitStanding(keeper, old);
    keeper.heard(Party.answering("router-b"), 0);
    keeper.heard(Party.answering("router-c"), 0);
    keeper.wanted(good);
    awaitStanding(keeper, good);

    keeper.excuse(new Excuse.GaveUp(Party.answering("router-c")));
    TestNetwork.await(
        "confirmed",
        Duration.ofSeconds(5),
        () -> {
          keeper.heard(Party.answering("router-b"), 0);
          return events.contains(new FirewallEvent.Confirmed(good.mark()));
        });

    assertThat(keeper.report().onTrial()).isFalse();
    assertThat(keeper.report().standing()).isEqualTo(good.mark());
  }

  @Test
  void anUnconfirmedPolicyIsRolledBackAlsoWhenTheAgentDiedInBetween() {
    Ruleset old = Rulesets.article(SHORT_TRIAL.formatted(80));
    Ruleset cutting = Rulesets.article(SHORT_TRIAL.formatted(81));
    FirewallKeeper keeper = keeper(BackEnd.NFT);
    keeper.wanted(old);
    awaitStanding(keeper, old);
    String before = world.savedOfOurs(BackEnd.NFT);
    keeper.heard(Party.answering("router-b"), 0);
    keeper.wanted(cutting);
    awaitStanding(keeper, cutting);
    keeper.close();

    FirewallKeeper next = keeper(BackEnd.NFT);
    next.wanted(cutting);

    awaitEvent(FirewallEvent.RolledBack.class, Duration.ofSeconds(11));
    assertThat(world.savedOfOurs(BackEnd.NFT)).isEqualTo(before);
  }

  @ParameterizedTest
  @EnumSource
  void theBackEndThatTheHostUsesIsChosen(BackEnd backEnd) {
    world.iptables(backEnd, Family.IPV4, "-A INPUT -s 203.0.113.10/32 -j DROP");
    Ruleset policy = Rulesets.open(80);
    FirewallKeeper keeper = keeper(Optional.empty());
    keeper.wanted(policy);
    awaitStanding(keeper, policy);

    assertThat(keeper.report().backEnd()).isEqualTo(backEnd);
    assertThat(keeper.report().mixed()).isFalse();
    assertThat(world.saved(backEnd.other(), Family.IPV4)).doesNotContain("HOLDFAST");
    keeper.close();

    // The host's other programs move over to the other one: so do we, and leave nothing behind.
    world.iptables(backEnd.other(), Family.IPV4, "-t mangle -N KUBE-IPTABLES-HINT");
    world.iptables(backEnd.other(), Family.IPV4, "-A INPUT -s 203.0.113.11/32 -j DROP");
    FirewallKeeper next = keeper(Optional.empty());
    next.wanted(policy);
    awaitStanding(next, policy);

    assertThat(next.report().backEnd()).isEqualTo(backEnd.other());
    assertThat(next.report().mixed()).isTrue();
    awaitEvent(FirewallEvent.MixedBackEnds.class, PROMISED);
    assertThat(world.saved(backEnd, Family.IPV4)).doesNotContain("HOLDFAST");
    assertThat(world.saved(backEnd.other(), Family.IPV4)).contains("HOLDFAST-IN");
  }

  @ParameterizedTest
  @EnumSource
  void withdrawingLeavesNothing(BackEnd backEnd) {
    String before = world.saved(backEnd, Family.IPV4) + world.saved(backEnd, Family.IPV6);
    FirewallKeeper keeper = keeper(backEnd);
    keeper.wanted(Rulesets.open(80));
    awaitStanding(keeper, Rulesets.open(80));

    assertThat(keeper.withdraw(5_000)).isTrue();

    assertThat(world.savedOfOurs(backEnd)).doesNotContain("HOLDFAST");
    assertThat(before).doesNotContain("HOLDFAST");
    assertThat(keeper.report().standing()).isNull();
    // And nothing comes back by itself.
    world.iptables(backEnd, Family.IPV4, "-F");
    assertThat(world.savedOfOurs(backEnd)).doesNotContain("HOLDFAST");
  }
}
