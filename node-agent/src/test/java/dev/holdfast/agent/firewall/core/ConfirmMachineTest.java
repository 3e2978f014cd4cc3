package dev.holdfast.agent.firewall.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.firewall.core.ConfirmMachine.Trial;
import dev.holdfast.api.addr.IpAddress;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Whether a new policy may stay")
class ConfirmMachineTest {

  private static final long SECOND = 1_000_000_000L;
  private static final PolicyMark OLD = new PolicyMark(7, "0000000000000011");
  private static final PolicyMark NEW = new PolicyMark(8, "00000000000000aa");
  private static final PolicyMark NEWER = new PolicyMark(9, "00000000000000bb");
  private static final Party ROUTER = Party.linkOf("router-b", "direct");
  private static final Party ADVERTS = Party.advertsOf(IpAddress.parse("192.168.0.1"), "lan");
  private static final Party API = Party.answering("the API server");

  private static ConfirmMachine.Application application(PolicyMark wanted, PolicyMark inKernel) {
    return new ConfirmMachine.Application(wanted, inKernel, false, 30 * SECOND);
  }

  /** Asked for at second 99, applied at second 100, with thirty seconds to be confirmed. */
  private static Optional<Trial> applied(Map<Party, Long> heard) {
    return ConfirmMachine.applying(null, application(NEW, OLD), heard, 99 * SECOND)
        .map(trial -> ConfirmMachine.applied(trial, 100 * SECOND));
  }

  private static Trial begun(Map<Party, Long> heard) {
    return applied(heard).orElseThrow();
  }

  @Test
  void isConfirmedAtOnceWhenNobodyWasHeardBefore() {
    assertThat(applied(Map.of())).isEmpty();
    assertThat(applied(Map.of(ROUTER, 93 * SECOND))).isEmpty();
  }

  @Test
  void missesWhoWasHeardInTheFiveSecondsBefore() {
    Trial trial = begun(Map.of(ROUTER, 94 * SECOND, API, 98 * SECOND, ADVERTS, 93 * SECOND));

    assertThat(trial.missing()).containsExactlyInAnyOrder(ROUTER, API);
    assertThat(trial.isConfirmed()).isFalse();
  }

  @Test
  void missesEachWayOfBeingHeardByItself() {
    Party adverts = Party.advertsOf(IpAddress.parse("10.10.1.2"), "direct");
    Trial trial = begun(Map.of(ROUTER, 98 * SECOND, adverts, 98 * SECOND));

    assertThat(ConfirmMachine.heard(trial, Map.of(ROUTER, 102 * SECOND)).missing())
        .as("a policy may stop adverts and let the link pass")
        .containsExactly(adverts);
  }

  @Test
  void isConfirmedWhenEveryoneIsHeardAgain() {
    Trial trial = begun(Map.of(ROUTER, 98 * SECOND, API, 98 * SECOND));

    Trial half = ConfirmMachine.heard(trial, Map.of(ROUTER, 102 * SECOND));
    assertThat(half.missing()).containsExactly(API);
    assertThat(ConfirmMachine.heard(half, Map.of(API, 129 * SECOND)).isConfirmed()).isTrue();
  }

  @Test
  void doesNotCountWhatWasOnItsWayWhenThePolicyCame() {
    Trial trial = begun(Map.of(ROUTER, 98 * SECOND));

    assertThat(ConfirmMachine.heard(trial, Map.of(ROUTER, 100 * SECOND + SECOND / 2)).missing())
        .containsExactly(ROUTER);
  }

  @Test
  void failsAtItsDeadlineAndNotBefore() {
    Trial trial = begun(Map.of(ROUTER, 98 * SECOND));

    assertThat(trial.isFailed(130 * SECOND - 1)).isFalse();
    assertThat(trial.isFailed(130 * SECOND)).isTrue();
  }

  @Test
  void asksForEveryoneOfTwoTrialsWhenOneTakesThePlaceOfAnother() {
    Trial second =
        ConfirmMachine.applying(
                begun(Map.of(ROUTER, 98 * SECOND)),
                application(NEWER, NEW),
                Map.of(API, 109 * SECOND),
                110 * SECOND)
            .orElseThrow();

    assertThat(second.missing()).containsExactlyInAnyOrder(ROUTER, API);
    assertThat(second.before()).as("what comes back was confirmed once").isEqualTo(OLD);
    assertThat(second.isFailed(130 * SECOND)).isFalse();
    assertThat(second.isFailed(140 * SECOND)).isTrue();
  }

  @Test
  void endsWhenThePolicyBeforeIsAppliedAgain() {
    Trial running = begun(Map.of(ROUTER, 98 * SECOND));

    assertThat(
            ConfirmMachine.applying(
                running, application(OLD, NEW), Map.of(ROUTER, 0L), 101 * SECOND))
        .isEmpty();
  }

  @Test
  void goesOnAsItWasWhenTheSamePolicyIsAppliedAgain() {
    Trial running = begun(Map.of(ROUTER, 98 * SECOND));
    PolicyMark sameRules = new PolicyMark(12, NEW.policy());

    assertThat(
            ConfirmMachine.applying(
                running, application(sameRules, NEW), Map.of(API, 110 * SECOND), 110 * SECOND))
        .contains(running);
  }

  @Test
  void asksNobodyAboutAPolicyThatWasConfirmedBeforeTheMachineWasStarted() {
    assertThat(
            ConfirmMachine.applying(
                null,
                new ConfirmMachine.Application(NEW, OLD, true, 30 * SECOND),
                Map.of(ROUTER, 98 * SECOND),
                99 * SECOND))
        .isEmpty();
  }

  private static final Excuse.NotInResource RESOURCE =
      new Excuse.NotInResource(Set.of("router-b"), Set.of("direct", "lan"), Set.of("lan"));

  @Test
  void expectsAdvertsAgainOnlyWhileAnotherRouterIsActive() {
    assertThat(ConfirmMachine.isExpected(ADVERTS, false, RESOURCE)).isTrue();
    assertThat(ConfirmMachine.isExpected(ADVERTS, true, RESOURCE))
        .as("the last words of who yields to us")
        .isFalse();
  }

  @Test
  void expectsLinksAndAnswersAgainInEveryRole() {
    for (boolean active : new boolean[] {false, true}) {
      assertThat(ConfirmMachine.isExpected(ROUTER, active, RESOURCE)).isTrue();
      assertThat(ConfirmMachine.isExpected(API, active, RESOURCE)).isTrue();
    }
  }

  @Test
  void expectsNobodyWhomTheResourceDoesNotName() {
    assertThat(ConfirmMachine.isExpected(Party.linkOf("router-c", "direct"), false, RESOURCE))
        .isFalse();
    assertThat(
            ConfirmMachine.isExpected(
                Party.advertsOf(IpAddress.parse("10.10.1.2"), "direct"), false, RESOURCE))
        .as("no virtual router there")
        .isFalse();
  }

  @Test
  void doesNotWaitForOneThatGaveUp() {
    Trial trial = begun(Map.of(ADVERTS, 98 * SECOND));

    assertThat(ConfirmMachine.excused(trial, new Excuse.GaveUp(ADVERTS)).isConfirmed()).isTrue();
  }

  @Test
  void doesNotWaitForThoseOnANetworkWithoutCarrier() {
    Trial trial = begun(Map.of(ROUTER, 98 * SECOND, ADVERTS, 98 * SECOND, API, 98 * SECOND));

    assertThat(ConfirmMachine.excused(trial, new Excuse.NoCarrier("direct")).missing())
        .containsExactlyInAnyOrder(ADVERTS, API);
  }

  @Test
  void doesNotWaitForTheAdvertsOfTheOneThatGaveUsTheRole() {
    Trial trial = begun(Map.of(ROUTER, 98 * SECOND, ADVERTS, 98 * SECOND));

    assertThat(ConfirmMachine.excused(trial, new Excuse.RoleGiven()).missing())
        .containsExactly(ROUTER);
  }

  @Test
  void doesNotWaitForWhomTheResourceNoLongerNames() {
    Trial trial = begun(Map.of(ROUTER, 98 * SECOND, ADVERTS, 98 * SECOND, API, 98 * SECOND));
    Excuse removed =
        new Excuse.NotInResource(Set.of("router-a"), Set.of("direct", "lan"), Set.of("lan"));
    Excuse networkLess = new Excuse.NotInResource(Set.of("router-b"), Set.of("direct"), Set.of());

    assertThat(ConfirmMachine.excused(trial, removed).missing())
        .containsExactlyInAnyOrder(ADVERTS, API);
    assertThat(ConfirmMachine.excused(trial, networkLess).missing())
        .containsExactlyInAnyOrder(ROUTER, API);
  }

  @Test
  void goesOnWhenTheAgentComesBackInTime() {
    Trial resumed = ConfirmMachine.resumed(begun(Map.of(ROUTER, 98 * SECOND)), 105 * SECOND, true);

    assertThat(resumed.deadlineNanos()).isEqualTo(130 * SECOND);
  }

  @Test
  void listensForAWhileWhenTheAgentComesBackLate() {
    Trial resumed = ConfirmMachine.resumed(begun(Map.of(ROUTER, 98 * SECOND)), 500 * SECOND, true);

    assertThat(resumed.isFailed(509 * SECOND)).isFalse();
    assertThat(resumed.isFailed(510 * SECOND)).isTrue();
  }

  @Test
  void hasItsWholeTimeAgainAfterAReboot() {
    Trial resumed = ConfirmMachine.resumed(begun(Map.of(ROUTER, 98 * SECOND)), SECOND, false);

    assertThat(resumed.isFailed(31 * SECOND - 1)).isFalse();
    assertThat(resumed.isFailed(31 * SECOND)).isTrue();
    // What was heard in the life before has a larger number, and does not count.
    assertThat(resumed.heardFromNanos()).isEqualTo(SECOND);
  }

  @Test
  void asksNobodyWithoutATimeToConfirm() {
    assertThat(
            ConfirmMachine.applying(
                null,
                new ConfirmMachine.Application(NEW, OLD, false, 0),
                Map.of(API, 98 * SECOND),
                99 * SECOND))
        .isEmpty();
  }
}
