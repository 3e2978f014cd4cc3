package dev.holdfast.operator.plan;

import dev.holdfast.api.v1alpha1.GatewayCluster;
import dev.holdfast.api.v1alpha1.GatewayNodeNames;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Decides what a GatewayCluster shall be made of now. */
public final class ClusterPlanner {

  private final Scene scene;
  private final Acceptance acceptance;

  private ClusterPlanner(Scene scene, Acceptance acceptance) {
    this.scene = scene;
    this.acceptance = acceptance;
  }

  /** The same input gives the same plan; carrying it out twice changes nothing. */
  public static ClusterPlan plan(
      GatewayCluster cluster, Observed observed, AgentSettings settings) {
    Acceptance acceptance = Acceptance.of(cluster, observed);
    Reports reports = Reports.of(cluster, observed);
    Scene scene = new Scene(cluster, observed, settings, acceptance.accepted(), reports);
    return new ClusterPlanner(scene, acceptance).plan();
  }

  private ClusterPlan plan() {
    Handovers.Wish wish = Handovers.wish(scene);
    Map<String, PodTemplateSpec> pods = pods();
    Map<String, String> templates = new LinkedHashMap<>();
    pods.forEach((node, pod) -> templates.put(node, Templates.fingerprint(pod)));
    Rollout.Decision rollout = Rollout.decide(scene, templates);
    Requests requests = Requests.of(scene, wish.to(), rollout.movedAway());
    Specs.Decision specs = Specs.decide(scene, requests);

    List<HasMetadata> wanted = new ArrayList<>();
    specs.specs().values().forEach(spec -> wanted.add(RouterObjects.gatewayNode(scene, spec)));
    if (!scene.listed().isEmpty()) {
      wanted.add(LinkKeys.secret(scene));
      scene.listed().forEach(node -> wanted.addAll(RouterObjects.account(scene, node)));
      pods.forEach(
          (node, pod) -> {
            if (rollout.renew().contains(node)) {
              wanted.add(daemonSet(node, pod));
            }
          });
      if (monitored()) {
        wanted.add(RouterObjects.podMonitor(scene));
      }
    }
    return new ClusterPlan(
        wanted,
        unwanted(),
        roles(),
        acceptance,
        scene.deleting() ? leaving() : specs.progress().or(rollout.progress()).or(hostServices()),
        troubles(),
        wish.answer(),
        wish.answered(),
        scene.deleting() && scene.leaving().stream().allMatch(node -> Requests.gone(scene, node)));
  }

  private Map<String, PodTemplateSpec> pods() {
    Map<String, PodTemplateSpec> pods = new LinkedHashMap<>();
    if (scene.inPods()) {
      scene.listed().stream()
          // A resource that cannot be used makes none anew.
          .filter(node -> scene.accepted() || daemonSet(node).isPresent())
          .forEach(node -> pods.put(node, RouterObjects.pod(scene, node)));
    }
    return pods;
  }

  private DaemonSet daemonSet(String node, PodTemplateSpec pod) {
    String template = Templates.fingerprint(pod);
    String renewedAt =
        daemonSet(node)
            .filter(set -> Rollout.annotation(set, Rollout.TEMPLATE_ANNOTATION).equals(template))
            .map(set -> Rollout.annotation(set, Rollout.RENEWED_ANNOTATION))
            .orElse(Instants.text(scene.observed().now()));
    return RouterObjects.daemonSet(scene, node, pod, template, renewedAt);
  }

  private boolean monitored() {
    return scene.observed().podMonitors()
        && scene.settings().monitoring()
        && (scene.inPods() || !scene.observed().daemonSets().isEmpty());
  }

  /**
   * Whether a router has its host service only a person knows, so the pods of agents that shall be
   * host services are a person's to end: all at once would be no gateway at all.
   */
  private Progress hostServices() {
    List<String> inPods =
        scene.listed().stream()
            .filter(node -> !scene.inPods())
            .filter(node -> daemonSet(node).isPresent())
            .sorted(scene.leastFirst())
            .toList();
    return inPods.isEmpty()
        ? Progress.DONE
        : Progress.halted(
            "PodsRemain",
            "agents shall be host services, and those of "
                + String.join(", ", inPods)
                + " are still pods; one router after the other, in this order: `kubectl -n "
                + scene.namespace()
                + " delete daemonset "
                + GatewayNodeNames.of(scene.name(), inPods.getFirst())
                + "`, start its host service, and go on when it is ready and in sync again");
  }

  private Optional<DaemonSet> daemonSet(String node) {
    return scene.observed().daemonSet(GatewayNodeNames.of(scene.name(), node));
  }

  private List<HasMetadata> unwanted() {
    if (scene.deleting()) {
      return List.of();
    }
    List<HasMetadata> unwanted = new ArrayList<>();
    List<String> leaving = scene.leaving();
    Set<String> kept =
        Stream.concat(scene.listed().stream(), leaving.stream())
            .map(node -> GatewayNodeNames.of(scene.name(), node))
            .collect(Collectors.toSet());
    scene.observed().daemonSets().stream()
        .filter(set -> !kept.contains(set.getMetadata().getName()))
        .forEach(unwanted::add);
    leaving.stream()
        .filter(node -> Requests.gone(scene, node))
        .forEach(node -> unwanted.addAll(RouterObjects.ofFormerRouter(scene, node)));
    if (scene.observed().podMonitors() && !monitored()) {
      unwanted.add(RouterObjects.podMonitor(scene));
    }
    return unwanted;
  }

  private Map<String, String> roles() {
    Optional<String> active = scene.reports().active().map(GatewayNodeNames::label);
    Map<String, String> roles = new HashMap<>();
    for (Pod pod : scene.observed().pods()) {
      Map<String, String> labels = pod.getMetadata().getLabels();
      String node = labels.get(GatewayNodeNames.NODE_LABEL);
      String role = active.filter(label -> label.equals(node)).isPresent() ? "active" : "backup";
      if (pod.getMetadata().getDeletionTimestamp() == null
          && !role.equals(labels.get(GatewayNodeNames.ROLE_LABEL))) {
        roles.put(pod.getMetadata().getName(), role);
      }
    }
    return roles;
  }

  private Progress leaving() {
    List<String> waitedFor =
        scene.leaving().stream().filter(node -> !Requests.gone(scene, node)).toList();
    return waitedFor.isEmpty()
        ? Progress.DONE
        : Progress.moving(
            "Withdrawing",
            String.join(", ", waitedFor)
                + " shall take addresses, chains and links away and say so; for one that will"
                + " not come back: kubectl delete node, or kubectl annotate gwc "
                + scene.name()
                + " "
                + Scene.ABANDON_ANNOTATION
                + "=true");
  }

  private List<String> troubles() {
    List<String> troubles = new ArrayList<>();
    scene.listed().stream()
        .filter(node -> scene.machine(node).isEmpty() && scene.gatewayNode(node).isPresent())
        .forEach(node -> troubles.add("there is no node " + node + " in Kubernetes any more"));
    if (!scene.deleting()) {
      scene.leaving().stream()
          .filter(node -> !Requests.gone(scene, node) && !scene.reports().alive(node))
          .forEach(
              node ->
                  troubles.add(
                      node
                          + " left the list and is silent: its objects stay until it has withdrawn"
                          + " or its node is deleted"));
    }
    return troubles;
  }
}
