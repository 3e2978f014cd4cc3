package dev.holdfast.agent.shell;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.firewall.core.BackEnd;
import dev.holdfast.agent.firewall.core.Ruleset;
import dev.holdfast.agent.firewall.core.TableName;
import dev.holdfast.agent.shell.IptablesRunner.Outcome;
import dev.holdfast.agent.shell.IptablesRunner.Step;
import dev.holdfast.api.addr.Family;
import java.io.IOException;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@DisplayName("A change of policy is whole or not at all, in a real kernel")
class FirewallAtomicityNetnsIT {

  private static final Ruleset OLD = Rulesets.open(1111);
  private static final Ruleset NEW = Rulesets.open(2222);

  /** New in the first table, and refused by the kernel in the one after the next. */
  private static final Ruleset BROKEN =
      Rulesets.with(
          Rulesets.open(3333),
          Family.IPV4,
          TableName.MANGLE,
          "HOLDFAST-WAN-IN",
          Rulesets.REFUSED_BY_THE_KERNEL);

  private FirewallWorld world;

  @BeforeEach
  void build() {
    world = new FirewallWorld();
    world.echoEverything();
  }

  @AfterEach
  void tearDown() {
    world.close();
  }

  @ParameterizedTest
  @EnumSource
  void aHundredRefusalsInTheMiddleLeaveTheRunningPolicy(BackEnd backEnd) throws Exception {
    IptablesRunner runner = world.runner(backEnd);
    world.apply(runner, OLD);
    String before = world.savedOfOurs(backEnd);

    try (Probe probe = world.probe()) {
      for (int i = 0; i < 100; i++) {
        Outcome outcome = world.apply(runner, BROKEN);

        assertThat(outcome).isInstanceOf(Outcome.Refused.class);
        if (i % 10 == 0) {
          assertThat(((Outcome.Refused) outcome).sentence())
              .contains("IPv4 mangle", "the planted rule", "rpfilter");
          assertThat(world.savedOfOurs(backEnd)).isEqualTo(before);
        }
      }
      assertThat(world.savedOfOurs(backEnd)).isEqualTo(before);
      assertThat(probe.lost()).isZero();
      System.out.printf(
          "refusals: %s, 100, none of %d datagrams lost%n", backEnd.text(), probe.sent());
    }
    assertThat(world.apply(runner, NEW)).isEqualTo(new Outcome.Applied(true));
  }

  @ParameterizedTest
  @EnumSource
  void aFaultThatReadingFindsIsRefusedBeforeAnythingIsLoaded(BackEnd backEnd) {
    IptablesRunner runner =
        world.runner(
            backEnd,
            step -> {
              if (step == Step.KEPT) {
                throw new AssertionError("nothing may be begun");
              }
            });
    Outcome outcome =
        world.apply(
            runner,
            Rulesets.with(
                NEW,
                Family.IPV6,
                TableName.MANGLE,
                "HOLDFAST-WAN-IN",
                new dev.holdfast.agent.firewall.core.RuleLine(
                    "-s 2001:db8::xyz -j RETURN", "firewall.input \"typo\"")));

    assertThat(((Outcome.Refused) outcome).sentence())
        .contains("IPv6 mangle, firewall.input \"typo\"")
        .contains("host/network `2001:db8::xyz' not found")
        .contains("(rule: -A HOLDFAST-WAN-IN -s 2001:db8::xyz -j RETURN)");
    assertThat(world.saved(backEnd, Family.IPV4)).doesNotContain("HOLDFAST");
  }

  private static final class PowerCut extends Error {
    private static final long serialVersionUID = 1;
  }

  @ParameterizedTest
  @EnumSource
  void afterACrashAtAnyStepTheOldPolicyOrTheNewOneStands(BackEnd backEnd) {
    world.apply(world.runner(backEnd), OLD);
    String before = world.savedOfOurs(backEnd);
    world.apply(world.runner(backEnd), NEW);
    String after = world.savedOfOurs(backEnd);
    int cut = 0;
    for (Step step : Step.values()) {
      for (int times = 1; times <= 5; times++) {
        world.apply(world.runner(backEnd), OLD);
        cut += cutAt(backEnd, step, times, NEW) ? 1 : 0;
        world.runner(backEnd);
        assertThat(world.savedOfOurs(backEnd)).as("cut at %s, %d", step, times).isIn(before, after);
        // The second crash comes while the first one is repaired.
        cut += cutAt(backEnd, step, times, BROKEN) ? 1 : 0;
        world.runner(backEnd);
        assertThat(world.savedOfOurs(backEnd))
            .as("cut while putting back at %s, %d", step, times)
            .isIn(before, after);
      }
    }
    assertThat(cut).isGreaterThanOrEqualTo(12);
    assertThat(world.apply(world.runner(backEnd), NEW)).isInstanceOf(Outcome.Applied.class);
    assertThat(world.savedOfOurs(backEnd)).isEqualTo(after);
  }

  /** True when the change came as far as that step. */
  private boolean cutAt(BackEnd backEnd, Step wanted, int times, Ruleset ruleset) {
    int[] left = {times};
    try {
      IptablesRunner runner =
          world.runner(
              backEnd,
              step -> {
                if (step == wanted && --left[0] == 0) {
                  throw new PowerCut();
                }
              });
      world.apply(runner, ruleset);
      return false;
    } catch (PowerCut e) {
      return true;
    }
  }

  @ParameterizedTest
  @EnumSource
  void afterAKillAtAnyMomentTheOldPolicyOrTheNewOneStands(BackEnd backEnd) throws Exception {
    int kills = Integer.getInteger("holdfast.kills", 10);
    Random random = new Random(backEnd == BackEnd.NFT ? 1 : 2);
    world.apply(world.runner(backEnd), OLD);
    String before = world.savedOfOurs(backEnd);
    world.apply(world.runner(backEnd), NEW);
    String after = world.savedOfOurs(backEnd);
    int unfinished = 0;
    int mixed = 0;
    try (Probe probe = world.probe()) {
      for (int i = 0; i < kills; i++) {
        killOnce(backEnd, random.nextInt(400));
        String left = world.savedOfOurs(backEnd);
        mixed += left.equals(before) || left.equals(after) ? 0 : 1;
        unfinished +=
            new FirewallStore(new DiskStore(world.stateDir)).load().orElseThrow().applying() == null
                ? 0
                : 1;
        world.runner(backEnd);
        assertThat(world.savedOfOurs(backEnd)).isIn(before, after);
      }
      assertThat(probe.lost()).isZero();
      System.out.printf(
          "kills: %s, %d, of them %d in a change, %d between two tables; none of %d datagrams lost%n",
          backEnd.text(), kills, unfinished, mixed, probe.sent());
    }
  }

  private void killOnce(BackEnd backEnd, int afterMillis) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                "ip",
                "netns",
                "exec",
                world.router,
                ProcessHandle.current().info().command().orElseThrow(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                FirewallCrasher.class.getName(),
                world.stateDir.toString(),
                backEnd.name())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (var output = process.inputReader()) {
      assertThat(output.readLine()).isEqualTo("ready");
      TimeUnit.MILLISECONDS.sleep(afterMillis);
      List<ProcessHandle> all = process.toHandle().descendants().toList();
      process.destroyForcibly().waitFor();
      // A restore that it had started may still be at work; it ends by itself.
      for (ProcessHandle child : all) {
        child.onExit().join();
      }
    }
  }
}
