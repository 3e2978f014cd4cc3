package dev.holdfast.agent;

import dev.holdfast.agent.kube.AcceptedStore;
import dev.holdfast.agent.kube.ApiAccess;
import dev.holdfast.agent.kube.ApiProbe;
import dev.holdfast.agent.kube.ApiWatch;
import dev.holdfast.agent.kube.GatewayNodeSearch;
import dev.holdfast.agent.kube.NodeFollower;
import dev.holdfast.agent.kube.StatusPatcher;
import dev.holdfast.agent.linux.SyscallException;
import dev.holdfast.agent.shell.LinkKeyFile;
import dev.holdfast.agent.shell.ProcessSignals;
import dev.holdfast.agent.shell.RunningAgent;
import dev.holdfast.agent.sync.wire.LinkKeys;
import dev.holdfast.api.v1alpha1.Condition;
import dev.holdfast.api.v1alpha1.ConditionStatus;
import dev.holdfast.api.v1alpha1.FirewallStatus;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import dev.holdfast.api.v1alpha1.GatewayNodeStatus;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.FileChannel;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An agent that works by its GatewayNode: as a pod, or as a host service with a kubeconfig. It
 * begins with what it kept on disk, follows the API server from then on, and reports there.
 *
 * <p>Loaded only with {@code --kubeconfig}: an agent with a file has no Kubernetes client.
 */
final class KubernetesAgent implements NodeFollower.Gateway {

  private static final Logger LOG = LoggerFactory.getLogger(KubernetesAgent.class);
  private static final String WITHDRAWN = "Withdrawn";
  private static final String API_SERVER = "the API server";
  private static final long KEY_LOOK_SECONDS = 5;
  private static final long TRIAL_LOOK_SECONDS = 1;
  private static final long SEARCH_SECONDS = 2;

  private final AgentLife life;
  private final NodeFollower follower;
  private volatile @Nullable StatusPatcher patcher;
  private volatile @Nullable ApiWatch watch;

  /** Of the status patcher's thread. */
  private @Nullable FirewallStatus policySeen;

  private KubernetesAgent(Agent.Options options, String gatewayNode, AcceptedStore store) {
    follower =
        new NodeFollower(
            options.node(),
            gatewayNode,
            store,
            () -> LinkKeyFile.read(options.linkKey()),
            this,
            Instant::now);
    life = new AgentLife(options, follower::completed, this::changed);
  }

  /** Runs until SIGTERM or SIGINT. */
  static void run(Agent.Options options, Agent.Source.Kubernetes source)
      throws Agent.CannotRun, IOException {
    AcceptedStore store = new AcceptedStore(options.stateDir());
    GatewayNodeSearch.Found own = own(options, source, store);
    KubernetesAgent agent = new KubernetesAgent(options, own.name(), store);
    try (FileChannel _ = Agent.lock(options);
        AgentLife life = agent.life) {
      ProcessSignals.handle(life::stop, agent.follower::keysChanged);
      life.open();
      // Before anything of the client is loaded: a router that comes back has no time to lose.
      agent.follower.startFromDisk();
      ApiAccess access = agent.access(source.kubeconfig(), own.namespace());
      if (access == null) {
        life.awaitEnd();
      } else {
        agent.follow(access, options, own.name());
      }
    }
  }

  /** The GatewayNode that was named, else the one on disk, else the one that is looked for. */
  private static GatewayNodeSearch.Found own(
      Agent.Options options, Agent.Source.Kubernetes source, AcceptedStore store)
      throws IOException {
    if (source.gatewayNode() != null) {
      return new GatewayNodeSearch.Found(source.namespace(), source.gatewayNode());
    }
    Optional<GatewayNodeSearch.Found> kept =
        store
            .find(options.node())
            .filter(
                one -> source.namespace() == null || source.namespace().equals(one.namespace()));
    return kept.isPresent() ? kept.get() : search(options.node(), source);
  }

  /** Until there is one: an agent may be started before anybody has made its GatewayNode. */
  private static GatewayNodeSearch.Found search(String node, Agent.Source.Kubernetes source)
      throws IOException {
    ApiAccess access = ApiAccess.of(source.kubeconfig(), null, source.namespace());
    boolean told = false;
    while (true) {
      Optional<GatewayNodeSearch.Found> found =
          GatewayNodeSearch.atApi(access, source.namespace(), node);
      if (found.isPresent()) {
        return found.get();
      }
      if (!told) {
        LOG.info("no GatewayNode of this node yet, waiting node={} api={}", node, access.server());
        told = true;
      }
      try {
        TimeUnit.SECONDS.sleep(SEARCH_SECONDS);
      } catch (InterruptedException e) {
        throw new InterruptedIOException("ended while waiting for a GatewayNode of " + node);
      }
    }
  }

  /** Null when there is no way to an API server, but a gateway that must go on. */
  private @Nullable ApiAccess access(String kubeconfig, @Nullable String namespace)
      throws IOException {
    try {
      return ApiAccess.of(kubeconfig, null, namespace);
    } catch (IOException e) {
      if (life.isWaiting()) {
        throw e;
      }
      LOG.error(
          "no way to an api server, the router goes on with what is on disk why=\"{}\"",
          e.getMessage());
      return null;
    }
  }

  private void follow(ApiAccess access, Agent.Options options, String name) throws Agent.CannotRun {
    RandomGenerator random = RandomGenerator.getDefault();
    ApiProbe probe = new ApiProbe(access, name);
    try (KubernetesClient client = access.open();
        ApiWatch following =
            new ApiWatch(access::open, access.namespace(), name, listener(), random);
        StatusPatcher reports =
            new StatusPatcher(
                client,
                access::open,
                access.namespace(),
                name,
                this::report,
                following::suspect,
                random);
        ScheduledExecutorService looks = Executors.newSingleThreadScheduledExecutor(daemon())) {
      patcher = reports;
      watch = following;
      KeyLook keys = new KeyLook(options);
      var _ =
          looks.scheduleWithFixedDelay(keys, KEY_LOOK_SECONDS, KEY_LOOK_SECONDS, TimeUnit.SECONDS);
      var _ =
          looks.scheduleWithFixedDelay(
              () -> probeOnTrial(probe), TRIAL_LOOK_SECONDS, TRIAL_LOOK_SECONDS, TimeUnit.SECONDS);
      life.awaitEnd();
      looks.shutdownNow();
    }
  }

  private static java.util.concurrent.ThreadFactory daemon() {
    return runnable -> Thread.ofPlatform().daemon().name("kube-looks").unstarted(runnable);
  }

  /** kubelet changes a mounted Secret by swapping a link: the content is what counts. */
  private final class KeyLook implements Runnable {
    private final Agent.Options options;
    private LinkKeys.Parsed seen;

    KeyLook(Agent.Options options) {
      this.options = options;
      seen = LinkKeyFile.read(options.linkKey());
    }

    @Override
    public void run() {
      LinkKeys.Parsed now = LinkKeyFile.read(options.linkKey());
      if (!now.equals(seen)) {
        seen = now;
        follower.keysChanged();
      }
    }
  }

  private void probeOnTrial(ApiProbe probe) {
    RunningAgent running = life.agent();
    if (running != null && running.policyOnTrial() && probe.answers()) {
      running.answered(API_SERVER);
    }
  }

  private ApiWatch.Listener listener() {
    return new ApiWatch.Listener() {
      @Override
      public void found(NodeFollower.Document document) {
        follower.found(document);
      }

      @Override
      public void absent() {
        follower.absent();
      }

      @Override
      public void away(String why) {
        follower.away(why);
      }
    };
  }

  private @Nullable GatewayNodeStatus report() {
    GatewayNodeStatus status =
        life.isWaiting() ? follower.beforeTheFirst(Main.version()) : life.status();
    if (status != null) {
      renewConnection(status.firewall());
      if (status.conditions().stream().anyMatch(KubernetesAgent::isWithdrawn)) {
        follower.withdrawn();
      }
    }
    return status;
  }

  private static boolean isWithdrawn(Condition condition) {
    return condition.type().equals(WITHDRAWN) && condition.status() == ConditionStatus.TRUE;
  }

  /**
   * After the first policy of a host that tracked no connections before, what the API server sends
   * on an older connection is dropped until we say something on it.
   */
  private void renewConnection(@Nullable FirewallStatus policy) {
    Long before = policySeen == null ? null : policySeen.generation();
    policySeen = policy;
    ApiWatch following = watch;
    if (following != null
        && policy != null
        && policy.generation() != null
        && !policy.generation().equals(before)) {
      following.suspect();
    }
  }

  @Override
  public void apply(GatewayNodeSpec spec, @Nullable LinkKeys keys, boolean fromApi) {
    RunningAgent running = life.agent();
    // During a trial only the probe may say that the API server was heard.
    boolean counts = fromApi && (running == null || !running.policyOnTrial());
    try {
      life.apply(spec, keys, counts ? List.of(API_SERVER) : List.of());
    } catch (IOException | SyscallException e) {
      life.failed(String.valueOf(e.getMessage()));
    }
  }

  @Override
  public void waitingFor(String sentence) {
    life.waitingFor(sentence);
  }

  @Override
  public void changed() {
    StatusPatcher reports = patcher;
    if (reports != null) {
      reports.wake();
    }
  }
}
