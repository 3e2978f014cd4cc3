package dev.holdfast.operator.plan;

import dev.holdfast.api.v1alpha1.Condition;
import dev.holdfast.api.v1alpha1.ConditionStatus;
import dev.holdfast.api.v1alpha1.GatewayNodeNames;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import dev.holdfast.api.v1alpha1.HandoverAnswers;
import dev.holdfast.api.v1alpha1.Preemption;
import java.time.Duration;
import java.util.Comparator;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The annotation {@code holdfast.dev/handover-to}. Every answer begins with what was asked for, so
 * that nobody takes an older one for their own. The wish lives on in {@code handoverTo} of the
 * GatewayNodes after the annotation is gone: a router that got the role by name keeps it until it
 * loses it, or until {@code auto} is asked for.
 */
final class Handovers {

  /** The condition of the GatewayCluster that holds the answer. */
  static final String CONDITION = "Handover";

  private static final String AUTO = "auto";

  /** What the agents need beside {@code handover.timeout} to hear of it and to report. */
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /**
   * @param to for every GatewayNode
   * @param answer null while nothing is asked
   */
  record Wish(@Nullable String to, @Nullable Answer answer) {

    /** The annotation can go. */
    boolean answered() {
      return answer != null && answer.state() != Answer.State.ASKED;
    }
  }

  private Handovers() {}

  static Wish wish(Scene scene) {
    Optional<String> asked = scene.annotation(GatewayNodeNames.HANDOVER_ANNOTATION);
    return asked.map(to -> judge(scene, to)).orElseGet(() -> new Wish(standing(scene), null));
  }

  private static @Nullable String standing(Scene scene) {
    return scene.observed().gatewayNodes().stream()
        .map(one -> one.getSpec().handoverTo())
        .filter(Objects::nonNull)
        .filter(scene.listed()::contains)
        .filter(node -> scene.reports().active().map(node::equals).orElse(true))
        .findFirst()
        .orElse(null);
  }

  private static Wish judge(Scene scene, String to) {
    if (to.equals(AUTO)) {
      return new Wish(null, auto(scene));
    }
    if (hasTheRole(scene, to)) {
      return new Wish(to, new Answer(Answer.State.DONE, "Done", to + " has the role"));
    }
    Optional<String> hindrance = hindrance(scene, to);
    if (hindrance.isPresent()) {
      return new Wish(standing(scene), refused("Refused", hindrance.get()));
    }
    if (overdue(scene, to)) {
      return new Wish(
          null,
          refused(
              "TimedOut",
              to + " did not get the role in time; `kubectl describe gatewaynodes` says more"));
    }
    return new Wish(to, new Answer(Answer.State.ASKED, "Asked", to + " is to get the role"));
  }

  /** Asked until the best router has the role: only then is it where priorities want it. */
  private static Answer auto(Scene scene) {
    Optional<String> best =
        scene.listed().stream()
            .filter(node -> scene.reports().ready(node) && !Requests.maintenance(scene, node))
            .max(Comparator.comparingInt(scene::priority));
    if (best.isEmpty()) {
      return refused("Refused", "auto: no router may take the role now");
    }
    Optional<String> active =
        scene.listed().stream().filter(node -> hasTheRole(scene, node)).findFirst();
    if (active.isPresent() && neverPreempts(scene)) {
      return done("auto: " + active.get() + " keeps the role until it fails, as vrrp.preempt says");
    }
    if (active.filter(node -> isAsGoodAs(scene, node, best.get())).isPresent()) {
      return done("auto: " + active.get() + " has the role");
    }
    return overdue(scene, AUTO)
        ? refused(
            "TimedOut",
            "auto: " + best.get() + " did not get the role in time; it takes it once it is in sync")
        : new Answer(Answer.State.ASKED, "Asked", "auto: " + best.get() + " is to get the role");
  }

  private static Answer done(String message) {
    return new Answer(Answer.State.DONE, "Auto", message);
  }

  private static Answer refused(String reason, String message) {
    return new Answer(Answer.State.REFUSED, reason, message);
  }

  /** By a word that is not old. */
  private static boolean hasTheRole(Scene scene, String node) {
    return scene.reports().active().filter(node::equals).isPresent()
        && !scene.reports().unheard(node);
  }

  private static boolean neverPreempts(Scene scene) {
    return scene.spec().vrrp() != null && scene.spec().vrrp().preempt() == Preemption.NEVER;
  }

  private static boolean isAsGoodAs(Scene scene, String node, String best) {
    return scene.priority(node) >= scene.priority(best) && !Requests.maintenance(scene, node);
  }

  private static Optional<String> hindrance(Scene scene, String to) {
    if (!scene.listed().contains(to)) {
      return Optional.of(
          to + " is no router of this cluster: write a name of spec.routers, or auto");
    }
    if (Requests.maintenance(scene, to)) {
      return Optional.of(to + " is in maintenance: uncordon it, or set its maintenance to false");
    }
    if (!scene.reports().ready(to)) {
      return Optional.of(to + " cannot take the role now: its agent is not ready");
    }
    if (scene.reports().active().isPresent() && !scene.reports().inSync(to)) {
      return Optional.of(to + " does not hold every flow yet: ask again when it is in sync");
    }
    return Optional.empty();
  }

  private static boolean overdue(Scene scene, String to) {
    var status = scene.cluster().getStatus();
    if (status == null) {
      return false;
    }
    Duration patience =
        scene.observed().gatewayNodes().stream()
            .map(one -> one.getSpec())
            .map(GatewayNodeSpec::handover)
            .map(handover -> Duration.ofNanos(handover.timeoutNanos()))
            .findFirst()
            .orElse(Duration.ZERO)
            .plus(PATIENCE);
    return status.conditions().stream()
        .filter(condition -> condition.type().equals(CONDITION))
        .filter(condition -> condition.status() == ConditionStatus.UNKNOWN)
        .filter(condition -> HandoverAnswers.isAbout(condition.message(), to))
        .map(Condition::lastTransitionTime)
        .map(Instants::parse)
        .anyMatch(since -> since.plus(patience).isBefore(scene.observed().now()));
  }
}
