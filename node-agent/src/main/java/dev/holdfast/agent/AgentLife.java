package dev.holdfast.agent;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.agent.ops.AgentMetrics;
import dev.holdfast.agent.ops.ControlServer;
import dev.holdfast.agent.ops.FlowQuestion;
import dev.holdfast.agent.ops.HttpPages;
import dev.holdfast.agent.ops.NodeDocument;
import dev.holdfast.agent.ops.Times;
import dev.holdfast.agent.shell.RunningAgent;
import dev.holdfast.agent.shell.Withdrawal;
import dev.holdfast.agent.sync.wire.LinkKeys;
import dev.holdfast.api.v1alpha1.Condition;
import dev.holdfast.api.v1alpha1.ConditionStatus;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import dev.holdfast.api.v1alpha1.GatewayNodeStatus;
import dev.holdfast.api.v1alpha1.Role;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one agent of this process, from before it has a configuration until it has ended: whoever
 * brings a configuration calls {@link #apply}, signals call {@link #stop}, and the pages and the
 * control socket answer all the time.
 */
final class AgentLife implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(AgentLife.class);
  private static final ObjectMapper JSON = NodeDocument.mapper();

  /** What could not be taken away is tried again after pauses that double from one to the other. */
  private static final long FIRST_PAUSE_MILLIS = 1_000;

  private static final long LAST_PAUSE_MILLIS = 60_000;

  /** What touches this machine, so that a test needs none. */
  interface Machine {

    /** Takes everything of ours away; says what is left. */
    List<String> withdraw(GatewayNodeSpec spec, Path runDir, Path stateDir);

    /** Does something later, on another thread. */
    void later(long millis, Runnable what);
  }

  private static final Machine THIS =
      new Machine() {
        @Override
        public List<String> withdraw(GatewayNodeSpec spec, Path runDir, Path stateDir) {
          return Withdrawal.of(spec, runDir, stateDir);
        }

        @Override
        public void later(long millis, Runnable what) {
          CompletableFuture.delayedExecutor(millis, TimeUnit.MILLISECONDS).execute(what);
        }
      };

  private final Agent.Options options;
  private final UnaryOperator<GatewayNodeStatus> completed;
  private final Runnable whenRoleChanges;
  private final Machine machine;
  private final CountDownLatch ended = new CountDownLatch(1);
  private volatile String waiting = "the agent starts";
  private volatile @Nullable RunningAgent agent;
  private volatile @Nullable String failure;
  private volatile boolean stopping;
  private volatile @Nullable RuntimeException broken;

  /** Everything of ours was taken away, or should have been. */
  private volatile @Nullable Withdrawn withdrawn;

  private @Nullable HttpPages pages;
  private @Nullable ControlServer control;

  /**
   * The state after a withdrawal.
   *
   * @param spec the one that asked for it
   * @param problems what could not be taken away; empty when nothing is left
   */
  private record Withdrawn(
      GatewayNodeSpec spec, List<String> problems, String atTime, long pauseMillis) {

    boolean done() {
      return problems.isEmpty();
    }

    GatewayNodeStatus status() {
      boolean done = done();
      return GatewayNodeStatus.waiting(
          Role.INITIALIZE,
          Main.version(),
          List.of(
              new Condition(
                  "Withdrawn",
                  done ? ConditionStatus.TRUE : ConditionStatus.FALSE,
                  spec.generation(),
                  done ? "NothingLeft" : "SomethingLeft",
                  done
                      ? "addresses, virtual MACs, chains, kernel settings and replicated flows are gone"
                      : String.join("; ", problems),
                  atTime)));
    }
  }

  /**
   * @param completed adds to a report what the agent itself does not know
   * @param whenRoleChanges runs on the loop's thread; must not block
   */
  AgentLife(
      Agent.Options options, UnaryOperator<GatewayNodeStatus> completed, Runnable whenRoleChanges) {
    this(options, completed, whenRoleChanges, THIS);
  }

  AgentLife(
      Agent.Options options,
      UnaryOperator<GatewayNodeStatus> completed,
      Runnable whenRoleChanges,
      Machine machine) {
    this.machine = machine;
    this.options = options;
    this.completed = completed;
    this.whenRoleChanges = whenRoleChanges;
  }

  /** Opens the pages and the control socket. */
  void open() throws IOException {
    PrometheusRegistry registry = new PrometheusRegistry();
    registry.register(metrics());
    pages = new HttpPages(options.listen(), registry, health());
    control = new ControlServer(socket(), this::answer);
  }

  AgentMetrics metrics() {
    return new AgentMetrics(this::spec, this::status);
  }

  private Path socket() {
    return Agent.socketFile(options);
  }

  /**
   * From now on this configuration: starts the agent, or changes the running one.
   *
   * @param answered who answered just now and must do so again after its policy
   */
  synchronized void apply(GatewayNodeSpec spec, @Nullable LinkKeys keys, List<String> answered)
      throws IOException {
    if (stopping) {
      return;
    }
    if (spec.withdraw()) {
      withdraw(spec);
      return;
    }
    RunningAgent running = agent;
    if (running != null) {
      answered.forEach(running::answered);
      running.reconfigure(spec, keys);
      return;
    }
    RunningAgent begun =
        RunningAgent.start(spec, options.runDir(), options.stateDir(), keys, answered);
    begun.whenRoleChanges(whenRoleChanges);
    agent = begun;
    withdrawn = null;
    Thread.ofPlatform().daemon().name("agent-end").start(() -> awaitEnd(begun));
    LOG.info(
        "agent started cluster={} router={} version={} control={}",
        spec.cluster(),
        spec.node(),
        Main.version(),
        socket());
  }

  /** The agent cannot begin; {@link #awaitEnd} tells it. */
  synchronized void failed(String sentence) {
    failure = sentence;
    stop();
  }

  /** Why there is no agent yet, for whoever asks. */
  void waitingFor(String sentence) {
    waiting = sentence;
  }

  /** True until it has its first configuration. */
  boolean isWaiting() {
    return agent == null && withdrawn == null;
  }

  /** Null while it waits for its first configuration, and after a withdrawal. */
  @Nullable RunningAgent agent() {
    return agent;
  }

  /** Gives the role up, withdraws the addresses, ends. Returns at once. */
  synchronized void stop() {
    stopping = true;
    RunningAgent running = agent;
    if (running != null) {
      running.stop();
    } else {
      ended.countDown();
    }
  }

  private void awaitEnd(RunningAgent running) {
    try {
      running.awaitEnd();
    } catch (RuntimeException e) {
      broken = e;
    }
    if (broken != null || stopping) {
      ended.countDown();
    }
  }

  /**
   * Gives the role up and takes everything of ours off this machine; then there is no agent, until
   * another configuration brings one. What could not be taken away is tried again until nothing is
   * left, and at once when it is asked for again.
   */
  private synchronized void withdraw(GatewayNodeSpec spec) {
    Withdrawn before = withdrawn;
    if (before != null && before.done()) {
      withdrawn = new Withdrawn(spec, List.of(), before.atTime(), FIRST_PAUSE_MILLIS);
      return;
    }
    RunningAgent running = agent;
    if (running != null) {
      running.stop();
      running.awaitEnd();
      agent = null;
      running.closeForGood();
    }
    List<String> problems = machine.withdraw(spec, options.runDir(), options.stateDir());
    String since =
        before != null && !problems.isEmpty() ? before.atTime() : Times.text(Instant.now());
    long pauseMillis =
        before == null ? FIRST_PAUSE_MILLIS : Math.min(2 * before.pauseMillis(), LAST_PAUSE_MILLIS);
    Withdrawn now = new Withdrawn(spec, problems, since, pauseMillis);
    withdrawn = now;
    LOG.info("agent withdrawn router={} left={}", options.node(), problems);
    if (!now.done()) {
      machine.later(pauseMillis, () -> withdrawAgain(now));
    }
    whenRoleChanges.run();
  }

  /** Unless it was tried since, or a configuration came. */
  private synchronized void withdrawAgain(Withdrawn before) {
    if (before.equals(withdrawn) && !stopping) {
      withdraw(before.spec());
    }
  }

  /** Of what the agent kept, a folder goes when it is empty and is not a mount. */
  private void removeFolders() throws IOException {
    Files.deleteIfExists(Agent.lockFile(options));
    for (Path folder : List.of(options.runDir(), options.stateDir())) {
      try {
        Files.deleteIfExists(folder);
      } catch (FileSystemException e) {
        LOG.debug("the folder stays path={} why=\"{}\"", folder, e.getMessage());
      }
    }
  }

  /** As {@link #withdraw}, and then the process ends. */
  private String withdrawAndEnd(GatewayNodeSpec spec) throws ControlServer.Refused {
    withdraw(spec);
    Withdrawn now = withdrawn;
    if (now != null && !now.done()) {
      throw new ControlServer.Refused(String.join("; ", now.problems()));
    }
    stop();
    return options.node() + " has left; nothing of Holdfast is on this machine but its files";
  }

  /** Waits until the agent has ended, or was stopped before it began. */
  void awaitEnd() throws Agent.CannotRun {
    try {
      ended.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    RuntimeException why = broken;
    if (why != null) {
      throw why;
    }
    if (failure != null) {
      throw new Agent.CannotRun(failure);
    }
  }

  /** The report as of now; null when there is no agent yet, or its loop does not answer. */
  @Nullable GatewayNodeStatus status() {
    RunningAgent running = agent;
    Withdrawn gone = withdrawn;
    GatewayNodeStatus status =
        running != null ? running.status() : gone == null ? null : gone.status();
    return status == null ? null : completed.apply(status);
  }

  /** What the report is about; asked only when there is one. */
  private GatewayNodeSpec spec() {
    RunningAgent running = agent;
    return running != null ? running.spec() : Objects.requireNonNull(withdrawn).spec();
  }

  private void answer(JsonNode request, Consumer<String> lines) throws ControlServer.Refused {
    RunningAgent running = agent;
    Withdrawn gone = withdrawn;
    if (running == null && gone != null) {
      answerWithdrawn(gone, request, lines);
      return;
    }
    if (running == null) {
      throw new ControlServer.Refused("this agent has no configuration yet: " + waiting);
    }
    String command = request.path("command").asText();
    switch (command) {
      case "status" -> lines.accept(json(running.spec()));
      case "flows" -> flows(running, request, lines);
      case "handover" -> lines.accept(done(running.handover(request.path("to").asText(""))));
      case "withdraw" -> {
        GatewayNodeSpec spec = running.spec();
        lines.accept(withdrawAndEnd(spec.asking(spec.maintenance(), spec.handoverTo(), true)));
      }
      case "maintenance" -> lines.accept(maintenance(running, request));
      default ->
          throw new ControlServer.Refused(
              "this agent does not know the command '"
                  + command
                  + "'; is the program newer than the agent?");
    }
  }

  private void answerWithdrawn(Withdrawn gone, JsonNode request, Consumer<String> lines)
      throws ControlServer.Refused {
    switch (request.path("command").asText()) {
      case "status" -> lines.accept(json(gone.spec()));
      case "withdraw" -> lines.accept(withdrawAndEnd(gone.spec()));
      default -> throw new ControlServer.Refused("this router was withdrawn; see its status");
    }
  }

  private static void flows(RunningAgent running, JsonNode request, Consumer<String> lines)
      throws ControlServer.Refused {
    FlowQuestion question;
    try {
      question = FlowQuestion.read(request);
    } catch (IllegalArgumentException e) {
      throw new ControlServer.Refused(String.valueOf(e.getMessage()));
    }
    running.flows(
        question,
        flow -> {
          try {
            lines.accept(JSON.writeValueAsString(flow));
          } catch (JsonProcessingException e) {
            throw new IllegalStateException("a flow that JSON cannot write", e);
          }
        });
  }

  private static String done(RunningAgent.Answer answer) throws ControlServer.Refused {
    if (!answer.done()) {
      throw new ControlServer.Refused(answer.sentence());
    }
    return answer.sentence();
  }

  private static String maintenance(RunningAgent running, JsonNode request)
      throws ControlServer.Refused {
    JsonNode on = request.path("on");
    if (!on.isBoolean()) {
      throw new ControlServer.Refused("maintenance needs \"on\": true or false");
    }
    return done(running.maintenance(on.asBoolean()));
  }

  private String json(GatewayNodeSpec spec) throws ControlServer.Refused {
    GatewayNodeStatus status = status();
    if (status == null) {
      throw new ControlServer.Refused("the agent's loop does not answer; look at its log");
    }
    try {
      return JSON.writeValueAsString(NodeDocument.of(spec, status));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a status that JSON cannot write", e);
    }
  }

  private HttpPages.Health health() {
    return new HttpPages.Health() {
      @Override
      public HttpPages.Answer live() {
        RunningAgent running = agent;
        if (running == null) {
          return new HttpPages.Answer(true, withdrawn == null ? waiting : "withdrawn");
        }
        long stillMillis = running.stillNanos() / 1_000_000;
        return new HttpPages.Answer(
            stillMillis < 5_000, "the loop turned " + stillMillis + " ms ago");
      }

      @Override
      public HttpPages.Answer ready() {
        if (agent == null) {
          return new HttpPages.Answer(false, withdrawn == null ? waiting : "withdrawn");
        }
        GatewayNodeStatus status = status();
        if (status == null) {
          return new HttpPages.Answer(false, "the loop does not answer");
        }
        return new HttpPages.Answer(
            Boolean.TRUE.equals(status.ready()),
            "the router is " + status.role() + String.join("; ", status.faults()));
      }
    };
  }

  @Override
  public void close() throws IOException {
    if (control != null) {
      control.close();
    }
    if (pages != null) {
      pages.close();
    }
    RunningAgent running = agent;
    if (running != null) {
      running.close();
      LOG.info("agent ended router={}", options.node());
    }
    Withdrawn gone = withdrawn;
    if (gone != null && gone.done()) {
      removeFolders();
    }
  }
}
