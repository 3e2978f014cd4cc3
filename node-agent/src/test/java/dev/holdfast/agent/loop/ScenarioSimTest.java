package dev.holdfast.agent.loop;

import static dev.holdfast.agent.loop.Clusters.MILLI;
import static dev.holdfast.agent.loop.World.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.role.core.NextHop;
import dev.holdfast.agent.role.core.Preempt;
import dev.holdfast.agent.role.core.Reason;
import dev.holdfast.agent.role.core.Role;
import dev.holdfast.agent.role.core.Sighting;
import dev.holdfast.agent.role.core.Speakers;
import dev.holdfast.agent.role.core.Transition;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One thing goes wrong, with a clock beside it. Adverts every 100 ms unless said otherwise. */
@DisplayName("A cluster")
class ScenarioSimTest {

  private static final long SEED = 7;

  /** The down interval of the second best router, its place in the row, and a margin. */
  private static final long DETECTION = 361 * MILLI + 100 * MILLI;

  /** Adverts to each other, commits and answers in the simulated kernel. */
  private static final long AT_ONCE = 8 * MILLI;

  private static World running(int routers, int networks) {
    return running(World.of(SEED, routers, networks));
  }

  private static World running(World world) {
    world.nodes.forEach(World.Node::start);
    world.run(8 * SECOND);
    world.expectOnlyActive(0);
    return world;
  }

  private static Transition last(World world, int router) {
    return world.node(router).snapshot().role().transitions().getLast();
  }

  @Nested
  @DisplayName("whose active router is lost")
  class Loss {

    @Test
    void movesWithinTheDownInterval() {
      World world = running(2, 2);
      world.node(0).powerOff();

      long took = world.runUntil(() -> world.node(1).role() == Role.ACTIVE, DETECTION);
      world.run(SECOND);

      world.expectOnlyActive(1);
      assertThat(took).isBetween(260 * MILLI, 462 * MILLI);
      assertThat(last(world, 1).reason()).isEqualTo(Reason.ACTIVE_SILENT);
      assertThat(last(world, 1).gapMillis().orElseThrow()).isBetween(360L, 375L);
    }

    @Test
    void movesWithin45MillisecondsAtTenMillisecondAdverts() {
      World world =
          running(new World(SEED, 2, 2, Speakers.LISTED, Preempt.WHEN_IN_SYNC, 10 * MILLI));
      world.node(0).powerOff();

      assertThat(world.runUntil(() -> world.node(1).held().size() == 2, 60 * MILLI))
          .isLessThan(45 * MILLI);
    }

    @Test
    void movesToTheBestThatIsLeftAndOnlyOnce() {
      World world = running(3, 2);
      world.node(0).powerOff();
      world.run(SECOND);
      world.expectOnlyActive(1);
      assertThat(world.node(2).snapshot().role().transitions())
          .extracting(Transition::to)
          .containsExactly(Role.BACKUP);

      world.node(1).powerOff();
      world.run(SECOND);
      world.expectOnlyActive(2);
    }

    @Test
    void letsTheAddressesOfADeadAgentLapseWhileItAnnouncesItsOwn() {
      World world = running(2, 1);
      world.node(0).kill();
      world.run(2 * SECOND);
      assertThat(world.node(0).held()).isNotEmpty();

      world.run(6 * SECOND);
      world.expectOnlyActive(1);
    }

    @Test
    void isNotDisturbedWhenTheBackupIsLost() {
      World world = running(2, 2);
      world.node(1).powerOff();
      world.run(3 * SECOND);

      world.expectOnlyActive(0);
    }
  }

  @Nested
  @DisplayName("whose next hops are asked")
  class NextHops {
    private static final NextHop MODEM = Clusters.nextHop(0);

    @Test
    void movesWhenOnlyTheActiveRouterGetsNoAnswer() {
      World world = running(World.linked(SEED, 2, 2, MODEM));
      world.node(0).nextHopSilent(MODEM, true);

      long took = world.runUntil(() -> world.node(1).held().size() == 2, 6 * SECOND);
      world.run(SECOND);

      world.expectOnlyActive(1);
      assertThat(took).isBetween(3 * SECOND, 5 * SECOND + 10 * MILLI);
      assertThat(world.node(0).role()).isEqualTo(Role.FAULT);
      assertThat(last(world, 0).detail()).isEqualTo("GatewaySilent(wan)");
    }

    @Test
    void comesBackWhenItIsAnsweredAgain() {
      World world = running(World.linked(SEED, 2, 2, MODEM));
      world.node(0).nextHopSilent(MODEM, true);
      world.run(7 * SECOND);
      world.node(0).nextHopSilent(MODEM, false);
      world.run(4 * SECOND);

      world.expectOnlyActive(0);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void staysWhenTheModemIsGoneForAll(long seed) {
      World world = running(World.linked(seed, 2, 2, MODEM));
      int before = world.node(0).snapshot().role().transitions().size();
      world.nodes.forEach(node -> node.nextHopSilent(MODEM, true));
      world.run(20 * SECOND);
      world.nodes.forEach(node -> node.nextHopSilent(MODEM, false));
      world.run(10 * SECOND);

      world.expectOnlyActive(0);
      assertThat(world.node(0).snapshot().role().transitions()).hasSize(before);
    }

    @Test
    void isNotDisturbedWhenOnlyTheBackupGetsNoAnswer() {
      World world = running(World.linked(SEED, 2, 2, MODEM));
      world.node(1).nextHopSilent(MODEM, true);
      world.run(10 * SECOND);

      world.expectOnlyActive(0);
      assertThat(world.node(1).role()).isEqualTo(Role.FAULT);
    }
  }

  @Nested
  @DisplayName("whose active router says that it leaves")
  class Leaving {

    @Test
    void movesAtOnceWhenTheAgentStops() {
      World world = running(2, 2);
      world.node(0).stop();

      world.runUntil(() -> world.node(1).held().size() == 2, AT_ONCE);
      world.run(SECOND);
      world.expectOnlyActive(1);
      assertThat(last(world, 1).reason()).isEqualTo(Reason.ACTIVE_RESIGNED);
    }

    @Test
    void movesAllNetworksAtOnceWhenOneLosesItsCarrier() {
      World world = running(2, 2);
      world.node(0).carrier(0, false);

      world.runUntil(() -> world.node(1).held().size() == 2, AT_ONCE);
      world.run(SECOND);
      world.expectOnlyActive(1);
      assertThat(world.node(0).role()).isEqualTo(Role.FAULT);
    }

    @Test
    void movesToTheBestOfThreeWithoutDisturbingTheThird() {
      World world = running(3, 2);
      world.node(0).stop();
      world.run(SECOND);

      world.expectOnlyActive(1);
      assertThat(world.node(2).snapshot().role().transitions()).hasSize(1);
    }

    @Test
    void movesToTheNextWithinTwentyMillisecondsWhenTheBestIsDeadToo() {
      World world = running(3, 2);
      world.node(1).powerOff();
      world.run(SECOND);
      world.node(0).stop();

      world.runUntil(() -> world.node(2).held().size() == 2, 20 * MILLI);
    }

    @Test
    void movesForMaintenanceAndStaysAwayUntilItEnds() {
      World world = running(2, 2);
      world.node(0).maintenance(true);
      world.run(3 * SECOND);
      world.expectOnlyActive(1);
      assertThat(world.node(0).role()).isEqualTo(Role.MAINTENANCE);

      world.node(0).maintenance(false);
      world.run(7 * SECOND);
      world.expectOnlyActive(0);
    }

    @Test
    void keepsAGatewayWhenAllAreInMaintenance() {
      World world = running(2, 2);
      world.node(1).maintenance(true);
      world.node(0).maintenance(true);
      world.run(7 * SECOND);

      assertThat(world.active()).hasSize(1);
      world.expectOnlyActive(world.active().getFirst().index);
    }
  }

  @Nested
  @DisplayName("with a fault of all its routers (decision 014)")
  class AllFaulted {

    @Test
    void keepsTheOtherNetworkServed() {
      World world = running(2, 2);
      world.nodes.forEach(node -> node.carrier(0, false));
      world.run(2 * SECOND);

      assertThat(world.active()).hasSize(1);
      assertThat(world.active().getFirst().held()).containsExactlyInAnyOrder(0, 1);
    }

    @Test
    void goesBackToTheBestOnceItIsWell() {
      World world = running(2, 2);
      world.nodes.forEach(node -> node.carrier(0, false));
      world.run(3 * SECOND);
      world.node(1).carrier(0, true);
      world.run(3 * SECOND);
      assertThat(world.active()).containsExactly(world.node(1));

      world.node(0).carrier(0, true);
      world.run(7 * SECOND);
      world.expectOnlyActive(0);
    }

    @Test
    void movesToTheOneThatIsWellEvenIfPreemptionIsOff() {
      World world = running(new World(SEED, 2, 2, Speakers.LISTED, Preempt.NEVER, 100 * MILLI));
      world.nodes.forEach(node -> node.carrier(0, false));
      world.run(3 * SECOND);
      World.Node other = world.node(1 - world.active().getFirst().index);

      other.carrier(0, true);
      world.run(3 * SECOND);
      assertThat(world.active()).containsExactly(other);
    }

    @Test
    void hasNoActiveRouterWhileNoneHasACable() {
      World world = running(2, 1);
      world.nodes.forEach(node -> node.carrier(0, false));
      world.run(3 * SECOND);

      assertThat(world.active()).isEmpty();
    }
  }

  @Nested
  @DisplayName("on a network that fails silently")
  class SilentNetwork {

    @Test
    void doesNotMoveForOneSilentNetwork() {
      World world = running(2, 2);
      world.nets.get(1).isolate(0);
      world.run(5 * SECOND);

      assertThat(world.active()).containsExactly(world.node(0));
      assertThat(world.node(1).snapshot().virtualRouters())
          .filteredOn(AgentSnapshot.VirtualRouterView::silent)
          .extracting(view -> view.segment().network())
          .containsExactly("lan");
    }

    @Test
    void movesWhenTheLastOneFallsSilent() {
      World world = running(2, 2);
      world.nets.get(1).isolate(0);
      world.run(SECOND);
      world.nets.get(0).isolate(0);
      world.runUntil(() -> world.node(1).role() == Role.ACTIVE, DETECTION);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void hasOneActiveAndRightHostsAfterAPartition(long seed) {
      World world = running(World.of(seed, 2, 2));
      // The hosts stay with the worse router, so that they believe in it.
      world.nets.forEach(net -> net.isolate(0));
      world.run(10 * SECOND + world.random.nextInt(100) * MILLI);
      assertThat(world.active()).hasSize(2);
      assertThat(world.hostsBelieveIn(1)).isTrue();

      world.heal();
      world.runUntil(() -> world.active().size() == 1, 101 * MILLI);
      world.run(60 * MILLI);
      world.expectOnlyActive(0);
      assertThat(world.node(0).snapshot().seen())
          .extracting(AgentSnapshot.Seen::sighting)
          .contains(Sighting.SPLIT_BRAIN);
    }
  }

  @Nested
  @DisplayName("that stands still for a while")
  class Stalls {

    @ParameterizedTest
    @ValueSource(longs = {50, 100, 500, 2500})
    void changesNoRoleWhenAllStandStillTogether(long millis) {
      World world = running(3, 2);
      world.nodes.forEach(World.Node::pause);
      world.run(millis * MILLI);
      world.nodes.forEach(World.Node::resume);
      world.run(5 * SECOND);

      world.expectOnlyActive(0);
      assertThat(world.node(0).snapshot().role().lastTakeover()).isEqualTo(1);
      assertThat(world.node(1).snapshot().role().lastTakeover()).isZero();
    }

    @Test
    void takesAShortStallOfTheActiveWithoutAWord() {
      World world = running(2, 2);
      world.node(0).pause();
      world.run(200 * MILLI);
      world.node(0).resume();
      world.run(SECOND);

      world.expectOnlyActive(0);
      assertThat(world.node(0).snapshot().role().lastTakeover()).isEqualTo(1);
    }

    @Test
    void letsTheSuccessorKeepTheRoleWhenTheActiveStalledTooLong() {
      World world = running(new World(SEED, 2, 2, Speakers.LISTED, Preempt.NEVER, 100 * MILLI));
      world.node(0).pause();
      world.run(900 * MILLI);
      assertThat(world.active()).contains(world.node(1));
      world.node(0).resume();
      world.run(2 * MILLI);

      assertThat(world.active()).containsExactly(world.node(1));
      world.run(SECOND);
      world.expectOnlyActive(1);
      assertThat(last(world, 0).reason()).isEqualTo(Reason.STALLED);
    }

    @ParameterizedTest
    @ValueSource(longs = {150, 200, 300})
    void leavesTheRoleToAPeerThatTookItByTheLinksSilence(long millis) {
      World world = running(World.linked(SEED, 2, 2));
      world.node(0).pause();
      world.run(millis * MILLI);
      assertThat(world.active()).contains(world.node(1));
      long adverts = world.node(0).advertsSent();
      world.node(0).resume();
      world.run(150 * MILLI);

      assertThat(world.active()).containsExactly(world.node(1));
      assertThat(world.node(0).advertsSent()).isEqualTo(adverts);
      assertThat(last(world, 0).reason()).isEqualTo(Reason.STALLED);
    }

    @Test
    void goesOnWhenNobodyIsThereToTakeOver() {
      World world = running(2, 2);
      world.node(1).powerOff();
      world.node(0).pause();
      world.run(5 * SECOND);
      assertThat(world.node(0).held()).isEmpty();
      world.node(0).resume();
      world.run(SECOND);

      world.expectOnlyActive(0);
      assertThat(world.node(0).snapshot().role().lastTakeover()).isEqualTo(1);
    }

    @Test
    void isNotTakenOverByABackupThatStalled() {
      World world = running(2, 2);
      world.node(1).pause();
      world.run(3 * SECOND);
      world.node(1).resume();
      world.run(SECOND);

      world.expectOnlyActive(0);
      assertThat(world.node(1).snapshot().role().lastTakeover()).isZero();
    }
  }

  @Nested
  @DisplayName("whose agent is killed and comes back")
  class Restart {

    @Test
    void goesOnWithoutAFlapBeforeAnybodyMissedIt() {
      World world = new World(SEED, 2, 2, Speakers.LISTED, Preempt.WHEN_IN_SYNC, SECOND);
      world.nodes.forEach(World.Node::start);
      world.run(30 * SECOND);
      world.node(0).kill();
      world.run(1500 * MILLI);
      world.node(0).start();
      assertThat(world.node(0).role()).isEqualTo(Role.ACTIVE);
      world.run(10 * SECOND);

      world.expectOnlyActive(0);
      assertThat(last(world, 0).reason()).isEqualTo(Reason.ADOPTED);
      assertThat(world.node(1).snapshot().role().lastTakeover()).isZero();
    }

    @Test
    void removesWhatItLeftAndJoinsAsBackupAfterwards() {
      World world = running(2, 2);
      world.node(0).kill();
      world.run(SECOND);
      assertThat(world.node(0).held()).isNotEmpty();
      world.node(0).start();

      assertThat(world.node(0).role()).isEqualTo(Role.BACKUP);
      assertThat(world.node(0).held()).isEmpty();
    }

    @Test
    void givesTheRoleBackToTheBetterRouter() {
      World world = running(2, 2);
      world.node(0).powerOff();
      world.run(SECOND);
      world.node(0).powerOn();
      world.node(0).start();
      world.run(300 * MILLI);
      assertThat(world.active()).containsExactly(world.node(1));
      world.run(7 * SECOND);

      world.expectOnlyActive(0);
      assertThat(last(world, 0).reason()).isEqualTo(Reason.PREEMPTED);
      assertThat(world.node(0).snapshot().seen()).isEmpty();
    }

    @Test
    void keepsTheRoleWhereItIsWhenPreemptionIsOff() {
      World world = running(new World(SEED, 2, 2, Speakers.LISTED, Preempt.NEVER, 100 * MILLI));
      world.node(0).powerOff();
      world.run(SECOND);
      world.node(0).powerOn();
      world.node(0).start();
      world.run(7 * SECOND);

      world.expectOnlyActive(1);
    }

    @Test
    void doesNotPreemptWhileItHearsTheActiveOnlyOnSomeNetworks() {
      World world = running(2, 2);
      world.node(0).powerOff();
      world.run(SECOND);
      world.nets.get(1).isolate(0);
      world.node(0).powerOn();
      world.node(0).start();
      world.run(5 * SECOND);

      assertThat(world.active()).containsExactly(world.node(1));
    }
  }

  @Nested
  @DisplayName("with somebody else on its segments")
  class Strangers {

    @Test
    void doesNotMoveForAFloodOfAStrangersAdverts() {
      World world = running(2, 2);
      for (int i = 0; i < 20_000; i++) {
        long at = i * MILLI / 20;
        world.after(at, () -> world.nets.forEach(World.Net::stranger));
      }
      world.run(3 * SECOND);

      world.expectOnlyActive(0);
      assertThat(world.node(0).snapshot().role().lastTakeover()).isEqualTo(1);
      assertThat(world.node(0).snapshot().seen())
          .extracting(AgentSnapshot.Seen::sighting, AgentSnapshot.Seen::subject)
          .contains(org.assertj.core.groups.Tuple.tuple(Sighting.STRANGER_SPEAKS, "10.0.0.77"));
    }

    @Test
    void putsAStolenAddressBackWithoutGivingUpTheRole() {
      World world = running(2, 2);
      world.node(0).stealAddress(1);
      world.run(150 * MILLI);

      world.expectOnlyActive(0);
      assertThat(world.node(0).snapshot().role().lastTakeover()).isEqualTo(1);
      assertThat(world.node(0).snapshot().seen())
          .extracting(AgentSnapshot.Seen::sighting)
          .containsExactly(Sighting.ADDRESS_REMOVED);
    }
  }

  @Nested
  @DisplayName("beside foreign speakers")
  class Foreign {

    private World foreign(Preempt preempt) {
      return running(new World(SEED, 2, 2, Speakers.ANY, preempt, 100 * MILLI));
    }

    @Test
    void movesAllNetworksSoonAfterOneIsReleased() {
      World world = foreign(Preempt.ALWAYS);
      // One skew on the network that is released; one interval and one skew on the other one.
      world.node(0).carrier(0, false);
      long took = world.runUntil(() -> world.node(1).held().size() == 2, 400 * MILLI);

      assertThat(took).isLessThan(190 * MILLI);
    }

    @Test
    void preemptsByVrrpsOwnRule() {
      World world = foreign(Preempt.ALWAYS);
      world.node(0).powerOff();
      world.run(SECOND);
      world.node(0).powerOn();
      world.node(0).start();
      world.runUntil(() -> world.node(0).role() == Role.ACTIVE, 350 * MILLI);
    }

    @Test
    void takesNoRoleWhileItHasAFault() {
      World world = foreign(Preempt.ALWAYS);
      world.nodes.forEach(node -> node.carrier(0, false));
      world.run(5 * SECOND);

      assertThat(world.active()).isEqualTo(List.of());
    }
  }
}
