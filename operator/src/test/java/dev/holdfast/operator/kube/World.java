package dev.holdfast.operator.kube;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.Examples;
import dev.holdfast.api.Golden;
import dev.holdfast.api.kube.ApiServer;
import dev.holdfast.api.v1alpha1.Condition;
import dev.holdfast.api.v1alpha1.ConditionStatus;
import dev.holdfast.api.v1alpha1.GatewayCluster;
import dev.holdfast.api.v1alpha1.GatewayClusterSpec;
import dev.holdfast.api.v1alpha1.GatewayNode;
import dev.holdfast.api.v1alpha1.GatewayNodeNames;
import dev.holdfast.api.v1alpha1.Role;
import dev.holdfast.operator.plan.AgentReport;
import dev.holdfast.operator.plan.AgentSettings;
import dev.holdfast.operator.plan.Edits;
import dev.holdfast.operator.reconcile.GatewayClusterReconciler;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.ResourceRequirementsBuilder;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.DaemonSetStatusBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBinding;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fabric8.kubernetes.api.model.rbac.RoleRef;
import io.fabric8.kubernetes.api.model.rbac.Subject;
import io.fabric8.kubernetes.api.model.rbac.SubjectBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.javaoperatorsdk.operator.Operator;
import io.javaoperatorsdk.operator.api.config.ConfigurationServiceOverrider;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A real API server, the real operator, and stand-ins for what is not there: the DaemonSet
 * controller with its kubelets, and the agents. Both do only what a test tells them.
 */
final class World implements AutoCloseable {

  static final String NAMESPACE = "holdfast-system";
  static final String OPERATOR = "system:serviceaccount:" + NAMESPACE + ":holdfast-operator";

  private static final String ACCOUNT = "holdfast-operator";

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  final AuditLog audit = new AuditLog();
  final ApiServer server;
  final KubernetesClient client;
  private final KubernetesClient operatorsClient;
  private @Nullable Operator operator;

  World() {
    server = ApiServer.start(audit.flags());
    client = server.client();
    server.installDefinitions(Path.of("../crds"));
    client
        .resource(
            new NamespaceBuilder().withNewMetadata().withName(NAMESPACE).endMetadata().build())
        .create();
    grantTheOperatorItsRights();
    operatorsClient = clientOf(ACCOUNT);
  }

  private void grantTheOperatorItsRights() {
    client
        .resource(
            new ServiceAccountBuilder()
                .withNewMetadata()
                .withName(ACCOUNT)
                .withNamespace(NAMESPACE)
                .endMetadata()
                .build())
        .create();
    for (HasMetadata rights : client.load(rights()).items()) {
      client.resource(rights).create();
      client.resource(binding(rights)).create();
    }
  }

  private static InputStream rights() {
    return new ByteArrayInputStream(
        Golden.read(Path.of("rbac.yaml")).getBytes(StandardCharsets.UTF_8));
  }

  private static HasMetadata binding(HasMetadata rights) {
    Subject operator =
        new SubjectBuilder()
            .withKind("ServiceAccount")
            .withName(ACCOUNT)
            .withNamespace(NAMESPACE)
            .build();
    RoleRef role =
        new RoleRef("rbac.authorization.k8s.io", rights.getKind(), rights.getMetadata().getName());
    return rights instanceof ClusterRole
        ? new ClusterRoleBinding(
            "rbac.authorization.k8s.io/v1",
            "ClusterRoleBinding",
            new ObjectMetaBuilder().withName(ACCOUNT).build(),
            role,
            List.of(operator))
        : new RoleBinding(
            "rbac.authorization.k8s.io/v1",
            "RoleBinding",
            new ObjectMetaBuilder()
                .withName(ACCOUNT)
                .withNamespace(rights.getMetadata().getNamespace())
                .build(),
            role,
            List.of(operator));
  }

  /** With a real token of that ServiceAccount, and so with its rights only. */
  KubernetesClient clientOf(String account) {
    return new KubernetesClientBuilder().withConfig(configOf(account)).build();
  }

  Config configOf(String account) {
    String token =
        client
            .serviceAccounts()
            .inNamespace(NAMESPACE)
            .withName(account)
            .tokenRequest(
                new TokenRequestBuilder()
                    .withNewSpec()
                    .withExpirationSeconds(7200L)
                    .endSpec()
                    .build())
            .getStatus()
            .getToken();
    Config admin = Config.fromKubeconfig(server.kubeconfig());
    return new ConfigBuilder(Config.empty())
        .withMasterUrl(admin.getMasterUrl())
        .withCaCertData(admin.getCaCertData())
        .withCaCertFile(admin.getCaCertFile())
        .withTrustCerts(admin.isTrustCerts())
        .withOauthToken(token)
        .withNamespace(NAMESPACE)
        .build();
  }

  static AgentSettings settings(String image) {
    return new AgentSettings(
        image,
        "IfNotPresent",
        List.of(),
        new ResourceRequirementsBuilder()
            .addToRequests("cpu", new io.fabric8.kubernetes.api.model.Quantity("0.05"))
            .build(),
        true,
        Map.of("release", "prometheus"),
        Duration.ofSeconds(5),
        Duration.ofDays(90));
  }

  /** As after an upgrade of the chart: the one before is gone. */
  void startOperator(AgentSettings settings) {
    if (operator != null) {
      operator.stop();
    }
    operator = newOperator(settings, overrider -> {});
    operator.start();
  }

  /**
   * @param more of the SDK's settings
   */
  Operator newOperator(AgentSettings settings, Consumer<ConfigurationServiceOverrider> more) {
    Operator made =
        new Operator(
            overrider -> {
              overrider.withKubernetesClient(operatorsClient).withCloseClientOnStop(false);
              more.accept(overrider);
            });
    made.register(
        new GatewayClusterReconciler(
            settings, new ClusterNetworks(List.of(), List.of()), Clock.systemUTC()));
    return made;
  }

  void node(String name) {
    Node node =
        new NodeBuilder()
            .withNewMetadata()
            .withName(name)
            .endMetadata()
            .withNewSpec()
            .withPodCIDRs("10.42.0.0/24")
            .endSpec()
            .build();
    client.resource(node).create();
    client
        .nodes()
        .withName(name)
        .editStatus(
            one ->
                new NodeBuilder(one)
                    .editOrNewStatus()
                    .addNewAddress("10.0.0.11", "InternalIP")
                    .addNewCondition()
                    .withType("Ready")
                    .withStatus("True")
                    .endCondition()
                    .endStatus()
                    .build());
  }

  /** The article's network with other routers: the first has the highest priority. */
  static GatewayCluster cluster(String name, String... nodes) {
    GatewayClusterSpec article = Examples.spec("article");
    GatewayCluster cluster = new GatewayCluster();
    cluster.setMetadata(new ObjectMetaBuilder().withName(name).withNamespace(NAMESPACE).build());
    cluster.setSpec(Edits.routers(article, nodes));
    return cluster;
  }

  GatewayCluster cluster(String name) {
    return client.resources(GatewayCluster.class).inNamespace(NAMESPACE).withName(name).get();
  }

  GatewayNode gatewayNode(String cluster, String node) {
    return client
        .resources(GatewayNode.class)
        .inNamespace(NAMESPACE)
        .withName(GatewayNodeNames.of(cluster, node))
        .get();
  }

  DaemonSet daemonSet(String cluster, String node) {
    return client
        .apps()
        .daemonSets()
        .inNamespace(NAMESPACE)
        .withName(GatewayNodeNames.of(cluster, node))
        .get();
  }

  Condition condition(String cluster, String type) {
    var status = cluster(cluster).getStatus();
    return status == null
        ? new Condition(type, ConditionStatus.UNKNOWN, 0L, "NoStatus", "", "")
        : status.conditions().stream()
            .filter(condition -> condition.type().equals(type))
            .findFirst()
            .orElse(new Condition(type, ConditionStatus.UNKNOWN, 0L, "Absent", "", ""));
  }

  /** As the DaemonSet controller and a kubelet do: the pod of the newest template runs. */
  void runPod(String cluster, String node) {
    DaemonSet set = daemonSet(cluster, node);
    String name = set.getMetadata().getName() + "-pod";
    if (client.pods().inNamespace(NAMESPACE).withName(name).get() == null) {
      Pod pod =
          new PodBuilder()
              .withNewMetadata()
              .withName(name)
              .withNamespace(NAMESPACE)
              .withLabels(set.getSpec().getTemplate().getMetadata().getLabels())
              .endMetadata()
              .withNewSpec()
              .withNodeName(node)
              .addNewContainer()
              .withName("agent")
              .withImage("x")
              .endContainer()
              .endSpec()
              .build();
      client.resource(pod).create();
    }
    client
        .apps()
        .daemonSets()
        .inNamespace(NAMESPACE)
        .withName(set.getMetadata().getName())
        .editStatus(
            one -> {
              one.setStatus(
                  new DaemonSetStatusBuilder()
                      .withObservedGeneration(one.getMetadata().getGeneration())
                      .withCurrentNumberScheduled(1)
                      .withDesiredNumberScheduled(1)
                      .withUpdatedNumberScheduled(1)
                      .withNumberAvailable(1)
                      .withNumberReady(1)
                      .withNumberMisscheduled(0)
                      .build());
              return one;
            });
  }

  /** As an agent does that works by what its GatewayNode says now. */
  void report(String cluster, String node, Role role, boolean inSync, Condition... more) {
    report(cluster, node, AgentReport.of(role, inSync), more);
  }

  void report(String cluster, String node, AgentReport report, Condition... more) {
    GatewayNode current = gatewayNode(cluster, node);
    Map<String, String> keys =
        client
            .secrets()
            .inNamespace(NAMESPACE)
            .withName(GatewayNodeNames.linkKeySecret(cluster))
            .get()
            .getData();
    client
        .resources(GatewayNode.class)
        .inNamespace(NAMESPACE)
        .withName(current.getMetadata().getName())
        .subresource("status")
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            Serialization.asJson(Map.of("status", report.on(current, keys, Instant.now(), more))));
  }

  static Condition says(String type, ConditionStatus status, String message) {
    return new Condition(type, status, 1L, "Test", message, Instant.now().toString());
  }

  /** A cluster with the first router active and the others in sync with it. */
  void running(String cluster, String... nodes) {
    Arrays.stream(nodes).forEach(this::node);
    client.resource(cluster(cluster, nodes)).create();
    for (String node : nodes) {
      eventually(() -> daemonSet(cluster, node) != null);
      runPod(cluster, node);
      report(cluster, node, node.equals(nodes[0]) ? Role.ACTIVE : Role.BACKUP, true);
    }
    eventually(() -> Objects.equals(nodes[0], cluster(cluster).getStatus().active()));
    eventually(() -> condition(cluster, "Progressing").reason().equals("UpToDate"));
  }

  /** What kubectl prints; kept under {@code target/} for the documentation. */
  List<String> kubectl(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("-n", NAMESPACE));
    command.addAll(List.of(arguments));
    List<String> lines = server.kubectl(command.toArray(String[]::new));
    Files.write(
        Path.of("target/kubectl.txt"),
        List.of("$ kubectl " + String.join(" ", arguments), String.join("\n", lines), ""),
        StandardOpenOption.CREATE,
        StandardOpenOption.APPEND);
    return lines;
  }

  /** kubectl that goes on, like {@code get -w}. */
  ApiServer.Following follow(String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of("-n", NAMESPACE));
    command.addAll(List.of(arguments));
    return server.follow(command.toArray(String[]::new));
  }

  /** Polls until it holds. */
  static void eventually(Callable<Boolean> holds) {
    eventually(PATIENCE, holds);
  }

  static void eventually(Duration patience, Callable<Boolean> holds) {
    Instant end = Instant.now().plus(patience);
    while (true) {
      boolean now;
      String why = "it never held";
      try {
        now = holds.call();
      } catch (Exception e) {
        now = false;
        why = e.toString();
      }
      if (now) {
        return;
      }
      assertThat(Instant.now()).as(why).isBefore(end);
      pause(50);
    }
  }

  /** Holds from now on for that long. */
  static void throughout(Duration time, Callable<Boolean> holds) throws Exception {
    Instant end = Instant.now().plus(time);
    while (Instant.now().isBefore(end)) {
      assertThat(holds.call()).isTrue();
      pause(50);
    }
  }

  private static void pause(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    if (operator != null) {
      operator.stop();
    }
    operatorsClient.close();
    server.close();
  }
}
