package dev.holdfast.agent.kube;

import dev.holdfast.agent.config.NodeFile;
import dev.holdfast.agent.config.Problem;
import dev.holdfast.agent.kube.AcceptedStore.Kept;
import dev.holdfast.agent.ops.Times;
import dev.holdfast.agent.sync.wire.LinkKeys;
import dev.holdfast.api.v1alpha1.Condition;
import dev.holdfast.api.v1alpha1.ConditionStatus;
import dev.holdfast.api.v1alpha1.FlowSyncProtocol;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import dev.holdfast.api.v1alpha1.GatewayNodeStatus;
import dev.holdfast.api.v1alpha1.Role;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides which GatewayNode the agent works by, and says so in the condition {@code Accepted}.
 *
 * <pre>
 *   what comes                       what the agent does                          Accepted
 *   a start, one on disk             works by it, without asking anyone           True, FromDisk
 *   a start, none usable on disk     waits: live, not ready                       -
 *   a document it understands        keeps it on disk, then works by it           True, Applied
 *   the same generation again        nothing                                      as before
 *   one older than what it judged    nothing                                      as before
 *   one it cannot apply              goes on with what it had                     False, why
 *   a usable link key, one waiting   judges the waiting document again            True, Applied
 *   another link key                 works by it                                  as before
 *   its GatewayNode is deleted       goes on with what it had                     as before
 *   all of ours was taken away       removes what is on disk                      as before
 * </pre>
 *
 * <p>Called by several threads; one at a time gets in. Opens nothing but the store's files.
 */
public final class NodeFollower {

  /**
   * A GatewayNode as it came.
   *
   * @param uid of the object: another one of the same name counts its generations anew
   * @param text without status
   */
  public record Document(String uid, long generation, String text) {}

  /** What the follower drives. */
  public interface Gateway {

    /**
     * From now on this configuration.
     *
     * @param keys of the sealed link; null with a protocol that has none
     * @param fromApi the API server was heard just now
     */
    void apply(GatewayNodeSpec spec, @Nullable LinkKeys keys, boolean fromApi);

    /** Why there is no configuration yet. */
    void waitingFor(String sentence);

    /** The report has something new. */
    void changed();
  }

  private static final Logger LOG = LoggerFactory.getLogger(NodeFollower.class);
  private static final String CONDITION = "Accepted";
  private static final int MESSAGE_MAX = 4_000;
  private static final int PROBLEMS_MAX = 10;

  /** The configuration that the agent works by. */
  private record Current(long generation, GatewayNodeSpec spec, @Nullable LinkKeys keys) {}

  private final String node;
  private final String name;
  private final AcceptedStore store;
  private final Supplier<LinkKeys.Parsed> keyFile;
  private final Gateway gateway;
  private final Supplier<Instant> clock;

  private boolean isKept;
  private @Nullable Document judged;
  private @Nullable Document waitingForKey;
  private volatile @Nullable Current current;
  private volatile @Nullable Condition accepted;

  /**
   * @param node the router that the agent was started for
   * @param name of its GatewayNode
   * @param keyFile what the file with the link key says now
   */
  public NodeFollower(
      String node,
      String name,
      AcceptedStore store,
      Supplier<LinkKeys.Parsed> keyFile,
      Gateway gateway,
      Supplier<Instant> clock) {
    this.node = node;
    this.name = name;
    this.store = store;
    this.keyFile = keyFile;
    this.gateway = gateway;
    this.clock = clock;
  }

  /** At the start, before anyone was asked. */
  public synchronized void startFromDisk() {
    switch (store.read(name)) {
      case Kept.Nothing() ->
          waiting("no GatewayNode was accepted here before (" + store + "), and none has come yet");
      case Kept.Unusable(String sentence) -> {
        LOG.error("nothing usable on disk why=\"{}\"", sentence);
        waiting("nothing on disk can be used (" + sentence + "), and no GatewayNode has come yet");
      }
      case Kept.Usable(
              NodeFile.Result.Accepted(var _, var _, long generation, var spec),
              String problem) -> {
        if (!problem.isEmpty()) {
          LOG.warn("an older GatewayNode is used generation={} why=\"{}\"", generation, problem);
        }
        begin(generation, spec);
      }
    }
  }

  private void begin(long generation, GatewayNodeSpec spec) {
    switch (keys(spec)) {
      case Keys.Refused(String sentence) -> waiting(sentence);
      case Keys.Usable(var keys) -> {
        LOG.info("configuration from disk gatewaynode={} generation={}", name, generation);
        isKept = true;
        current = new Current(generation, spec, keys);
        say(true, "FromDisk", generation, "the agent works by what it kept on disk");
        gateway.apply(spec, keys, false);
      }
    }
  }

  private void waiting(String sentence) {
    LOG.info("waiting why=\"{}\"", sentence);
    gateway.waitingFor(sentence);
  }

  /** A GatewayNode came from the API server; also for changes of its status. */
  public synchronized void found(Document document) {
    Document before = judged;
    boolean old =
        before != null
            && before.uid().equals(document.uid())
            && document.generation() <= before.generation();
    if (!old) {
      judged = document;
      judge(document);
    }
  }

  private void judge(Document document) {
    waitingForKey = null;
    switch (NodeFile.parse(document.text())) {
      case NodeFile.Result.Refused(var problems) ->
          reject("NotUnderstood", document.generation(), sentence(problems));
      case NodeFile.Result.Accepted(var _, var _, long _, var spec)
          when !spec.node().equals(node) ->
          reject(
              "AnotherRouter",
              document.generation(),
              "spec.node is " + spec.node() + ", and this agent was started for " + node);
      case NodeFile.Result.Accepted(var _, var _, long generation, var spec) -> {
        switch (keys(spec)) {
          case Keys.Refused(String sentence) -> {
            waitingForKey = document;
            reject("LinkKeyUnusable", generation, sentence);
          }
          case Keys.Usable(var keys) -> accept(document, spec, keys);
        }
      }
    }
  }

  private void accept(Document document, GatewayNodeSpec spec, @Nullable LinkKeys keys) {
    Current before = current;
    String kept = keep(document);
    current = new Current(document.generation(), spec, keys);
    say(true, "Applied", document.generation(), kept);
    if (before != null && before.spec().equals(spec) && Objects.equals(before.keys(), keys)) {
      return;
    }
    LOG.info("configuration applied gatewaynode={} generation={}", name, document.generation());
    gateway.apply(spec, keys, true);
  }

  /** A full disk is no reason to refuse a configuration; that it is full has to be said. */
  private String keep(Document document) {
    try {
      store.write(document.text());
      isKept = true;
      return "";
    } catch (IOException e) {
      LOG.error("configuration not kept on disk why=\"{}\"", e.getMessage());
      return "applied, but not kept on disk, so that a restart without the API server would go back: "
          + e.getMessage();
    }
  }

  private void reject(String reason, long generation, String sentence) {
    Current running = current;
    String goesOn =
        running == null
            ? "the router takes no role before it has a configuration"
            : "the router goes on with generation " + running.generation();
    LOG.warn(
        "configuration refused generation={} reason={} why=\"{}\"", generation, reason, sentence);
    say(false, reason, generation, sentence + "; " + goesOn);
    if (running == null) {
      gateway.waitingFor(sentence);
    }
  }

  private static String sentence(List<Problem> problems) {
    String all =
        problems.stream()
            .limit(PROBLEMS_MAX)
            .map(Problem::toString)
            .collect(Collectors.joining("; "));
    return problems.size() > PROBLEMS_MAX
        ? all + "; and " + (problems.size() - PROBLEMS_MAX) + " more"
        : all;
  }

  /** There is no such GatewayNode: what withdraws a gateway is its spec, never its absence. */
  public synchronized void absent() {
    if (current == null) {
      waiting("there is no GatewayNode " + name + " at the API server");
    } else {
      LOG.warn("no GatewayNode of that name; the router goes on gatewaynode={}", name);
    }
  }

  /** Everything of ours was taken away from this router: what is on disk goes too. */
  public synchronized void withdrawn() {
    Current running = current;
    if (running == null || !running.spec().withdraw() || !isKept) {
      return;
    }
    try {
      store.delete();
      isKept = false;
      LOG.info("withdrawn, nothing is kept on disk any more gatewaynode={}", name);
    } catch (IOException e) {
      LOG.warn("not removed from disk why=\"{}\"", e.getMessage());
    }
  }

  /** The API server cannot be asked. */
  public synchronized void away(String why) {
    if (current == null) {
      gateway.waitingFor(
          "nothing on disk can be used, and the API server cannot be asked (" + why + ")");
    }
  }

  /** The file with the link key has another content. */
  public synchronized void keysChanged() {
    Document waiting = waitingForKey;
    Current running = current;
    if (waiting != null) {
      judge(waiting);
    } else if (running == null) {
      startFromDisk();
    } else {
      switch (keys(running.spec())) {
        case Keys.Refused(String sentence) ->
            LOG.warn("link key not usable, the one before stays why=\"{}\"", sentence);
        case Keys.Usable(var keys) -> {
          if (!Objects.equals(keys, running.keys())) {
            LOG.info("link keys read again keys={}", keys);
            current = new Current(running.generation(), running.spec(), keys);
            gateway.apply(running.spec(), keys, false);
            gateway.changed();
          }
        }
      }
    }
  }

  private sealed interface Keys {
    record Usable(@Nullable LinkKeys keys) implements Keys {}

    record Refused(String sentence) implements Keys {}
  }

  private Keys keys(GatewayNodeSpec spec) {
    if (spec.flowSync().protocol() == FlowSyncProtocol.CONNTRACKD) {
      return new Keys.Usable(null);
    }
    return switch (keyFile.get()) {
      case LinkKeys.Parsed.Ok(LinkKeys keys) -> new Keys.Usable(keys);
      case LinkKeys.Parsed.Refused(String sentence) -> new Keys.Refused(sentence);
    };
  }

  private void say(boolean holds, String reason, long generation, String message) {
    Condition before = accepted;
    ConditionStatus status = holds ? ConditionStatus.TRUE : ConditionStatus.FALSE;
    accepted =
        new Condition(
            CONDITION,
            status,
            generation,
            reason,
            message.length() > MESSAGE_MAX ? message.substring(0, MESSAGE_MAX) : message,
            before != null && before.status() == status
                ? before.lastTransitionTime()
                : Times.text(clock.get()));
    gateway.changed();
  }

  /** The agent's report with what only this knows: the generation and whether it was accepted. */
  public GatewayNodeStatus completed(GatewayNodeStatus status) {
    Current running = current;
    Condition verdict = accepted;
    if (running == null) {
      return status;
    }
    List<Condition> conditions = new ArrayList<>();
    if (verdict != null) {
      conditions.add(verdict);
    }
    for (Condition condition : status.conditions()) {
      conditions.add(condition.of(running.generation()));
    }
    return status.judged(running.generation(), conditions);
  }

  /** The report while there is no agent yet; null when there is nothing to say. */
  public @Nullable GatewayNodeStatus beforeTheFirst(String version) {
    Condition verdict = accepted;
    return verdict == null
        ? null
        : GatewayNodeStatus.waiting(Role.INITIALIZE, version, List.of(verdict));
  }
}
