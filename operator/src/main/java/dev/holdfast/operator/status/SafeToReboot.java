package dev.holdfast.operator.status;

import dev.holdfast.api.v1alpha1.FlowTotals;
import dev.holdfast.operator.plan.Reports;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The question before every reboot: what would be lost if this router went away now? */
final class SafeToReboot {

  /**
   * @param note why, or why not
   */
  record Answer(boolean safe, String note) {}

  private final Reports reports;
  private final List<String> routers;
  private final @Nullable FlowTotals flows;

  SafeToReboot(Reports reports, List<String> routers, @Nullable FlowTotals flows) {
    this.reports = reports;
    this.routers = routers;
    this.flows = flows;
  }

  Answer of(String node) {
    Optional<String> active = reports.active();
    if (active.isEmpty()) {
      return new Answer(false, "no router is active");
    }
    Optional<String> unheard = routers.stream().filter(reports::unheard).findFirst();
    if (unheard.isPresent()) {
      return new Answer(
          false,
          unheard.get()
              + " has not been heard since the API server or the operator was away: ask again when"
              + " it has reported");
    }
    return active.get().equals(node) ? ofTheActive(node) : ofABackup(node, active.get());
  }

  private Answer ofTheActive(String node) {
    Optional<String> successor = successor(node);
    if (successor.isPresent()) {
      return new Answer(true, successor.get() + " holds every flow and takes the role");
    }
    Optional<String> willing =
        routers.stream().filter(other -> !other.equals(node)).filter(reports::ready).findFirst();
    return willing.isPresent()
        ? new Answer(
            false, willing.get() + " does not hold every flow yet; lost would be " + unprotected())
        : new Answer(
            false,
            "no other router may take the role; the gateway would be gone, and with it "
                + tracked());
  }

  private Answer ofABackup(String node, String active) {
    if (reports.silent(node)) {
      String peer = reports.silentByPeer(node).orElse(null);
      return new Answer(
          true,
          (peer == null ? "it has not reported for minutes" : peer + " does not hear it")
              + "; "
              + active
              + " has the role");
    }
    boolean onlyOne =
        reports.inSync(node)
            && routers.stream()
                .filter(other -> !other.equals(node) && !other.equals(active))
                .noneMatch(other -> reports.ready(other) && reports.inSync(other));
    return new Answer(
        true,
        onlyOne
            ? active + " has the role; until this one is back nobody else holds its flows"
            : active + " has the role");
  }

  private Optional<String> successor(String node) {
    return reports.inSync(node)
        ? routers.stream()
            .filter(other -> !other.equals(node))
            .filter(other -> reports.ready(other) && reports.inSync(other))
            .findFirst()
        : Optional.empty();
  }

  private String unprotected() {
    return flows == null
        ? "an unknown number of flows"
        : Math.max(0, flows.tracked() - flows.protectedFlows()) + " of " + tracked();
  }

  private String tracked() {
    return flows == null ? "every flow" : flows.tracked() + " flows";
  }
}
