package dev.holdfast.operator.plan;

import dev.holdfast.api.Examples;
import dev.holdfast.api.render.KubernetesFacts;
import dev.holdfast.api.v1alpha1.Condition;
import dev.holdfast.api.v1alpha1.ConditionStatus;
import dev.holdfast.api.v1alpha1.GatewayCluster;
import dev.holdfast.api.v1alpha1.GatewayClusterSpec;
import dev.holdfast.api.v1alpha1.GatewayClusterStatus;
import dev.holdfast.api.v1alpha1.GatewayNode;
import dev.holdfast.api.v1alpha1.GatewayNodeNames;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import dev.holdfast.api.v1alpha1.Role;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntryBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.DaemonSetStatusBuilder;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A cluster without an API server: {@link #reconcile} carries a plan out in memory, so that a test
 * can follow a change to its end, step by step.
 */
public final class Stage {

  /** When every test begins. */
  public static final Instant START = Instant.parse("2026-01-01T12:00:00Z");

  private final GatewayCluster cluster = new GatewayCluster();
  private final Map<String, Machine> machines = new TreeMap<>();
  private final Map<String, GatewayNode> gatewayNodes = new TreeMap<>();
  private final Set<String> trials = new HashSet<>();
  private final Map<String, DaemonSet> daemonSets = new TreeMap<>();
  private final Map<String, HasMetadata> others = new LinkedHashMap<>();
  private final List<Claim> claims = new ArrayList<>();
  private @Nullable Secret linkKey;
  private Instant now = START;
  private Instant hearingSince = Instant.EPOCH;
  private String image = "agent:1";
  private int keys = 1;

  /** The article's network; the first node has the highest priority. Nothing runs yet. */
  public Stage(String... nodes) {
    cluster.setMetadata(
        new ObjectMetaBuilder()
            .withName("home")
            .withNamespace("holdfast-system")
            .withUid("7c1f7f0e-0000-4000-8000-000000000001")
            .withGeneration(1L)
            .withCreationTimestamp("2026-01-01T11:00:00Z")
            .withAnnotations(new HashMap<>())
            .build());
    cluster.setSpec(Edits.routers(Examples.spec("article"), nodes));
    Arrays.stream(nodes).forEach(this::join);
  }

  /** The same, with the first active, all in sync, nothing left to do. */
  public static Stage running(String... nodes) {
    Stage stage = new Stage(nodes);
    stage.reconcile();
    for (String node : nodes) {
      stage.renewed(node);
      stage.says(node, node.equals(nodes[0]) ? Role.ACTIVE : Role.BACKUP, true);
    }
    stage.reconcile();
    return stage;
  }

  public void join(String node) {
    machines.put(node, new Machine(node, false, true, List.of("10.1.0.1"), List.of()));
  }

  public void leave(String node) {
    machines.remove(node);
  }

  public void cordon(String node, boolean on) {
    machines.put(node, new Machine(node, on, true, List.of("10.1.0.1"), List.of()));
  }

  public void edit(UnaryOperator<GatewayClusterSpec> change) {
    cluster.setSpec(change.apply(cluster.getSpec()));
    cluster.getMetadata().setGeneration(cluster.getMetadata().getGeneration() + 1);
  }

  public void annotate(String key, String value) {
    cluster.getMetadata().getAnnotations().put(key, value);
  }

  public void delete() {
    cluster.getMetadata().setDeletionTimestamp(now.toString());
  }

  public void image(String newImage) {
    image = newImage;
  }

  public void claim(Claim claim) {
    claims.add(claim);
  }

  public void pass(Duration time) {
    now = now.plus(time);
  }

  /** So long that nobody could report, and now it is back. */
  public void apiServerWasAway(Duration time) {
    pass(time);
    operatorStarts();
  }

  /** It has heard nobody yet. */
  public void operatorStarts() {
    hearingSince = now;
  }

  /** What the operator sees now. */
  public Observed observed() {
    return new Observed(
        machines,
        List.copyOf(gatewayNodes.values()),
        List.copyOf(daemonSets.values()),
        List.<Pod>of(),
        linkKey,
        claims,
        KubernetesFacts.NONE,
        true,
        hearingSince,
        key(keys),
        now);
  }

  public static String key(int number) {
    byte[] bytes = new byte[32];
    bytes[0] = (byte) number;
    return Base64.getEncoder().encodeToString(bytes);
  }

  public ClusterPlan plan() {
    return ClusterPlanner.plan(cluster, observed(), settings());
  }

  public AgentSettings settings() {
    return new AgentSettings(
        image,
        "IfNotPresent",
        List.of("pull"),
        new ResourceRequirements(),
        true,
        Map.of("release", "prometheus"),
        Duration.ofMinutes(5),
        Duration.ofDays(90));
  }

  /** Plans and carries it out. */
  public ClusterPlan reconcile() {
    ClusterPlan plan = plan();
    plan.wanted().forEach(this::apply);
    plan.unwanted().forEach(this::remove);
    if (plan.handoverAnswered()) {
      cluster.getMetadata().getAnnotations().remove(GatewayNodeNames.HANDOVER_ANNOTATION);
    }
    return plan;
  }

  private void apply(HasMetadata wanted) {
    switch (wanted) {
      case GatewayNode node -> applyGatewayNode(node);
      case DaemonSet set -> applyDaemonSet(set);
      case Secret secret -> {
        linkKey = secret;
        keys++;
      }
      default -> others.put(wanted.getKind() + "/" + wanted.getMetadata().getName(), wanted);
    }
  }

  private void applyGatewayNode(GatewayNode node) {
    GatewayNode before = gatewayNodes.get(node.getSpec().node());
    long generation = before == null ? 1 : before.getMetadata().getGeneration();
    boolean changed = before != null && !before.getSpec().equals(node.getSpec());
    node.getMetadata().setGeneration(changed ? generation + 1 : generation);
    if (before != null) {
      node.setStatus(before.getStatus());
      node.getMetadata().setManagedFields(before.getMetadata().getManagedFields());
    }
    gatewayNodes.put(node.getSpec().node(), node);
  }

  private void applyDaemonSet(DaemonSet set) {
    DaemonSet before = daemonSets.get(set.getMetadata().getName());
    long generation = before == null ? 1 : before.getMetadata().getGeneration();
    boolean changed = before != null && !before.getSpec().equals(set.getSpec());
    set.getMetadata().setGeneration(changed ? generation + 1 : generation);
    set.setStatus(before == null ? null : before.getStatus());
    daemonSets.put(set.getMetadata().getName(), set);
  }

  private void remove(HasMetadata unwanted) {
    String name = unwanted.getMetadata().getName();
    gatewayNodes.values().removeIf(node -> unwanted instanceof GatewayNode && named(node, name));
    daemonSets.values().removeIf(set -> unwanted instanceof DaemonSet && named(set, name));
    others.remove(unwanted.getKind() + "/" + name);
  }

  private static boolean named(HasMetadata object, String name) {
    return object.getMetadata().getName().equals(name);
  }

  /** What the status says of a handover since now. */
  public void asked(String message) {
    Condition asked =
        new Condition(
            Handovers.CONDITION, ConditionStatus.UNKNOWN, 1L, "Asked", message, now.toString());
    cluster.setStatus(
        new GatewayClusterStatus(
            null, null, null, null, null, null, null, null, List.of(), List.of(asked)));
  }

  /** As a person does with {@code kubectl delete daemonset}. */
  public void deleteDaemonSet(String node) {
    daemonSets.remove(GatewayNodeNames.of("home", node));
  }

  /** The pod of the newest template runs and is ready. */
  public void renewed(String node) {
    DaemonSet set = Objects.requireNonNull(daemonSet(node));
    set.setStatus(
        new DaemonSetStatusBuilder()
            .withObservedGeneration(set.getMetadata().getGeneration())
            .withUpdatedNumberScheduled(1)
            .withNumberAvailable(1)
            .build());
  }

  /** From its next report on. */
  public void policyOnTrial(String node, boolean on) {
    if (on) {
      trials.add(node);
    } else {
      trials.remove(node);
    }
  }

  /** Its agent works by its newest GatewayNode and reports now. */
  public void says(String node, Role role, boolean inSync, Condition... conditions) {
    says(node, AgentReport.of(role, inSync), conditions);
  }

  public void says(String node, AgentReport report, Condition... conditions) {
    GatewayNode gatewayNode = gatewayNode(node);
    gatewayNode.setStatus(
        report
            .withTrial(trials.contains(node))
            .on(gatewayNode, Objects.requireNonNull(linkKey).getData(), now, conditions));
    gatewayNode
        .getMetadata()
        .setManagedFields(
            List.of(
                new ManagedFieldsEntryBuilder()
                    .withSubresource("status")
                    .withTime(now.toString())
                    .build()));
  }

  public String keyFile() {
    return linkKey == null ? "" : AgentReport.keys(linkKey.getData());
  }

  public static Condition condition(String type, ConditionStatus status, String message) {
    return new Condition(type, status, 1L, "Test", message, START.toString());
  }

  public GatewayCluster cluster() {
    return cluster;
  }

  public boolean has(String node) {
    return gatewayNodes.containsKey(node);
  }

  public GatewayNode gatewayNode(String node) {
    return Objects.requireNonNull(gatewayNodes.get(node));
  }

  public GatewayNodeSpec spec(String node) {
    return gatewayNode(node).getSpec();
  }

  public @Nullable DaemonSet daemonSet(String node) {
    return daemonSets.get(GatewayNodeNames.of("home", node));
  }

  public String imageOf(String node) {
    return Objects.requireNonNull(daemonSet(node))
        .getSpec()
        .getTemplate()
        .getSpec()
        .getContainers()
        .getFirst()
        .getImage();
  }
}
