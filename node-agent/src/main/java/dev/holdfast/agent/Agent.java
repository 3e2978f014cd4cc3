package dev.holdfast.agent;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.agent.config.ClusterFile;
import dev.holdfast.agent.linux.SyscallException;
import dev.holdfast.agent.ops.AgentMetrics;
import dev.holdfast.agent.ops.ControlServer;
import dev.holdfast.agent.ops.FlowQuestion;
import dev.holdfast.agent.ops.HttpPages;
import dev.holdfast.agent.ops.NodeDocument;
import dev.holdfast.agent.ops.StatusScreen;
import dev.holdfast.agent.shell.LinkKeyFile;
import dev.holdfast.agent.shell.ProcessSignals;
import dev.holdfast.agent.shell.RunningAgent;
import dev.holdfast.agent.sync.wire.LinkKeys;
import dev.holdfast.api.render.Renderer;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import dev.holdfast.api.v1alpha1.GatewayNodeStatus;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An agent from its file to its end: reads the configuration, starts the rooms, answers signals and
 * questions. What runs on the loop, {@link RunningAgent} wires.
 */
public final class Agent {

  private static final Logger LOG = LoggerFactory.getLogger(Agent.class);
  private static final ObjectMapper JSON = new ObjectMapper();

  /** What {@code holdfast run} was told. */
  public record Options(
      Path config,
      String node,
      Path runDir,
      Path stateDir,
      Path linkKey,
      List<InetSocketAddress> listen) {}

  /** The agent cannot run; one sentence for the person who started it. */
  private static final class CannotRun extends Exception {
    private static final long serialVersionUID = 1;

    CannotRun(String sentence) {
      super(sentence);
    }
  }

  private Agent() {}

  /**
   * Runs until SIGTERM or SIGINT.
   *
   * @return 0 after a stop that was asked for; 1 when it cannot run, said on standard error
   */
  public static int run(Options options) {
    try {
      GatewayNodeSpec spec = read(options);
      Requests requests = new Requests();
      ProcessSignals.handle(requests::stop, requests::reload);
      Files.createDirectories(options.runDir());
      Files.createDirectories(options.stateDir());
      try (FileChannel lock = lock(options)) {
        runLocked(options, spec, requests);
      }
      return 0;
    } catch (CannotRun | IOException | SyscallException e) {
      System.err.println("holdfast: " + e.getMessage());
      return 1;
    }
  }

  /** What signals ask for, also while the agent is not there yet. */
  private static final class Requests {
    private final CompletableFuture<RunningAgent> agent = new CompletableFuture<>();
    private volatile Runnable reload = () -> {};

    void stop() {
      var _ = agent.thenAccept(RunningAgent::stop);
    }

    void reload() {
      reload.run();
    }

    void started(RunningAgent running, Runnable reloading) {
      reload = reloading;
      agent.complete(running);
    }
  }

  private static void runLocked(Options options, GatewayNodeSpec spec, Requests requests)
      throws CannotRun, IOException {
    LinkKeys keys = keys(spec, options);
    try (RunningAgent agent =
        RunningAgent.start(spec, options.runDir(), options.stateDir(), keys)) {
      PrometheusRegistry registry = new PrometheusRegistry();
      registry.register(new AgentMetrics(agent::spec, agent::status));
      try (ControlServer control =
              new ControlServer(
                  options.runDir().resolve(options.node() + ".sock"),
                  (request, lines) -> answer(agent, request, lines));
          HttpPages pages = new HttpPages(options.listen(), registry, health(agent))) {
        requests.started(agent, () -> reload(agent, options));
        LOG.info(
            "agent started cluster={} router={} version={} control={}",
            spec.cluster(),
            spec.node(),
            Main.version(),
            options.runDir().resolve(options.node() + ".sock"));
        agent.awaitEnd();
      }
    }
    LOG.info("agent ended router={}", options.node());
  }

  /** The keys of the sealed link; null when the resource speaks another protocol. */
  private static @Nullable LinkKeys keys(GatewayNodeSpec spec, Options options) throws CannotRun {
    return switch (spec.flowSync().protocol()) {
      case CONNTRACKD -> null;
      case HOLDFAST ->
          switch (LinkKeyFile.read(options.linkKey())) {
            case LinkKeys.Parsed.Ok(LinkKeys keys) -> keys;
            case LinkKeys.Parsed.Refused(String sentence) -> throw new CannotRun(sentence);
          };
    };
  }

  private static GatewayNodeSpec read(Options options) throws CannotRun {
    ClusterFile.Result result;
    try {
      result = ClusterFile.parse(Files.readString(options.config()));
    } catch (IOException e) {
      throw new CannotRun("cannot read " + options.config() + ": " + e);
    }
    return switch (result) {
      case ClusterFile.Result.Refused(var problems) ->
          throw new CannotRun(
              options.config()
                  + " has "
                  + problems.size()
                  + (problems.size() == 1 ? " violation: " : " violations, the first: ")
                  + problems.getFirst()
                  + (problems.size() == 1 ? "" : ". See all with 'holdfast check'"));
      case ClusterFile.Result.Accepted(var identity, var spec) -> {
        if (spec.routers().stream().noneMatch(router -> router.node().equals(options.node()))) {
          throw new CannotRun(
              "--node "
                  + options.node()
                  + " is not a router of "
                  + options.config()
                  + "; it names "
                  + String.join(
                      ", ", spec.routers().stream().map(router -> router.node()).toList()));
        }
        yield Renderer.render(identity, spec, options.node());
      }
    };
  }

  /** Two agents for one router would take each other's addresses away. */
  private static FileChannel lock(Options options) throws CannotRun, IOException {
    Path file = options.runDir().resolve(options.node() + ".lock");
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    FileLock lock = channel.tryLock();
    if (lock == null) {
      channel.close();
      throw new CannotRun(
          "an agent for "
              + options.node()
              + " runs already (it holds "
              + file
              + "); stop it first, or say another --run-dir");
    }
    return channel;
  }

  private static void reload(RunningAgent agent, Options options) {
    try {
      GatewayNodeSpec spec = read(options);
      agent.reconfigure(spec, keys(spec, options));
      LOG.info("configuration read again from={}", options.config());
    } catch (CannotRun e) {
      LOG.warn("configuration refused, the running one stays why=\"{}\"", e.getMessage());
    }
  }

  private static void answer(RunningAgent agent, JsonNode request, Consumer<String> lines)
      throws ControlServer.Refused {
    String command = request.path("command").asText();
    switch (command) {
      case "status" -> lines.accept(json(agent));
      case "flows" -> flows(agent, request, lines);
      default ->
          throw new ControlServer.Refused(
              "this agent does not know the command '"
                  + command
                  + "'; is the program newer than the agent?");
    }
  }

  private static void flows(RunningAgent agent, JsonNode request, Consumer<String> lines)
      throws ControlServer.Refused {
    FlowQuestion question;
    try {
      question = FlowQuestion.read(request);
    } catch (IllegalArgumentException e) {
      throw new ControlServer.Refused(String.valueOf(e.getMessage()));
    }
    agent.flows(
        question,
        flow -> {
          try {
            lines.accept(JSON.writeValueAsString(flow));
          } catch (JsonProcessingException e) {
            throw new IllegalStateException("a flow that JSON cannot write", e);
          }
        });
  }

  private static String json(RunningAgent agent) throws ControlServer.Refused {
    GatewayNodeStatus status = agent.status();
    if (status == null) {
      throw new ControlServer.Refused("the agent's loop does not answer; look at its log");
    }
    try {
      return JSON.writeValueAsString(NodeDocument.of(agent.spec(), status));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a status that JSON cannot write", e);
    }
  }

  private static HttpPages.Health health(RunningAgent agent) {
    return new HttpPages.Health() {
      @Override
      public HttpPages.Answer live() {
        long stillMillis = agent.stillNanos() / 1_000_000;
        return new HttpPages.Answer(
            stillMillis < 5_000, "the loop turned " + stillMillis + " ms ago");
      }

      @Override
      public HttpPages.Answer ready() {
        GatewayNodeStatus status = agent.status();
        if (status == null) {
          return new HttpPages.Answer(false, "the loop does not answer");
        }
        return new HttpPages.Answer(
            Boolean.TRUE.equals(status.ready()),
            "the router is " + status.role() + String.join("; ", status.faults()));
      }
    };
  }

  /** Walks once through what a start does, without sockets or rights: for the start-up cache. */
  public static void train(GatewayNodeSpec spec) throws IOException {
    GatewayNodeStatus status = RunningAgent.rehearse(spec);
    String json = JSON.writeValueAsString(NodeDocument.of(spec, status));
    NodeDocument read = JSON.readValue(json, NodeDocument.class);
    StatusScreen.render(read.spec(), status, Instant.now());
    PrometheusRegistry registry = new PrometheusRegistry();
    registry.register(new AgentMetrics(() -> spec, () -> status));
    try (HttpPages pages =
        new HttpPages(
            List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)),
            registry,
            new HttpPages.Health() {
              @Override
              public HttpPages.Answer live() {
                return new HttpPages.Answer(true, "");
              }

              @Override
              public HttpPages.Answer ready() {
                return new HttpPages.Answer(true, "");
              }
            })) {
      registry.scrape();
    }
  }
}
