package dev.holdfast.agent.vrrp.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.vrrp.core.VrrpAction.ActiveDown;
import dev.holdfast.agent.vrrp.core.VrrpAction.ActiveHeard;
import dev.holdfast.agent.vrrp.core.VrrpAction.ActiveResigned;
import dev.holdfast.agent.vrrp.core.VrrpAction.Contested;
import dev.holdfast.agent.vrrp.core.VrrpAction.SendAdvert;
import dev.holdfast.agent.vrrp.core.VrrpAction.WeakerHeard;
import dev.holdfast.agent.vrrp.core.VrrpAction.Yielded;
import dev.holdfast.agent.vrrp.core.VrrpState.Active;
import dev.holdfast.agent.vrrp.core.VrrpState.Backup;
import dev.holdfast.agent.vrrp.core.VrrpState.Initialize;
import dev.holdfast.agent.vrrp.wire.Advert;
import dev.holdfast.api.addr.IpAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The rows of the table in {@link VrrpMachine}, in its order. */
@DisplayName("A virtual router (RFC 9568 section 6)")
class VrrpMachineTest {

  private static final long MICRO = 1_000L;
  private static final long MILLI = 1_000 * MICRO;
  private static final long SECOND = 1_000 * MILLI;
  private static final long T0 = 1_000 * SECOND;

  private static final IpAddress OWN = IpAddress.parse("10.50.0.2");
  private static final IpAddress LOWER = IpAddress.parse("10.50.0.1");
  private static final IpAddress HIGHER = IpAddress.parse("10.50.0.200");

  /** Priority 100, every second. */
  private static final VirtualRouter VR = new VirtualRouter(3, 100, SECOND, 10 * SECOND, true);

  private static final long SKEW = 156 * SECOND / 256;
  private static final long DOWN = 3 * SECOND + SKEW;

  private static final Active ACTIVE = new Active(T0 + SECOND / 2, T0 - SECOND / 2, false);
  private static final Active LISTENING = new Active(T0 + SECOND / 2, T0 - 9 * SECOND, true);

  private static Backup backup(long downAtNanos) {
    return new Backup(SECOND, downAtNanos, false, null);
  }

  private static Backup following(@Nullable IpAddress source, long downAtNanos) {
    return new Backup(SECOND, downAtNanos, false, source);
  }

  private static VrrpEvent advert(int priority, IpAddress source) {
    return advert(priority, source, 100);
  }

  private static VrrpEvent advert(int priority, IpAddress source, int centis) {
    return new VrrpEvent.AdvertReceived(
        new Advert(3, 51, priority, centis, List.of()), source, OWN);
  }

  private static Step step(VrrpState state, VrrpEvent event) {
    return VrrpMachine.step(VR, state, event, T0);
  }

  @Nested
  @DisplayName("in Initialize (section 6.4.1)")
  class InInitialize {

    @Test
    void becomesBackupForOneDownInterval() {
      assertThat(step(new Initialize(), new VrrpEvent.Started()))
          .isEqualTo(Step.to(backup(T0 + DOWN)));
    }

    @Test
    void takesNoNoticeOfAnythingElse() {
      assertThat(step(new Initialize(), advert(200, HIGHER))).isEqualTo(Step.to(new Initialize()));
      assertThat(step(new Initialize(), new VrrpEvent.Elected()))
          .isEqualTo(Step.to(new Initialize()));
      assertThat(step(new Initialize(), new VrrpEvent.Stopped()))
          .isEqualTo(Step.to(new Initialize()));
    }
  }

  @Nested
  @DisplayName("as backup (section 6.4.2)")
  class AsBackup {

    @Test
    void saysThatTheActiveIsDownWhenItWasSilentForTheDownInterval() {
      assertThat(step(backup(T0), new VrrpEvent.DeadlineReached()))
          .isEqualTo(Step.to(new Backup(SECOND, T0, true, null), new ActiveDown()));
    }

    @Test
    void saysSoOnlyOnce() {
      var silent = new Backup(SECOND, T0, true, null);

      assertThat(silent.deadlineNanos()).isEmpty();
      assertThat(step(silent, new VrrpEvent.DeadlineReached())).isEqualTo(Step.to(silent));
    }

    @Test
    void advertsAtOnceWhenElected() {
      assertThat(step(backup(T0 + DOWN), new VrrpEvent.Elected()))
          .isEqualTo(Step.to(new Active(T0 + SECOND, T0, false), new SendAdvert(100)));
    }

    @Test
    void waitsOnlyTheSkewAfterPriorityZero() {
      assertThat(step(following(HIGHER, T0 + DOWN), advert(0, HIGHER)))
          .isEqualTo(Step.to(following(HIGHER, T0 + SKEW), new ActiveResigned(HIGHER)));
    }

    @Test
    void takesPriorityZeroFromAnybodyWhenItHasHeardNobody() {
      assertThat(step(backup(T0 + DOWN), advert(0, HIGHER)))
          .isEqualTo(Step.to(backup(T0 + SKEW), new ActiveResigned(HIGHER)));
    }

    @Test
    void ignoresALatePriorityZeroOfTheRouterBefore() {
      var state = following(LOWER, T0 + DOWN);

      assertThat(step(state, advert(0, HIGHER))).isEqualTo(Step.to(state));
    }

    @Test
    void restartsTheDownTimerAtAnAdvertOfAtLeastItsPriority() {
      assertThat(step(backup(T0 + 1), advert(100, LOWER)))
          .isEqualTo(Step.to(following(LOWER, T0 + DOWN), new ActiveHeard(LOWER, 100)));
      assertThat(step(backup(T0 + 1), advert(255, HIGHER)))
          .isEqualTo(Step.to(following(HIGHER, T0 + DOWN), new ActiveHeard(HIGHER, 255)));
    }

    @Test
    void isHeardAgainAfterSilence() {
      var silent = new Backup(SECOND, T0 - 1, true, null);

      assertThat(step(silent, advert(200, HIGHER)))
          .isEqualTo(Step.to(following(HIGHER, T0 + DOWN), new ActiveHeard(HIGHER, 200)));
    }

    @Test
    void doesNotFollowAWeakerOneWhenItPreempts() {
      var state = backup(T0 + 1);

      assertThat(step(state, advert(99, HIGHER)))
          .isEqualTo(Step.to(state, new WeakerHeard(HIGHER, 99)));
    }

    @Test
    void followsAWeakerOneWhenItDoesNotPreempt() {
      assertThat(VrrpMachine.step(VR.withPreempts(false), backup(T0 + 1), advert(1, LOWER), T0))
          .isEqualTo(Step.to(following(LOWER, T0 + DOWN), new ActiveHeard(LOWER, 1)));
    }

    /** A pair with 1 s and 200 ms: the backup waited 3.6 s (capture v3-learned-interval). */
    @Test
    void learnsTheIntervalOfTheActive() {
      var fast = new VirtualRouter(3, 100, SECOND / 5, 10 * SECOND, true);

      assertThat(VrrpMachine.step(fast, backup(T0 + 1), advert(150, HIGHER), T0).state())
          .isEqualTo(new Backup(SECOND, T0 + 3_609_375 * MICRO, false, HIGHER));
    }

    @Test
    void learnsNoIntervalBeyondTheLongest() {
      assertThat(step(backup(T0 + 1), advert(150, HIGHER, 4095)).state())
          .isEqualTo(new Backup(10 * SECOND, T0 + 30 * SECOND + 10 * SKEW, false, HIGHER));
    }

    @Test
    void mayBeToldThatTheActiveResignedElsewhere() {
      assertThat(step(backup(T0 + DOWN), new VrrpEvent.Hastened(T0 + SKEW)))
          .isEqualTo(Step.to(backup(T0 + SKEW)));
      assertThat(step(backup(T0 + SKEW), new VrrpEvent.Hastened(T0 + DOWN)))
          .isEqualTo(Step.to(backup(T0 + SKEW)));
    }

    @Test
    void stopsWithoutAWord() {
      assertThat(step(backup(T0 + DOWN), new VrrpEvent.Stopped()))
          .isEqualTo(Step.to(new Initialize()));
    }
  }

  @Nested
  @DisplayName("while active (section 6.4.3)")
  class WhileActive {

    @Test
    void advertsOnSchedule() {
      long late = T0 + SECOND / 2 + 7 * MILLI;

      assertThat(VrrpMachine.step(VR, ACTIVE, new VrrpEvent.DeadlineReached(), late))
          .isEqualTo(
              Step.to(new Active(T0 + SECOND + SECOND / 2, late, false), new SendAdvert(100)));
    }

    @Test
    void leavesOutTheAdvertsThatItMissed() {
      long late = T0 + SECOND / 2 + 3 * SECOND + MILLI;

      assertThat(VrrpMachine.step(VR, ACTIVE, new VrrpEvent.DeadlineReached(), late))
          .isEqualTo(
              Step.to(new Active(T0 + SECOND / 2 + 4 * SECOND, late, false), new SendAdvert(100)));
    }

    @Test
    void assertsItselfWhenSomebodyResigns() {
      assertThat(step(ACTIVE, advert(0, LOWER)))
          .isEqualTo(Step.to(new Active(T0 + SECOND, T0, false), new SendAdvert(100)));
    }

    /** The last advert tells the winner that there were two, so that it announces again. */
    @Test
    void yieldsToAHigherPriorityWithALastAdvert() {
      assertThat(step(ACTIVE, advert(101, LOWER)))
          .isEqualTo(
              Step.to(following(LOWER, T0 + DOWN), new SendAdvert(100), new Yielded(LOWER, 101)));
    }

    @Test
    void yieldsToTheSamePriorityFromAHigherAddress() {
      assertThat(step(ACTIVE, advert(100, HIGHER)))
          .isEqualTo(
              Step.to(following(HIGHER, T0 + DOWN), new SendAdvert(100), new Yielded(HIGHER, 100)));
    }

    @Test
    void comparesAddressesUnsigned() {
      // As signed bytes 200 would be less than 2.
      assertThat(HIGHER).isGreaterThan(OWN);
      IpAddress own = IpAddress.parse("fe80::2");
      var event =
          new VrrpEvent.AdvertReceived(
              new Advert(3, 51, 100, 100, List.of()), IpAddress.parse("fe80::ff:fe00:1"), own);

      assertThat(step(ACTIVE, event).state()).isInstanceOf(Backup.class);
    }

    @Test
    void learnsTheIntervalOnlyFromTheOneItYieldsTo() {
      assertThat(step(ACTIVE, advert(101, LOWER, 200)).state())
          .isEqualTo(new Backup(2 * SECOND, T0 + 2 * DOWN, false, LOWER));
      assertThat(step(ACTIVE, advert(99, LOWER, 200)).state())
          .isEqualTo(new Active(T0 + SECOND, T0, false));
    }

    @Test
    void answersAWeakerOneAtOnce() {
      assertThat(step(ACTIVE, advert(99, HIGHER)))
          .isEqualTo(
              Step.to(
                  new Active(T0 + SECOND, T0, false),
                  new SendAdvert(100),
                  new Contested(HIGHER, 99)));
      assertThat(step(ACTIVE, advert(100, LOWER)).actions())
          .containsExactly(new SendAdvert(100), new Contested(LOWER, 100));
    }

    @Test
    void isNotMadeToFloodBySomebodyWhoFloods() {
      var justSent = new Active(T0 + SECOND - MILLI, T0 - MILLI, false);

      assertThat(step(justSent, advert(99, HIGHER)))
          .isEqualTo(Step.to(justSent, new Contested(HIGHER, 99)));
      assertThat(step(justSent, advert(0, HIGHER))).isEqualTo(Step.to(justSent));
    }

    /** keepalived moves its timer at each packet, and two bad ones a second silence it. */
    @Test
    void neverMovesItsScheduleForAPacketThatItDoesNotAnswer() {
      var justSent = new Active(T0 + SECOND - MILLI, T0 - MILLI, false);

      assertThat(step(justSent, advert(1, HIGHER)).state()).isEqualTo(justSent);
    }

    @Test
    void resignsWhenDeposed() {
      assertThat(step(ACTIVE, new VrrpEvent.Deposed(true)))
          .isEqualTo(Step.to(backup(T0 + DOWN), new SendAdvert(0)));
    }

    @Test
    void leavesWithoutAWordWhenTheGroupYielded() {
      assertThat(step(ACTIVE, new VrrpEvent.Deposed(false))).isEqualTo(Step.to(backup(T0 + DOWN)));
    }

    @Test
    void resignsWhenStopped() {
      assertThat(step(ACTIVE, new VrrpEvent.Stopped()))
          .isEqualTo(Step.to(new Initialize(), new SendAdvert(0)));
    }
  }

  @Nested
  @DisplayName("listening after a long stall")
  class Listening {

    @Test
    void saysNothingForOneInterval() {
      assertThat(step(ACTIVE, new VrrpEvent.ListeningBegun()))
          .isEqualTo(Step.to(new Active(T0 + SECOND, ACTIVE.sentAtNanos(), true)));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 100, 254})
    void becomesBackupOfWhoeverIsHeardWhateverThePriority(int priority) {
      assertThat(step(LISTENING, advert(priority, LOWER)))
          .isEqualTo(Step.to(following(LOWER, T0 + DOWN), new Yielded(LOWER, priority)));
    }

    @Test
    void isNotMovedByAResignation() {
      assertThat(step(LISTENING, advert(0, LOWER))).isEqualTo(Step.to(LISTENING));
    }

    @Test
    void goesOnWhenNobodyWasHeard() {
      long end = LISTENING.advertAtNanos();

      assertThat(VrrpMachine.step(VR, LISTENING, new VrrpEvent.DeadlineReached(), end))
          .isEqualTo(Step.to(new Active(end + SECOND, end, false), new SendAdvert(100)));
    }
  }

  @Nested
  @DisplayName("in time")
  class InTime {

    @Test
    void everyDeadlineMovesByAStall() {
      var delayed = new VrrpEvent.Delayed(7 * SECOND);

      assertThat(step(backup(T0 + 1), delayed)).isEqualTo(Step.to(backup(T0 + 1 + 7 * SECOND)));
      assertThat(step(ACTIVE, delayed).state().deadlineNanos())
          .hasValue(ACTIVE.advertAtNanos() + 7 * SECOND);
      assertThat(step(LISTENING, delayed).state().deadlineNanos())
          .hasValue(LISTENING.advertAtNanos() + 7 * SECOND);
    }

    @Test
    void anotherPriorityMovesTheDownTimerByTheChangeOfSkew() {
      var better = VR.withPriority(200);

      assertThat(VrrpMachine.step(better, backup(T0 + DOWN), new VrrpEvent.Reconfigured(VR), T0))
          .isEqualTo(Step.to(backup(T0 + better.downNanos(SECOND))));
    }

    @Test
    void anotherIntervalIsUsedFromTheNextAdvertOn() {
      var faster = new VirtualRouter(3, 100, SECOND / 10, SECOND, true);
      var state = new Active(T0 + SECOND, T0, false);

      assertThat(VrrpMachine.step(faster, state, new VrrpEvent.Reconfigured(VR), T0).state())
          .isEqualTo(new Active(T0 + SECOND / 10, T0, false));
    }

    @Test
    void aClockBelowZeroIsAClock() {
      long now = Long.MAX_VALUE - 1; // the deadline wraps
      Step started = VrrpMachine.step(VR, new Initialize(), new VrrpEvent.Started(), now);

      assertThat(started.state().deadlineNanos().orElseThrow() - now).isEqualTo(DOWN);
    }

    /** Values of captures v2-basic and v3-ipv4-100ms. */
    @ParameterizedTest
    @CsvSource({
      "2, 100, 1000000, 609375, 3609375",
      "2, 150, 1000000, 414062, 3414062",
      "3, 100, 100000, 60937, 360937",
      "3, 254, 10000, 78, 30078",
      "3, 1, 10000, 9960, 39960"
    })
    void skewAndDownIntervalAreThoseOfSection61(
        int version, int priority, long intervalMicros, long skewMicros, long downMicros) {
      long interval = intervalMicros * MICRO;
      var vr = new VirtualRouter(version, priority, interval, 10 * interval, true);

      assertThat(vr.skewNanos(interval) / MICRO).isEqualTo(skewMicros);
      assertThat(vr.downNanos(interval) / MICRO).isEqualTo(downMicros);
    }

    @Test
    void version2SkewsBySecondsAndLearnsNothing() {
      var two = new VirtualRouter(2, 100, 5 * SECOND, 50 * SECOND, true);

      assertThat(two.skewNanos(5 * SECOND)).isEqualTo(SKEW);
      assertThat(two.followedIntervalNanos(SECOND)).isEqualTo(5 * SECOND);
    }
  }
}
