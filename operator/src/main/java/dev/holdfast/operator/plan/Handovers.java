package dev.holdfast.operator.plan;

import dev.holdfast.api.v1alpha1.Condition;
import dev.holdfast.api.v1alpha1.ConditionStatus;
import dev.holdfast.api.v1alpha1.GatewayNodeNames;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The annotation {@code holdfast.dev/handover-to}. The wish lives on in {@code handoverTo} of the
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
      return new Wish(
          null,
          new Answer(
              Answer.State.DONE,
              "Auto",
              "the role goes to the router with the highest priority once it is in sync"));
    }
    if (scene.isActive(to)) {
      return new Wish(to, new Answer(Answer.State.DONE, "Done", to + " has the role"));
    }
    Optional<String> hindrance = hindrance(scene, to);
    if (hindrance.isPresent()) {
      return new Wish(
          standing(scene), new Answer(Answer.State.REFUSED, "Refused", hindrance.get()));
    }
    if (overdue(scene)) {
      return new Wish(
          null,
          new Answer(
              Answer.State.REFUSED,
              "TimedOut",
              to + " did not get the role in time; `kubectl describe gatewaynodes` says more"));
    }
    return new Wish(to, new Answer(Answer.State.ASKED, "Asked", "the role is to go to " + to));
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

  private static boolean overdue(Scene scene) {
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
        .map(Condition::lastTransitionTime)
        .map(Instants::parse)
        .anyMatch(since -> since.plus(patience).isBefore(scene.observed().now()));
  }
}
