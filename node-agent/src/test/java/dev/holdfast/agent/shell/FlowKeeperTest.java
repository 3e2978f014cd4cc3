package dev.holdfast.agent.shell;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.flow.FlowEntry;
import dev.holdfast.agent.flow.FlowMemory;
import dev.holdfast.agent.flow.FlowTable;
import dev.holdfast.agent.flow.Flows;
import dev.holdfast.agent.flow.ReplicationRules;
import dev.holdfast.agent.flow.Telling;
import dev.holdfast.agent.netns.TestNetwork;
import dev.holdfast.agent.sync.core.KeptFlows;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("The table on the disk")
class FlowKeeperTest {
  private static final Duration SOON = Duration.ofSeconds(20);
  private static final int PEER = 1;
  private static final int SOME = 1_000;
  private static final FlowKeeper.Pace AT_ONCE = new FlowKeeper.Pace(Duration.ofMillis(1), 1 << 30);

  @TempDir Path folder;

  /** A router; this test is its loop. */
  private final class Router implements FlowKeeper.Around, AutoCloseable {
    final FlowTable table = new FlowTable(FlowMemory.onHeap(), 7, 50_000, 100);
    final Queue<Runnable> work = new ConcurrentLinkedQueue<>();
    final FlowKeeper keeper;
    boolean active;
    boolean exact;
    int activePeer = FlowTable.NONE;
    long nowNanos;
    final AtomicInteger posted = new AtomicInteger();

    Router(String life, FlowKeeper.Pace pace) {
      keeper = new FlowKeeper(table, folder, life, () -> Instant.ofEpochSecond(1_000), pace, this);
    }

    @Override
    public void post(Runnable task) {
      work.add(task);
      posted.incrementAndGet();
    }

    void turnUntilAskedTimes(int more) {
      int before = posted.get();
      turnUntil("the disk's thread has asked", () -> posted.get() >= before + more);
    }

    @Override
    public KeptFlows.Judge judge(long ageSeconds) {
      return new KeptFlows.Judge(new ReplicationRules(List.of(), List.of()), Set.of(), ageSeconds);
    }

    @Override
    public int seconds() {
      return 1;
    }

    void turn() {
      for (Runnable next = work.poll(); next != null; next = work.poll()) {
        next.run();
      }
      keeper.turn(nowNanos, active, exact, () -> activePeer);
    }

    void turnUntil(String what, BooleanSupplier condition) {
      TestNetwork.await(
          what,
          SOON,
          () -> {
            turn();
            return condition.getAsBoolean();
          });
    }

    /** Takes the role, and waits for the disk as the addresses would. */
    void takeRole() {
      active = true;
      keeper.roleTaken(nowNanos);
      turnUntil("the role does not wait any more", () -> !keeper.loading());
    }

    void hold(int count) {
      for (int i = 0; i < count; i++) {
        FlowEntry flow = Flows.tcp("10.1.0.2", 10_000 + i, "10.2.0.2", 80);
        table.store(FlowTable.OURS, Telling.BORN, flow, true, 1);
      }
    }

    int restored() {
      return table.count(KeptFlows.OWNER);
    }

    @Override
    public void close() {
      keeper.close();
    }
  }

  private Path file() {
    return folder.resolve(KeptFlowsFile.NAME);
  }

  /** What an active router with so many flows leaves when its power goes. */
  private void leaveBehind(String life, int flows) {
    try (Router router = new Router(life, AT_ONCE)) {
      router.hold(flows);
      router.exact = true;
      router.takeRole();
      router.turnUntil("the table is on the disk", () -> Files.exists(file()));
      router.keeper.mute();
    }
  }

  @Test
  void comesBackWhenARouterTakesTheRoleAfterABootAndNobodyTellsIt() {
    leaveBehind("boot 1", SOME);
    try (Router router = new Router("boot 2", AT_ONCE)) {
      router.takeRole();

      assertThat(router.restored()).isEqualTo(SOME);
    }
  }

  @Test
  void comesNotBackIntoAKernelThatNeverForgot() {
    leaveBehind("boot 1", SOME);
    try (Router router = new Router("boot 1", AT_ONCE)) {
      router.takeRole();

      assertThat(router.restored()).isZero();
    }
  }

  @Test
  void isNotNeededWhereTheActiveRouterTellsEverything() {
    leaveBehind("boot 1", SOME);
    try (Router router = new Router("boot 2", AT_ONCE)) {
      router.activePeer = PEER;
      FlowEntry told = Flows.tcp("10.1.0.2", 1, "10.2.0.2", 80);
      router.table.store(PEER, Telling.BORN, told, true, 1);
      byte[] old = bytes();
      router.turnUntil("the backup's table is on the disk", () -> !sameBytes(old));

      router.takeRole();

      assertThat(router.restored()).isZero();
    }
    try (Router next = new Router("boot 3", AT_ONCE)) {
      next.takeRole();
      assertThat(next.restored()).as("what the backup held").isEqualTo(1);
    }
  }

  @Test
  void stillServesARouterThatLosesItsPeerBeforeItHasToldEverything() {
    leaveBehind("boot 1", SOME);
    try (Router router = new Router("boot 2", AT_ONCE)) {
      FlowEntry told = Flows.tcp("10.1.0.2", 10_000, "10.2.0.2", 80);
      router.table.store(PEER, Telling.BORN, told, true, 1);

      router.takeRole();

      assertThat(router.restored()).isEqualTo(SOME - 1);
      assertThat(router.table.count(PEER)).isEqualTo(1);
    }
  }

  @Test
  void aRouterThatWaitsForItsPeersPutsNothingOverWhatItHas() {
    leaveBehind("boot 1", SOME);
    byte[] old = bytes();
    try (Router router = new Router("boot 2", AT_ONCE)) {
      router.turnUntil("the file was looked at", () -> router.posted.get() > 0);
      router.turn();
    }
    assertThat(bytes()).isEqualTo(old);
  }

  @Test
  void aDamagedFileIsAsNone() throws IOException {
    leaveBehind("boot 1", SOME);
    byte[] bad = bytes();
    bad[bad.length / 2]++;
    Files.write(file(), bad);
    try (Router router = new Router("boot 2", AT_ONCE)) {
      router.takeRole();
      assertThat(router.restored()).isZero();

      router.hold(1);
      router.exact = true;
      router.turnUntil("another file is in its place", () -> !sameBytes(bad));
    }
  }

  @Test
  void aDiskThatDoesNotAnswerHoldsNobodyUpForEver() {
    try (Router router = new Router("boot 2", AT_ONCE)) {
      router.active = true;
      router.keeper.roleTaken(router.nowNanos);
      assertThat(router.keeper.loading()).as("nobody has looked yet").isTrue();

      router.nowNanos += Duration.ofSeconds(11).toNanos();
      router.keeper.turn(router.nowNanos, true, false, () -> FlowTable.NONE);

      assertThat(router.keeper.loading()).isFalse();
    }
  }

  @Test
  void isWrittenAtTheEndTooButOnlyIfSomethingChanged() {
    var seldom = new FlowKeeper.Pace(Duration.ofHours(1), 1);
    try (Router router = new Router("boot 1", seldom)) {
      router.hold(1);
      router.exact = true;
      router.takeRole();
      router.turnUntil("the first is on the disk", () -> Files.exists(file()));
      router.hold(SOME);
    }
    byte[] last = bytes();
    assertThat(last).hasSizeGreaterThan(SOME * 40);
    try (Router router = new Router("boot 2", AT_ONCE)) {
      router.takeRole();
      assertThat(router.restored()).isEqualTo(SOME);
    }
  }

  @Test
  void aTableInWhichNothingChangesIsNotWrittenAgain() throws IOException {
    try (Router router = new Router("boot 1", AT_ONCE)) {
      router.hold(1);
      router.exact = true;
      router.takeRole();
      router.turnUntil("the first is on the disk", () -> Files.exists(file()));
      router.turnUntilAskedTimes(2);
      Files.delete(file());
      router.turnUntilAskedTimes(5);
      assertThat(file()).doesNotExist();

      router.hold(2);
      router.turnUntil("what changed is on the disk", () -> Files.exists(file()));
    }
  }

  @Test
  void aLargeTableIsWrittenSeldom() {
    FlowKeeper.Pace pace = FlowKeeper.Pace.DEFAULT;

    assertThat(pace.nanosAfter(0)).isEqualTo(Duration.ofSeconds(10).toNanos());
    assertThat(pace.nanosAfter(100_000)).isEqualTo(Duration.ofSeconds(10).toNanos());
    assertThat(pace.nanosAfter(KeptFlowsFile.BYTES_MAX))
        .isEqualTo(Duration.ofSeconds(1_024).toNanos());
  }

  @Test
  void isForgottenForGood() {
    leaveBehind("boot 1", SOME);
    try (Router router = new Router("boot 2", AT_ONCE)) {
      router.takeRole();
      router.exact = true;
      router.keeper.forget();
      router.turn();
    }
    assertThat(folder).isEmptyDirectory();
  }

  private byte[] bytes() {
    try {
      return Files.readAllBytes(file());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private boolean sameBytes(byte[] old) {
    return Arrays.equals(bytes(), old);
  }
}
