package dev.holdfast.operator.plan;

import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What shall be, and what the planner found on the way there.
 *
 * @param wanted in the order in which they are to be written
 * @param unwanted to be deleted, in order; some may not exist
 * @param roles pods whose label {@code holdfast.dev/role} is to be changed: name and value
 * @param progress how far the routers are from what is wanted
 * @param troubles what a person should know of, a sentence each
 * @param handover what came of a request for a handover; null while none was made
 * @param handoverAnswered the request's annotation can go, once the answer stands in the status
 * @param mayGo the resource is being deleted, and nothing is left to wait for
 */
public record ClusterPlan(
    List<HasMetadata> wanted,
    List<HasMetadata> unwanted,
    Map<String, String> roles,
    Acceptance acceptance,
    Progress progress,
    List<String> troubles,
    @Nullable Answer handover,
    boolean handoverAnswered,
    boolean mayGo) {

  public ClusterPlan {
    wanted = List.copyOf(wanted);
    unwanted = List.copyOf(unwanted);
    roles = Map.copyOf(roles);
    troubles = List.copyOf(troubles);
  }

  /** The same, of which the API server refused something. */
  public ClusterPlan refused(List<String> sentences) {
    return new ClusterPlan(
        wanted,
        unwanted,
        roles,
        acceptance,
        Progress.halted(
            "ApplyFailed", "the API server refused " + String.join("; and ", sentences)),
        troubles,
        handover,
        handoverAnswered,
        mayGo);
  }

  /** Something is on its way that may need another look without an event. */
  public boolean moving() {
    return progress.state() == Progress.State.MOVING
        || handover != null && handover.state() == Answer.State.ASKED;
  }
}
