package dev.holdfast.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.kube.Nodes;
import dev.holdfast.api.v1alpha1.Condition;
import dev.holdfast.api.v1alpha1.ConditionStatus;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("An agent that is to withdraw")
class AgentLifeTest {

  private static final GatewayNodeSpec WITHDRAW =
      Nodes.article("router-a").asking(false, null, true);

  @TempDir Path folder;

  private final Deque<String> problems = new ArrayDeque<>();
  private final List<Long> pauses = new ArrayList<>();
  private final Deque<Runnable> later = new ArrayDeque<>();
  private int attempts;
  private AgentLife life = life(Path.of("/nowhere"));

  @BeforeEach
  void anAgentWithoutAConfiguration() {
    life = life(folder);
  }

  /** On a machine that gives everything back once it has no more problems to tell. */
  private AgentLife life(Path root) {
    return new AgentLife(
        optionsIn(root),
        status -> status,
        () -> {},
        new AgentLife.Machine() {
          @Override
          public List<String> withdraw(GatewayNodeSpec spec, Path runDir, Path stateDir) {
            attempts++;
            return problems.isEmpty() ? List.of() : List.of(problems.pop());
          }

          @Override
          public void later(long millis, Runnable what) {
            pauses.add(millis);
            later.add(what);
          }
        });
  }

  private Condition withdrawn() {
    return Objects.requireNonNull(life.status()).conditions().getFirst();
  }

  @Test
  void hasAPageOfMetricsBeforeAndAfter() throws IOException {
    assertThat(life.metrics().collect().size()).isOne();

    life.apply(WITHDRAW, null, List.of());

    assertThat(life.metrics().collect().size()).isGreaterThan(1);
  }

  @Test
  void triesAgainByItselfWithLongerPausesUntilNothingIsLeft() throws IOException {
    for (int i = 0; i < 8; i++) {
      problems.add("the policy could not be taken away");
    }

    life.apply(WITHDRAW, null, List.of());
    assertThat(withdrawn().status()).isEqualTo(ConditionStatus.FALSE);
    assertThat(withdrawn().reason()).isEqualTo("SomethingLeft");
    assertThat(withdrawn().message()).isEqualTo("the policy could not be taken away");
    String since = withdrawn().lastTransitionTime();
    while (later.size() == 1 && attempts < 8) {
      later.pop().run();
    }
    assertThat(withdrawn().lastTransitionTime()).isEqualTo(since);
    later.pop().run();

    assertThat(withdrawn().status()).isEqualTo(ConditionStatus.TRUE);
    assertThat(withdrawn().reason()).isEqualTo("NothingLeft");
    assertThat(pauses)
        .containsExactly(1_000L, 2_000L, 4_000L, 8_000L, 16_000L, 32_000L, 60_000L, 60_000L);
    assertThat(later).as("nothing more to try").isEmpty();
  }

  @Test
  void triesAtOnceWhenItIsAskedAgainAndForgetsTheOldTry() throws IOException {
    problems.add("kernel settings could not be taken away");
    life.apply(WITHDRAW, null, List.of());

    life.apply(WITHDRAW, null, List.of());
    later.pop().run();

    assertThat(withdrawn().status()).isEqualTo(ConditionStatus.TRUE);
    assertThat(attempts).isEqualTo(2);
  }

  @Test
  void triesNoMoreOnceItIsStopped() throws IOException {
    problems.add("the policy could not be taken away");
    life.apply(WITHDRAW, null, List.of());

    life.stop();
    later.pop().run();

    assertThat(attempts).isEqualTo(1);
  }

  @Test
  void takesItsLockAndItsFoldersAlongWhenItEnds() throws Exception {
    try (var _ = Agent.lock(optionsIn(folder))) {
      life.apply(WITHDRAW, null, List.of());
      life.close();
    }

    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void leavesWhatIsNotItsOwn() throws Exception {
    Path foreign = folder.resolve("run/other.lock");
    try (var _ = Agent.lock(optionsIn(folder))) {
      Files.createFile(foreign);
      life.apply(WITHDRAW, null, List.of());
      life.close();
    }

    assertThat(foreign).exists();
    assertThat(folder.resolve("run/router-a.lock")).doesNotExist();
  }

  @Test
  void keepsItsFilesWhileSomethingIsLeft() throws Exception {
    problems.add("the policy could not be taken away");
    try (var _ = Agent.lock(optionsIn(folder))) {
      life.apply(WITHDRAW, null, List.of());
      life.close();
    }

    assertThat(folder.resolve("run/router-a.lock")).exists();
    assertThat(folder.resolve("state")).exists();
  }

  private static Agent.Options optionsIn(Path root) {
    return new Agent.Options(
        new Agent.Source.Kubernetes("in-cluster", null, Nodes.NAME),
        "router-a",
        root.resolve("run"),
        root.resolve("state"),
        root.resolve("link.key"),
        List.of());
  }
}
