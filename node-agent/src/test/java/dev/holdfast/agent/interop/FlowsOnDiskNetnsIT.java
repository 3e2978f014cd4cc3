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

/** Whole agents without power, both at once; the two ends of the flows are the judges. */
@DisplayName("Flows when all routers lose their power")
@Timeout(value = 150, unit = TimeUnit.SECONDS)
class FlowsOnDiskNetnsIT {
  private static final int FLOWS = 100;
  private static final int ENDED = 20;
  private static final Duration WRITTEN = Duration.ofSeconds(60);

  /** No flow takes less in the file. */
  private static final int FLOW_BYTES = 60;

  @TempDir Path folder;

  @Test
  void theyGoOnAlthoughOnlyTheServerSpeaks() throws IOException {
    try (SealedPair pair = new SealedPair(folder, "")) {
      try (var flows = pair.numbered(SealedPair.SERVER)) {
        play(pair, flows);
      } catch (AssertionError e) {
        throw new AssertionError(e.getMessage() + "\n" + pair.segment.logs(), e);
      }
    }
  }

  private static void play(SealedPair pair, NumberedFlows flows) throws IOException {
    Process active = pair.startFirst();
    Process backup = pair.startSecond();
    pair.awaitActive(pair.first);
    flows.openTcp(FLOWS);
    Set<String> before = pair.awaitSame(FLOWS);
    for (String router : new String[] {pair.first, pair.second}) {
      TestNetwork.await(
          "the flows are on the disk of " + router,
          WRITTEN,
          () -> pair.segment.stateBytes(router, "flows") > FLOWS * FLOW_BYTES);
    }

    pair.segment.kill(active);
    pair.segment.kill(backup);
    pair.powerCycleBoth();
    assertThat(pair.flows(pair.first)).isEmpty();
    // The second is on its own at first: either disk must do.
    backup = pair.startSecond();
    pair.awaitActive(pair.second);
    flows.everyFlowHearsTheServer();

    pair.startFirst();
    pair.awaitActive(pair.first);
    flows.everyFlowHearsTheServer();
    assertThat(pair.flows(pair.first)).containsAll(before);
    assertThat(backup.isAlive()).isTrue();
  }

  /** The kernel has the table as it was: a flow that ended while there was no agent is over. */
  @Test
  void anAgentThatMerelyRestartsBringsNothingBack() throws IOException {
    try (SealedPair pair = new SealedPair(folder, "");
        var flows = pair.numbered(SealedPair.SERVER)) {
      Process alone = pair.startFirst();
      pair.awaitActive(pair.first);
      flows.openTcp(FLOWS);
      TestNetwork.await(
          "the flows are on the disk",
          WRITTEN,
          () -> pair.segment.stateBytes(pair.first, "flows") > FLOWS * FLOW_BYTES);
      pair.segment.kill(alone);
      flows.closeTcp(ENDED);
      TestNetwork.await(
          "some flows have ended", WRITTEN, () -> pair.flows(pair.first).size() == FLOWS - ENDED);

      pair.startFirst();
      pair.awaitActive(pair.first);
      flows.everyFlowAnswers();
      assertThat(pair.flows(pair.first)).hasSize(FLOWS - ENDED);
      assertThat(pair.segment.logs()).doesNotContain("flows restored from disk");
    }
  }
}
