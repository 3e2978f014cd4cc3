package dev.holdfast.agent.loop;

import static dev.holdfast.agent.loop.Clusters.MILLI;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.role.core.Reason;
import dev.holdfast.agent.role.core.Role;
import dev.holdfast.agent.role.core.VirtualAddress;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The agent's cores composed")
class AgentCoreTest {

  private static final List<VirtualAddress> ALL = Clusters.virtualAddresses(2);

  private final AgentCore core = new AgentCore(Clusters.config(2, 2, 1), 0);

  @Test
  void takesOverInTheOneOrderThatIsSafe() {
    core.start(new Found(Clusters.links(2, 1), false, OptionalLong.empty()), 0);
    long down = core.deadlineNanos();

    assertThat(core.apply(new AgentEvent.DeadlineReached(), down)).isEmpty();
    long bid = core.deadlineNanos();
    var advertised = core.apply(new AgentEvent.DeadlineReached(), bid);
    var committed = core.apply(new AgentEvent.FlowsCommitted(1), bid + MILLI);
    var claimed = core.apply(new AgentEvent.AddressesClaimed(1), bid + 2 * MILLI);

    assertThat(advertised)
        .hasSize(3)
        .satisfies(
            effects -> {
              assertThat(effects.subList(0, 2)).allMatch(e -> e instanceof Effect.SendAdvert);
              assertThat(effects.get(2)).isEqualTo(new Effect.CommitFlows(1, 500 * MILLI));
            });
    assertThat(committed).containsExactly(new Effect.ClaimAddresses(1, ALL));
    assertThat(claimed.getFirst()).isEqualTo(new Effect.Announce(ALL));
    assertThat(claimed.getLast())
        .isInstanceOfSatisfying(
            Effect.Report.class,
            report -> {
              assertThat(report.transition().to()).isEqualTo(Role.ACTIVE);
              assertThat(report.transition().reason()).isEqualTo(Reason.ACTIVE_SILENT);
            });
    assertThat(core.snapshot(bid).role().role()).isEqualTo(Role.ACTIVE);
  }
}
