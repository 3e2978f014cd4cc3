package dev.holdfast.operator.plan;

import dev.holdfast.api.v1alpha1.GatewayNodeNames;
import dev.holdfast.api.v1alpha1.GatewayNodeStatus;
import dev.holdfast.api.v1alpha1.Role;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.DaemonSetStatus;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which router may get a new pod: one at a time, the backups first, each in sync before the next.
 * The active goes last, and only when another router that was renewed holds every flow and may take
 * the role; it is asked to give the role up before its pod is touched.
 *
 * <p>A router whose agent does not work has nothing to lose: it is renewed at once, which is also
 * the way out of a bad image. Of routers that only stopped reporting one is taken at a time, and
 * nobody while a router has yet to be heard again.
 */
final class Rollout {

  /** On a DaemonSet: which template its pod was made from, and when that was decided. */
  static final String TEMPLATE_ANNOTATION = "holdfast.dev/template";

  static final String RENEWED_ANNOTATION = "holdfast.dev/renewed-at";

  private final Scene scene;
  private final Map<String, String> wanted;
  private final Set<String> renew = new HashSet<>();
  private final Set<String> movedAway = new HashSet<>();
  private Progress progress = Progress.DONE;

  private Rollout(Scene scene, Map<String, String> wanted) {
    this.scene = scene;
    this.wanted = wanted;
  }

  /**
   * @param renew routers whose DaemonSet may have the wanted template
   * @param movedAway routers that shall not hold the role because their pod is about to go
   */
  record Decision(Set<String> renew, Set<String> movedAway, Progress progress) {}

  /**
   * @param wanted by node: which template it shall have
   */
  static Decision decide(Scene scene, Map<String, String> wanted) {
    Rollout rollout = new Rollout(scene, wanted);
    rollout.decide();
    return new Decision(rollout.renew, rollout.movedAway, rollout.progress);
  }

  private void decide() {
    List<String> routers = wanted.keySet().stream().sorted(scene.leastFirst()).toList();
    routers.stream().filter(node -> !pending(node) || broken(node)).forEach(renew::add);
    lost(routers).ifPresent(renew::add);
    List<String> waiting = routers.stream().filter(node -> !renew.contains(node)).toList();
    Optional<String> inFlight = routers.stream().filter(this::inFlight).findFirst();
    if (inFlight.isPresent()) {
      progress = flying(inFlight.get(), waiting);
    } else if (!waiting.isEmpty()) {
      goOn(waiting, routers);
    }
    routers.stream().filter(this::leavesItsOldPod).forEach(movedAway::add);
  }

  /**
   * The next one that stopped reporting, unless one of them has its new pod and is still lost. Who
   * has no kubelet to start a pod comes last, and is waited for only while nobody at all reports.
   */
  private Optional<String> lost(List<String> routers) {
    List<String> lost = routers.stream().filter(scene.reports()::lost).toList();
    boolean underWay =
        lost.stream()
            .filter(node -> !pending(node))
            .anyMatch(node -> canStartPods(node) || scene.reports().nobodyHeard());
    return underWay
        ? Optional.empty()
        : lost.stream()
            .filter(node -> pending(node) && !mayBeAllThereIs(node))
            .min(Comparator.comparing(node -> !canStartPods(node)));
  }

  /** It was active last, its pod runs, and no other router says that it could take the role. */
  private boolean mayBeAllThereIs(String node) {
    return scene.isActive(node)
        && isAvailable(node)
        && wanted.keySet().stream()
            .noneMatch(other -> !other.equals(node) && scene.reports().ready(other));
  }

  private boolean canStartPods(String node) {
    return scene.machine(node).map(Machine::ready).orElse(false);
  }

  private void goOn(List<String> waiting, List<String> routers) {
    Optional<String> unheard = routers.stream().filter(scene.reports()::unheard).findFirst();
    Optional<String> next =
        waiting.stream().filter(node -> !scene.reports().lost(node)).findFirst();
    if (unheard.isPresent()) {
      progress =
          Progress.moving(
              "RolloutWaits",
              unheard.get()
                  + " has to be heard again first: the API server or the operator was away");
    } else if (next.isPresent()) {
      next(next.get(), routers);
    } else {
      progress =
          Progress.moving(
              "RolloutWaits",
              String.join(", ", waiting)
                  + " stopped reporting, and no other router is ready to take the role yet");
    }
  }

  private Progress flying(String node, List<String> waiting) {
    if (waiting.isEmpty()) {
      return starting(node);
    }
    return overdue(node)
        ? Progress.halted(
            "RolloutHalted",
            node
                + " got a new pod and "
                + lack(node)
                + "; "
                + String.join(", ", waiting)
                + (waiting.size() == 1 ? " keeps its old one" : " keep their old ones"))
        : Progress.moving("Rollout", node + " got a new pod and " + lack(node));
  }

  /** Whatever became of an agent that once reported is told as its router's trouble. */
  private Progress starting(String node) {
    if (!overdue(node) && !scene.reports().silent(node)) {
      return Progress.moving("AgentStarts", "the agent on " + node + " starts: " + lack(node));
    }
    return scene.reports().reported(node)
        ? Progress.DONE
        : Progress.halted(
            "AgentNotReady", "the agent on " + node + " did not start in time: " + lack(node));
  }

  private void next(String node, List<String> routers) {
    if (!scene.isActive(node) && !scene.reports().claimsActive(node)) {
      renew.add(node);
      progress = Progress.moving("Rollout", node + " gets a new pod");
    } else if (scene.reports().stale(node)) {
      progress =
          Progress.halted(
              "RolloutHalted",
              node
                  + " is active and keeps its old pod: its peer hears it, and nobody can ask it to give"
                  + " the role up, for it stopped reporting. Mend its way to the API server, or end it:"
                  + " `kubectl -n "
                  + scene.namespace()
                  + " delete daemonset "
                  + GatewayNodeNames.of(scene.name(), node)
                  + "`");
    } else {
      afterTheRole(node, routers);
    }
  }

  private void afterTheRole(String node, List<String> routers) {
    Optional<String> successor =
        routers.stream()
            .filter(other -> !other.equals(node))
            .filter(other -> scene.reports().ready(other) && scene.reports().inSync(other))
            .findFirst();
    if (successor.isPresent()) {
      movedAway.add(node);
      progress = Progress.moving("Rollout", node + " gives the role up before it gets a new pod");
    } else {
      progress =
          Progress.moving(
              "RolloutWaits",
              node
                  + " is active and keeps its old pod until another router holds every flow and may"
                  + " take the role");
    }
  }

  private boolean pending(String node) {
    return daemonSet(node)
        .map(set -> !annotation(set, TEMPLATE_ANNOTATION).equals(wanted.get(node)))
        .orElse(false);
  }

  /** By a word that counts: what it said before nobody could be heard may be over. */
  private boolean broken(String node) {
    return scene.reports().broken(node) && !scene.reports().unheard(node);
  }

  /** Its agent works: as active or backup, or because it was told to hold no role. */
  private boolean standing(String node) {
    return scene.reports().ready(node) || rests(node);
  }

  private boolean rests(String node) {
    return scene.reports().alive(node)
        && scene
            .reports()
            .status(node)
            .map(GatewayNodeStatus::role)
            .filter(Role.MAINTENANCE::equals)
            .isPresent();
  }

  private boolean inFlight(String node) {
    return canStartPods(node) && (pending(node) ? renew.contains(node) : !settled(node));
  }

  private boolean settled(String node) {
    return podIsNew(node) && podWorks(node) && standing(node) && holdsTheFlows(node);
  }

  private boolean holdsTheFlows(String node) {
    return scene.reports().active().map(node::equals).orElse(true) || scene.reports().inSync(node);
  }

  /** It gave the role up for its new pod; told otherwise now, its old one would take it back. */
  private boolean leavesItsOldPod(String node) {
    return renew.contains(node)
        && (pending(node) || !podIsNew(node))
        && scene.gatewayNode(node).map(one -> one.getSpec().maintenance()).orElse(false);
  }

  private boolean podIsNew(String node) {
    return daemonSet(node)
        .map(
            set -> {
              DaemonSetStatus status = set.getStatus();
              return status != null
                  && orZero(status.getObservedGeneration()) >= set.getMetadata().getGeneration()
                  && orZero(status.getUpdatedNumberScheduled()) >= 1;
            })
        .orElse(false);
  }

  /** Ready; a router in maintenance is never that, and then it is enough that its agent runs. */
  private boolean podWorks(String node) {
    return isAvailable(node)
        || rests(node)
            && scene.observed().pods().stream()
                .filter(pod -> of(node, pod))
                .anyMatch(Rollout::started);
  }

  private boolean isAvailable(String node) {
    return daemonSet(node)
        .map(DaemonSet::getStatus)
        .map(status -> orZero(status.getNumberAvailable()) >= 1)
        .orElse(false);
  }

  private static boolean of(String node, Pod pod) {
    return GatewayNodeNames.label(node)
        .equals(pod.getMetadata().getLabels().get(GatewayNodeNames.NODE_LABEL));
  }

  private static boolean started(Pod pod) {
    return pod.getMetadata().getDeletionTimestamp() == null
        && pod.getStatus() != null
        && !pod.getStatus().getContainerStatuses().isEmpty()
        && pod.getStatus().getContainerStatuses().stream()
            .map(ContainerStatus::getStarted)
            .allMatch(Boolean.TRUE::equals);
  }

  private boolean overdue(String node) {
    Instant renewed =
        daemonSet(node)
            .map(set -> Instants.parse(annotation(set, RENEWED_ANNOTATION)))
            .orElse(scene.observed().now());
    return renewed.plus(scene.settings().rolloutDeadline()).isBefore(scene.observed().now());
  }

  private String lack(String node) {
    if (!podIsNew(node)) {
      return "it is not running yet";
    }
    if (!standing(node)) {
      return "its agent is not ready";
    }
    return holdsTheFlows(node) ? "its pod is not ready" : "it is not in sync yet";
  }

  private Optional<DaemonSet> daemonSet(String node) {
    return scene.observed().daemonSet(GatewayNodeNames.of(scene.name(), node));
  }

  static String annotation(DaemonSet set, String key) {
    Map<String, String> annotations = set.getMetadata().getAnnotations();
    return annotations == null ? "" : annotations.getOrDefault(key, "");
  }

  private static long orZero(@Nullable Number number) {
    return number == null ? 0 : number.longValue();
  }
}
