package dev.holdfast.operator.plan;

import dev.holdfast.api.render.Defaults;
import dev.holdfast.api.v1alpha1.AgentMode;
import dev.holdfast.api.v1alpha1.DurationText;
import dev.holdfast.api.v1alpha1.GatewayCluster;
import dev.holdfast.api.v1alpha1.GatewayClusterSpec;
import dev.holdfast.api.v1alpha1.GatewayNode;
import dev.holdfast.api.v1alpha1.HandoverSpec;
import dev.holdfast.api.v1alpha1.RouterSpec;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * One GatewayCluster with all that is known about it: what every rule of this room looks at.
 *
 * @param accepted false: the resource cannot be used, and the gateway stays as it is
 * @param reports of every router that has a GatewayNode
 */
record Scene(
    GatewayCluster cluster,
    Observed observed,
    AgentSettings settings,
    boolean accepted,
    Reports reports) {

  /** Delete without waiting for routers. */
  static final String ABANDON_ANNOTATION = "holdfast.dev/abandon";

  String name() {
    return cluster.getMetadata().getName();
  }

  String namespace() {
    return cluster.getMetadata().getNamespace();
  }

  GatewayClusterSpec spec() {
    return cluster.getSpec();
  }

  boolean deleting() {
    return cluster.getMetadata().getDeletionTimestamp() != null;
  }

  Optional<String> annotation(String key) {
    Map<String, String> annotations = cluster.getMetadata().getAnnotations();
    return annotations == null ? Optional.empty() : Optional.ofNullable(annotations.get(key));
  }

  boolean abandoned() {
    return annotation(ABANDON_ANNOTATION).filter("true"::equals).isPresent();
  }

  /**
   * The routers that make the gateway: those of the resource, or those that run when it cannot be
   * used.
   */
  List<String> listed() {
    if (deleting()) {
      return List.of();
    }
    return accepted
        ? spec().routers().stream().map(RouterSpec::node).toList()
        : observed.gatewayNodes().stream().map(one -> one.getSpec().node()).sorted().toList();
  }

  /** Routers that have a GatewayNode and are not listed any more. */
  List<String> leaving() {
    List<String> listed = listed();
    return observed.gatewayNodes().stream()
        .map(one -> one.getSpec().node())
        .filter(node -> !listed.contains(node))
        .sorted()
        .toList();
  }

  Optional<GatewayNode> gatewayNode(String node) {
    return observed.gatewayNode(node);
  }

  Optional<Machine> machine(String node) {
    return Optional.ofNullable(observed.machines().get(node));
  }

  /** Until a handover must be over, by what the router knows or will know. */
  long handoverTimeoutNanos(String node) {
    HandoverSpec handover = spec().handover();
    String written = handover == null ? null : handover.timeout();
    return accepted || gatewayNode(node).isEmpty()
        ? DurationText.nanos(Objects.requireNonNullElse(written, Defaults.HANDOVER_TIMEOUT))
        : gatewayNode(node).get().getSpec().handover().timeoutNanos();
  }

  /** Also when it is only known to have been active last: it goes last in every change. */
  boolean isActive(String node) {
    return reports.lastActive().filter(node::equals).isPresent();
  }

  /** A resource that cannot be used leaves the agents where they are. */
  boolean inPods() {
    return accepted || observed.gatewayNodes().isEmpty()
        ? Defaults.agentMode(spec()) == AgentMode.POD
        : !observed.daemonSets().isEmpty();
  }

  /** The order of every change: who matters least goes first, the active last. */
  Comparator<String> leastFirst() {
    return Comparator.<String, Boolean>comparing(this::isActive)
        .thenComparingInt(this::priority)
        .thenComparing(Comparator.naturalOrder());
  }

  int priority(String node) {
    return spec().routers().stream()
        .filter(router -> router.node().equals(node))
        .map(RouterSpec::priority)
        .filter(Objects::nonNull)
        .findFirst()
        .or(() -> gatewayNode(node).map(one -> one.getSpec().priority()))
        .orElse(0);
  }
}
