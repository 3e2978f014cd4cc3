package dev.holdfast.agent.sync.core;

import static dev.holdfast.agent.sync.core.SyncWorld.MILLI;
import static dev.holdfast.agent.sync.core.SyncWorld.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.sync.wire.EnvelopeHeader;
import dev.holdfast.agent.sync.wire.EnvelopeKind;
import dev.holdfast.agent.sync.wire.HandoverMessage;
import dev.holdfast.agent.sync.wire.Hello;
import dev.holdfast.agent.sync.wire.LinkDropReason;
import dev.holdfast.agent.sync.wire.LinkKeys;
import dev.holdfast.agent.sync.wire.LinkRole;
import dev.holdfast.agent.sync.wire.RouterState;
import dev.holdfast.api.addr.IpAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Predicate;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

@DisplayName("Sync link")
class SyncLinkTest {
  private static final int SYNC = 0;
  private static final int LAN = 1;

  private SyncWorld world = new SyncWorld(1, 2);
  private SyncWorld.Router a = world.routers.get(0);
  private SyncWorld.Router b = world.routers.get(1);

  private void world(int routers, long advertIntervalNanos) {
    world = new SyncWorld(1, routers, advertIntervalNanos);
    a = world.routers.get(0);
    b = world.routers.get(1);
  }

  private static void flows(SyncWorld.Router router, int from, int to) {
    for (int i = from; i < to; i++) {
      router.change(i);
    }
  }

  private void holdsAll(SyncWorld.Router holder, SyncWorld.Router owner) {
    assertThat(SyncWorld.difference(owner.kernelFlows(), holder.held(holder.owner(owner.number))))
        .isEmpty();
  }

  private static Predicate<SyncWorld.Flight> on(int path) {
    return flight -> flight.path() == path;
  }

  private static RouterState state(LinkRole role, List<String> faults) {
    return new RouterState(role, 100, false, true, 3, 77, "test", "", false, 0, faults);
  }

  @Nested
  @DisplayName("finding each other")
  class Finding {
    @Test
    void routersThatKnowNoAddressFindEachOtherByHelloWithinMilliseconds() {
      world.run(10 * MILLI);

      assertThat(a.link(1).up()).isTrue();
      assertThat(b.link(0).up()).isTrue();
    }

    @Test
    void whatAPeerProvedIsToldAndIsEnoughAfterARestartWithoutMulticast() {
      world.run(50 * MILLI);
      LinkEvent told = world.lastEvent(0, e -> e instanceof LinkEvent.PeerIdentified);
      assertThat(told).isEqualTo(new LinkEvent.PeerIdentified(b.identity()));

      world.hellosReach = false;
      a.remembered = Map.of("router-b", b.identity());
      a.start();
      world.run(60 * MILLI);

      assertThat(a.link(1).up()).isTrue();
    }

    @Test
    void addressesOfTheResourceAreEnoughWithoutMulticast() {
      world.hellosReach = false;
      world.run(100 * MILLI);
      assertThat(a.link(1).up()).isFalse();

      a.links.reconfigure(a.settings(Map.of("lan", List.of(SyncWorld.address(LAN, 1)))), world.now);
      b.links.reconfigure(b.settings(Map.of("lan", List.of(SyncWorld.address(LAN, 0)))), world.now);
      world.run(60 * MILLI);

      assertThat(a.link(1).up()).isTrue();
      assertThat(a.link(1).status(world.now).heardOn()).contains("lan");
    }

    @Test
    void anOldHelloSentAgainByAStrangerDoesNotMoveARunningLink() {
      // In an earlier life b had other addresses, and somebody kept its hello.
      world.recorded = new ArrayList<>();
      world.run(50 * MILLI);
      List<SyncWorld.Flight> recorded = List.copyOf(world.recorded);
      b.start();
      world.run(100 * MILLI);

      for (int i = 0; i < 50; i++) {
        for (SyncWorld.Flight flight : recorded) {
          if (flight.to() == 0) {
            a.receive(
                flight.path(), IpAddress.parse("203.0.113.66"), flight.datagram().duplicate());
          }
        }
        world.run(20 * MILLI);
      }

      assertThat(a.link(1).up()).isTrue();
      assertThat(a.told)
          .noneMatch(t -> t.at() > 78 * SECOND && t.event() instanceof LinkEvent.LinkSilent);
      flows(a, 0, 100);
      world.run(10 * MILLI);
      holdsAll(b, a);
    }
  }

  @Nested
  @DisplayName("signs of life")
  class SignsOfLife {
    @Test
    void heartbeatsGoOverEveryPathEveryTwentyMilliseconds() {
      world.run(200 * MILLI);
      world.recorded = new ArrayList<>();
      world.run(SECOND - 100 * MILLI);

      for (int path : new int[] {SYNC, LAN}) {
        long beats =
            world.recorded.stream()
                .filter(f -> f.from() == 0 && f.path() == path)
                .filter(f -> (f.datagram().get(2) & 0xff) == EnvelopeKind.DATA.code())
                .count();
        assertThat(beats).as("on path %d", path).isBetween(45L, 48L);
      }
    }

    @Test
    void atTenMillisecondAdvertsTheyGoEveryTenAndSilenceIsThreeIntervals() {
      world(2, 10 * MILLI);
      world.run(200 * MILLI);
      b.dead = true;
      long died = world.now;
      world.run(100 * MILLI);

      SyncWorld.Told silent =
          a.told.stream()
              .filter(t -> t.event() instanceof LinkEvent.LinkSilent)
              .findFirst()
              .orElseThrow();
      assertThat(silent.at() - died).isBetween(20 * MILLI, 31 * MILLI);
    }

    @Test
    void aDeadPeerIsSilentAfterFiveHeartbeats() {
      world.run(200 * MILLI);
      b.dead = true;
      long died = world.now;
      world.run(200 * MILLI);

      SyncWorld.Told silent =
          a.told.stream()
              .filter(t -> t.event() instanceof LinkEvent.LinkSilent)
              .findFirst()
              .orElseThrow();
      assertThat(silent.at() - died).isBetween(80 * MILLI, 101 * MILLI);
      assertThat(a.link(1).status(world.now).state()).isEqualTo(LinkStatus.State.SILENT);
    }

    @Test
    void oneSilentPathIsAFaultOfThatPathOnly() {
      world.run(200 * MILLI);
      world.cut = on(SYNC);
      world.run(300 * MILLI);

      assertThat(a.heard(e -> e.equals(new LinkEvent.PathSilent("sync")))).isTrue();
      assertThat(a.heard(e -> e instanceof LinkEvent.LinkSilent)).isFalse();
      assertThat(a.link(1).up()).isTrue();
      assertThat(a.link(1).status(world.now).heardOn()).containsExactly("lan");
    }

    @Test
    void aPathOnWhichThePeerIsMissedIsTold() {
      world.run(200 * MILLI);
      assertThat(a.link(1).silentPaths(world.now)).isEmpty();

      world.cut = on(SYNC);
      world.run(90 * MILLI);
      assertThat(a.link(1).silentPaths(world.now)).isEmpty();
      world.run(150 * MILLI);
      assertThat(a.link(1).silentPaths(world.now)).containsExactly("sync");
      assertThat(b.link(0).silentPaths(world.now)).containsExactly("sync");
      assertThat(a.link(1).status(world.now).attachedTo()).containsExactly("sync", "lan");

      world.cut = _ -> false;
      world.run(60 * MILLI);
      assertThat(a.link(1).silentPaths(world.now)).isEmpty();
    }

    @Test
    void aPathThatNeverWorkedIsMissedWhenThePeerSaysThatItIsThere() {
      world.cut = on(SYNC);
      world.run(400 * MILLI);

      assertThat(a.link(1).silentPaths(world.now)).containsExactly("sync");
    }

    @Test
    void aNetworkThatThePeerHasNotIsNoSilentPath() {
      Hello onlyLan =
          new Hello("router-b", "test", 3781, List.of(b.identity().networks().get(LAN)));
      b.links.identify(onlyLan, world.now);
      world.cut = on(SYNC);
      world.run(400 * MILLI);

      assertThat(a.link(1).up()).isTrue();
      assertThat(a.link(1).silentPaths(world.now)).isEmpty();
      assertThat(a.link(1).status(world.now).attachedTo()).containsExactly("lan");
    }

    @Test
    void aPeerThatIsHeardNowhereHasNoSilentPaths() {
      world.run(200 * MILLI);
      b.dead = true;
      List<String> seen = new ArrayList<>();
      world.run(SECOND, () -> seen.addAll(a.link(1).silentPaths(world.now)));

      assertThat(a.link(1).up()).isFalse();
      assertThat(seen).isEmpty();
      b.start();
      world.run(SECOND, () -> seen.addAll(a.link(1).silentPaths(world.now)));
      assertThat(a.link(1).up()).isTrue();
      assertThat(seen).isEmpty();
    }

    @Test
    void whatARouterSaysOfItselfArrivesAtOnce() {
      world.run(203 * MILLI);
      RouterState faulty = state(LinkRole.FAULT, List.of("wan carrier"));
      a.tell(faulty);
      long said = world.now;
      world.run(5 * MILLI);

      SyncWorld.Told heard =
          b.told.stream()
              .filter(t -> t.event().equals(new LinkEvent.PeerChanged(faulty)))
              .findFirst()
              .orElseThrow();
      assertThat(heard.at() - said).isLessThanOrEqualTo(MILLI);
      assertThat(b.link(0).peerState()).isEqualTo(faulty);
    }

    @Test
    void aStallMovesEveryDeadlineByItsLength() {
      world.run(200 * MILLI);
      a.pausedUntil = world.now + 400 * MILLI;
      long pausedAt = world.now;
      world.run(400 * MILLI);
      a.links.postpone(world.now - pausedAt);
      world.run(100 * MILLI);

      assertThat(a.heard(e -> e instanceof LinkEvent.LinkSilent)).isFalse();
      assertThat(b.heard(e -> e instanceof LinkEvent.LinkSilent)).isTrue();
      assertThat(b.link(0).up()).isTrue();
    }
  }

  @Nested
  @DisplayName("flows")
  class FlowsOfIt {
    @Test
    void waitForASessionWhileThereIsNoneAndAskForNoTurnUntilThen() {
      world.run(200 * MILLI);
      flows(a, 0, 5_000);
      world.run(SyncWorld.TICK);
      assertThat(a.links.deadlineNanos(world.now) - world.now).isLessThanOrEqualTo(MILLI);

      b.dead = true;
      a.links.forgetSessions();
      world.run(205 * MILLI);
      a.links.fill(a, world.now);

      assertThat(a.links.deadlineNanos(world.now) - world.now).isPositive();
    }

    @Test
    void thePeerHoldsEveryFlowMillisecondsAfterItsBirth() {
      world.run(100 * MILLI);
      flows(a, 0, 500);
      world.run(5 * MILLI);

      holdsAll(b, a);
      assertThat(a.link(1).peerHoldsOurs()).isTrue();
      assertThat(a.links.protectedFlows()).isEqualTo(500);
    }

    @Test
    void theyTakeTheSyncNetworkAndTheLanWhileThatIsDown() {
      world.run(300 * MILLI);
      assertThat(a.link(1).status(world.now).path()).isEqualTo("sync");
      world.cut = on(SYNC);
      flows(a, 0, 200);
      world.run(300 * MILLI);

      assertThat(a.link(1).status(world.now).path()).isEqualTo("lan");
      holdsAll(b, a);
      flows(a, 200, 300);
      world.run(5 * MILLI);
      holdsAll(b, a);

      world.cut = _ -> false;
      world.run(40 * MILLI);
      assertThat(a.link(1).status(world.now).path()).as("not steady yet").isEqualTo("lan");
      world.run(200 * MILLI);
      assertThat(a.link(1).status(world.now).path()).isEqualTo("sync");
    }

    @Test
    void aPathThatLeadsOneWayOnlyCarriesNoFlows() {
      world.run(300 * MILLI);
      world.cut = flight -> flight.path() == SYNC && flight.from() == 0;
      world.run(200 * MILLI);
      flows(a, 0, 200);
      flows(b, 0, 200);
      world.run(10 * MILLI);

      assertThat(a.link(1).status(world.now).heardOn()).contains("sync");
      assertThat(a.link(1).status(world.now).path()).isEqualTo("lan");
      holdsAll(b, a);
      holdsAll(a, b);
    }

    @Test
    void tenChangesBeforeTheyAreSentAreOne() {
      world.run(100 * MILLI);
      for (int i = 0; i < 10; i++) {
        flows(a, 0, 50);
      }
      world.run(5 * MILLI);

      holdsAll(b, a);
      assertThat(a.link(1).counters().flowsSent).isEqualTo(50);
    }

    @Test
    void aTenthOfAllDatagramsLostCostsMillisecondsAndNoFlow() {
      world.lossPercent = 10;
      world.run(200 * MILLI);
      flows(a, 0, 3_000);
      world.run(100 * MILLI);

      holdsAll(b, a);
      LinkCounters counters = a.link(1).counters();
      assertThat(counters.framesLost).isPositive();
      assertThat(counters.flowsResent).isBetween(1L, 1_500L);
    }

    @Test
    void aBurstIsSpreadOverMilliseconds() {
      world.run(200 * MILLI);
      flows(a, 0, 5_000);
      long before = a.link(1).counters().framesSent;
      world.run(SyncWorld.TICK);

      assertThat(a.link(1).counters().framesSent - before).isLessThanOrEqualTo(32);
      world.run(40 * MILLI);
      holdsAll(b, a);
    }

    @Test
    void theLagIsTheAgeOfTheOldestChangeThatIsNotHeld() {
      world.run(200 * MILLI);
      world.cut = _ -> true;
      flows(a, 0, 10);
      world.run(60 * MILLI);

      assertThat(a.link(1).status(world.now).lagMillis()).isBetween(58L, 60L);
      assertThat(a.links.protectedFlows()).isZero();
      world.cut = _ -> false;
      world.run(300 * MILLI);
      assertThat(a.link(1).status(world.now).lagMillis()).isZero();
    }

    @Test
    void withLostKernelEventsNobodyIsInSyncUntilTheTableIsExactAgain() {
      flows(a, 0, 100);
      world.run(200 * MILLI);
      assertThat(a.link(1).peerHoldsOurs()).isTrue();
      assertThat(b.link(0).weHoldTheirs()).isTrue();

      a.loseEvents();
      flows(a, 50, 150);
      a.end(3);
      world.run(100 * MILLI);
      assertThat(a.link(1).peerHoldsOurs()).isFalse();
      assertThat(b.link(0).weHoldTheirs()).isFalse();

      a.readKernel();
      world.run(50 * MILLI);
      assertThat(a.link(1).peerHoldsOurs()).isTrue();
      assertThat(b.link(0).weHoldTheirs()).isTrue();
      holdsAll(b, a);
    }

    @Test
    void anEmptyTableIsInSync() {
      world.run(100 * MILLI);

      assertThat(a.link(1).status(world.now).state()).isEqualTo(LinkStatus.State.IN_SYNC);
    }
  }

  @Nested
  @DisplayName("a wall clock that jumps against the monotonic one")
  class Clocks {
    private static final long WALL = 1_800_000_000L * SECOND;

    /** Numbers of the sessions under which the first router sends. */
    private List<String> sessions(long nanos) {
      world.recorded = new ArrayList<>();
      world.run(nanos);
      return world.recorded.stream()
          .filter(f -> f.from() == 0 && (f.datagram().get(2) & 0xff) == EnvelopeKind.DATA.code())
          .map(f -> Long.toHexString(f.datagram().getLong(32)))
          .distinct()
          .toList();
    }

    private boolean compare(long aheadNanos) {
      return a.links.compareClocks(WALL + world.now + aheadNanos, world.now);
    }

    @Test
    void beginsEverySessionAnewBeforeAnythingElseIsSent() {
      world.run(200 * MILLI);
      compare(0);
      List<String> before = sessions(100 * MILLI);
      assertThat(before).hasSize(1);

      assertThat(compare(-3_600 * SECOND)).isTrue();
      List<String> after = sessions(100 * MILLI);

      assertThat(after).hasSize(1).doesNotContainAnyElementsOf(before);
      assertThat(a.link(1).up()).isTrue();
      assertThat(a.heard(e -> e instanceof LinkEvent.LinkSilent)).isFalse();
      assertThat(compare(-3_600 * SECOND)).as("once").isFalse();
    }

    @Test
    void isNotOneThatIsSlewed() {
      world.run(200 * MILLI);
      List<String> before = sessions(100 * MILLI);
      for (int second = 0; second < 5_000; second++) {
        assertThat(compare(second * MILLI)).isFalse();
      }

      assertThat(sessions(100 * MILLI)).isEqualTo(before);
    }
  }

  @Nested
  @DisplayName("restart and absence")
  class Restart {
    @Test
    void aPeerThatRestartedIsToldEverything() {
      flows(a, 0, 400);
      world.run(200 * MILLI);
      b.start();
      assertThat(b.held(b.owner(0))).isEmpty();
      world.run(100 * MILLI);

      assertThat(a.heard(e -> e instanceof LinkEvent.PeerRestarted)).isTrue();
      holdsAll(b, a);
      assertThat(b.link(0).weHoldTheirs()).isTrue();
    }

    @Test
    void whileItIsToldEverythingTheLagIsTheTimeSinceItCameBack() {
      flows(a, 0, 400);
      world.run(200 * MILLI);
      assertThat(a.link(1).status(world.now).lagMillis()).isZero();
      b.start();
      world.run(100 * MILLI, () -> dropFramesOf(0));
      assertThat(a.heard(e -> e instanceof LinkEvent.PeerRestarted)).isTrue();
      assertThat(a.link(1).peerHoldsOurs()).isFalse();
      assertThat(a.link(1).status(world.now).lagMillis()).isBetween(20L, 100L);

      world.run(SECOND);
      assertThat(a.link(1).peerHoldsOurs()).isTrue();
      assertThat(a.link(1).status(world.now).lagMillis()).isZero();
    }

    /** Its larger datagrams get lost: flows, and no heartbeats or handshakes. */
    private void dropFramesOf(int router) {
      world.flights.removeIf(f -> f.from() == router && f.datagram().remaining() > 600);
    }

    @Test
    void whileARestartedRouterIsReadingItsKernelThePeerKeepsItsFlows() {
      flows(a, 0, 400);
      world.run(200 * MILLI);
      // It comes back with half of them.
      for (int i = 0; i < 200; i++) {
        a.kernel.remove(i);
      }
      a.start();
      world.run(2 * MILLI);
      assertThat(b.held(b.owner(0))).hasSize(400);
      world.run(200 * MILLI);

      holdsAll(b, a);
    }

    @Test
    void aRouterThatComesBackWithNothingLeavesNothingBehind() {
      flows(a, 0, 100);
      world.run(200 * MILLI);
      a.kernel.clear();
      a.start();
      world.run(200 * MILLI);

      assertThat(b.held(b.owner(0))).isEmpty();
    }

    @Test
    void aShortAbsenceCostsOnlyWhatHappenedInIt() {
      flows(a, 0, 1_000);
      world.run(300 * MILLI);
      world.cut = _ -> true;
      world.run(500 * MILLI);
      flows(a, 1_000, 1_010);
      for (int i = 0; i < 5; i++) {
        a.end(i);
      }
      world.cut = _ -> false;
      long before = a.link(1).counters().flowsSent;
      world.run(200 * MILLI);

      holdsAll(b, a);
      assertThat(a.link(1).counters().flowsSent - before).isLessThan(60);
      assertThat(a.link(1).counters().streams).isEqualTo(1);
    }

    @Test
    void afterALongAbsenceEverythingIsToldAndWhatEndedMeanwhileGoes() {
      flows(a, 0, 300);
      world.run(300 * MILLI);
      world.cut = _ -> true;
      world.run(11 * SECOND);
      for (int i = 0; i < 100; i++) {
        a.end(i);
      }
      world.run(SECOND);
      assertThat(a.table.ours().tombstones()).as("nobody to tell").isZero();
      world.cut = _ -> false;
      world.run(500 * MILLI);

      holdsAll(b, a);
    }

    @Test
    void whoAsksIsToldEverythingFromTheBeginning() {
      flows(a, 0, 300);
      world.run(300 * MILLI);
      long before = a.link(1).counters().flowsSent;

      b.links.askEverything();
      assertThat(b.link(0).weHoldTheirs()).isTrue();
      world.run(100 * MILLI);

      assertThat(a.link(1).counters().flowsSent - before).isEqualTo(300);
      assertThat(b.link(0).weHoldTheirs()).isTrue();
      assertThat(a.link(1).counters().streams).isEqualTo(2);
    }

    @Test
    void tombstonesStayUntilTheSlowestPeerThatIsHeardKnows() {
      world(3, 100 * MILLI);
      flows(a, 0, 100);
      world.run(300 * MILLI);
      world.cut = flight -> flight.from() == 0 && flight.to() == 2;
      for (int i = 0; i < 10; i++) {
        a.end(i);
      }
      world.run(50 * MILLI);

      assertThat(a.table.ours().tombstones()).isEqualTo(10);
      world.cut = _ -> false;
      world.run(300 * MILLI);
      assertThat(a.table.ours().tombstones()).isZero();
      holdsAll(world.routers.get(2), a);
    }

    @Test
    void threeRoutersHoldEachOthersFlows() {
      world(3, 100 * MILLI);
      world.routers.forEach(r -> flows(r, 0, 200));
      world.run(300 * MILLI);

      for (SyncWorld.Router holder : world.routers) {
        for (SyncWorld.Router owner : world.routers) {
          if (holder != owner) {
            holdsAll(holder, owner);
          }
        }
      }
    }

    @Test
    void aPeerThatIsTakenOutOfTheSettingsIsNoLongerHeard() {
      world(3, 100 * MILLI);
      world.run(200 * MILLI);
      LinkSettings all = a.settings(Map.of());
      a.links.reconfigure(
          new LinkSettings("home", "router-a", all.paths(), all.peers().subList(1, 2), 100 * MILLI),
          world.now);
      world.run(200 * MILLI);

      assertThat(a.links.link("router-b")).isNull();
      assertThat(a.link(2).up()).isTrue();
      assertThat(a.links.strangers().of(LinkDropReason.WRONG_SENDER)).isPositive();
    }

    @Test
    void theSameSettingsTwiceChangeNothing() {
      flows(a, 0, 100);
      world.run(300 * MILLI);
      int told = a.told.size();
      a.links.reconfigure(a.settings(Map.of()), world.now);
      world.run(300 * MILLI);

      assertThat(a.told).hasSize(told);
      assertThat(a.link(1).counters().streams).isEqualTo(1);
    }
  }

  @Nested
  @DisplayName("barrier")
  class Barrier {
    private boolean answered(long number) {
      return a.heard(e -> e.equals(new LinkEvent.BarrierAnswered(number)));
    }

    @Test
    void isAnsweredWithinMillisecondsWhenTheKernelIsQuick() {
      world.run(200 * MILLI);
      flows(a, 0, 100);
      long number = a.link(1).requestBarrier();
      world.run(10 * MILLI);

      assertThat(answered(number)).isTrue();
      assertThat(SyncWorld.difference(a.kernelFlows(), b.committed)).isEmpty();
    }

    @Test
    void isNotAnsweredBeforeEverythingIsInTheKernel() {
      world.run(200 * MILLI);
      b.commitEveryNanos = 3_600 * SECOND;
      b.commitAt = world.now + b.commitEveryNanos;
      flows(a, 0, 100);
      long number = a.link(1).requestBarrier();
      world.run(500 * MILLI);

      assertThat(answered(number)).isFalse();
      assertThat(b.heard(e -> e instanceof LinkEvent.CommitWanted)).isTrue();
      b.commit(1_000);
      world.run(5 * MILLI);
      assertThat(answered(number)).isTrue();
    }

    @Test
    void isNotAskedBeforeEverythingArrived() {
      world.run(200 * MILLI);
      flows(a, 0, 100);
      world.cut = flight -> flight.datagram().remaining() > 700;
      long number = a.link(1).requestBarrier();
      world.run(300 * MILLI);

      assertThat(answered(number)).isFalse();
      world.cut = _ -> false;
      world.run(300 * MILLI);
      assertThat(answered(number)).isTrue();
    }

    @Test
    void isAskedAgainWhenItWasLost() {
      world.run(200 * MILLI);
      world.lossPercent = 60;
      long number = a.link(1).requestBarrier();
      world.run(500 * MILLI);

      assertThat(answered(number)).isTrue();
    }

    @Test
    void survivesARestartOfThePeer() {
      world.run(200 * MILLI);
      flows(a, 0, 100);
      b.commitEveryNanos = 50 * MILLI;
      b.commitAt = world.now + 50 * MILLI;
      long number = a.link(1).requestBarrier();
      world.run(10 * MILLI);
      b.start();
      world.run(200 * MILLI);

      assertThat(answered(number)).isTrue();
      assertThat(SyncWorld.difference(a.kernelFlows(), b.committed)).isEmpty();
    }
  }

  @Nested
  @DisplayName("handover messages")
  class Handover {
    @Test
    void goOverEveryPathAtOnce() {
      world.run(205 * MILLI);
      world.cut = on(SYNC);
      var go = new HandoverMessage(HandoverMessage.Step.GO, 9, "", "cordoned");
      a.link(1).say(go);
      a.dirty = true;
      world.run(2 * MILLI);

      assertThat(b.heard(e -> e.equals(new LinkEvent.HandoverReceived(go)))).isTrue();
    }

    @Test
    void waitForASessionWhileThereIsNoneAndAskForNoTurnUntilThen() {
      var go = new HandoverMessage(HandoverMessage.Step.GO, 9, "", "cordoned");
      b.dead = true;
      a.link(1).say(go);
      world.run(205 * MILLI);
      a.links.fill(a, world.now);

      assertThat(a.links.deadlineNanos(world.now) - world.now).isPositive();

      b.dead = false;
      world.run(300 * MILLI);
      assertThat(b.heard(e -> e.equals(new LinkEvent.HandoverReceived(go)))).isTrue();
    }
  }

  @Nested
  @DisplayName("keys")
  class Keys {
    @Test
    void areExchangedInThreeStepsWithoutASilentMoment() {
      flows(a, 0, 100);
      world.run(300 * MILLI);
      int told = a.told.size();
      LinkKeys old = LinkKeys.of(SyncWorld.key(7));
      LinkKeys both = LinkKeys.of(SyncWorld.key(7), SyncWorld.key(8));
      LinkKeys turned = LinkKeys.of(SyncWorld.key(8), SyncWorld.key(7));
      LinkKeys renewed = LinkKeys.of(SyncWorld.key(8));
      assertThat(old).isNotEqualTo(both);

      for (LinkKeys step : List.of(both, turned, renewed)) {
        b.links.keysChanged(step, world.now);
        world.run(2 * SECOND);
        a.links.keysChanged(step, world.now);
        world.run(2 * SECOND);
      }

      assertThat(a.told).hasSize(told);
      flows(a, 100, 200);
      world.run(10 * MILLI);
      holdsAll(b, a);
    }

    @Test
    void anotherKeyIsCountedAndNothingElseHappens() {
      b.links.keysChanged(LinkKeys.of(SyncWorld.key(9)), world.now);
      world.run(SECOND);

      assertThat(a.link(1).up()).isFalse();
      assertThat(a.link(1).counters().drops.of(LinkDropReason.WRONG_KEY)).isPositive();
    }
  }

  @Nested
  @DisplayName("strangers")
  class Strangers {
    /** Every datagram of the past, changed and unchanged, over and over, from wherever. */
    @Test
    void replayedDamagedAndForgedDatagramsAreCountedAndDisturbNothing() {
      flows(a, 0, 100);
      flows(b, 0, 100);
      world.recorded = new ArrayList<>();
      world.run(SECOND);
      List<SyncWorld.Flight> recorded = List.copyOf(world.recorded);
      world.recorded = null;
      a.start();
      world.run(300 * MILLI);
      b.start();
      world.run(300 * MILLI);
      int toldA = a.told.size();
      int toldB = b.told.size();
      Random random = new Random(3);

      world.run(
          3 * SECOND,
          () -> {
            for (int i = 0; i < 4; i++) {
              SyncWorld.Flight flight = recorded.get(random.nextInt(recorded.size()));
              byte[] bytes = flight.datagram().array().clone();
              for (int n = random.nextInt(3); n > 0; n--) {
                bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
              }
              int length = random.nextInt(4) == 0 ? random.nextInt(bytes.length) : bytes.length;
              world
                  .routers
                  .get(random.nextInt(2))
                  .receive(
                      random.nextInt(2),
                      IpAddress.parse("203.0.113.9"),
                      ByteBuffer.wrap(bytes, 0, length));
            }
          });

      assertThat(a.told).as("a noticed nothing").hasSize(toldA);
      assertThat(b.told).as("b noticed nothing").hasSize(toldB);
      holdsAll(b, a);
      holdsAll(a, b);
      Drops<LinkDropReason> drops = a.link(1).counters().drops;
      assertThat(drops.of(LinkDropReason.UNKNOWN_SESSION)).isPositive();
      assertThat(drops.of(LinkDropReason.FORGED)).isPositive();
      assertThat(drops.of(LinkDropReason.WRONG_KEY)).isPositive();
      assertThat(a.links.strangers().of(LinkDropReason.TRUNCATED)).isPositive();
      assertThat(a.links.strangers().of(LinkDropReason.WRONG_RECEIVER)).isPositive();
      assertThat(a.links.strangers().of(LinkDropReason.NOT_OURS)).isPositive();
    }

    @Test
    void theRunningSessionsDatagramsSentAgainAreReplayed() {
      world.run(300 * MILLI);
      world.recorded = new ArrayList<>();
      world.run(100 * MILLI);
      for (SyncWorld.Flight flight : List.copyOf(world.recorded)) {
        if (flight.to() == 0 && flight.at() < world.now) {
          a.receive(flight.path(), SyncWorld.address(SYNC, 1), flight.datagram().duplicate());
        }
      }

      assertThat(a.link(1).counters().drops.of(LinkDropReason.REPLAYED)).isPositive();
    }

    @Test
    void anotherClusterOnTheSegmentIsNamed() {
      SyncWorld other = new SyncWorld(2, 2);
      other.recorded = new ArrayList<>();
      other.run(50 * MILLI);
      for (SyncWorld.Flight flight : other.recorded) {
        ByteBuffer datagram = flight.datagram();
        datagram.putInt(12, datagram.getInt(12) ^ 5);
        a.receive(flight.path(), SyncWorld.address(SYNC, 1), datagram);
      }

      assertThat(a.links.strangers().of(LinkDropReason.WRONG_CLUSTER)).isPositive();
    }

    @Test
    void nothingGrowsWhileNobodyAnswers() {
      world.cut = _ -> true;
      long before = a.sentDatagrams;
      flows(a, 0, 5_000);
      world.run(10 * SECOND);

      // A hello four times a second on two paths; no address is known, so nothing else.
      assertThat(a.sentDatagrams - before).isBetween(70L, 90L);
    }
  }

  @Test
  void aHelloOfAnotherNameThanItsSealIsMalformed() {
    Hello lie = new Hello("router-x", "test", 3781, a.identity().networks());
    world.run(200 * MILLI);
    a.links.identify(lie, world.now);
    world.run(1_100 * MILLI);

    assertThat(b.link(0).counters().drops.of(LinkDropReason.MALFORMED_FIELD)).isPositive();
    assertThat(b.heard(e -> e.equals(new LinkEvent.PeerIdentified(lie)))).isFalse();
    assertThat(EnvelopeHeader.overhead(EnvelopeKind.DATA)).isEqualTo(64);
  }
}
