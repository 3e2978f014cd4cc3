package dev.holdfast.agent;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.agent.ops.AgentMetrics;
import dev.holdfast.agent.ops.ControlServer;
import dev.holdfast.agent.ops.FlowQuestion;
import dev.holdfast.agent.ops.HttpPages;
import dev.holdfast.agent.ops.NodeDocument;
import dev.holdfast.agent.shell.RunningAgent;
import dev.holdfast.agent.sync.wire.LinkKeys;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import dev.holdfast.api.v1alpha1.GatewayNodeStatus;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
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
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Agent.Options options;
  private final UnaryOperator<GatewayNodeStatus> completed;
  private final Runnable whenRoleChanges;
  private final CountDownLatch begunOrStopped = new CountDownLatch(1);
  private volatile String waiting = "the agent starts";
  private volatile @Nullable RunningAgent agent;
  private volatile @Nullable String failure;
  private volatile boolean stopping;
  private @Nullable HttpPages pages;
  private @Nullable ControlServer control;

  /**
   * @param completed adds to a report what the agent itself does not know
   * @param whenRoleChanges runs on the loop's thread; must not block
   */
  AgentLife(
      Agent.Options options, UnaryOperator<GatewayNodeStatus> completed, Runnable whenRoleChanges) {
    this.options = options;
    this.completed = completed;
    this.whenRoleChanges = whenRoleChanges;
  }

  /** Opens the pages and the control socket. */
  void open() throws IOException {
    PrometheusRegistry registry = new PrometheusRegistry();
    registry.register(new AgentMetrics(() -> Objects.requireNonNull(agent).spec(), this::status));
    pages = new HttpPages(options.listen(), registry, health());
    control = new ControlServer(socket(), this::answer);
  }

  private Path socket() {
    return options.runDir().resolve(options.node() + ".sock");
  }

  /**
   * From now on this configuration: starts the agent, or changes the running one.
   *
   * @param answered who answered just now and must do so again after its policy
   */
  synchronized void apply(GatewayNodeSpec spec, @Nullable LinkKeys keys, List<String> answered)
      throws IOException {
    RunningAgent running = agent;
    if (stopping) {
      return;
    }
    if (running != null) {
      answered.forEach(running::answered);
      running.reconfigure(spec, keys);
      return;
    }
    RunningAgent begun =
        RunningAgent.start(spec, options.runDir(), options.stateDir(), keys, answered);
    begun.whenRoleChanges(whenRoleChanges);
    agent = begun;
    begunOrStopped.countDown();
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

  /** Null while it waits for its first configuration. */
  @Nullable RunningAgent agent() {
    return agent;
  }

  /** Gives the role up, withdraws the addresses, ends. Returns at once. */
  synchronized void stop() {
    stopping = true;
    RunningAgent running = agent;
    if (running != null) {
      running.stop();
    }
    begunOrStopped.countDown();
  }

  /** Waits until the agent has ended, or was stopped before it began. */
  void awaitEnd() throws Agent.CannotRun {
    try {
      begunOrStopped.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    RunningAgent running = agent;
    if (running != null) {
      running.awaitEnd();
    }
    if (failure != null) {
      throw new Agent.CannotRun(failure);
    }
  }

  /** The report as of now; null when there is no agent yet, or its loop does not answer. */
  @Nullable GatewayNodeStatus status() {
    RunningAgent running = agent;
    GatewayNodeStatus status = running == null ? null : running.status();
    return status == null ? null : completed.apply(status);
  }

  private void answer(JsonNode request, Consumer<String> lines) throws ControlServer.Refused {
    RunningAgent running = agent;
    if (running == null) {
      throw new ControlServer.Refused("this agent has no configuration yet: " + waiting);
    }
    String command = request.path("command").asText();
    switch (command) {
      case "status" -> lines.accept(json(running));
      case "flows" -> flows(running, request, lines);
      case "handover" -> lines.accept(done(running.handover(request.path("to").asText(""))));
      case "maintenance" -> lines.accept(maintenance(running, request));
      default ->
          throw new ControlServer.Refused(
              "this agent does not know the command '"
                  + command
                  + "'; is the program newer than the agent?");
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

  private String json(RunningAgent running) throws ControlServer.Refused {
    GatewayNodeStatus status = status();
    if (status == null) {
      throw new ControlServer.Refused("the agent's loop does not answer; look at its log");
    }
    try {
      return JSON.writeValueAsString(NodeDocument.of(running.spec(), status));
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
          return new HttpPages.Answer(true, waiting);
        }
        long stillMillis = running.stillNanos() / 1_000_000;
        return new HttpPages.Answer(
            stillMillis < 5_000, "the loop turned " + stillMillis + " ms ago");
      }

      @Override
      public HttpPages.Answer ready() {
        if (agent == null) {
          return new HttpPages.Answer(false, waiting);
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
  }
}
