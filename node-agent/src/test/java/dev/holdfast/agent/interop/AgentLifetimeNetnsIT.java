package dev.holdfast.agent.interop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.linux.Signals;
import dev.holdfast.agent.netns.TestNetwork;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a dead or hung agent leaves behind in the kernel, and what its next life does with it. Two
 * agents on one LAN; the first is the better one and never preempts, so that every change of role
 * has one reason.
 */
@DisplayName("An agent that is killed or hangs")
class AgentLifetimeNetnsIT {

  private static final List<String> ADDRESSES = List.of("10.50.0.100", "fd00:50::100");
  private static final int US = 1;
  private static final int THEM = 2;

  /** An address lives three seconds, the kernel may take half a second more. */
  private static final long LIFETIME_MILLIS = 3_500;

  /** Start of a program, and whatever else the machine is doing. */
  private static final long MARGIN_MILLIS = 12_000;

  @TempDir Path folder;

  private static String cluster(int intervalMillis) {
    return """
        apiVersion: holdfast.dev/v1alpha1
        kind: GatewayCluster
        metadata: {name: lifetime, namespace: test}
        spec:
          routers:
            - {node: us, priority: 200}
            - {node: them, priority: 100}
          networks:
            - {name: lan, role: LAN, interface: eth0, virtualRouterId: 51,
               virtualAddresses: [10.50.0.100/24, "fe80::50:100/64", "fd00:50::100/64"]}
          vrrp: {advertisementInterval: %dms, preempt: Never}
        """
        .formatted(intervalMillis);
  }

  private interface Scenario {
    void play(InteropSegment segment, AdvertEar ear, Process active) throws IOException;
  }

  /** Both run, the first is active. */
  private void play(int intervalMillis, Scenario scenario) throws IOException {
    try (InteropSegment segment = new InteropSegment(folder, 1);
        AdvertEar ear = AdvertEar.on(segment.network, segment.stranger())) {
      try {
        Process active = segment.startOurs(cluster(intervalMillis));
        segment.awaitOnlyHolder(segment.us, "10.50.0.100", 4L * intervalMillis + MARGIN_MILLIS);
        segment.startOursInTheirPlace(cluster(intervalMillis));
        TestNetwork.await(
            "the second agent says that it is a backup",
            Duration.ofMillis(MARGIN_MILLIS),
            () -> isBackup(segment));
        scenario.play(segment, ear, active);
      } catch (AssertionError e) {
        throw new AssertionError(e.getMessage() + "\n" + segment.logs(), e);
      }
    }
  }

  private static boolean isBackup(InteropSegment segment) {
    try {
      return segment.status(segment.them).replace(" ", "").contains("\"role\":\"Backup\"");
    } catch (AssertionError notThereYet) {
      return false;
    }
  }

  private static void awaitNoAddress(InteropSegment segment, long withinMillis) {
    for (String address : ADDRESSES) {
      TestNetwork.await(
          address + " is gone from the first router",
          Duration.ofMillis(withinMillis),
          () -> !segment.holds(segment.us, address));
    }
  }

  private static void awaitTakeover(InteropSegment segment) {
    for (String address : ADDRESSES) {
      TestNetwork.await(
          "the second router takes " + address,
          Duration.ofMillis(MARGIN_MILLIS),
          () -> segment.holds(segment.them, address));
    }
  }

  @Test
  void leavesNoAddressOfEitherFamilyBehindWhenItIsKilled() throws IOException {
    play(
        100,
        (segment, ear, active) -> {
          segment.kill(active);

          awaitTakeover(segment);
          awaitNoAddress(segment, LIFETIME_MILLIS + 1_500);
        });
  }

  @Test
  void leavesNoAddressBehindWhileItHangs() throws IOException {
    play(
        100,
        (segment, ear, active) -> {
          Signals.send(active.pid(), Signals.SIGSTOP);
          try {
            awaitTakeover(segment);
            awaitNoAddress(segment, LIFETIME_MILLIS + 1_500);
          } finally {
            Signals.send(active.pid(), Signals.SIGCONT);
          }
          long woken = System.nanoTime();

          // It hears the other before it says anything.
          try {
            segment.staysOnlyHolder(segment.them, "10.50.0.100", 2_000);
          } catch (AssertionError e) {
            throw new AssertionError(e.getMessage() + "; it sent " + ear.from(US, woken), e);
          }
          assertThat(ear.from(US, woken)).isEmpty();
          assertThat(active.isAlive()).isTrue();
        });
  }

  @Test
  void goesOnWithoutAFlapWhenItIsBackWithinThePatienceOfItsPeers() throws IOException {
    play(
        10_000,
        (segment, ear, active) -> {
          TestNetwork.await(
              "an advert of the active router",
              Duration.ofSeconds(15),
              () -> !ear.from(US, System.nanoTime() - 1_000_000_000).isEmpty());
          long killed = System.nanoTime();
          segment.kill(active);
          segment.startOurs(cluster(10_000));

          TestNetwork.await(
              "the agent is active again",
              Duration.ofSeconds(9),
              () -> !ear.from(US, killed).isEmpty());

          segment.staysOnlyHolder(segment.us, "10.50.0.100", 2_000);
          assertThat(segment.holds(segment.us, "fd00:50::100")).isTrue();
          assertThat(ear.from(US, killed)).allSatisfy(a -> assertThat(a.priority()).isPositive());
          assertThat(ear.from(THEM, killed)).isEmpty();
        });
  }

  @Test
  void joinsAsABackupWithNothingLeftWhenItIsBackLater() throws IOException {
    play(
        100,
        (segment, ear, active) -> {
          segment.kill(active);
          awaitTakeover(segment);
          long again = System.nanoTime();
          segment.startOurs(cluster(100));

          awaitNoAddress(segment, LIFETIME_MILLIS + 1_500);
          segment.staysOnlyHolder(segment.them, "10.50.0.100", 4_000);
          assertThat(ear.from(US, again)).isEmpty();
        });
  }
}
