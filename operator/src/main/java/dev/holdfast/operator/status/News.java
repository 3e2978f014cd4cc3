package dev.holdfast.operator.status;

import dev.holdfast.api.v1alpha1.Condition;
import dev.holdfast.api.v1alpha1.ConditionStatus;
import dev.holdfast.api.v1alpha1.GatewayClusterStatus;
import dev.holdfast.api.v1alpha1.LastTransition;
import dev.holdfast.operator.plan.Answer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Something that happened, for an Event: what differs between two statuses.
 *
 * @param warning somebody should look
 * @param reason CamelCase
 */
public record News(boolean warning, String reason, String message) {

  /** In the order in which they are to be told. */
  public static List<News> between(
      @Nullable GatewayClusterStatus before, GatewayClusterStatus now) {
    List<News> news = new ArrayList<>();
    role(before, now).ifPresent(news::add);
    for (Condition condition : now.conditions()) {
      Condition old = condition(before, condition.type());
      if (old == null ? worthTelling(condition) : changed(old, condition)) {
        of(condition).ifPresent(news::add);
      }
    }
    return news;
  }

  /** Of a request that has been answered, however often the answer was the same. */
  public static News of(Answer answer) {
    return new News(
        answer.state() == Answer.State.REFUSED, "Handover" + answer.reason(), answer.message());
  }

  private static Optional<News> role(
      @Nullable GatewayClusterStatus before, GatewayClusterStatus now) {
    String old = before == null ? null : before.active();
    if (Objects.equals(old, now.active())) {
      return Optional.empty();
    }
    if (now.active() == null) {
      return Optional.of(new News(true, "NobodyActive", old + " has lost the role"));
    }
    LastTransition last = now.lastTransition();
    String why = last == null ? "" : ": " + last.reason() + gap(last);
    return Optional.of(
        new News(
            false,
            "RoleMoved",
            (old == null ? "" : "from " + old + " ") + "to " + now.active() + why));
  }

  private static String gap(LastTransition last) {
    return last.gapMillis() == null ? "" : ", gap " + last.gapMillis() + " ms";
  }

  /** At first sight only what is wrong is news. */
  private static boolean worthTelling(Condition condition) {
    return switch (condition.type()) {
      case "Accepted" -> condition.status() == ConditionStatus.FALSE;
      case "SplitBrain" -> condition.status() == ConditionStatus.TRUE;
      case "Handover" -> condition.status() == ConditionStatus.UNKNOWN;
      default -> false;
    };
  }

  /** An answer is told when its request goes. */
  private static boolean changed(Condition old, Condition now) {
    if (now.type().equals("Handover")) {
      return now.status() == ConditionStatus.UNKNOWN && !old.message().equals(now.message());
    }
    boolean otherStep =
        now.type().equals("Progressing")
            && !(old.reason().equals(now.reason()) && old.message().equals(now.message()));
    boolean otherRefusal = now.type().equals("Accepted") && !old.message().equals(now.message());
    return old.status() != now.status() || otherStep || otherRefusal;
  }

  private static Optional<News> of(Condition condition) {
    boolean holds = condition.status() == ConditionStatus.TRUE;
    return switch (condition.type()) {
      case "Accepted" ->
          Optional.of(
              holds
                  ? new News(false, "Accepted", "the resource is in use")
                  : new News(true, condition.reason(), condition.message()));
      case "Progressing" ->
          Optional.of(
              new News(
                  !holds && !condition.reason().equals("UpToDate"),
                  condition.reason(),
                  condition.message()));
      case "Degraded" ->
          Optional.of(
              holds
                  ? new News(true, condition.reason(), condition.message())
                  : new News(false, "Recovered", "everything is as it should be"));
      case "FlowsInSync" -> Optional.of(new News(!holds, condition.reason(), condition.message()));
      case "SplitBrain" ->
          Optional.of(
              holds
                  ? new News(true, "TwoActive", condition.message())
                  : new News(false, "OneActive", "one router is active"));
      case "Handover" ->
          Optional.of(new News(false, "Handover" + condition.reason(), condition.message()));
      default -> Optional.empty();
    };
  }

  private static @Nullable Condition condition(@Nullable GatewayClusterStatus status, String type) {
    return status == null
        ? null
        : status.conditions().stream()
            .filter(condition -> condition.type().equals(type))
            .findFirst()
            .orElse(null);
  }
}
