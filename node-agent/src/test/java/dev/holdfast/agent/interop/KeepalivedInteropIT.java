package dev.holdfast.agent.interop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.netns.TestNetwork;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Our agent beside the real keepalived, in every variant: both directions of each way in which the
 * role changes hands. The waits are the protocol's own times and {@value #MARGIN_MILLIS} ms for a
 * busy machine.
 */
@DisplayName("Beside keepalived")
class KeepalivedInteropIT {

  private static final int HIGH = 200;
  private static final int LOW = 100;

  /** Start of a program, and whatever else the machine is doing. */
  private static final long MARGIN_MILLIS = 10_000;

  @TempDir Path folder;

  private interface Scenario {
    void play(InteropSegment segment) throws IOException;
  }

  private void play(int segments, Scenario scenario) throws IOException {
    try (InteropSegment segment = new InteropSegment(folder, segments)) {
      try {
        scenario.play(segment);
      } catch (AssertionError e) {
        throw new AssertionError(e.getMessage() + "\n" + segment.logs(), e);
      }
    }
  }

  @ParameterizedTest(
      name = "(a, b, d) {0}: the better agent takes the role, a stop and a loss give it back")
  @EnumSource(Variant.class)
  void theBetterAgentTakesTheRoleAndGivesItBack(Variant variant) throws IOException {
    play(
        1,
        segment -> {
          segment.startTheirs(variant.keepalived(LOW, ""));
          segment.awaitOnlyHolder(
              segment.them, variant.address(), variant.downMillis(LOW) + MARGIN_MILLIS);

          Process ours = segment.startOurs(variant.gatewayCluster(HIGH, LOW, ""));
          segment.awaitOnlyHolder(
              segment.us, variant.address(), variant.downMillis(HIGH) + MARGIN_MILLIS);

          segment.stop(ours);
          segment.awaitOnlyHolder(
              segment.them, variant.address(), variant.skewMillis(LOW) + MARGIN_MILLIS);
          assertThat(ours.exitValue()).isZero();

          ours = segment.startOurs(variant.gatewayCluster(HIGH, LOW, ""));
          segment.awaitOnlyHolder(
              segment.us, variant.address(), variant.downMillis(HIGH) + MARGIN_MILLIS);
          segment.kill(ours);
          segment.awaitOnlyHolder(
              segment.them, variant.address(), variant.downMillis(LOW) + MARGIN_MILLIS);
        });
  }

  @ParameterizedTest(
      name = "(a, c, d) {0}: the agent follows a better keepalived, its stop and its loss")
  @EnumSource(Variant.class)
  void theAgentFollowsABetterKeepalived(Variant variant) throws IOException {
    play(
        1,
        segment -> {
          segment.startOurs(variant.gatewayCluster(LOW, HIGH, ""));
          segment.awaitOnlyHolder(
              segment.us, variant.address(), variant.downMillis(LOW) + MARGIN_MILLIS);

          Process theirs = segment.startTheirs(variant.keepalived(HIGH, ""));
          segment.awaitOnlyHolder(
              segment.them, variant.address(), variant.downMillis(HIGH) + MARGIN_MILLIS);

          segment.stop(theirs);
          segment.awaitOnlyHolder(
              segment.us, variant.address(), variant.skewMillis(LOW) + MARGIN_MILLIS);

          segment.startTheirs(variant.keepalived(HIGH, ""));
          segment.awaitOnlyHolder(
              segment.them, variant.address(), variant.downMillis(HIGH) + MARGIN_MILLIS);
          segment.silence(segment.them, 0, true);
          TestNetwork.await(
              "our agent takes over from a silent keepalived",
              Duration.ofMillis(variant.downMillis(LOW) + MARGIN_MILLIS),
              () -> segment.holds(segment.us, variant.address()));

          // (f) The partition heals: one owner.
          segment.silence(segment.them, 0, false);
          segment.awaitOnlyHolder(
              segment.them, variant.address(), variant.downMillis(HIGH) + MARGIN_MILLIS);
        });
  }

  @ParameterizedTest(name = "(e) {0}: of two equal ones, the one that was active stays")
  @EnumSource(
      value = Variant.class,
      names = {"V2", "V3_IPV4", "V3_IPV6"})
  void ofTwoEqualOnesTheActiveOneStays(Variant variant) throws IOException {
    play(
        1,
        segment -> {
          segment.startTheirs(variant.keepalived(LOW, ""));
          segment.awaitOnlyHolder(
              segment.them, variant.address(), variant.downMillis(LOW) + MARGIN_MILLIS);
          segment.startOurs(variant.gatewayCluster(LOW, LOW, ""));
          segment.staysOnlyHolder(segment.them, variant.address(), 2 * variant.downMillis(LOW));
        });
  }

  @ParameterizedTest(name = "(h) {0}: another address list on one side makes no second active")
  @EnumSource(
      value = Variant.class,
      names = {"V2", "V3_IPV4"})
  void anotherAddressListMakesNoSecondActive(Variant variant) throws IOException {
    play(
        1,
        segment -> {
          segment.startTheirs(variant.keepalived(HIGH, "\n    10.50.0.101/24"));
          segment.awaitOnlyHolder(
              segment.them, variant.address(), variant.downMillis(HIGH) + MARGIN_MILLIS);
          segment.startOurs(variant.gatewayCluster(LOW, HIGH, ""));
          segment.staysOnlyHolder(segment.them, variant.address(), 2 * variant.downMillis(LOW));
        });
  }

  @ParameterizedTest(name = "(g) {0}: one cable moves both networks")
  @EnumSource(
      value = Variant.class,
      names = {"V2", "V3_IPV4"})
  void oneCableMovesBothNetworks(Variant variant) throws IOException {
    play(
        2,
        segment -> {
          segment.startTheirs(Pairs.keepalived(variant, HIGH));
          segment.awaitOnlyHolder(
              segment.them, "10.50.0.100", variant.downMillis(HIGH) + MARGIN_MILLIS);
          segment.startOurs(Pairs.gatewayCluster(variant, LOW, HIGH));
          segment.staysOnlyHolder(segment.them, "10.51.0.100", variant.downMillis(LOW) + 1_500);

          segment.cable(segment.them, 0, false);
          segment.awaitOnlyHolder(
              segment.us, "10.50.0.100", variant.downMillis(LOW) + MARGIN_MILLIS);
          segment.awaitOnlyHolder(segment.us, "10.51.0.100", MARGIN_MILLIS);

          segment.cable(segment.them, 0, true);
          segment.awaitOnlyHolder(
              segment.them, "10.50.0.100", 2 * variant.downMillis(HIGH) + MARGIN_MILLIS);
          segment.awaitOnlyHolder(segment.them, "10.51.0.100", MARGIN_MILLIS);

          Process again = segment.restartOurs(Pairs.gatewayCluster(variant, 250, HIGH));
          segment.awaitOnlyHolder(
              segment.us, "10.51.0.100", variant.downMillis(250) + MARGIN_MILLIS);
          segment.cable(segment.us, 1, false);
          segment.awaitOnlyHolder(
              segment.them, "10.50.0.100", 2 * variant.downMillis(HIGH) + MARGIN_MILLIS);
          assertThat(again.isAlive()).isTrue();
        });
  }
}
