package dev.holdfast.agent.loop;

import static dev.holdfast.agent.loop.Clusters.MILLI;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.loop.ClusterConfig.Instance;
import dev.holdfast.agent.role.core.Asked;
import dev.holdfast.agent.role.core.Heard;
import dev.holdfast.agent.role.core.Link;
import dev.holdfast.agent.role.core.Planned;
import dev.holdfast.agent.role.core.Preempt;
import dev.holdfast.agent.role.core.Reason;
import dev.holdfast.agent.role.core.Role;
import dev.holdfast.agent.role.core.Router;
import dev.holdfast.agent.role.core.Segment;
import dev.holdfast.agent.role.core.Sighting;
import dev.holdfast.agent.role.core.Speakers;
import dev.holdfast.agent.role.core.VirtualAddress;
import dev.holdfast.agent.vrrp.wire.Advert;
import dev.holdfast.agent.vrrp.wire.Authentication;
import dev.holdfast.agent.vrrp.wire.ChecksumForm;
import dev.holdfast.agent.vrrp.wire.Decoded;
import dev.holdfast.agent.vrrp.wire.DropReason;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.MacAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

@DisplayName("The agent's cores composed")
class AgentCoreTest {

  private static final List<VirtualAddress> ALL = Clusters.virtualAddresses(2);
  private static final Segment WAN = Clusters.segment(0);
  private static final Segment LAN = Clusters.segment(1);
  private static final IpAddress BETTER = Clusters.address(0, 1);

  private ClusterConfig config = Clusters.config(2, 2, 1);
  private AgentCore core = new AgentCore(config, 0);
  private long now;

  private void use(ClusterConfig changed) {
    config = changed;
    core = new AgentCore(config, 0);
  }

  private List<Effect> start() {
    return core.start(
        new Found(Clusters.links(2, 1), false, OptionalLong.empty(), Asked.NOTHING), now);
  }

  private List<Effect> apply(AgentEvent event) {
    return core.apply(event, now);
  }

  private List<Effect> atDeadline() {
    now = core.deadlineNanos();
    return apply(new AgentEvent.DeadlineReached());
  }

  private void activate() {
    start();
    while (core.role() != Role.ACTIVE) {
      atDeadline();
    }
    apply(new AgentEvent.FlowsCommitted(1));
    apply(new AgentEvent.AddressesClaimed(1));
  }

  private static AgentEvent advert(Segment segment, IpAddress source, int priority) {
    return advert(segment, source, priority, ChecksumForm.PSEUDO, true);
  }

  private static AgentEvent advert(
      Segment segment, IpAddress source, int priority, ChecksumForm form, boolean match) {
    var advert = new Advert(3, 10, priority, 10, List.of(Clusters.virtual(0)));
    return new AgentEvent.AdvertReceived(segment, new Decoded.Ok(advert, source, form, match));
  }

  private AgentSnapshot.VirtualRouterView view(Segment segment) {
    return core.snapshot(now).virtualRouters().stream()
        .filter(view -> view.segment().equals(segment))
        .findFirst()
        .orElseThrow();
  }

  private static List<Advert> adverts(List<Effect> effects) {
    return effects.stream()
        .filter(Effect.SendAdvert.class::isInstance)
        .map(effect -> ((Effect.SendAdvert) effect).advert())
        .toList();
  }

  private List<Sighting> seen() {
    return core.snapshot(now).seen().stream().map(AgentSnapshot.Seen::sighting).toList();
  }

  @Test
  void takeOverInTheOneOrderThatIsSafe() {
    start();
    List<Effect> advertised = List.of();
    while (advertised.isEmpty()) {
      advertised = atDeadline();
    }
    now += MILLI;
    var committed = apply(new AgentEvent.FlowsCommitted(1));
    now += MILLI;
    var claimed = apply(new AgentEvent.AddressesClaimed(1));

    assertThat(advertised).hasSize(3);
    assertThat(adverts(advertised)).hasSize(2).allMatch(advert -> advert.priority() == 100);
    assertThat(advertised.getLast()).isEqualTo(new Effect.CommitFlows(1, 500 * MILLI));
    assertThat(committed).containsExactly(new Effect.ClaimAddresses(1, ALL));
    assertThat(claimed.getFirst()).isEqualTo(new Effect.Announce(ALL));
    assertThat(claimed.getLast())
        .isInstanceOfSatisfying(
            Effect.Report.class,
            report -> {
              assertThat(report.transition().to()).isEqualTo(Role.ACTIVE);
              assertThat(report.transition().reason()).isEqualTo(Reason.ACTIVE_SILENT);
            });
  }

  @Test
  void advertWhatIsConfiguredFromTheOwnAddress() {
    activate();

    assertThat(atDeadline())
        .contains(
            new Effect.SendAdvert(
                WAN,
                new Advert(3, 10, 100, 10, List.of(Clusters.virtual(0))),
                Clusters.address(0, 2)));
  }

  @Test
  void resignOnEveryNetworkBeforeTheAddressesGo() {
    activate();
    List<Effect> effects = apply(new AgentEvent.StopRequested());

    assertThat(adverts(effects.subList(0, 2))).hasSize(2).allMatch(Advert::resigns);
    assertThat(effects.get(2)).isEqualTo(new Effect.WithdrawAddresses(ALL));
    assertThat(effects.getLast()).isEqualTo(new Effect.Finish());
    assertThat(view(WAN).counters().resignationsSent()).isEqualTo(1);
  }

  @Test
  void leaveAsOneWhenOneVirtualRouterYields() {
    activate();
    now += 10 * MILLI;
    List<Effect> effects = apply(advert(WAN, BETTER, 150));

    // One last advert where the better one was heard, silence elsewhere.
    assertThat(adverts(effects)).extracting(Advert::priority).containsExactly(100);
    assertThat(effects).contains(new Effect.WithdrawAddresses(ALL));
    assertThat(core.role()).isEqualTo(Role.BACKUP);
    assertThat(view(LAN).counters().leftActive()).isEqualTo(1);
  }

  @Test
  void alwaysHaveADeadlineWithinAnHour() {
    assertThat(core.deadlineNanos()).isPositive();
    start();
    apply(new AgentEvent.LinkChanged("wan", Link.ABSENT));
    apply(new AgentEvent.LinkChanged("lan", Link.ABSENT));

    assertThat(core.deadlineNanos() - now).isBetween(1L, 3_600_000 * MILLI);
  }

  @Nested
  @DisplayName("count")
  class Counting {

    @Test
    void anAdvertOfAStrangerUnderThatReasonAndNothingElse() {
      start();
      List<Effect> effects = apply(advert(WAN, Clusters.address(0, 77), 254));

      assertThat(view(WAN).counters().dropped()).isEqualTo(Map.of(DropReason.STRANGER, 1L));
      assertThat(view(WAN).counters().received()).isZero();
      assertThat(effects)
          .containsExactly(new Effect.Warn(Sighting.STRANGER_SPEAKS, "10.0.0.77", "wan/ipv4"));
      assertThat(apply(advert(WAN, Clusters.address(0, 77), 254))).isEmpty();
    }

    @Test
    void anAdvertFromOurOwnAddressUnderThatReason() {
      start();
      apply(advert(WAN, Clusters.address(0, 2), 254));

      assertThat(view(WAN).counters().dropped()).isEqualTo(Map.of(DropReason.OWN_ADDRESS, 1L));
      assertThat(seen()).containsExactly(Sighting.OWN_ADDRESS_SPEAKS);
    }

    @Test
    void anAdvertOnANetworkThatDoesNotRun() {
      start();
      apply(new AgentEvent.LinkChanged("wan", Clusters.noCarrier(0, 1)));
      apply(advert(WAN, BETTER, 150));

      assertThat(view(WAN).counters().dropped()).isEqualTo(Map.of(DropReason.NOT_RUNNING, 1L));
    }

    @Test
    void whatTheReceiversDropped() {
      start();
      apply(new AgentEvent.AdvertsDropped(WAN, DropReason.CHECKSUM, BETTER, 7));
      apply(new AgentEvent.AdvertsDropped(WAN, DropReason.CHECKSUM, BETTER, 2));

      assertThat(view(WAN).counters().dropped()).isEqualTo(Map.of(DropReason.CHECKSUM, 9L));
      assertThat(seen()).containsExactly(Sighting.ADVERTS_REJECTED);
    }

    @Test
    void aTakeoverWhileRejectedAdvertsWereArriving() {
      start();
      now += 300 * MILLI;
      apply(new AgentEvent.AdvertsDropped(WAN, DropReason.CHECKSUM, BETTER, 1));
      while (core.role() != Role.ACTIVE) {
        atDeadline();
      }

      assertThat(seen()).contains(Sighting.ACTIVE_DESPITE_REJECTED);
    }

    @Test
    void otherAddressesAndOtherChecksumsButFollowTheAdvert() {
      start();
      apply(advert(WAN, BETTER, 150, ChecksumForm.PLAIN, false));

      assertThat(view(WAN).heard()).isNotNull();
      assertThat(view(WAN).counters().addressListsDiffering()).isEqualTo(1);
      assertThat(view(WAN).counters().checksumFormsDiffering()).isEqualTo(1);
      assertThat(seen())
          .containsExactlyInAnyOrder(Sighting.ADDRESS_LIST_DIFFERS, Sighting.CHECKSUM_FORM_DIFFERS);
    }

    @Test
    void howLateAdvertsLeave() {
      activate();
      now = core.deadlineNanos() + 3 * MILLI;
      apply(new AgentEvent.DeadlineReached());

      assertThat(view(WAN).counters().longestLatenessNanos()).isEqualTo(3 * MILLI);
      // 2048 to 4095 microseconds.
      assertThat(view(WAN).counters().latenessCounts().get(12)).isEqualTo(1);
    }

    @Test
    void stallsAndTheLongestOfThem() {
      start();
      apply(new AgentEvent.Stalled(70 * MILLI));
      apply(new AgentEvent.Stalled(30 * MILLI));

      assertThat(core.snapshot(now).stalls()).isEqualTo(2);
      assertThat(core.snapshot(now).longestStallNanos()).isEqualTo(70 * MILLI);
    }

    @Test
    void forgetsWhatHasNotBeenSeenForAMinute() {
      start();
      apply(advert(WAN, Clusters.address(0, 77), 254));
      now += 61_000 * MILLI;

      assertThat(seen()).isEmpty();
    }

    @Test
    void atMostEightStrangersAtATime() {
      start();
      for (int host = 10; host < 200; host++) {
        apply(advert(WAN, Clusters.address(0, host), 254));
      }

      assertThat(seen()).hasSize(8);
    }
  }

  @Nested
  @DisplayName("learn a peer's address")
  class Learning {

    @Test
    void andFromThenOnHearNobodyElse() {
      var unknown = List.of(new Router("a", 150, Map.of()), new Router("b", 100, Map.of()));
      use(withRouters(unknown));
      start();
      assertThat(core.senderFilter().counts(WAN, Clusters.address(0, 77))).isTrue();

      apply(new AgentEvent.PeerAddressLearned("a", WAN, BETTER));

      assertThat(core.senderFilter().counts(WAN, BETTER)).isTrue();
      assertThat(core.senderFilter().counts(WAN, Clusters.address(0, 77))).isFalse();
      apply(advert(WAN, BETTER, 150));
      assertThat(view(WAN).heard())
          .isInstanceOfSatisfying(Heard.class, heard -> assertThat(heard.node()).isEqualTo("a"));
    }

    @Test
    void andKeepItWhenTheConfigurationChanges() {
      var unknown = List.of(new Router("a", 150, Map.of()), new Router("b", 100, Map.of()));
      use(withRouters(unknown));
      start();
      apply(new AgentEvent.PeerAddressLearned("a", WAN, BETTER));
      apply(
          new AgentEvent.ConfigChanged(
              withRouters(List.of(new Router("a", 150, Map.of()), new Router("b", 90, Map.of())))));

      assertThat(core.senderFilter().counts(WAN, Clusters.address(0, 77))).isFalse();
    }

    @Test
    void butBelieveWhatIsConfigured() {
      start();
      apply(new AgentEvent.PeerAddressLearned("a", WAN, Clusters.address(0, 77)));

      assertThat(core.senderFilter().counts(WAN, Clusters.address(0, 77))).isFalse();
    }
  }

  @Nested
  @DisplayName("take another configuration")
  class Reconfiguration {

    @Test
    void withoutAnyEffectWhenItIsTheSame() {
      activate();

      assertThat(apply(new AgentEvent.ConfigChanged(Clusters.config(2, 2, 1)))).isEmpty();
    }

    @Test
    void withAnotherPriorityInTheNextAdvert() {
      activate();
      apply(
          new AgentEvent.ConfigChanged(
              withRouters(List.of(config.routers().getFirst(), priority(77)))));

      assertThat(adverts(atDeadline())).isNotEmpty().allMatch(advert -> advert.priority() == 77);
    }

    @Test
    void withAnotherVridWithoutResigningTheOldOne() {
      activate();
      now += 20 * MILLI;
      var changed = new ArrayList<>(config.instances());
      changed.set(0, new Instance(WAN, 99, 3, List.of(Clusters.virtual(0))));

      List<Effect> effects = apply(new AgentEvent.ConfigChanged(withInstances(changed)));

      assertThat(adverts(effects)).extracting(Advert::vrid).containsExactly(99);
      assertThat(adverts(effects)).noneMatch(Advert::resigns);
      assertThat(core.role()).isEqualTo(Role.ACTIVE);
    }

    @Test
    void withoutANetworkThatWasThere() {
      activate();
      List<Effect> effects =
          apply(
              new AgentEvent.ConfigChanged(withInstances(List.of(config.instances().getFirst()))));

      assertThat(adverts(effects)).isEmpty();
      assertThat(core.snapshot(now).virtualRouters()).hasSize(1);
      assertThat(atDeadline()).isNotEmpty();
      assertThat(core.role()).isEqualTo(Role.ACTIVE);
    }

    @Test
    void withANetworkMoreWhereItIsActiveAtOnce() {
      use(withInstances(List.of(config.instances().getFirst())));
      activate();
      List<Effect> effects = apply(new AgentEvent.ConfigChanged(Clusters.config(2, 2, 1)));

      assertThat(adverts(effects)).extracting(Advert::vrid).containsExactly(11);
    }

    @Test
    void thatAsksForMaintenance() {
      activate();
      var asked =
          new ClusterConfig(
              config.node(),
              config.routers(),
              config.instances(),
              config.virtualAddresses(),
              config.nextHops(),
              config.speakers(),
              config.preempt(),
              config.advertIntervalNanos(),
              config.authentication(),
              config.unicast(),
              config.virtualMac(),
              config.checksumForm(),
              config.commitNanos(),
              new Planned(true, null, 5_000 * MILLI, false),
              config.linkSilenceNanos());

      assertThat(adverts(apply(new AgentEvent.ConfigChanged(asked))))
          .hasSize(2)
          .allMatch(Advert::resigns);
      assertThat(core.role()).isEqualTo(Role.MAINTENANCE);
    }
  }

  @Nested
  @DisplayName("with a virtual MAC")
  class VirtualMac {

    @Test
    void takeNoClaimFromThatMacForSomebodyElses() {
      use(withVirtualMac());
      activate();
      now += 500 * MILLI;
      MacAddress mac = MacAddress.ofVirtualRouter(WAN.family(), 10);

      assertThat(apply(new AgentEvent.AddressClaimSeen("wan", Clusters.virtual(0), mac))).isEmpty();
      assertThat(
              apply(
                  new AgentEvent.AddressClaimSeen("wan", Clusters.virtual(0), Clusters.mac(0, 0))))
          .contains(new Effect.Announce(ALL));
    }
  }

  @Test
  void theirPatienceIsTheShortestOfTheOthers() {
    // Router a has priority 150: 3 times 100 ms and 106/256 of it.
    assertThat(config.patienceNanos()).isEqualTo(341_406_250L);
    assertThat(Clusters.config(2, 1, 1, Speakers.ANY, Preempt.ALWAYS).patienceNanos() / MILLI)
        .isEqualTo(300);
  }

  @Test
  void withALinkTheirPatienceIsItsSilenceOrOneMissedAdvert() {
    assertThat(linked(100 * MILLI).patienceNanos()).isEqualTo(120 * MILLI);
    assertThat(linked(1_000 * MILLI).patienceNanos()).isEqualTo(1_200 * MILLI);
    assertThat(linked(50 * MILLI).patienceNanos()).isEqualTo(100 * MILLI);
  }

  // Configurations.

  private static ClusterConfig linked(long intervalNanos) {
    return Clusters.config(
        2,
        1,
        1,
        Speakers.LISTED,
        Preempt.ALWAYS,
        intervalNanos,
        List.of(),
        new Planned(false, null, 5_000 * MILLI, true));
  }

  private Router priority(int priority) {
    Router self = config.routers().getLast();
    return new Router(self.node(), priority, self.addresses());
  }

  private ClusterConfig withRouters(List<Router> routers) {
    return with(routers, config.instances(), false);
  }

  private ClusterConfig withInstances(List<Instance> instances) {
    return with(config.routers(), instances, false);
  }

  private ClusterConfig withVirtualMac() {
    return with(config.routers(), config.instances(), true);
  }

  private ClusterConfig with(List<Router> routers, List<Instance> instances, boolean virtualMac) {
    return new ClusterConfig(
        config.node(),
        routers,
        instances,
        config.virtualAddresses(),
        config.nextHops(),
        config.speakers(),
        config.preempt(),
        config.advertIntervalNanos(),
        Authentication.none(),
        config.unicast(),
        virtualMac,
        config.checksumForm(),
        config.commitNanos(),
        config.planned(),
        config.linkSilenceNanos());
  }
}
