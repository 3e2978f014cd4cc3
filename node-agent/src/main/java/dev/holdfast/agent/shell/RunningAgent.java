package dev.holdfast.agent.shell;

import dev.holdfast.agent.Main;
import dev.holdfast.agent.linux.Scheduling;
import dev.holdfast.agent.loop.AgentCore;
import dev.holdfast.agent.loop.AgentEvent;
import dev.holdfast.agent.loop.AgentLoop;
import dev.holdfast.agent.loop.AgentSnapshot;
import dev.holdfast.agent.loop.ClusterConfig;
import dev.holdfast.agent.loop.Effect;
import dev.holdfast.agent.loop.Found;
import dev.holdfast.agent.loop.Inbox;
import dev.holdfast.agent.ops.ControlServer;
import dev.holdfast.agent.ops.FlowQuestion;
import dev.holdfast.agent.ops.FlowView;
import dev.holdfast.agent.ops.StatusReport;
import dev.holdfast.agent.role.core.Asked;
import dev.holdfast.agent.role.core.Role;
import dev.holdfast.agent.sync.wire.LinkKeys;
import dev.holdfast.api.v1alpha1.Condition;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import dev.holdfast.api.v1alpha1.GatewayNodeStatus;
import dev.holdfast.api.v1alpha1.NodeNetwork;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The rooms of one agent, wired: what is read from the kernel goes to the inbox, the loop takes it
 * to the core, and {@link Effects} does what the core wants.
 *
 * <p>Threads: {@code loop} owns the core; {@code link-monitor} and one {@code vrrp-rx-…} for each
 * virtual router only move news to the inbox.
 */
public final class RunningAgent implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(RunningAgent.class);

  /** Whole seconds, since the kernel counts so. Renewed every second while the loop turns. */
  private static final int ADDRESS_LIFETIME_SECONDS = 3;

  private static final long HEARTBEAT_MAX_NANOS = 20_000_000L;
  private static final long SETTLED_SECONDS = 120;

  /** The kernel itself may tell the loss of a carrier a second late. */
  private static final Duration CARRIER_POLL = Duration.ofMillis(20);

  private static final String NO_PATH =
      "there is neither a Sync network nor a LAN: flows are not replicated";

  private static final int ANSWER_MILLIS = 2_000;
  private static final int SLICE_MILLIS = 50;
  private static final long POLL_MILLIS = 10;
  private static final String NOT_ACTIVE = "not active";
  static final int REAL_TIME_PRIORITY = 40;

  private final Inbox inbox = new Inbox();
  private final NetworkView networks;
  private final VrrpPorts ports;
  private final Rtnetlink rtnetlink;
  private final LinkMonitor monitor;
  private final Announcer announcer;
  private final NextHopProbe probe;
  private final HandoverDesk handovers;
  private final AskedStore asked;
  private final Effects effects;
  private final HostSetup host;
  private final RoleHooks hooks;
  private final AgentCore core;
  private final AgentLoop loop;
  private final List<String> flowProblems;

  /** Null while it is not there yet, and without a network that it could go over. */
  private volatile @Nullable FlowSync flowSync;

  private final CountDownLatch ended = new CountDownLatch(1);
  private volatile GatewayNodeSpec spec;
  private volatile boolean realTime;
  private volatile @Nullable Throwable failure;
  private List<Condition> conditions = List.of();

  private RunningAgent(
      GatewayNodeSpec spec,
      Path runDir,
      Path stateDir,
      @Nullable LinkKeys keys,
      List<String> answered)
      throws IOException {
    this.spec = spec;
    ClusterConfig config = CoreConfig.of(spec);
    core = new AgentCore(config, System.nanoTime());
    networks = new NetworkView(spec, this::takeFromKernel);
    Sysctl sysctl = Sysctl.ofThisMachine();
    HostSetup.preflight(spec);
    host = new HostSetup(spec, networks, sysctl, stateDir);
    answered.forEach(host::answered);
    rtnetlink = Rtnetlink.open();
    ports =
        new VrrpPorts(
            spec,
            config,
            networks,
            rtnetlink,
            sysctl,
            this::takeFromWire,
            core::senderFilter,
            RunningAgent::realTime);
    announcer = Announcer.open();
    probe = new NextHopProbe(spec, networks, inbox::offer);
    handovers = new HandoverDesk(core::standing, inbox::offer, new SecureRandom()::nextLong);
    asked = new AskedStore(new DiskStore(stateDir));
    hooks = new RoleHooks(spec.roleHooks());
    LastAdvert lastAdvert = new LastAdvert(LastAdvert.file(runDir, spec.node()), System.nanoTime());
    AddressWriter addresses = new AddressWriter(rtnetlink, ADDRESS_LIFETIME_SECONDS);
    RouteWriter routes = new RouteWriter(rtnetlink);
    effects =
        new Effects(
            spec,
            ports,
            addresses,
            routes,
            announcer,
            probe,
            handovers,
            asked,
            lastAdvert,
            hooks,
            host::roleChanged,
            inbox,
            System::nanoTime);
    monitor = LinkMonitor.start(this::takeNews, CARRIER_POLL, rtnetlink.portId());
    monitor.watch(carriers(spec));
    Found found = effects.found(networks.begin(), lastAdvert.ageAtStartNanos(), asked.kept());
    FlowSync sync = FlowSync.hasPath(spec) ? flowSync(config, keys, stateDir) : null;
    flowSync = sync;
    flowProblems = sync == null ? List.of(NO_PATH) : List.of();
    flowProblems.forEach(problem -> LOG.warn("no flow sync why=\"{}\"", problem));
    effects.flowSync(sync);
    handovers.link(sync == null ? null : sync::say);
    loop =
        new AgentLoop(
            core,
            inbox,
            effects,
            System::nanoTime,
            Math.min(HEARTBEAT_MAX_NANOS, config.advertIntervalNanos()),
            sync);
    Thread.ofPlatform().name("loop").start(() -> runLoop(found));
  }

  /**
   * Opens the sockets, looks at what is there, and starts the loop.
   *
   * @param keys of the sealed link; null with a protocol that has none
   * @param answered who answered just now and must do so again after the policy, see {@link
   *     #answered}
   */
  public static RunningAgent start(
      GatewayNodeSpec spec,
      Path runDir,
      Path stateDir,
      @Nullable LinkKeys keys,
      List<String> answered)
      throws IOException {
    return new RunningAgent(spec, runDir, stateDir, keys, answered);
  }

  private FlowSync flowSync(ClusterConfig config, @Nullable LinkKeys keys, Path stateDir) {
    return new FlowSync(
        spec,
        config.speakers(),
        keys,
        networks,
        core::standing,
        handovers,
        stateDir,
        () -> inbox.offer(() -> {}),
        host::linkHeard,
        () -> {
          Scheduling.Outcome _ = realTime();
        });
  }

  /** Interfaces whose carrier decides about the role. */
  private static Set<String> carriers(GatewayNodeSpec spec) {
    return spec.networks().stream()
        .filter(network -> !network.virtualRouters().isEmpty())
        .map(NodeNetwork::interfaceName)
        .collect(Collectors.toSet());
  }

  private void takeNews(NetworkEvent news) {
    networks.accept(news);
    // An interface that came, went or changed its index, or an address that adverts come from.
    ports.refresh();
    probe.refresh();
    host.refresh();
    FlowSync sync = flowSync;
    if (sync != null) {
      sync.refresh();
    }
  }

  /** From the link monitor's thread. */
  private void takeFromKernel(AgentEvent event) {
    if (event instanceof AgentEvent.LinkChanged(var network, var link) && !link.up()) {
      host.networkDown(network);
    }
    inbox.offer(event);
  }

  /** From the receivers' threads. */
  private void takeFromWire(AgentEvent event) {
    if (event instanceof AgentEvent.AdvertReceived(var segment, var received)) {
      host.advertHeard(segment.network(), received.source(), received.advert().priority() == 0);
    }
    inbox.offer(event);
  }

  private void runLoop(Found found) {
    try {
      // Not earlier: the start of a virtual machine would take both processors of a small router.
      Scheduling.Outcome before = Scheduling.beforeOrdinaryWork();
      if (!before.permitted()) {
        LOG.warn("under load the agent waits for other work why=\"{}\"", before.reason());
      }
      Scheduling.Outcome outcome = realTime();
      realTime = outcome.permitted();
      // A pause of the virtual machine is a pause of the loop: it must not wait for other work.
      Scheduling.Outcome _ =
          Scheduling.realTimeMachineThreads(Scheduling.Policy.ROUND_ROBIN, REAL_TIME_PRIORITY);
      if (!outcome.permitted()) {
        LOG.warn("no real-time thread why=\"{}\"", outcome.reason());
      }
      loop.run(core.start(found, System.nanoTime()));
    } catch (RuntimeException | Error e) {
      // A half-alive router is worse than a dead one: the peer takes over.
      LOG.error("the loop failed; the agent ends", e);
      failure = e;
    } finally {
      ended.countDown();
    }
  }

  /** For the threads that adverts pass through. */
  private static Scheduling.Outcome realTime() {
    return Scheduling.realTime(Scheduling.Policy.ROUND_ROBIN, REAL_TIME_PRIORITY);
  }

  public GatewayNodeSpec spec() {
    return spec;
  }

  /** Runs after each change of the role, on the loop's thread; must not block. */
  public void whenRoleChanges(Runnable listener) {
    inbox.offer(() -> effects.whenRoleChanges(listener));
  }

  /** The report as of now; null when the loop does not answer within {@value #ANSWER_MILLIS} ms. */
  public @Nullable GatewayNodeStatus status() {
    return onLoop(this::report);
  }

  /**
   * Every flow that is asked for; the loop is asked for a piece at a time and goes on with its work
   * in between.
   *
   * @param take on the calling thread, as slowly as it likes
   * @throws ControlServer.Refused when there is no flow sync, or the loop does not answer
   */
  public void flows(FlowQuestion question, Consumer<FlowView> take) throws ControlServer.Refused {
    FlowSync sync = flowSync;
    if (sync == null) {
      throw new ControlServer.Refused(String.join("; ", flowProblems));
    }
    FlowLister lister = new FlowLister(question);
    while (!lister.done()) {
      Boolean looked =
          onLoop(
              () -> {
                sync.list(lister);
                return true;
              });
      if (looked == null) {
        throw new ControlServer.Refused("the agent's loop does not answer; look at its log");
      }
      lister.copies().forEach(copy -> take.accept(copy.view()));
    }
  }

  /** Asks on the loop's thread; null when it does not answer in time. */
  private <T> @Nullable T onLoop(Supplier<T> question) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    inbox.offer(
        () -> {
          try {
            answer.complete(question.get());
          } catch (RuntimeException e) {
            answer.completeExceptionally(e);
          }
        });
    return await(answer);
  }

  /** Does not wait for a loop that has ended. */
  private <T> @Nullable T await(CompletableFuture<T> answer) {
    for (int waited = 0; waited < ANSWER_MILLIS && ended.getCount() > 0; waited += SLICE_MILLIS) {
      try {
        return answer.get(SLICE_MILLIS, TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        LOG.trace("the loop has not answered yet");
      } catch (ExecutionException e) {
        throw new IllegalStateException("the loop could not answer", e.getCause());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return null;
      }
    }
    return null;
  }

  /** On the loop's thread. */
  private GatewayNodeStatus report() {
    long now = System.nanoTime();
    AgentSnapshot snapshot = core.snapshot(now);
    FlowSync sync = flowSync;
    List<String> problems = new ArrayList<>(host.policyProblems());
    problems.addAll(sync == null ? flowProblems : sync.problems(now));
    GatewayNodeStatus status =
        StatusReport.of(
            spec,
            snapshot,
            new StatusReport.Parts(
                realTime,
                host.kernelSettings(),
                problems,
                sync == null ? null : sync.linkStatus(now),
                sync == null ? null : sync.flowStatus(),
                host.firewallStatus(),
                Main.version()),
            Instant.now(),
            conditions);
    conditions = status.conditions();
    return status;
  }

  /**
   * Somebody whom a policy could cut off has answered, beside the routers, which are heard by
   * themselves: whoever answered in the five seconds before a new policy must do so again after it,
   * or the policy before comes back. Any thread.
   *
   * <p>An established connection passes every policy. So what is told while {@link
   * #policyOnTrial()} must have come by a connection that was opened meanwhile; a refused one is an
   * answer too.
   *
   * @param who the same name each time, like {@code the API server}
   */
  public void answered(String who) {
    host.answered(who);
  }

  /** True while a new policy waits for somebody to be heard again. Any thread. */
  public boolean policyOnTrial() {
    return host.policyOnTrial();
  }

  /** For how long the loop has not turned. */
  public long stillNanos() {
    return System.nanoTime() - loop.turnedAtNanos();
  }

  /** What came of a request; the sentence is for a person. */
  public record Answer(boolean done, String sentence) {}

  /**
   * Moves the role; returns when that is done, refused or has failed.
   *
   * @param to a router, {@code auto}, or empty for any other
   */
  public Answer handover(String to) {
    CompletableFuture<Answer> answer = new CompletableFuture<>();
    inbox.offer(() -> handovers.ask(to, answer, System.nanoTime()));
    long limitMillis = 2 * handoverMillis() + ANSWER_MILLIS;
    try {
      return answer.get(limitMillis, TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      answer.cancel(false);
      return new Answer(false, "no answer within " + limitMillis + " ms: look at 'status'");
    } catch (ExecutionException e) {
      throw new IllegalStateException("a handover that could not be asked for", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Answer(false, "the agent ends");
    }
  }

  private long handoverMillis() {
    return spec.handover().timeoutNanos() / 1_000_000;
  }

  /** Keeps the role off this router, or lets it have it again; also after a restart. */
  public Answer maintenance(boolean on) {
    offer(new AgentEvent.MaintenanceChanged(on));
    try {
      String why = on ? awaitRoleGone() : "";
      if (!asked.awaitKept(ANSWER_MILLIS)) {
        return new Answer(
            false, spec.node() + " could not write it down: a restart forgets it; see the log");
      }
      if (!why.isEmpty()) {
        return new Answer(
            false, spec.node() + " is in maintenance, and keeps the role for now: " + why);
      }
      return new Answer(
          true, spec.node() + (on ? " is in maintenance" : " may have the role again"));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Answer(false, "the agent ends");
    }
  }

  /**
   * Empty once this router is not active; else, after {@code handover.timeout}, why it still is.
   */
  private String awaitRoleGone() throws InterruptedException {
    long end = System.nanoTime() + spec.handover().timeoutNanos();
    while (true) {
      String why = onLoop(() -> core.role() == Role.ACTIVE ? core.obstacles() : NOT_ACTIVE);
      if (NOT_ACTIVE.equals(why)) {
        return "";
      }
      if (why == null) {
        return "the agent's loop does not answer; look at its log";
      }
      if (System.nanoTime() - end >= 0) {
        return why.isEmpty() ? "the handover is not done yet; look at 'status'" : why;
      }
      TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
    }
  }

  /** Gives the role up, withdraws the addresses, ends. Returns at once. */
  public void stop() {
    offer(new AgentEvent.StopRequested());
  }

  /** From now on another configuration of the same router. */
  public void reconfigure(GatewayNodeSpec changed, @Nullable LinkKeys keys) {
    ClusterConfig config = CoreConfig.of(changed);
    inbox.offer(
        () -> {
          spec = changed;
          effects.reconfigure(changed);
          hooks.reconfigure(changed.roleHooks());
          FlowSync sync = flowSync;
          if (sync != null) {
            sync.reconfigure(changed, config.speakers(), keys);
          }
        });
    offer(new AgentEvent.ConfigChanged(config));
    networks.reconfigure(changed);
    monitor.watch(carriers(changed));
    ports.reconfigure(changed, config);
    probe.reconfigure(changed);
    host.reconfigure(changed);
    host.tryPolicyAgain();
  }

  private void offer(AgentEvent event) {
    try {
      inbox.put(event);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Waits until the agent has ended. */
  public void awaitEnd() {
    try {
      // What the start needed beyond that has been given back by then; of locked memory none is.
      if (!ended.await(SETTLED_SECONDS, TimeUnit.SECONDS)) {
        lockMemory();
        ended.await();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (failure != null) {
      throw new IllegalStateException("the loop failed", failure);
    }
  }

  private static void lockMemory() {
    Scheduling.Outcome locked = Scheduling.lockMemory(true);
    if (!locked.permitted()) {
      LOG.warn("a machine that swaps may stop the agent for a while why=\"{}\"", locked.reason());
    }
  }

  /**
   * After it has ended: also deletes the flows that were written into this kernel for peers. What
   * else is left on the machine, {@link Withdrawal} takes away.
   */
  public void closeForGood() {
    FlowSync sync = flowSync;
    if (sync != null) {
      sync.forgetKept();
    }
    close();
    if (sync != null) {
      sync.deleteWritten();
    }
  }

  @Override
  public void close() {
    if (failure == null) {
      hooks.close();
    }
    monitor.close();
    FlowSync sync = flowSync;
    if (sync != null) {
      if (ended.getCount() > 0) {
        sync.keepNothingMore(); // The table is still the loop's.
      }
      sync.close();
    }
    host.close();
    ports.close();
    announcer.close();
    asked.close();
    probe.close();
    rtnetlink.close();
  }

  /** A start of the cores without sockets or rights: for the start-up cache. */
  public static GatewayNodeStatus rehearse(GatewayNodeSpec spec) {
    AgentCore core = new AgentCore(CoreConfig.of(spec), 0);
    List<Effect> first =
        core.start(new Found(Map.of(), false, OptionalLong.empty(), Asked.NOTHING), 0);
    if (first.isEmpty() && spec.networks().stream().map(NodeNetwork::name).findAny().isEmpty()) {
      throw new IllegalStateException("nothing to rehearse");
    }
    return StatusReport.of(
        spec,
        core.snapshot(1),
        new StatusReport.Parts(false, List.of(), List.of(), null, null, null, Main.version()),
        Instant.EPOCH,
        List.of());
  }
}
