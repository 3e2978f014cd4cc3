package dev.holdfast.agent.loop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.role.core.Asked;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@DisplayName("The agent's loop")
@Timeout(20)
class AgentLoopTest {

  private static final long HEARTBEAT = 20 * Clusters.MILLI;
  private static final long STALL = 3_000 * Clusters.MILLI;

  private final List<Effect> performed = new ArrayList<>();
  private long skipped;

  private long now() {
    return System.nanoTime() + skipped;
  }

  /** Alone on two networks; stands still in the middle of the fifth round of adverts. */
  private final class Stalling implements AgentLoop.Performer {
    private int adverts;

    @Override
    public void perform(Effect effect) {
      performed.add(effect);
      if (effect instanceof Effect.SendAdvert && ++adverts == 9) {
        skipped += STALL;
        performed.clear();
      }
    }

    @Override
    public boolean finished() {
      // One turn after the stall has been noticed.
      return performed.stream().anyMatch(effect -> effect instanceof Effect.Warn);
    }
  }

  @Test
  void sendsNoAdvertThatWasMeantBeforeAStallInTheMiddleOfItsTurn() {
    AgentCore core = new AgentCore(Clusters.config(2, 2, 1), now());
    var loop = new AgentLoop(core, new Inbox(), new Stalling(), this::now, HEARTBEAT);

    loop.run(
        core.start(
            new Found(Clusters.links(2, 1), false, OptionalLong.empty(), Asked.NOTHING), now()));

    assertThat(performed).noneMatch(effect -> effect instanceof Effect.SendAdvert);
    assertThat(core.snapshot(now()).stalls()).isPositive();
  }
}
