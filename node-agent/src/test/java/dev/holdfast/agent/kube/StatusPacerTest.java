package dev.holdfast.agent.kube;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.addr.Family;
import dev.holdfast.api.v1alpha1.Condition;
import dev.holdfast.api.v1alpha1.ConditionStatus;
import dev.holdfast.api.v1alpha1.FirewallStatus;
import dev.holdfast.api.v1alpha1.FlowStatus;
import dev.holdfast.api.v1alpha1.FlowSyncStatus;
import dev.holdfast.api.v1alpha1.GatewayNodeStatus;
import dev.holdfast.api.v1alpha1.PeerStatus;
import dev.holdfast.api.v1alpha1.PeerTraffic;
import dev.holdfast.api.v1alpha1.Role;
import dev.holdfast.api.v1alpha1.RoleTransition;
import dev.holdfast.api.v1alpha1.StallStatus;
import dev.holdfast.api.v1alpha1.VirtualRouterStatus;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("When a report is worth a write")
class StatusPacerTest {

  private static final long SECOND = 1_000_000_000L;

  private final Random random = new Random(7);
  private final StatusPacer pacer = new StatusPacer(random, 0);

  /** A healthy router; {@code tick} moves everything that moves by itself. */
  private static GatewayNodeStatus status(Role role, List<String> faults, long tick) {
    return new GatewayNodeStatus(
        3L,
        role,
        "2026-01-01T00:00:00.00" + tick % 10 + "Z",
        true,
        true,
        List.of(
            new VirtualRouterStatus(
                "wan",
                Family.IPV4,
                10,
                role,
                List.of("10.0.0.10/24"),
                tick,
                "10.0.0.1",
                Map.of("sent", tick))),
        new FlowSyncStatus(
            List.of(
                new PeerStatus(
                    "router-b",
                    "direct",
                    List.of(),
                    "Up",
                    tick,
                    tick,
                    tick % 3,
                    tick,
                    tick,
                    new PeerTraffic(tick, tick, tick, tick))),
            List.of("01234567")),
        new FlowStatus(tick, tick, Map.of()),
        new FirewallStatus(3L, null, "nft", false, 0, tick),
        true,
        faults,
        List.of(),
        List.of(
            new RoleTransition(
                "2026-01-01T00:00:00.00" + tick % 10 + "Z",
                Role.BACKUP,
                role,
                "ActiveSilent",
                12L)),
        new StallStatus(tick, tick),
        "1",
        null,
        List.of(
            new Condition(
                "Degraded",
                ConditionStatus.FALSE,
                3L,
                "NothingWrong",
                "",
                "2026-01-01T00:00:00Z")));
  }

  private static GatewayNodeStatus steady(long tick) {
    return status(Role.ACTIVE, List.of(), tick);
  }

  /** Looks once a second and writes whenever it is due. */
  private int writes(long fromSecond, long toSecond) {
    int writes = 0;
    for (long second = fromSecond; second < toSecond; second++) {
      if (pacer.isDue(steady(second), second * SECOND)) {
        pacer.written(steady(second), second * SECOND);
        writes++;
      }
    }
    return writes;
  }

  @Test
  void writesTheFirstReportAtOnce() {
    assertThat(pacer.isDue(steady(0), 0)).isTrue();
  }

  @Test
  void atRestItIsNeverMoreThanOneHeartbeatAMinuteWhateverCountersDo() {
    pacer.written(steady(0), 0);

    int inAnHour = writes(1, 3_600);

    assertThat(inAnHour).isBetween(48, 60);
  }

  @Test
  void aChangeOfRoleIsWrittenAtOnce() {
    pacer.written(steady(0), 0);

    assertThat(pacer.isDue(status(Role.BACKUP, List.of(), 1), 10 * SECOND)).isTrue();
  }

  @Test
  void aRoleThatFlapsIsWrittenOnceASecond() {
    pacer.written(steady(0), 0);

    assertThat(pacer.isDue(status(Role.BACKUP, List.of(), 1), SECOND / 10)).isFalse();
    assertThat(pacer.isDue(status(Role.BACKUP, List.of(), 1), SECOND)).isTrue();
  }

  @Test
  void otherChangesWaitForOneAnotherTenSeconds() {
    GatewayNodeStatus faulty = status(Role.ACTIVE, List.of("no carrier on wan (eth0)"), 1);
    pacer.written(steady(0), 0);

    assertThat(pacer.isDue(faulty, 9 * SECOND)).isFalse();
    assertThat(pacer.isDue(faulty, 10 * SECOND)).isTrue();
  }

  @Test
  void whatTheApiServerDidNotTakeIsTriedAgainWithGrowingPauses() {
    pacer.written(steady(0), 0);
    long now = 100 * SECOND;
    long pauses = 0;
    for (int i = 0; i < 8; i++) {
      pacer.failed(now);
      long before = now;
      while (!pacer.isDue(steady(0), now)) {
        now += SECOND / 10;
      }
      assertThat(now - before).isLessThanOrEqualTo(46 * SECOND);
      pauses = now - before;
    }
    assertThat(pauses).isGreaterThan(14 * SECOND);
  }

  @Test
  void twoAgentsDoNotKeepTheSameBeat() {
    StatusPacer other = new StatusPacer(new Random(-1), 0);
    pacer.written(steady(0), 0);
    other.written(steady(0), 0);

    boolean apart = false;
    for (long tenth = 600; tenth < 750; tenth++) {
      long now = tenth * SECOND / 10;
      apart |= pacer.isDue(steady(0), now) != other.isDue(steady(0), now);
    }
    assertThat(apart).isTrue();
  }
}
