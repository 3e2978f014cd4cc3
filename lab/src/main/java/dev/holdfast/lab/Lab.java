package dev.holdfast.lab;

import dev.holdfast.api.addr.Family;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import dev.holdfast.api.v1alpha1.IpProtocol;
import dev.holdfast.api.v1alpha1.NetworkRole;
import dev.holdfast.api.v1alpha1.Preemption;
import dev.holdfast.lab.fault.Injector;
import dev.holdfast.lab.fault.Timeline;
import dev.holdfast.lab.kube.KubeCluster;
import dev.holdfast.lab.measure.MeasureOptions.PortForward;
import dev.holdfast.lab.net.Attachment;
import dev.holdfast.lab.net.Blueprint;
import dev.holdfast.lab.net.Router;
import dev.holdfast.lab.net.Topology;
import dev.holdfast.lab.net.TopologyBuilder;
import dev.holdfast.lab.net.TopologyPlanner;
import dev.holdfast.lab.stack.HoldfastSoftware;
import dev.holdfast.lab.stack.HostSoftware;
import dev.holdfast.lab.stack.KeepalivedSoftware;
import dev.holdfast.lab.stack.KubeSoftware;
import dev.holdfast.lab.stack.RouterSoftware;
import dev.holdfast.lab.stack.SourceTranslation;
import dev.holdfast.lab.stack.Stack;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One standing lab: its namespaces, its routers' software, its faults. Closing it removes it all;
 * so does the shutdown hook that {@link LabCommand} installs, and so does the next lab when this
 * process is killed.
 */
final class Lab implements AutoCloseable {

  private static final long POLL_MILLIS = 50;

  /** From nothing to agents in sync on a busy machine. */
  private static final long KUBERNETES_LIMIT_MILLIS = 240_000;

  private final LabRegistry registry;
  private final LabRegistry.Entry entry;
  private final LabOptions options;
  private final List<GatewayNodeSpec> nodes;
  private final Topology topology;
  private final TopologyBuilder builder;
  private final Map<String, RouterSoftware> software = new LinkedHashMap<>();
  private final Timeline timeline = new Timeline();
  private final Observer observer;
  private final Consumer<String> progress;
  private @Nullable KubeCluster kubernetes;
  private boolean removed;

  private Lab(
      LabRegistry registry,
      LabRegistry.Entry entry,
      LabOptions options,
      Consumer<String> progress) {
    this.registry = registry;
    this.entry = entry;
    this.options = options;
    this.nodes = options.cluster().nodes();
    Blueprint blueprint =
        TopologyPlanner.plan(
            entry.prefix(), nodes, options.translation() == SourceTranslation.NONE);
    this.topology = blueprint.topology();
    this.builder = new TopologyBuilder(blueprint);
    this.observer = new Observer(topology);
    this.progress = progress;
  }

  /** Builds the machines and starts their software; the pair is not settled yet. */
  static Lab build(LabRegistry registry, LabOptions options) {
    return build(registry, options, _ -> {});
  }

  /**
   * @param prepare does to the machines what is to be there before the software starts
   */
  static Lab build(LabRegistry registry, LabOptions options, Consumer<Topology> prepare) {
    return build(registry, options, prepare, _ -> {});
  }

  /**
   * @param prepare does to the machines what is to be there before the software starts
   * @param progress hears what is begun, a sentence at a time; from the calling thread
   */
  static Lab build(
      LabRegistry registry,
      LabOptions options,
      Consumer<Topology> prepare,
      Consumer<String> progress) {
    LabRegistry.Entry entry = registry.register();
    Lab lab = null;
    try {
      lab = new Lab(registry, entry, options, progress);
      progress.accept("building " + lab.topology.routers().size() + " routers and what is around");
      lab.buildMachines();
      prepare.accept(lab.topology);
      lab.install();
      lab.software.values().forEach(RouterSoftware::start);
      return lab;
    } catch (RuntimeException | IOException e) {
      registry.remove(entry);
      throw e instanceof RuntimeException unchecked
          ? unchecked
          : LabException.ofMachine("cannot prepare the routers: " + e.getMessage(), e);
    }
  }

  /** Nothing of the routers' software runs yet: what is refused, this machine refuses. */
  private void buildMachines() {
    try {
      builder.build();
    } catch (LabException e) {
      throw LabException.ofMachine(String.valueOf(e.getMessage()), e);
    }
  }

  private void install() throws IOException {
    Path config = entry.folder().resolve("cluster.json");
    options.cluster().write(config);
    if (options.stack().isKubernetes()) {
      installInKubernetes(config);
      return;
    }
    Path key = linkKey();
    int best = nodes.stream().mapToInt(GatewayNodeSpec::priority).max().orElseThrow();
    for (GatewayNodeSpec node : nodes) {
      Router router = topology.router(node.node());
      Path folder = Files.createDirectory(entry.folder().resolve(router.namespace().name()));
      software.put(
          node.node(),
          options.stack().runsHoldfast(node.priority() == best)
              ? new HoldfastSoftware(router, options.program(), config, key, folder)
              : new KeepalivedSoftware(router, node, topology, options.translation(), folder));
    }
  }

  /** As a person would: a cluster, the images, the chart, the resource. */
  private void installInKubernetes(Path config) throws IOException {
    String name = entry.prefix().substring(0, entry.prefix().length() - 1);
    KubeCluster cluster = KubeCluster.register(options.project(), name, entry.folder());
    bringUp(cluster);
    progress.accept("applying the resource");
    cluster.kubectl("apply", "-f", config.toString());
    for (Router router : topology.routers()) {
      software.put(
          router.node(),
          options.stack() == Stack.KUBERNETES
              ? new KubeSoftware(router, cluster)
              : onHost(router, cluster));
    }
    kubernetes = cluster;
  }

  /** What no router of ours has a part in. */
  private void bringUp(KubeCluster cluster) throws IOException {
    try {
      progress.accept("starting Kubernetes, with a node on each router");
      cluster.up(topology.routers());
      progress.accept("loading the images on every node");
      cluster.load();
      progress.accept("installing the chart");
      cluster.install();
    } catch (LabException e) {
      throw LabException.ofMachine(String.valueOf(e.getMessage()), e);
    }
  }

  private HostSoftware onHost(Router router, KubeCluster cluster) throws IOException {
    Path folder = Files.createDirectory(entry.folder().resolve(router.namespace().name()));
    return new HostSoftware(router, cluster, options.program(), options.cluster().name(), folder);
  }

  private Path linkKey() throws IOException {
    byte[] key = new byte[32];
    new SecureRandom().nextBytes(key);
    Path file = entry.folder().resolve("link.key");
    Files.createFile(
        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(file, Base64.getEncoder().encodeToString(key) + "\n");
    return file;
  }

  Topology topology() {
    return topology;
  }

  Observer observer() {
    return observer;
  }

  Timeline timeline() {
    return timeline;
  }

  Path folder() {
    return entry.folder();
  }

  String id() {
    return entry.id();
  }

  RouterSoftware software(Router router) {
    return Objects.requireNonNull(software.get(router.node()));
  }

  Injector injector() {
    return new Injector(
        topology,
        builder,
        software,
        timeline,
        options.direct(),
        nodes.getFirst().flowSync().port());
  }

  /** The resource's TCP port forwards to the LAN host, as the internet host reaches them. */
  List<PortForward> portForwards() {
    GatewayNodeSpec any = nodes.getFirst();
    Attachment lanHost = topology.lanHost().attachment();
    return any.nat().portForwards().stream()
        .filter(forward -> forward.protocol() == IpProtocol.TCP)
        .filter(forward -> forward.toNetwork().equals(lanHost.network()))
        .flatMap(
            forward ->
                forward.from().stream()
                    .flatMap(name -> any.network(name).stream())
                    .filter(network -> network.role() == NetworkRole.WAN)
                    .flatMap(network -> network.virtualRouter(Family.IPV4).stream())
                    .map(virtual -> virtual.virtualPrefixes().getFirst().address())
                    .map(
                        address ->
                            new PortForward(
                                forward.name(), address, forward.port(), forward.toPort())))
        .toList();
  }

  /**
   * How long the routers may take to notice a silent one, in milliseconds: three adverts and the
   * skew of the least of them.
   */
  long detectionMillis() {
    long interval = nodes.getFirst().vrrp().advertisementIntervalNanos();
    int least = nodes.stream().mapToInt(GatewayNodeSpec::priority).min().orElseThrow();
    return TimeUnit.NANOSECONDS.toMillis(3 * interval + (256 - least) * interval / 256);
  }

  /** {@link #awaitSettled(long)} with the patience that the routers' software asks for. */
  Router awaitSettled() {
    if (kubernetes != null) {
      kubernetes.awaitReady(options.cluster().name(), KUBERNETES_LIMIT_MILLIS, progress);
    }
    progress.accept("waiting until one router has all addresses");
    if (kubernetes == null) {
      return awaitSettled(30_000 + 5 * detectionMillis());
    }
    return awaitSettled(KUBERNETES_LIMIT_MILLIS);
  }

  /**
   * Waits until one router alone has all addresses, has kept them for a while, and traffic passes.
   * A better router that runs is given time to take the role first: it would take it later, in the
   * middle of a measurement.
   *
   * @return the one
   * @throws LabException that says what it waited for in vain
   */
  Router awaitSettled(long limitMillis) {
    long limit = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(limitMillis);
    long forBetter = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(limitMillis / 3);
    Optional<Router> holder = Optional.empty();
    long since = System.nanoTime();
    while (System.nanoTime() - limit < 0) {
      Optional<Router> now = observer.onlyHolder().filter(_ -> observer.passes());
      if (!now.equals(holder)) {
        holder = now;
        since = System.nanoTime();
      }
      boolean calm = System.nanoTime() - since > TimeUnit.MILLISECONDS.toNanos(calmMillis());
      if (holder.isPresent()
          && calm
          && (isBest(holder.get()) || System.nanoTime() - forBetter > 0)) {
        return holder.get();
      }
      Pause.millis(POLL_MILLIS);
    }
    throw notSettled(limitMillis);
  }

  private long calmMillis() {
    return 300 + detectionMillis();
  }

  /** Nobody who is better runs and may take the role. */
  private boolean isBest(Router router) {
    return nodes.getFirst().vrrp().preempt() == Preemption.NEVER
        || nodes.stream()
            .filter(node -> node.priority() > router.priority() && !node.maintenance())
            .map(node -> software(topology.router(node.node())))
            .allMatch(better -> better.speakers().isEmpty());
  }

  private LabException notSettled(long limitMillis) {
    List<String> holders = observer.holders().stream().map(Router::node).toList();
    return new LabException(
        "the routers have not settled after "
            + limitMillis / 1000
            + " s: "
            + (holders.size() == 1
                ? holders.getFirst() + " has the addresses, but no traffic passes"
                : "the virtual addresses are on " + (holders.isEmpty() ? "nobody" : holders))
            + logs());
  }

  /** The last words of each router's software. */
  String logs() {
    var text = new StringBuilder();
    for (var one : software.entrySet()) {
      String tail = one.getValue().logTail().strip();
      if (!tail.isEmpty()) {
        text.append("\n--- ").append(one.getKey()).append(" said last:\n").append(tail);
      }
    }
    return text.toString();
  }

  /** Polls until something holds. */
  static boolean await(long limitMillis, BooleanSupplier condition) {
    long limit = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(limitMillis);
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - limit > 0) {
        return false;
      }
      Pause.millis(POLL_MILLIS);
    }
    return true;
  }

  /** Leaves it standing; only {@code lab --remove ID} takes it away. */
  synchronized void keep() {
    registry.keep(entry);
    removed = true;
  }

  @Override
  public synchronized void close() {
    if (!removed) {
      removed = true;
      registry.remove(entry);
    }
  }
}
