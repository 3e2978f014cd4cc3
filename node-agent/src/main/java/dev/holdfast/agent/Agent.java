package dev.holdfast.agent;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.agent.config.ClusterFile;
import dev.holdfast.agent.linux.SyscallException;
import dev.holdfast.agent.ops.AgentMetrics;
import dev.holdfast.agent.ops.HttpPages;
import dev.holdfast.agent.ops.NodeDocument;
import dev.holdfast.agent.ops.StatusScreen;
import dev.holdfast.agent.shell.LinkKeyFile;
import dev.holdfast.agent.shell.ProcessSignals;
import dev.holdfast.agent.shell.Rehearsal;
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
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An agent from its configuration to its end: a file here, a GatewayNode in {@link
 * KubernetesAgent}. Between the two it is {@link AgentLife}; what runs on the loop, {@link
 * RunningAgent} wires.
 */
public final class Agent {

  private static final Logger LOG = LoggerFactory.getLogger(Agent.class);
  private static final ObjectMapper JSON = NodeDocument.mapper();

  /** Enough for the second compiler to know what an agent does twenty times a second. */
  private static final int REHEARSED_STEPS = 30_000;

  /** Bytes of a UNIX socket's path, {@code sun_path} in unix(7) without its final zero. */
  private static final int SOCKET_PATH_MAX = 107;

  /** Where the configuration comes from. */
  public sealed interface Source {

    /** A GatewayCluster file. */
    record File(Path config) implements Source {}

    /**
     * This router's GatewayNode at an API server.
     *
     * @param kubeconfig a kubeconfig file, or {@code in-cluster}
     * @param namespace null for the kubeconfig's, or the pod's own
     * @param gatewayNode null: it is looked for
     */
    record Kubernetes(String kubeconfig, @Nullable String namespace, @Nullable String gatewayNode)
        implements Source {}
  }

  /** What {@code holdfast run} was told. */
  public record Options(
      Source source,
      String node,
      Path runDir,
      Path stateDir,
      Path linkKey,
      List<InetSocketAddress> listen) {}

  /** The agent cannot run; one sentence for the person who started it. */
  static final class CannotRun extends Exception {
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
      switch (options.source()) {
        case Source.File(Path config) -> runFromFile(options, config);
        case Source.Kubernetes kubernetes -> KubernetesAgent.run(options, kubernetes);
      }
      return 0;
    } catch (CannotRun | IOException | SyscallException e) {
      System.err.println("holdfast: " + sentence(e));
      return 1;
    }
  }

  /** What the class library says of a file is its name, and no word of what is wrong with it. */
  private static String sentence(Exception e) {
    return switch (e) {
      case AccessDeniedException denied ->
          "no right to use " + denied.getFile() + "; run the agent as root, or say another folder";
      case FileSystemException file ->
          "cannot use "
              + file.getFile()
              + ": "
              + Objects.requireNonNullElse(file.getReason(), file.getClass().getSimpleName());
      default -> String.valueOf(e.getMessage());
    };
  }

  private static void runFromFile(Options options, Path config) throws CannotRun, IOException {
    GatewayNodeSpec spec = read(config, options.node());
    LinkKeys keys = keys(spec, options.linkKey());
    try (FileChannel _ = lock(options);
        AgentLife life = new AgentLife(options, status -> status, () -> {})) {
      ProcessSignals.handle(life::stop, () -> reload(life, options, config));
      life.apply(spec, keys, List.of());
      life.open();
      life.awaitEnd();
    }
  }

  /** The keys of the sealed link; null when the resource speaks another protocol. */
  private static @Nullable LinkKeys keys(GatewayNodeSpec spec, Path linkKey) throws CannotRun {
    return switch (spec.flowSync().protocol()) {
      case CONNTRACKD -> null;
      case HOLDFAST ->
          switch (LinkKeyFile.read(linkKey)) {
            case LinkKeys.Parsed.Ok(LinkKeys keys) -> keys;
            case LinkKeys.Parsed.Refused(String sentence) -> throw new CannotRun(sentence);
          };
    };
  }

  private static GatewayNodeSpec read(Path config, String node) throws CannotRun {
    ClusterFile.Result result;
    try {
      result = ClusterFile.parse(Files.readString(config));
    } catch (IOException e) {
      throw new CannotRun("cannot read " + config + ": " + e);
    }
    return switch (result) {
      case ClusterFile.Result.Refused(var problems) ->
          throw new CannotRun(
              config
                  + " has "
                  + problems.size()
                  + (problems.size() == 1 ? " violation: " : " violations, the first: ")
                  + problems.getFirst()
                  + (problems.size() == 1 ? "" : ". See all with 'holdfast check'"));
      case ClusterFile.Result.Accepted(var identity, var spec) -> {
        if (spec.routers().stream().noneMatch(router -> router.node().equals(node))) {
          throw new CannotRun(
              "--node "
                  + node
                  + " is not a router of "
                  + config
                  + "; it names "
                  + String.join(
                      ", ", spec.routers().stream().map(router -> router.node()).toList()));
        }
        yield Renderer.render(identity, spec, node);
      }
    };
  }

  static Path socketFile(Options options) {
    return options.runDir().resolve(options.node() + ".sock");
  }

  static Path lockFile(Options options) {
    return options.runDir().resolve(options.node() + ".lock");
  }

  /** Two agents for one router would take each other's addresses away. */
  static FileChannel lock(Options options) throws CannotRun, IOException {
    Path file = lockFile(options);
    int bytes = socketFile(options).toString().getBytes(StandardCharsets.UTF_8).length;
    if (bytes > SOCKET_PATH_MAX) {
      throw new CannotRun(
          "the path of the control socket, "
              + socketFile(options)
              + ", has "
              + bytes
              + " bytes, and the kernel takes "
              + SOCKET_PATH_MAX
              + "; say a shorter --run-dir");
    }
    FileLock lock = null;
    FileChannel channel;
    // One that has withdrawn takes its file along; what it locked meanwhile is nobody's.
    do {
      Files.createDirectories(options.runDir());
      Files.createDirectories(options.stateDir());
      channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      lock = channel.tryLock();
    } while (lock != null && !Files.exists(file));
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

  private static void reload(AgentLife life, Options options, Path config) {
    try {
      GatewayNodeSpec spec = read(config, options.node());
      life.apply(spec, keys(spec, options.linkKey()), List.of());
      LOG.info("configuration read again from={}", config);
    } catch (CannotRun | IOException e) {
      LOG.warn("configuration refused, the running one stays why=\"{}\"", e.getMessage());
    }
  }

  /**
   * Walks once through what a start does, and many times through what an agent does all day,
   * without rights and without touching the machine: for the start-up cache.
   *
   * @param specs of two routers of one cluster, the better one first
   */
  public static void train(List<GatewayNodeSpec> specs) throws IOException, InterruptedException {
    try (Rehearsal rehearsal = new Rehearsal(specs)) {
      rehearsal.play(REHEARSED_STEPS);
    }
    GatewayNodeSpec spec = specs.getFirst();
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
