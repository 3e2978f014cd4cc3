package dev.holdfast.agent.role.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.role.core.RoleAction.Announce;
import dev.holdfast.agent.role.core.RoleAction.ClaimAddresses;
import dev.holdfast.agent.role.core.RoleAction.CommitFlows;
import dev.holdfast.agent.role.core.RoleAction.Depose;
import dev.holdfast.agent.role.core.RoleAction.Elect;
import dev.holdfast.agent.role.core.RoleAction.Finish;
import dev.holdfast.agent.role.core.RoleAction.Hasten;
import dev.holdfast.agent.role.core.RoleAction.ListenFirst;
import dev.holdfast.agent.role.core.RoleAction.Note;
import dev.holdfast.agent.role.core.RoleAction.RenewAddresses;
import dev.holdfast.agent.role.core.RoleAction.Report;
import dev.holdfast.agent.role.core.RoleAction.SetPreempts;
import dev.holdfast.agent.role.core.RoleAction.SetPriority;
import dev.holdfast.agent.role.core.RoleAction.StartPath;
import dev.holdfast.agent.role.core.RoleAction.StopPath;
import dev.holdfast.agent.role.core.RoleAction.WithdrawAddresses;
import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Ipv4Address;
import dev.holdfast.api.addr.MacAddress;
import dev.holdfast.api.addr.Prefix;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Router b of three (a 150, b 100, c 50) on two networks, adverts every 100 ms. The rows of the
 * table in {@link RoleMachine}, in its order, then what needs more than one.
 */
@DisplayName("A router's role")
class RoleMachineTest {

  private static final long MILLI = 1_000_000L;
  private static final long SECOND = 1_000 * MILLI;
  private static final long INTERVAL = 100 * MILLI;
  private static final long STABLE = 361 * MILLI;
  private static final long PATIENCE = 341 * MILLI;
  private static final long RESERVE = 500 * MILLI;
  private static final long COMMIT = SECOND;

  private static final Segment WAN = new Segment("wan", Family.IPV4);
  private static final Segment LAN = new Segment("lan", Family.IPV4);
  private static final List<VirtualAddress> ADDRESSES =
      List.of(
          new VirtualAddress("wan", Prefix.parse("10.0.0.100/24")),
          new VirtualAddress("lan", Prefix.parse("10.1.0.100/24")));
  private static final IpAddress WAN_ADDRESS = IpAddress.parse("10.0.0.100");
  private static final MacAddress OWN_MAC = MacAddress.parse("02:00:00:00:00:02");
  private static final MacAddress OTHER_MAC = MacAddress.parse("02:00:00:00:00:01");

  private static IpAddress wan(int host) {
    return new Ipv4Address(0x0a000000 | host);
  }

  private static IpAddress lan(int host) {
    return new Ipv4Address(0x0a010000 | host);
  }

  private static Router router(String node, int priority, int host) {
    return new Router(node, priority, Map.of(WAN, Set.of(wan(host)), LAN, Set.of(lan(host))));
  }

  private static RoleConfig config(Speakers speakers, Preempt preempt) {
    return new RoleConfig(
        "b",
        List.of(router("a", 150, 1), router("b", 100, 2), router("c", 50, 3)),
        List.of(WAN, LAN),
        ADDRESSES,
        speakers,
        preempt,
        INTERVAL,
        STABLE,
        PATIENCE,
        RESERVE,
        COMMIT,
        Planned.NOTHING);
  }

  private static Link up(int network) {
    var source = new Ipv4Address(0x0a000002 | network << 16);
    return new Link(true, true, OWN_MAC, source, null);
  }

  private static Link withoutCarrier(int network) {
    var source = new Ipv4Address(0x0a000002 | network << 16);
    return new Link(true, false, OWN_MAC, source, null);
  }

  private static final Map<String, Link> LINKS = Map.of("wan", up(0), "lan", up(1));

  private RoleConfig config = config(Speakers.LISTED, Preempt.WHEN_IN_SYNC);
  private long now = 1_000 * SECOND;
  private RoleState state = RoleState.initial(config, now);

  private List<RoleAction> on(RoleEvent event) {
    Outcome outcome = RoleMachine.step(config, state, event, now);
    state = outcome.state();
    return outcome.actions();
  }

  private List<RoleAction> later(long nanos) {
    now += nanos;
    return on(new RoleEvent.DeadlineReached());
  }

  /** Goes to the next deadline and tells it. */
  private List<RoleAction> atDeadline() {
    now = deadline();
    return on(new RoleEvent.DeadlineReached());
  }

  private long deadline() {
    return RoleMachine.deadlineNanos(config, state).orElseThrow();
  }

  private List<RoleAction> started() {
    return on(new RoleEvent.Started(LINKS, false, OptionalLong.empty()));
  }

  private void hear(int host, int priority) {
    on(new RoleEvent.ActiveHeard(WAN, wan(host), priority));
    on(new RoleEvent.ActiveHeard(LAN, lan(host), priority));
  }

  private List<RoleAction> silence() {
    on(new RoleEvent.ActiveDown(WAN));
    return on(new RoleEvent.ActiveDown(LAN));
  }

  private void active() {
    started();
    hear(1, 150);
    silence();
    on(new RoleEvent.FlowsCommitted(1));
    on(new RoleEvent.AddressesClaimed(1));
    assertThat(state.role()).isEqualTo(Role.ACTIVE);
  }

  private Transition last() {
    return state.transitions().getLast();
  }

  /** The change of role that will be reported when the addresses are there. */
  private Transition pending() {
    Hold hold = Objects.requireNonNull(state.hold());
    return Objects.requireNonNull(hold.pending());
  }

  private static Report report(List<RoleAction> actions) {
    return actions.stream()
        .filter(Report.class::isInstance)
        .map(Report.class::cast)
        .findFirst()
        .orElseThrow();
  }

  @Nested
  @DisplayName("at the start")
  class Start {

    @Test
    void isBackupAndListensOnEveryNetwork() {
      assertThat(started())
          .containsExactly(new StartPath(WAN), new StartPath(LAN), new Report(last()));
      assertThat(state.role()).isEqualTo(Role.BACKUP);
      assertThat(last().reason()).isEqualTo(Reason.STARTED);
    }

    @Test
    void isKeptWhenNobodyCanHaveMissedTheAgent() {
      assertThat(on(new RoleEvent.Started(LINKS, true, OptionalLong.of(PATIENCE - 1))))
          .containsExactly(
              new StartPath(WAN),
              new StartPath(LAN),
              new Elect(LAN),
              new Elect(WAN),
              new CommitFlows(1, COMMIT));
      assertThat(state.role()).isEqualTo(Role.ACTIVE);
    }

    @Test
    void isBackupAndRemovesLeftoversWhenTheAgentWasAwayForLonger() {
      assertThat(on(new RoleEvent.Started(LINKS, true, OptionalLong.of(PATIENCE))))
          .contains(new WithdrawAddresses(ADDRESSES));
      assertThat(state.role()).isEqualTo(Role.BACKUP);
    }

    @Test
    void isBackupAndRemovesLeftoversAfterAResignation() {
      assertThat(on(new RoleEvent.Started(LINKS, true, OptionalLong.empty())))
          .contains(new WithdrawAddresses(ADDRESSES));
      assertThat(state.role()).isEqualTo(Role.BACKUP);
    }

    @Test
    void isNotKeptWithAFault() {
      var links = Map.of("wan", up(0), "lan", withoutCarrier(1));

      assertThat(on(new RoleEvent.Started(links, true, OptionalLong.of(1))))
          .contains(new WithdrawAddresses(ADDRESSES));
      assertThat(state.role()).isEqualTo(Role.FAULT);
    }
  }

  @Nested
  @DisplayName("when the active router goes")
  class ActiveGoes {

    @Test
    void isTakenAtOnceByTheBestAfterAResignation() {
      started();
      hear(1, 150);

      assertThat(on(new RoleEvent.ActiveResigned(WAN, wan(1))))
          .containsExactly(new Elect(LAN), new Elect(WAN), new CommitFlows(1, COMMIT));
    }

    @Test
    void isTakenTenMillisecondsLaterForEachBetterOneThatIsLeft() {
      started();
      hear(3, 50);
      on(new RoleEvent.ActiveResigned(WAN, wan(3)));

      assertThat(state.role()).isEqualTo(Role.BACKUP);
      assertThat(deadline() - now).isEqualTo(10 * MILLI);
      assertThat(atDeadline()).contains(new CommitFlows(1, COMMIT));
    }

    @Test
    void isNotTakenWhenTheBetterOneIsHeardInTime() {
      started();
      hear(3, 50);
      on(new RoleEvent.ActiveResigned(WAN, wan(3)));
      now += MILLI;
      on(new RoleEvent.ActiveHeard(LAN, lan(1), 150));

      assertThat(later(20 * MILLI)).isEmpty();
      assertThat(state.role()).isEqualTo(Role.BACKUP);
    }

    @Test
    void isTakenInSpiteOfAnAdvertThatTheLeavingOneHadSentBefore() {
      started();
      hear(3, 50);
      on(new RoleEvent.ActiveResigned(WAN, wan(3)));
      on(new RoleEvent.ActiveHeard(LAN, lan(3), 50));

      assertThat(later(10 * MILLI)).contains(new CommitFlows(1, COMMIT));
    }

    @Test
    void isTakenOnlyWhenEveryNetworkIsSilent() {
      started();
      hear(1, 150);

      assertThat(on(new RoleEvent.ActiveDown(WAN))).isEmpty();
      assertThat(on(new RoleEvent.ActiveDown(LAN)))
          .containsExactly(new Elect(LAN), new Elect(WAN), new CommitFlows(1, COMMIT));
    }

    @Test
    void isNotTakenWhileTheOtherNetworkIsHeardAgainAndAgain() {
      started();
      hear(1, 150);
      on(new RoleEvent.ActiveDown(WAN));
      on(new RoleEvent.ActiveHeard(LAN, lan(1), 150));
      on(new RoleEvent.ActiveDown(LAN));

      assertThat(state.role()).isEqualTo(Role.ACTIVE);
    }

    @Test
    void isTakenWhenTheOnlyNetworkThatIsLeftIsSilent() {
      var links = Map.of("wan", up(0), "lan", new Link(true, true, OWN_MAC, null, null));
      config =
          new RoleConfig(
              "b",
              List.of(
                  new Router("a", 150, Map.of()),
                  new Router("b", 100, Map.of()),
                  new Router("c", 50, Map.of())),
              List.of(WAN, LAN),
              ADDRESSES,
              Speakers.LISTED,
              Preempt.WHEN_IN_SYNC,
              INTERVAL,
              STABLE,
              PATIENCE,
              RESERVE,
              COMMIT,
              Planned.NOTHING);
      // No address of its own in the LAN, and none expected: that network carries no adverts.
      assertThat(on(new RoleEvent.Started(links, false, OptionalLong.empty())))
          .contains(new StartPath(WAN))
          .doesNotContain(new StartPath(LAN));
      on(new RoleEvent.ActiveHeard(WAN, wan(1), 150));

      on(new RoleEvent.ActiveDown(WAN));

      assertThat(state.role()).isEqualTo(Role.ACTIVE);
    }

    @Test
    void isTakenByTheSecondAtAColdStartTenMillisecondsAfterTheFirstCouldHaveBeenHeard() {
      started();
      silence();

      assertThat(deadline() - now).isEqualTo(10 * MILLI);
      atDeadline();
      assertThat(pending().detail()).isEqualTo("nobody was heard");
    }

    @Test
    void isNotTakenEarlierAfterAStall() {
      started();
      hear(3, 50);
      on(new RoleEvent.ActiveResigned(WAN, wan(3)));
      now += SECOND;
      on(new RoleEvent.Stalled(SECOND));

      assertThat(deadline() - now).isEqualTo(10 * MILLI);
    }
  }

  @Nested
  @DisplayName("with a fault or in maintenance")
  class NotWell {

    private void faulty() {
      started();
      hear(1, 150);
      on(new RoleEvent.LinkChanged("lan", withoutCarrier(1)));
    }

    @Test
    void isFaultAndAdvertisesTheLowestPriority() {
      started();

      assertThat(on(new RoleEvent.LinkChanged("lan", withoutCarrier(1))))
          .containsExactly(
              new SetPriority(RoleMachine.RESERVE_PRIORITY), new StopPath(LAN), new Report(last()));
      assertThat(state.role()).isEqualTo(Role.FAULT);
      assertThat(last().detail()).isEqualTo("LinkDown(lan)");
    }

    @Test
    void isTakenOnlyAfterEverybodyWhoIsWellCouldHaveTakenIt() {
      faulty();
      on(new RoleEvent.ActiveResigned(WAN, wan(1)));

      assertThat(deadline() - now).isEqualTo(RESERVE);
      atDeadline();
      assertThat(state.role()).isEqualTo(Role.ACTIVE);
      assertThat(state.priority()).isEqualTo(RoleMachine.RESERVE_PRIORITY);
    }

    @Test
    void isTakenWithTheFullPriorityOnceTheFaultHasGone() {
      faulty();
      on(new RoleEvent.ActiveResigned(WAN, wan(1)));
      now += 5 * MILLI;

      assertThat(on(new RoleEvent.LinkChanged("lan", up(1))))
          .contains(new SetPriority(100), new Elect(WAN), new Elect(LAN));
    }

    @Test
    void isNeverTakenBesideForeignSpeakers() {
      config = config(Speakers.ANY, Preempt.ALWAYS);
      faulty();
      on(new RoleEvent.ActiveDown(WAN));

      assertThat(RoleMachine.deadlineNanos(config, state)).isEmpty();
    }

    @Test
    void isNotTakenWithoutAnyNetwork() {
      faulty();
      on(new RoleEvent.LinkChanged("wan", withoutCarrier(0)));

      assertThat(RoleMachine.deadlineNanos(config, state)).isEmpty();
    }

    @Test
    void ofAnAddressOfItsOwnThatHasGoneIsFault() {
      started();
      on(new RoleEvent.LinkChanged("lan", new Link(true, true, OWN_MAC, null, null)));

      assertThat(state.faults()).containsExactly(new Fault(Fault.Kind.OWN_ADDRESS_MISSING, "lan"));
    }

    @Test
    void ofAnInterfaceThatDoesNotExistIsFault() {
      started();
      on(new RoleEvent.LinkChanged("lan", Link.ABSENT));

      assertThat(state.faults()).containsExactly(new Fault(Fault.Kind.INTERFACE_MISSING, "lan"));
    }

    @Test
    void ofSomethingWatchedElsewhereIsFault() {
      var silent = new Fault(Fault.Kind.GATEWAY_SILENT, "wan");
      started();
      on(new RoleEvent.FaultChanged(silent, true));
      assertThat(state.role()).isEqualTo(Role.FAULT);

      on(new RoleEvent.FaultChanged(silent, false));
      assertThat(state.role()).isEqualTo(Role.BACKUP);
      assertThat(last().reason()).isEqualTo(Reason.FAULT_CLEARED);
    }

    @Test
    void isMaintenanceWhetherAPersonOrTheResourceAsks() {
      started();
      on(new RoleEvent.MaintenanceChanged(true));
      assertThat(state.role()).isEqualTo(Role.MAINTENANCE);
      on(new RoleEvent.MaintenanceChanged(false));
      assertThat(last().reason()).isEqualTo(Reason.MAINTENANCE_OFF);
    }
  }

  @Nested
  @DisplayName("that a better router wants")
  class Preemption {

    private void hearForAWhile(int host, int priority, long nanos) {
      for (long t = 0; t < nanos; t += INTERVAL / 2) {
        now += INTERVAL / 2;
        hear(host, priority);
      }
    }

    @Test
    void isTakenAfterHearingTheWeakerOneForTheStableTime() {
      started();
      hear(3, 50);

      assertThat(deadline() - now).isEqualTo(STABLE);
      hearForAWhile(3, 50, 300 * MILLI);
      assertThat(deadline() - now).isEqualTo(STABLE - 300 * MILLI);
      assertThat(atDeadline()).contains(new Elect(WAN), new CommitFlows(1, COMMIT));
      assertThat(pending().reason()).isEqualTo(Reason.PREEMPTED);
    }

    @Test
    void isNotTakenFromABetterOne() {
      started();
      hear(1, 150);

      assertThat(RoleMachine.deadlineNanos(config, state)).isEmpty();
    }

    @Test
    void isNotTakenBeforeTheFlowsAreThere() {
      started();
      on(new RoleEvent.SyncChanged(false));
      hear(3, 50);
      assertThat(RoleMachine.deadlineNanos(config, state)).isEmpty();

      now += SECOND;
      hear(3, 50);
      on(new RoleEvent.SyncChanged(true));
      assertThat(deadline() - now).isEqualTo(STABLE);
    }

    @Test
    void isTakenWithoutTheFlowsWhereThatIsAsked() {
      config = config(Speakers.LISTED, Preempt.ALWAYS);
      started();
      on(new RoleEvent.SyncChanged(false));
      hear(3, 50);

      assertThat(deadline() - now).isEqualTo(STABLE);
    }

    @Test
    void isNotTakenWhileOneNetworkIsSilent() {
      started();
      hear(3, 50);
      on(new RoleEvent.ActiveDown(LAN));

      assertThat(RoleMachine.deadlineNanos(config, state)).isEmpty();
    }

    @Test
    void isTakenFromOneThatIsNotWellEvenWhenPreemptionIsOff() {
      config = config(Speakers.LISTED, Preempt.NEVER);
      started();
      hear(3, 50);
      assertThat(RoleMachine.deadlineNanos(config, state)).isEmpty();

      hear(3, RoleMachine.RESERVE_PRIORITY);
      assertThat(deadline() - now).isEqualTo(STABLE);
    }

    @Test
    void isNotTakenWithAFault() {
      started();
      on(new RoleEvent.FaultChanged(new Fault(Fault.Kind.GATEWAY_SILENT, "wan"), true));
      hear(3, 50);

      assertThat(RoleMachine.deadlineNanos(config, state)).isEmpty();
    }

    @Test
    void isLeftToVrrpBesideForeignSpeakers() {
      config = config(Speakers.ANY, Preempt.ALWAYS);

      assertThat(started()).contains(new SetPreempts(true));
      hear(3, 50);
      assertThat(RoleMachine.deadlineNanos(config, state)).isEmpty();
    }

    @Test
    void isNotEvenByVrrpBeforeTheFlowsAreThere() {
      config = config(Speakers.ANY, Preempt.WHEN_IN_SYNC);
      started();

      assertThat(on(new RoleEvent.SyncChanged(false))).containsExactly(new SetPreempts(false));
      assertThat(on(new RoleEvent.SyncChanged(true))).containsExactly(new SetPreempts(true));
    }
  }

  @Nested
  @DisplayName("while it is taken")
  class Takeover {

    @Test
    void claimsNoAddressBeforeTheFlows() {
      started();
      hear(1, 150);
      silence();

      assertThat(on(new RoleEvent.AddressesClaimed(1))).isEmpty();
      assertThat(on(new RoleEvent.FlowsCommitted(1)))
          .containsExactly(new ClaimAddresses(1, ADDRESSES));
    }

    @Test
    void takesNoAnswerToAnEarlierTakeover() {
      started();
      hear(1, 150);
      silence();
      on(new RoleEvent.Yielded(WAN, wan(1), 150));
      on(new RoleEvent.ActiveResigned(WAN, wan(1)));

      assertThat(on(new RoleEvent.FlowsCommitted(1))).isEmpty();
      assertThat(on(new RoleEvent.FlowsCommitted(2)))
          .containsExactly(new ClaimAddresses(2, ADDRESSES));
    }

    @Test
    void waitsForTheFlowsOnlySoLong() {
      started();
      hear(1, 150);
      silence();

      assertThat(deadline() - now).isEqualTo(COMMIT);
      assertThat(atDeadline())
          .containsExactly(
              new Note(Sighting.COMMIT_LATE, "b", ""), new ClaimAddresses(1, ADDRESSES));
    }

    @Test
    void announcesAndReportsWithTheGapOnceTheAddressesAreThere() {
      started();
      hear(1, 150);
      now += 400 * MILLI;
      silence();
      now += 5 * MILLI;
      on(new RoleEvent.FlowsCommitted(1));
      List<RoleAction> actions = on(new RoleEvent.AddressesClaimed(1));

      assertThat(actions).startsWith(new Announce(ADDRESSES)).hasSize(2);
      Transition transition = report(actions).transition();
      assertThat(transition.from()).isEqualTo(Role.BACKUP);
      assertThat(transition.to()).isEqualTo(Role.ACTIVE);
      assertThat(transition.reason()).isEqualTo(Reason.ACTIVE_SILENT);
      assertThat(transition.detail()).isEqualTo("a");
      assertThat(transition.gapMillis()).hasValue(405);
    }

    @Test
    void claimsAgainWhenTheKernelDoesNotAnswer() {
      started();
      hear(1, 150);
      silence();
      on(new RoleEvent.FlowsCommitted(1));

      assertThat(later(SECOND)).containsExactly(new ClaimAddresses(1, ADDRESSES));
    }

    @Test
    void withdrawsWhenABetterRouterSpeaksBeforeItIsDone() {
      started();
      hear(3, 50);
      silence();
      atDeadline();

      assertThat(on(new RoleEvent.Yielded(LAN, lan(1), 150)))
          .startsWith(new Depose(WAN, false), new WithdrawAddresses(ADDRESSES));
      assertThat(state.role()).isEqualTo(Role.BACKUP);
      assertThat(on(new RoleEvent.FlowsCommitted(1))).isEmpty();
      assertThat(on(new RoleEvent.AddressesClaimed(1))).isEmpty();
    }

    @Test
    void isGivenUpWhenTheKernelRefusesAnAddress() {
      started();
      hear(1, 150);
      silence();
      on(new RoleEvent.FlowsCommitted(1));

      assertThat(on(new RoleEvent.AddressRefused("wan", WAN_ADDRESS, "ENODEV")))
          .contains(
              new SetPriority(RoleMachine.RESERVE_PRIORITY),
              new Depose(WAN, true),
              new WithdrawAddresses(ADDRESSES));
      assertThat(state.role()).isEqualTo(Role.FAULT);
    }

    @Test
    void isTriedAgainAfterARefusalLaterAndLater() {
      started();
      hear(1, 150);
      silence();
      on(new RoleEvent.AddressRefused("wan", WAN_ADDRESS, "ENODEV"));
      hear(1, 150);
      assertThat(deadline() - now).isEqualTo(10 * SECOND);
      atDeadline();
      assertThat(state.role()).isEqualTo(Role.BACKUP);

      silence();
      on(new RoleEvent.AddressRefused("wan", WAN_ADDRESS, "ENODEV"));
      hear(1, 150);
      assertThat(deadline() - now).isEqualTo(20 * SECOND);
    }
  }

  @Nested
  @DisplayName("while it is held")
  class Held {

    @Test
    void announcesAgainUntilNobodyElseCanHoldTheAddressesAndThenEveryMinute() {
      active();
      long claimed = now;
      var at = new java.util.ArrayList<Long>();
      while (now - claimed < 130 * SECOND) {
        if (atDeadline().contains(new Announce(ADDRESSES))) {
          at.add((now - claimed) / MILLI);
        }
      }

      assertThat(at).containsExactly(100L, 1000L, 2000L, 3000L, 4000L, 5000L, 65_000L, 125_000L);
    }

    @Test
    void renewsTheAddressesEverySecond() {
      active();

      assertThat(later(999 * MILLI)).doesNotContain(new RenewAddresses(ADDRESSES));
      assertThat(later(MILLI)).contains(new RenewAddresses(ADDRESSES));
      assertThat(later(SECOND)).contains(new RenewAddresses(ADDRESSES));
    }

    @Test
    void announcesAtOnceWhenAnotherMachineClaimsAnAddress() {
      active();
      now += 500 * MILLI;

      assertThat(on(new RoleEvent.AddressClaimSeen("wan", WAN_ADDRESS, OTHER_MAC)))
          .containsExactly(
              new Note(Sighting.ADDRESS_CONFLICT, "10.0.0.100", "claimed by " + OTHER_MAC),
              new Announce(ADDRESSES));
    }

    @Test
    void isNotMadeToFloodBySomebodyWhoClaimsWithoutEnd() {
      active();
      now += 500 * MILLI;
      int announced = 0;
      for (int i = 0; i < 1000; i++) {
        now += MILLI;
        if (on(new RoleEvent.AddressClaimSeen("wan", WAN_ADDRESS, OTHER_MAC))
            .contains(new Announce(ADDRESSES))) {
          announced++;
        }
      }

      assertThat(announced).isBetween(10, 21);
    }

    @Test
    void takesNoNoticeOfClaimsOfItsOwnMacOrOfOtherAddresses() {
      active();
      now += 500 * MILLI;

      assertThat(on(new RoleEvent.AddressClaimSeen("wan", WAN_ADDRESS, OWN_MAC))).isEmpty();
      assertThat(on(new RoleEvent.AddressClaimSeen("wan", wan(77), OTHER_MAC))).isEmpty();
    }

    @Test
    void announcesWhenAnotherActiveRouterIsHeard() {
      active();
      now += 500 * MILLI;

      assertThat(on(new RoleEvent.Contested(LAN, lan(3), 50)))
          .containsExactly(
              new Note(Sighting.SPLIT_BRAIN, "10.1.0.3", "lan/ipv4"), new Announce(ADDRESSES));
    }

    @Test
    void takesTheLastWordOfTheRouterBeforeForNoSplit() {
      started();
      hear(3, 50);
      now += STABLE;
      hear(3, 50);
      on(new RoleEvent.DeadlineReached());

      assertThat(on(new RoleEvent.Contested(LAN, lan(3), 50))).isEmpty();
    }

    @Test
    void putsAnAddressBackThatSomebodyTookAway() {
      active();
      now += 500 * MILLI;

      assertThat(on(new RoleEvent.AddressLost("wan", WAN_ADDRESS)))
          .containsExactly(
              new Note(Sighting.ADDRESS_REMOVED, "10.0.0.100", "wan"),
              new RenewAddresses(ADDRESSES),
              new Announce(ADDRESSES));
      assertThat(state.role()).isEqualTo(Role.ACTIVE);
    }

    @Test
    void isElectedAlsoOnANetworkThatComesBack() {
      config = config(Speakers.LISTED, Preempt.NEVER);
      started();
      on(new RoleEvent.LinkChanged("lan", withoutCarrier(1)));
      hear(1, 150);
      on(new RoleEvent.ActiveResigned(WAN, wan(1)));
      atDeadline();
      on(new RoleEvent.FlowsCommitted(1));
      on(new RoleEvent.AddressesClaimed(1));
      now += 300 * MILLI;

      assertThat(on(new RoleEvent.LinkChanged("lan", up(1))))
          .containsExactly(
              new SetPriority(100), new StartPath(LAN), new Elect(LAN), new Announce(ADDRESSES));
    }

    @Test
    void movesAddressesWithTheConfiguration() {
      active();
      RoleConfig before = config;
      var changed =
          List.of(ADDRESSES.getFirst(), new VirtualAddress("lan", Prefix.parse("10.1.0.101/24")));
      config =
          new RoleConfig(
              "b",
              before.routers(),
              before.segments(),
              changed,
              Speakers.LISTED,
              Preempt.WHEN_IN_SYNC,
              INTERVAL,
              STABLE,
              PATIENCE,
              RESERVE,
              COMMIT,
              Planned.NOTHING);

      assertThat(on(new RoleEvent.Reconfigured(before)))
          .containsExactly(
              new WithdrawAddresses(List.of(ADDRESSES.getLast())), new ClaimAddresses(1, changed));
      now += 100 * MILLI;
      assertThat(on(new RoleEvent.AddressesClaimed(1))).containsExactly(new Announce(changed));
    }
  }

  @Nested
  @DisplayName("when it is left")
  class Leaving {

    @Test
    void isWithdrawnForABetterRouterWithoutResigning() {
      active();

      assertThat(on(new RoleEvent.Yielded(WAN, wan(1), 150)))
          .containsExactly(
              new Depose(LAN, false), new WithdrawAddresses(ADDRESSES), new Report(last()));
      assertThat(last().reason()).isEqualTo(Reason.OUTRANKED);
      assertThat(last().detail()).isEqualTo("a");
    }

    @Test
    void isResignedOnTheHealthyNetworksForAFault() {
      active();

      assertThat(on(new RoleEvent.LinkChanged("wan", withoutCarrier(0))))
          .containsExactly(
              new SetPriority(RoleMachine.RESERVE_PRIORITY),
              new StopPath(WAN),
              new Depose(LAN, true),
              new WithdrawAddresses(ADDRESSES),
              new Report(last()));
      assertThat(state.role()).isEqualTo(Role.FAULT);
    }

    @Test
    void isResignedForMaintenance() {
      active();

      assertThat(on(new RoleEvent.MaintenanceChanged(true)))
          .containsExactly(
              new SetPriority(RoleMachine.RESERVE_PRIORITY),
              new Depose(LAN, true),
              new Depose(WAN, true),
              new WithdrawAddresses(ADDRESSES),
              new Report(last()),
              new RoleAction.Remember(new Asked(true, "", false)));
      assertThat(state.role()).isEqualTo(Role.MAINTENANCE);
    }

    @Test
    void isResignedWithdrawnAndFinishedWhenTheAgentStops() {
      active();

      assertThat(on(new RoleEvent.Stopped()))
          .containsExactly(
              new Depose(LAN, true),
              new Depose(WAN, true),
              new WithdrawAddresses(ADDRESSES),
              new StopPath(LAN),
              new StopPath(WAN),
              new Report(last()),
              new Finish());
    }

    @Test
    void isFinishedAtOnceWhenABackupStops() {
      started();

      assertThat(on(new RoleEvent.Stopped()))
          .containsExactly(new StopPath(LAN), new StopPath(WAN), new Report(last()), new Finish());
      assertThat(on(new RoleEvent.LinkChanged("wan", withoutCarrier(0)))).isEmpty();
    }

    @Test
    void announcesNothingAfterwards() {
      active();
      on(new RoleEvent.Yielded(WAN, wan(1), 150));

      assertThat(RoleMachine.deadlineNanos(config, state)).isEmpty();
    }

    @Test
    void isRememberedForTwentyChanges() {
      started();
      for (int i = 0; i < 30; i++) {
        on(new RoleEvent.MaintenanceChanged(i % 2 == 0));
      }

      assertThat(state.transitions()).hasSize(20);
    }
  }

  @Nested
  @DisplayName("after a stall")
  class Stall {

    @Test
    void isKeptWithoutAWordWhenThePeersAreStillPatient() {
      active();
      now += PATIENCE;

      assertThat(on(new RoleEvent.Stalled(PATIENCE))).isEmpty();
    }

    @Test
    void isKeptButSaysNothingForOneIntervalWhenTheyAreNot() {
      active();
      now += SECOND;

      assertThat(on(new RoleEvent.Stalled(SECOND)))
          .containsExactly(new Note(Sighting.STALLED, "b", "1000 ms"), new ListenFirst());
      assertThat(deadline() - now).isEqualTo(INTERVAL);
      assertThat(on(new RoleEvent.AddressClaimSeen("wan", WAN_ADDRESS, OTHER_MAC))).isEmpty();
      assertThat(atDeadline()).containsExactly(new ClaimAddresses(1, ADDRESSES));
      assertThat(on(new RoleEvent.AddressesClaimed(1))).containsExactly(new Announce(ADDRESSES));
    }

    @Test
    void isLeftToWhoeverIsHeard() {
      active();
      now += SECOND;
      on(new RoleEvent.Stalled(SECOND));

      assertThat(on(new RoleEvent.Yielded(WAN, wan(3), 50)))
          .containsExactly(
              new Depose(LAN, false), new WithdrawAddresses(ADDRESSES), new Report(last()));
      assertThat(last().reason()).isEqualTo(Reason.STALLED);
    }

    @Test
    void isNotCompletedWhenItWasOnlyHalfTaken() {
      started();
      hear(1, 150);
      silence();
      now += SECOND;
      on(new RoleEvent.Stalled(SECOND));

      assertThat(state.role()).isEqualTo(Role.BACKUP);
      assertThat(on(new RoleEvent.FlowsCommitted(1))).isEmpty();
    }
  }

  @Nested
  @DisplayName("beside foreign speakers")
  class Foreign {

    @Test
    void followsOneNetworkWithTheOthersSoonerAfterAResignation() {
      config = config(Speakers.ANY, Preempt.ALWAYS);
      started();
      hear(1, 150);
      long heard = now;
      now += 20 * MILLI;

      assertThat(on(new RoleEvent.ActiveResigned(LAN, lan(1))))
          .containsExactly(new Hasten(WAN, heard));
    }

    @Test
    void doesNotHastenForAnotherRoutersResignation() {
      config = config(Speakers.ANY, Preempt.ALWAYS);
      started();
      on(new RoleEvent.ActiveHeard(WAN, wan(1), 150));
      on(new RoleEvent.ActiveHeard(LAN, lan(3), 120));

      assertThat(on(new RoleEvent.ActiveResigned(LAN, lan(3)))).isEmpty();
    }

    @Test
    void isTakenWithoutWaitingInARow() {
      config = config(Speakers.ANY, Preempt.ALWAYS);
      started();

      assertThat(silence()).contains(new CommitFlows(1, COMMIT));
    }
  }

  @Nested
  @DisplayName("with a link to the other routers")
  class WithLink {

    private void linkedBackup() {
      started();
      hear(1, 150);
      on(new RoleEvent.PeerReported("a", Role.ACTIVE, 0, true));
    }

    @Test
    void isNotTakenWhileTheActiveIsHeardOverTheLink() {
      linkedBackup();
      silence();

      assertThat(state.role()).isEqualTo(Role.BACKUP);
    }

    @Test
    void isTakenAfterOneMissedAdvertEverywhereWhenTheLinkIsSilentToo() {
      linkedBackup();
      now += 60 * MILLI;
      on(new RoleEvent.PeerSilent("a"));

      assertThat(deadline() - now).isEqualTo(60 * MILLI);
      assertThat(atDeadline()).contains(new CommitFlows(1, COMMIT));
    }

    @Test
    void isNotTakenWhenAnAdvertComesAllTheSame() {
      linkedBackup();
      on(new RoleEvent.PeerSilent("a"));
      now += 100 * MILLI;
      on(new RoleEvent.ActiveHeard(WAN, wan(1), 150));

      assertThat(later(30 * MILLI)).isEmpty();
    }

    @Test
    void isTakenWithinMillisecondsOnTheActivesOwnWord() {
      linkedBackup();

      assertThat(on(new RoleEvent.PeerReported("a", Role.FAULT, 1, true)))
          .contains(new Elect(WAN), new CommitFlows(1, COMMIT));
    }

    @Test
    void isKeptWithAFaultWhenNoPeerIsBetterOff() {
      active();
      on(new RoleEvent.PeerReported("a", Role.FAULT, 1, true));
      on(new RoleEvent.LinkChanged("wan", withoutCarrier(0)));

      assertThat(state.role()).isEqualTo(Role.ACTIVE);
      assertThat(state.priority()).isEqualTo(RoleMachine.RESERVE_PRIORITY);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void isYieldedWithAFaultOnlyToAPeerThatHoldsTheFlows(boolean inSync) {
      active();
      on(new RoleEvent.PeerReported("a", Role.BACKUP, 0, inSync));
      on(new RoleEvent.LinkChanged("wan", withoutCarrier(0)));

      assertThat(state.role()).isEqualTo(inSync ? Role.FAULT : Role.ACTIVE);
    }

    @Test
    void isKeptInMaintenanceWhenTheOtherIsTooAndGivenToItOtherwise() {
      active();
      config = planned(new Planned(false, null, 5_000 * MILLI, true));
      on(new RoleEvent.PeerReported("a", Role.MAINTENANCE, 0, true));
      on(new RoleEvent.MaintenanceChanged(true));
      assertThat(state.role()).isEqualTo(Role.ACTIVE);

      on(new RoleEvent.MaintenanceChanged(false));
      on(new RoleEvent.PeerReported("a", Role.BACKUP, 0, true));
      on(new RoleEvent.MaintenanceChanged(true));
      assertThat(state.successor()).isEqualTo("a");
      now += 20 * MILLI;
      assertThat(on(new RoleEvent.DeadlineReached())).contains(new RoleAction.AskBarrier("a"));
      assertThat(state.role()).isEqualTo(Role.ACTIVE);
      on(new RoleEvent.BarrierAnswered("c"));
      assertThat(state.role()).isEqualTo(Role.ACTIVE);
      on(new RoleEvent.BarrierAnswered("a"));
      assertThat(state.role()).isEqualTo(Role.MAINTENANCE);
    }

    private RoleConfig planned(Planned planned) {
      return new RoleConfig(
          config.node(),
          config.routers(),
          config.segments(),
          config.virtualAddresses(),
          config.speakers(),
          config.preempt(),
          config.intervalNanos(),
          config.stableNanos(),
          config.patienceNanos(),
          config.reserveNanos(),
          config.commitNanos(),
          planned);
    }

    @Test
    void isAdvertisedLowWhenItWasTakenWithoutAnybodysTableUntilAPeerHasOurs() {
      started();
      on(new RoleEvent.PeerSyncChanged(false));
      silence();

      assertThat(atDeadline()).contains(new SetPriority(RoleMachine.RESERVE_PRIORITY));
      assertThat(on(new RoleEvent.PeerSyncChanged(true))).containsExactly(new SetPriority(100));
    }
  }

  @Nested
  @DisplayName("whose adverts count")
  class Filter {

    @Test
    void fromListedAddressesOnlyOnceAllAreKnown() {
      SenderFilter filter = RoleMachine.senderFilter(config);

      assertThat(filter.counts(WAN, wan(1))).isTrue();
      assertThat(filter.counts(WAN, wan(3))).isTrue();
      assertThat(filter.counts(WAN, wan(77))).isFalse();
      assertThat(filter.counts(LAN, wan(1))).isFalse();
    }

    @Test
    void fromAnyWhileOneIsUnknown() {
      config =
          new RoleConfig(
              "b",
              List.of(router("a", 150, 1), router("b", 100, 2), new Router("c", 50, Map.of())),
              List.of(WAN, LAN),
              ADDRESSES,
              Speakers.LISTED,
              Preempt.WHEN_IN_SYNC,
              INTERVAL,
              STABLE,
              PATIENCE,
              RESERVE,
              COMMIT,
              Planned.NOTHING);

      assertThat(RoleMachine.senderFilter(config).counts(WAN, wan(77))).isTrue();
      SenderFilter learned = RoleMachine.senderFilter(config.withLearned("c", WAN, wan(3)));
      assertThat(learned.counts(WAN, wan(77))).isFalse();
      assertThat(learned.counts(WAN, wan(3))).isTrue();
    }

    @Test
    void fromWhoeverSpeaksBesideForeignSpeakers() {
      config = config(Speakers.ANY, Preempt.ALWAYS);

      assertThat(RoleMachine.senderFilter(config).counts(WAN, wan(77))).isTrue();
    }
  }

  @ParameterizedTest
  @EnumSource(Preempt.class)
  void theSameStepGivesTheSameOutcome(Preempt preempt) {
    config = config(Speakers.LISTED, preempt);
    started();
    hear(1, 150);
    RoleEvent event = new RoleEvent.ActiveResigned(WAN, wan(1));

    assertThat(RoleMachine.step(config, state, event, now))
        .isEqualTo(RoleMachine.step(config, state, event, now));
  }
}
