package dev.holdfast.agent.interop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.netns.TestNetwork;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whole agents and their sealed link; both kernels are the witnesses. */
@DisplayName("Flow sync between two agents")
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class FlowSyncNetnsIT {

  private static final int FLOWS = 40;

  @TempDir Path folder;

  private interface Scenario {
    void play(SealedPair pair) throws IOException;
  }

  private void play(String flowSync, Scenario scenario) throws IOException {
    try (SealedPair pair = new SealedPair(folder, flowSync)) {
      try {
        scenario.play(pair);
      } catch (AssertionError e) {
        throw new AssertionError(e.getMessage() + "\n" + pair.segment.logs(), e);
      }
    }
  }

  @Test
  void everyKindOfFlowIsInTheOtherKernelToo() throws IOException {
    play(
        "",
        pair -> {
          pair.startBoth();
          pair.network.ip(pair.server, "-6 route replace fd00:51::/64 via fd00:50::100");
          try (var four = pair.numbered(SealedPair.SERVER);
              var six = pair.numbered(SealedPair.SERVER_6)) {
            four.openTcp(FLOWS);
            four.openUdp(3);
            six.openTcp(FLOWS);
            six.openUdp(3);
            pair.network.in(pair.client, "ping", "-c", "1", "-W", "5", SealedPair.SERVER);
            pair.network.in(pair.client, "ping", "-6", "-c", "1", "-W", "5", SealedPair.SERVER_6);
            String written =
                "conntrack -I -p sctp -s 10.51.0.9 -d 10.50.0.9 --sport 5 --dport 6"
                    + " --state ESTABLISHED --orig-vtag 7 --reply-vtag 8 -t 600";
            pair.network.in(pair.first, written.split(" "));

            Set<String> all = pair.awaitSame(2 * (FLOWS + 3) + 3);
            for (String kind : new String[] {"tcp", "udp", "icmp", "icmpv6", "sctp"}) {
              assertThat(all).anyMatch(flow -> flow.startsWith(kind + " "));
            }

            four.closeTcp(FLOWS / 2);
            pair.awaitSame(FLOWS + FLOWS / 2);
          }
        });
  }

  @Test
  void flowsSurviveALossAndTheReturn() throws IOException {
    play(
        "",
        pair -> {
          Process active = pair.startBoth();
          try (var flows = pair.numbered(SealedPair.SERVER)) {
            flows.openTcp(FLOWS);
            flows.openUdp(3);
            pair.awaitSame(FLOWS + 3);
            pair.segment.kill(active);
            pair.awaitActive(pair.second);
            flows.everyFlowAnswers();
            flows.openTcp(FLOWS);
            pair.startFirst();
            pair.awaitActive(pair.first);
            flows.everyFlowAnswers();
            pair.awaitSame(2 * FLOWS + 3);
          }
        });
  }

  @Test
  void onTakeoverTheOtherKernelHoldsNothingBeforeAndEverythingAfter() throws IOException {
    play(
        "commit: OnTakeover",
        pair -> {
          Process active = pair.startBoth();
          try (var flows = pair.numbered(SealedPair.SERVER)) {
            flows.openTcp(FLOWS);
            TestNetwork.await(
                "the first holds all of its flows to be protected",
                Duration.ofSeconds(40),
                () -> pair.says(pair.first, "protected", "" + FLOWS));
            assertThat(pair.flows(pair.second)).isEmpty();
            pair.segment.kill(active);
            pair.awaitActive(pair.second);
            flows.everyFlowAnswers();
            assertThat(pair.flows(pair.second)).hasSize(FLOWS);
          }
        });
  }

  @Test
  void withATenthLostOnTheSyncNetworkBothHoldTheSameAtRest() throws IOException {
    play(
        "",
        pair -> {
          pair.lose(0.1);
          pair.startBoth();
          try (var flows = pair.numbered(SealedPair.SERVER)) {
            for (int round = 0; round < 10; round++) {
              flows.openTcp(FLOWS);
              flows.closeTcp(FLOWS / 2);
            }
            pair.awaitSame(10 * FLOWS / 2);
          }
        });
  }

  @Test
  void whileTheSyncNetworkIsDownTheLanCarriesTheFlows() throws IOException {
    play(
        "",
        pair -> {
          Process active = pair.startBoth();
          try (var flows = pair.numbered(SealedPair.SERVER)) {
            flows.openTcp(FLOWS);
            pair.awaitSame(FLOWS);
            pair.network.ip(pair.first, "link set eth2 down");
            flows.openTcp(FLOWS);
            pair.awaitSame(2 * FLOWS);
            pair.segment.kill(active);
            pair.awaitActive(pair.second);
            flows.everyFlowAnswers();
          }
        });
  }

  @Test
  void aSecondAfterItsBirthAFlowIsInTheOtherKernel() throws IOException {
    play(
        "",
        pair -> {
          pair.startBoth();
          try (var flows = pair.numbered(SealedPair.SERVER)) {
            flows.openTcp(1_000);
            Set<String> born = pair.flows(pair.first);
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(1);
            TestNetwork.await(
                "a second later", Duration.ofSeconds(5), () -> System.nanoTime() > end);
            Set<String> held = pair.flows(pair.second);
            assertThat(born).hasSizeGreaterThanOrEqualTo(1_000);
            long missing = born.stream().filter(flow -> !held.contains(flow)).count();
            assertThat(missing).isLessThanOrEqualTo(born.size() / 1_000);
          }
        });
  }
}
