package dev.holdfast.agent.loop;

import static dev.holdfast.agent.loop.Clusters.MILLI;
import static dev.holdfast.agent.loop.World.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.role.core.Planned;
import dev.holdfast.agent.role.core.Preempt;
import dev.holdfast.agent.role.core.Reason;
import dev.holdfast.agent.role.core.Role;
import dev.holdfast.agent.role.core.Speakers;
import dev.holdfast.agent.role.core.Transition;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("A role that is given away as planned")
class HandoverSimTest {
  private static final long SEED = 11;

  /** Two heartbeats until the peers know who is next, and the move itself. */
  private static final long SOON = 40 * MILLI;

  private static final long NEVER = 3_600 * SECOND;

  private static World running(int routers) {
    World world = World.linked(SEED, routers, 2);
    world.nodes.forEach(World.Node::start);
    world.run(8 * SECOND);
    world.expectOnlyActive(0);
    return world;
  }

  private static Transition last(World world, int router) {
    return world.node(router).snapshot().role().transitions().getLast();
  }

  private static void expectDone(World world, int router, String sentence) {
    assertThat(world.node(router).lastAnswer().sentence()).isEqualTo(sentence);
    assertThat(world.node(router).lastAnswer().done()).isTrue();
  }

  private static void expectRefused(World world, int router, String sentence) {
    assertThat(world.node(router).lastAnswer().sentence()).isEqualTo(sentence);
    assertThat(world.node(router).lastAnswer().done()).isFalse();
  }

  @Nested
  @DisplayName("because somebody asks")
  class Asked {

    @Test
    void goesToARouterOfLowerPriorityAndStaysThere() {
      World world = running(2);
      world.node(0).handOver("b");
      long took = world.runUntil(() -> world.node(1).held().size() == 2, SOON);
      world.run(20 * SECOND);

      world.expectOnlyActive(1);
      assertThat(took).isLessThan(SOON);
      expectDone(world, 0, "b is active");
      assertThat(last(world, 0).reason()).isEqualTo(Reason.HANDED_OVER);
      assertThat(last(world, 1).reason()).isEqualTo(Reason.HANDOVER);
    }

    @Test
    void staysThereAlsoWhenTheBetterRouterStartsAnew() {
      World world = running(2);
      world.node(0).handOver("b");
      world.run(2 * SECOND);
      world.node(0).stop();
      world.run(2 * SECOND);
      world.node(0).start();
      world.run(20 * SECOND);

      world.expectOnlyActive(1);
    }

    @Test
    void staysThereWhenTheAgentThatHoldsItIsKilledAndAdoptsTheRoleAgain() {
      World world = running(2);
      world.node(0).handOver("b");
      world.run(2 * SECOND);
      world.node(1).kill();
      world.run(10 * MILLI);
      world.node(1).start();
      world.run(20 * SECOND);

      world.expectOnlyActive(1);
      assertThat(last(world, 1).reason()).isEqualTo(Reason.ADOPTED);
    }

    @Test
    void isNotAdoptedWhenAPeerMayHaveTakenItByTheLinksSilence() {
      World world = running(2);
      world.node(0).handOver("b");
      world.run(2 * SECOND);
      world.node(1).kill();
      world.run(200 * MILLI);
      world.node(1).start();
      world.run(MILLI);

      world.expectOnlyActive(0);
      assertThat(last(world, 1).reason()).isEqualTo(Reason.STARTED);
    }

    @Test
    void staysThereOnlyUntilThatRouterFails() {
      World world = running(2);
      world.node(0).handOver("b");
      world.run(2 * SECOND);
      world.node(1).powerOff();
      world.run(2 * SECOND);
      world.expectOnlyActive(0);
      world.node(1).powerOn();
      world.node(1).start();
      world.run(20 * SECOND);

      world.expectOnlyActive(0);
    }

    @Test
    void comesBackWhenAutoIsAsked() {
      World world = running(2);
      world.node(0).handOver("b");
      world.run(5 * SECOND);
      world.node(1).handOver("auto");
      world.runUntil(() -> world.node(0).held().size() == 2, SOON);
      world.run(5 * SECOND);

      world.expectOnlyActive(0);
      expectDone(world, 1, "a is active");
    }

    @Test
    void staysWhereItIsWhenAutoIsAskedOfTheBest() {
      World world = running(2);
      world.node(0).handOver("auto");
      world.run(SECOND);

      world.expectOnlyActive(0);
      expectDone(world, 0, "a keeps the role: it is the best router that may have it");
    }

    @Test
    void goesToTheBestOtherAndComesBackByPreemptionWhenNobodyIsNamed() {
      World world = running(3);
      world.node(0).handOver("");
      world.runUntil(() -> world.node(1).held().size() == 2, SOON);
      world.run(10 * SECOND);

      world.expectOnlyActive(0);
      expectDone(world, 0, "b is active");
      assertThat(last(world, 0).reason()).isEqualTo(Reason.PREEMPTED);
      assertThat(world.node(2).snapshot().role().transitions()).hasSize(1);
    }

    @Test
    void goesToTheWorstOfThreeWithoutAStopAtTheOther() {
      World world = running(3);
      world.node(0).handOver("c");
      world.runUntil(() -> world.node(2).held().size() == 2, SOON);
      world.run(20 * SECOND);

      world.expectOnlyActive(2);
      expectDone(world, 0, "c is active");
      assertThat(world.node(1).snapshot().role().transitions()).hasSize(1);
    }

    @Test
    void waitsForAPeerThatDoesNotHoldEveryFlowYet() {
      World world = running(2);
      world.node(1).synced(false);
      world.run(SECOND);
      world.node(0).handOver("b");
      world.run(3 * SECOND);
      world.expectOnlyActive(0);
      world.node(1).synced(true);
      world.runUntil(() -> world.node(1).held().size() == 2, 2 * SOON);
      world.run(SECOND);

      expectDone(world, 0, "b is active");
    }

    @Test
    void isRefusedWhenThePeerDoesNotHoldEveryFlowInTime() {
      World world = running(2);
      world.node(1).synced(false);
      world.run(SECOND);
      world.node(0).handOver("b");
      world.run(6 * SECOND);

      world.expectOnlyActive(0);
      expectRefused(world, 0, "b does not hold every flow of a yet");
    }

    @Test
    void isRefusedWithTheReason() {
      World world = running(3);
      world.node(0).handOver("x");
      world.run(SECOND);
      expectRefused(world, 0, "x is not a router of this cluster; it has a, b, c");

      world.node(1).maintenance(true);
      world.run(SECOND);
      world.node(0).handOver("b");
      world.run(SECOND);
      expectRefused(world, 0, "b is in maintenance");

      world.node(2).powerOff();
      world.run(SECOND);
      world.node(0).handOver("c");
      world.run(SECOND);
      expectRefused(world, 0, "c is not heard over the link");
      world.node(0).handOver("");
      world.run(SECOND);
      expectRefused(world, 0, "b is in maintenance; c is not heard over the link");

      world.node(1).handOver("a");
      world.run(SECOND);
      expectRefused(world, 1, "b is not active");
      world.expectOnlyActive(0);
    }

    @Test
    void leavesARouterThatHasAFaultAlthoughItWasGivenToItByName() {
      World world = running(2);
      world.node(0).handOver("b");
      world.run(5 * SECOND);
      world.node(1).carrier(0, false);
      world.run(SECOND);
      world.expectOnlyActive(0);
      world.node(1).carrier(0, true);
      world.run(10 * SECOND);

      world.expectOnlyActive(0);
    }
  }

  @Nested
  @DisplayName("because the resource names a router")
  class Configured {

    private static ClusterConfig config(int router, @Nullable String to) {
      return Clusters.config(
          2,
          2,
          router,
          Speakers.LISTED,
          Preempt.WHEN_IN_SYNC,
          100 * MILLI,
          List.of(),
          new Planned(false, to, 5 * SECOND, true));
    }

    private static void name(World world, @Nullable String to) {
      world.nodes.forEach(node -> node.reconfigure(config(node.index, to)));
    }

    @Test
    void goesThereAndStays() {
      World world = running(2);
      name(world, "b");
      world.run(20 * SECOND);

      world.expectOnlyActive(1);
    }

    @Test
    void goesThereAsSoonAsThatRouterHoldsEveryFlow() {
      World world = running(2);
      world.node(1).synced(false);
      world.run(SECOND);
      name(world, "b");
      world.run(60 * SECOND);
      world.expectOnlyActive(0);
      world.node(1).synced(true);
      world.run(SECOND);

      world.expectOnlyActive(1);
    }

    @Test
    void isNotGivenBackToARouterThatFailedEvenIfEverybodyStartsAnew() {
      World world = running(2);
      name(world, "b");
      world.run(5 * SECOND);
      world.node(1).powerOff();
      world.run(5 * SECOND);
      world.node(1).powerOn();
      world.node(1).start();
      world.run(5 * SECOND);
      world.expectOnlyActive(0);
      world.node(0).kill();
      world.run(100 * MILLI);
      world.node(0).start();
      world.run(10 * SECOND);

      world.expectOnlyActive(0);
    }

    @Test
    void goesBackWhenNoneIsNamedAnyMore() {
      World world = running(2);
      name(world, "b");
      world.run(5 * SECOND);
      name(world, null);
      world.run(SECOND);

      world.expectOnlyActive(0);
    }
  }

  @Nested
  @DisplayName("for maintenance")
  class Maintenance {

    @Test
    void goesToThePeerAndComesBackAfterwards() {
      World world = running(2);
      world.node(0).maintenance(true);
      world.runUntil(() -> world.node(1).held().size() == 2, SOON);
      world.run(10 * SECOND);
      world.expectOnlyActive(1);
      assertThat(world.node(0).role()).isEqualTo(Role.MAINTENANCE);

      world.node(0).maintenance(false);
      world.run(5 * SECOND);
      world.expectOnlyActive(0);
    }

    @Test
    void staysUntilAPeerHoldsEveryFlow() {
      World world = running(2);
      world.node(1).synced(false);
      world.run(SECOND);
      world.node(0).maintenance(true);
      world.run(60 * SECOND);
      world.expectOnlyActive(0);
      world.node(1).synced(true);
      world.run(SECOND);

      world.expectOnlyActive(1);
    }

    @Test
    void staysWithTheLastWhenAllAreInMaintenance() {
      World world = running(2);
      world.node(0).maintenance(true);
      world.run(2 * SECOND);
      world.node(1).maintenance(true);
      world.run(20 * SECOND);
      world.expectOnlyActive(1);

      world.node(0).maintenance(false);
      world.run(2 * SECOND);
      world.expectOnlyActive(0);
      assertThat(world.node(1).role()).isEqualTo(Role.MAINTENANCE);
    }

    @Test
    void staysWhenNobodyElseIsThere() {
      World world = running(2);
      world.node(1).powerOff();
      world.run(2 * SECOND);
      world.node(0).maintenance(true);
      world.run(20 * SECOND);

      world.expectOnlyActive(0);
    }

    @Test
    void isNotTakenByARouterThatStartsInMaintenance() {
      World world = running(2);
      world.node(0).maintenance(true);
      world.run(2 * SECOND);
      world.node(0).stop();
      world.run(2 * SECOND);
      world.node(0).start();
      world.run(20 * SECOND);

      world.expectOnlyActive(1);
      assertThat(world.node(0).role()).isEqualTo(Role.MAINTENANCE);
    }

    @Test
    void goesToTheWorstOfThreeWhenTheOtherIsInMaintenanceToo() {
      World world = running(3);
      world.node(1).maintenance(true);
      world.run(SECOND);
      world.node(0).maintenance(true);
      world.runUntil(() -> world.node(2).held().size() == 2, SOON);
      world.run(10 * SECOND);

      world.expectOnlyActive(2);
    }

    @Test
    void goesPastARouterThatDoesNotHoldEveryFlow() {
      World world = running(3);
      world.node(1).synced(false);
      world.run(SECOND);
      world.node(0).maintenance(true);
      world.runUntil(() -> world.node(2).held().size() == 2, SOON);
      world.run(SECOND);

      world.expectOnlyActive(2);
    }
  }

  @Nested
  @DisplayName("because its agent stops")
  class Stop {

    @Test
    void goesToThePeer() {
      World world = running(2);
      world.node(0).stop();
      world.runUntil(() -> world.node(1).held().size() == 2, SOON);
      world.run(SECOND);

      world.expectOnlyActive(1);
      assertThat(world.node(0).isRunning()).isFalse();
    }

    @Test
    void goesWhenThePeersKernelHoldsTheLastFlows() {
      World world = running(2);
      world.node(1).answersBarriersAfter(50 * MILLI);
      world.node(0).stop();
      world.run(68 * MILLI);
      world.expectOnlyActive(0);
      world.run(10 * MILLI);

      world.expectOnlyActive(1);
      assertThat(world.node(0).isRunning()).isFalse();
    }

    @Test
    void waitsForThePeersKernelForOneAdvertAndNoLonger() {
      World world = running(2);
      world.node(1).answersBarriersAfter(NEVER);
      world.node(0).stop();
      world.run(118 * MILLI);
      world.expectOnlyActive(0);
      world.run(10 * MILLI);

      world.expectOnlyActive(1);
      assertThat(world.node(0).isRunning()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(longs = {10, 25})
    void endsAsSoonAsThePeerIsSilentWhereverItWas(long millis) {
      World world = running(2);
      world.node(1).answersBarriersAfter(NEVER);
      world.node(0).stop();
      world.run(millis * MILLI);
      world.node(1).powerOff();
      world.run(130 * MILLI);

      assertThat(world.node(0).isRunning()).isFalse();
    }

    @Test
    void goesPastARouterThatDoesNotHoldEveryFlow() {
      World world = running(3);
      world.node(1).synced(false);
      world.run(SECOND);
      world.node(0).stop();
      world.runUntil(() -> world.node(2).held().size() == 2, SOON);
    }

    @Test
    void waitsForAPeerThatIsAboutToHoldEveryFlowAndNotLongerThanItMay() {
      World world = running(2);
      world.node(1).synced(false);
      world.run(SECOND);
      world.node(0).stop();
      world.run(4 * SECOND);
      world.expectOnlyActive(0);
      world.run(2 * SECOND);

      world.expectOnlyActive(1);
      assertThat(world.node(0).isRunning()).isFalse();
    }

    @Test
    void endsAtOnceWhenItIsAskedTwice() {
      World world = running(2);
      world.node(1).synced(false);
      world.run(SECOND);
      world.node(0).stop();
      world.run(SECOND);
      world.node(0).stop();
      world.run(10 * MILLI);

      assertThat(world.node(0).isRunning()).isFalse();
    }

    @Test
    void endsAtOnceWhenNobodyMayTakeIt() {
      World world = running(2);
      world.node(1).powerOff();
      world.run(SECOND);
      world.node(0).stop();
      world.run(10 * MILLI);

      assertThat(world.node(0).isRunning()).isFalse();
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
  void isSomewhereAtTheEndWhateverIsAskedInWhichOrder(long seed) {
    World world = World.linked(seed, 3, 2);
    world.nodes.forEach(World.Node::start);
    world.run(8 * SECOND);
    for (int i = 0; i < 60; i++) {
      World.Node node = world.node(world.random.nextInt(3));
      switch (world.random.nextInt(8)) {
        case 0, 1 -> node.handOver(Clusters.node(world.random.nextInt(3)));
        case 2 -> node.handOver("");
        case 3 -> node.handOver("auto");
        case 4 -> node.maintenance(true);
        case 5 -> node.maintenance(false);
        case 6 -> node.stop();
        default -> world.nodes.forEach(World.Node::start);
      }
      world.run(world.random.nextLong(800) * MILLI);
    }
    world.heal();
    world.run(20 * SECOND);

    assertThat(world.active()).hasSize(1);
    world.expectOnlyActive(world.active().getFirst().index);
  }
}
