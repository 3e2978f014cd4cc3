package dev.holdfast.lab.measure.judge;

import static dev.holdfast.lab.measure.judge.Samples.advert;
import static dev.holdfast.lab.measure.judge.Samples.adverts;
import static dev.holdfast.lab.measure.judge.Samples.ms;
import static dev.holdfast.lab.measure.judge.Samples.span;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.addr.Family;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Who was active, by the adverts at the switches")
class RoleJudgeTest {

  private static final Span WINDOW = span(0, 3_000);
  private static final VirtualRouterId LAN = new VirtualRouterId("lan", Family.IPV4, 11);

  @Test
  void aSeriesRunsFromTheFirstAdvertToTheLast() {
    var activities = RoleJudge.activities(adverts("a", "lan", 0, 1_000));

    assertThat(activities).containsExactly(new Activity(LAN, "a", span(0, 1_000)));
  }

  @Test
  void aSilenceOfThreeAndAHalfIntervalsEndsASeries() {
    var seen =
        List.of(
            advert(0, "a", "lan", 100), advert(350, "a", "lan", 100), advert(701, "a", "lan", 100));

    assertThat(RoleJudge.activities(seen))
        .containsExactly(
            new Activity(LAN, "a", span(0, 350)), new Activity(LAN, "a", span(701, 701)));
  }

  @Test
  void priorityZeroEndsASeriesAtOnce() {
    var seen =
        List.of(
            advert(0, "a", "lan", 100), advert(100, "a", "lan", 100), advert(130, "a", "lan", 0));

    assertThat(RoleJudge.activities(seen)).containsExactly(new Activity(LAN, "a", span(0, 130)));
  }

  @Test
  void priorityZeroOfASilentRouterIsNoActivity() {
    assertThat(RoleJudge.activities(List.of(advert(5, "b", "lan", 0)))).isEmpty();
  }

  @Test
  void theRoleIsTheLastVirtualRoutersFirstAdvert() {
    var seen = new ArrayList<AdvertSeen>();
    seen.addAll(adverts("a", "lan", 0, 900));
    seen.addAll(adverts("a", "wan", 0, 900));
    seen.addAll(adverts("b", "lan", 1_325, 3_000));
    seen.addAll(adverts("b", "wan", 1_331, 3_000));

    assertThat(RoleJudge.roleNanos(seen, ms(950), Long.MAX_VALUE)).hasValue(ms(381));
    assertThat(RoleJudge.noActiveNanos(seen, WINDOW)).isEqualTo(ms(431));
    assertThat(RoleJudge.twoActiveNanos(RoleJudge.activities(seen), WINDOW)).isZero();
  }

  @Test
  void anAdvertThatWasOnItsWayIsNoChangeOfRole() {
    var seen = new ArrayList<>(adverts("a", "lan", 0, 3_000));

    assertThat(RoleJudge.roleNanos(seen, ms(950), Long.MAX_VALUE)).isEmpty();
  }

  @Test
  void aChangeAfterTheNextFaultBelongsToThatFault() {
    var seen = new ArrayList<>(adverts("a", "lan", 0, 900));
    seen.addAll(adverts("b", "lan", 2_000, 3_000));

    assertThat(RoleJudge.roleNanos(seen, ms(500), ms(950))).isEmpty();
    assertThat(RoleJudge.roleNanos(seen, ms(950), Long.MAX_VALUE)).hasValue(ms(1_050));
  }

  @Test
  void twoSpeakersAtOnceAreCountedWhileBothSpeak() {
    var seen = new ArrayList<>(adverts("a", "lan", 0, 2_000));
    seen.addAll(adverts("b", "lan", 1_250, 3_000));

    assertThat(RoleJudge.twoActiveNanos(RoleJudge.activities(seen), WINDOW)).isEqualTo(ms(750));
    assertThat(RoleJudge.noActiveNanos(seen, WINDOW)).isZero();
  }

  @Test
  void twoSpeakersOfDifferentVirtualRoutersAreNoConflict() {
    var seen = new ArrayList<>(adverts("a", "lan", 0, 3_000));
    seen.addAll(adverts("b", "wan", 0, 3_000));

    assertThat(RoleJudge.twoActiveNanos(RoleJudge.activities(seen), WINDOW)).isZero();
    assertThat(RoleJudge.activeAtEnd(seen, WINDOW).values())
        .containsExactlyInAnyOrder(new TreeSet<>(List.of("a")), new TreeSet<>(List.of("b")));
  }

  @Test
  void aPausedSpeakerWithoutASuccessorCountsAsNobody() {
    var seen = new ArrayList<>(adverts("a", "lan", 0, 1_000));
    seen.addAll(adverts("a", "lan", 1_500, 3_000));

    assertThat(RoleJudge.noActiveNanos(seen, WINDOW)).isEqualTo(ms(500));
    assertThat(RoleJudge.roleNanos(seen, ms(1_000), Long.MAX_VALUE)).isEmpty();
  }

  @Test
  void silenceToTheEndCountsButNotTheLastInterval() {
    assertThat(RoleJudge.noActiveNanos(adverts("a", "lan", 0, 1_000), WINDOW)).isEqualTo(ms(2_000));
    assertThat(RoleJudge.noActiveNanos(adverts("a", "lan", 0, 2_900), WINDOW)).isZero();
  }

  @Test
  void nobodySpeaksAtTheEndOfASilentRun() {
    var active = RoleJudge.activeAtEnd(adverts("a", "lan", 0, 1_000), WINDOW);

    assertThat(active).containsOnlyKeys(LAN);
    assertThat(active.values().iterator().next()).isEmpty();
  }

  @Test
  void withoutAdvertsThereIsNothingToSay() {
    assertThat(RoleJudge.noActiveNanos(List.of(), WINDOW)).isZero();
    assertThat(RoleJudge.activeAtEnd(List.of(), WINDOW)).isEmpty();
  }
}
