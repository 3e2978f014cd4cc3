package dev.holdfast.agent.shell;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.loop.AgentCore;
import dev.holdfast.agent.loop.AgentEvent;
import dev.holdfast.agent.loop.Clusters;
import dev.holdfast.agent.loop.Found;
import dev.holdfast.agent.role.core.Asked;
import dev.holdfast.agent.role.core.Role;
import dev.holdfast.agent.sync.wire.HandoverMessage;
import dev.holdfast.agent.sync.wire.HandoverMessage.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A request for a handover")
class HandoverDeskTest {
  private static final long MILLI = 1_000_000L;

  private final AgentCore core = new AgentCore(Clusters.config(2, 1, 1), 0);
  private final List<AgentEvent> told = new ArrayList<>();
  private final List<HandoverMessage> said = new ArrayList<>();
  private final HandoverDesk desk = new HandoverDesk(core::standing, told::add, () -> 42);
  private final CompletableFuture<RunningAgent.Answer> answer = new CompletableFuture<>();

  private void hearActive() {
    core.start(new Found(Clusters.links(1, 1), false, OptionalLong.empty(), Asked.NOTHING), 0);
    core.apply(new AgentEvent.PeerReported("a", Role.ACTIVE, 0, true, "", false), 0);
    desk.link((_, message) -> said.add(message));
  }

  @Test
  void isRefusedWhenNobodyActiveIsHeard() {
    desk.ask("b", answer, 0);

    assertThat(answer.join().done()).isFalse();
    assertThat(answer.join().sentence()).contains("no active one is heard");
  }

  @Test
  void goesToTheActiveRouterAgainUntilItIsAnswered() {
    hearActive();
    desk.ask("b", answer, 0);
    desk.turn(100 * MILLI);
    assertThat(said).containsExactly(new HandoverMessage(Step.REQUEST, 42, "b", ""));
    desk.turn(200 * MILLI);
    assertThat(said).hasSize(2);

    desk.received("a", new HandoverMessage(Step.CONFIRM, 42, "", "b is active"));
    desk.turn(900 * MILLI);

    assertThat(answer.join()).isEqualTo(new RunningAgent.Answer(true, "b is active"));
    assertThat(said).hasSize(2);
  }

  @Test
  void ofAPeerIsWorkedOnOnceAndAnsweredAsOftenAsItIsAsked() {
    desk.link((_, message) -> said.add(message));
    var request = new HandoverMessage(Step.REQUEST, 7, "b", "");
    desk.received("a", request);
    desk.received("a", request);
    assertThat(told).containsExactly(new AgentEvent.HandoverAsked(7, "b"));
    assertThat(said).isEmpty();

    desk.answered(7, false, "b is in maintenance");
    desk.received("a", request);

    var refusal = new HandoverMessage(Step.REFUSE, 7, "", "b is in maintenance");
    assertThat(said).containsExactly(refusal, refusal);
    assertThat(told).hasSize(1);
  }

  @Test
  void thatNobodyWaitsForAnyMoreIsNotRepeated() {
    hearActive();
    desk.ask("b", answer, 0);
    answer.cancel(false);
    desk.turn(900 * MILLI);

    assertThat(said).hasSize(1);
  }
}
