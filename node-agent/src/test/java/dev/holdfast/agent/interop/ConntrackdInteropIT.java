package dev.holdfast.agent.interop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.interop.SharedFlows.Way;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Our agent beside the real conntrackd 1.4.7 and keepalived: translated flows with numbered
 * payloads, looked at in both kernels and in conntrackd's caches, never by our agent's word.
 */
@DisplayName("Beside conntrackd and keepalived")
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class ConntrackdInteropIT {

  private static final int BETTER = 200;
  private static final int WORSE = 50;
  private static final int TCP = 30;
  private static final int UDP = 5;

  @TempDir Path folder;

  private interface Scenario {
    void play(SharedFlows gateway) throws IOException;
  }

  private void play(Way way, Scenario scenario) throws IOException {
    try (SharedFlows gateway = new SharedFlows(folder, way)) {
      try {
        scenario.play(gateway);
      } catch (AssertionError e) {
        throw new AssertionError(e.getMessage() + "\n" + gateway.segment.logs(), e);
      }
    }
  }

  @ParameterizedTest(name = "{0}: flows survive the loss of our agent, and its return")
  @EnumSource(Way.class)
  void flowsSurviveTheLossOfOurAgentAndItsReturn(Way way) throws IOException {
    play(
        way,
        gateway -> {
          Process ours = gateway.startOurs(BETTER);
          gateway.awaitActive(gateway.segment.us);
          gateway.flows.openTcp(TCP);
          gateway.flows.openUdp(UDP);
          assertThat(gateway.flows.seenFrom())
              .containsExactly(InetAddress.getByName(SharedFlows.WAN));
          gateway.awaitConntrackdHoldsOurs(TCP + UDP);

          gateway.segment.kill(ours);
          gateway.awaitActive(gateway.segment.them);
          gateway.flows.everyFlowAnswers();
          assertThat(gateway.kernelFlows(gateway.segment.them)).hasSize(TCP + UDP);

          gateway.startOurs(BETTER);
          gateway.awaitActive(gateway.segment.us);
          gateway.flows.everyFlowAnswers();
          assertThat(gateway.kernelFlows(gateway.segment.us)).hasSize(TCP + UDP);
          gateway.flows.openTcp(TCP);
          gateway.awaitConntrackdHoldsOurs(2 * TCP + UDP);
        });
  }

  @ParameterizedTest(name = "{0}: a backup of ours takes over what conntrackd told")
  @EnumSource(
      value = Way.class,
      names = {"FTFW_MULTICAST", "NOTRACK_MULTICAST"})
  void aBackupOfOursTakesOverWhatConntrackdTold(Way way) throws IOException {
    play(
        way,
        gateway -> {
          gateway.awaitActive(gateway.segment.them);
          gateway.flows.openTcp(TCP);
          gateway.startOurs(WORSE);
          gateway.awaitWeHoldTheirs(TCP);
          gateway.flows.openTcp(TCP);
          gateway.flows.openUdp(UDP);
          gateway.awaitWeHoldTheirs(2 * TCP + UDP);
          gateway.flows.closeTcp(TCP / 2);
          gateway.awaitWeHoldTheirs(2 * TCP + UDP - TCP / 2);

          gateway.segment.cable(gateway.segment.them, 0, false);
          gateway.awaitActive(gateway.segment.us);
          gateway.flows.everyFlowAnswers();
        });
  }

  @Test
  void aConntrackdThatStartsAgainIsToldEverything() throws IOException {
    play(
        Way.FTFW_MULTICAST,
        gateway -> {
          Process ours = gateway.startOurs(BETTER);
          gateway.awaitActive(gateway.segment.us);
          gateway.flows.openTcp(TCP);
          gateway.awaitConntrackdHoldsOurs(TCP);

          gateway.restartConntrackd();
          gateway.awaitConntrackdHoldsOurs(TCP);
          gateway.flows.closeTcp(TCP / 2);
          gateway.flows.openTcp(TCP);
          gateway.awaitConntrackdHoldsOurs(TCP + TCP / 2);

          gateway.segment.stop(ours);
          gateway.awaitActive(gateway.segment.them);
          gateway.flows.everyFlowAnswers();
        });
  }

  @Test
  void whatAConntrackdForgotWhileItWasAwayEndsHereToo() throws IOException {
    play(
        Way.FTFW_MULTICAST,
        gateway -> {
          gateway.startOurs(WORSE);
          gateway.awaitActive(gateway.segment.them);
          gateway.flows.openTcp(TCP);
          gateway.awaitWeHoldTheirs(TCP);

          gateway.freezeConntrackd(true);
          gateway.flows.closeTcp(TCP / 2);
          gateway.restartConntrackd();
          gateway.awaitWeHoldTheirs(TCP - TCP / 2);
          gateway.flows.everyFlowAnswers();
        });
  }

  @Test
  void withATenthOfTheirMessagesLostBothHoldTheSameInTheEnd() throws IOException {
    play(
        Way.FTFW_MULTICAST,
        gateway -> {
          gateway.lose(0.1);
          Process ours = gateway.startOurs(BETTER);
          gateway.awaitActive(gateway.segment.us);
          for (int round = 0; round < 10; round++) {
            gateway.flows.openTcp(TCP);
            gateway.flows.closeTcp(TCP / 3);
          }
          int left = 10 * (TCP - TCP / 3);
          gateway.awaitConntrackdHoldsOurs(left);

          gateway.segment.kill(ours);
          gateway.awaitActive(gateway.segment.them);
          gateway.flows.everyFlowAnswers();
          gateway.startOurs(WORSE);
          gateway.awaitWeHoldTheirs(left);
        });
  }
}
