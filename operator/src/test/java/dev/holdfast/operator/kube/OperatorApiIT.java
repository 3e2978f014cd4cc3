package dev.holdfast.operator.kube;

import static dev.holdfast.operator.kube.World.NAMESPACE;
import static dev.holdfast.operator.kube.World.eventually;
import static dev.holdfast.operator.kube.World.throughout;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.api.kube.ApiServer;
import dev.holdfast.api.v1alpha1.ConditionStatus;
import dev.holdfast.api.v1alpha1.GatewayCluster;
import dev.holdfast.api.v1alpha1.GatewayClusterSpec;
import dev.holdfast.api.v1alpha1.GatewayNode;
import dev.holdfast.api.v1alpha1.GatewayNodeNames;
import dev.holdfast.api.v1alpha1.Role;
import dev.holdfast.operator.plan.AgentReport;
import dev.holdfast.operator.plan.Edits;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.DaemonSetBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.assertj.core.api.ThrowableAssert;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
@DisplayName("The operator at a real API server")
class OperatorApiIT {

  private static final String FIELD_MANAGER = "holdfast-operator";

  private static World world;
  private static KubernetesClient client;

  @BeforeAll
  static void start() {
    world = new World();
    client = world.client;
    world.server.installMonitoring();
    world.startOperator(World.settings("agent:1"));
  }

  @AfterAll
  static void stop() {
    if (world != null) {
      world.close();
    }
  }

  @Test
  void makesEveryObjectOfAClusterAndSaysSo() {
    world.running("home", "home-a", "home-b");

    GatewayNode node = world.gatewayNode("home", "home-a");
    assertThat(node.getSpec().node()).isEqualTo("home-a");
    assertThat(node.getSpec().firewall().clusterTraffic().nodeAddresses()).contains("10.0.0.11");
    assertThat(node.getSpec().firewall().clusterTraffic().podNetworks()).contains("10.42.0.0/24");
    assertThat(node.getSpec().firewall().clusterTraffic().serviceNetworks()).isNotEmpty();
    assertThat(node.getSpec().firewall().clusterTraffic().apiEndpoints()).isNotEmpty();
    assertThat(client.serviceAccounts().inNamespace(NAMESPACE).withName("home-home-a").get())
        .isNotNull();
    Secret key = client.secrets().inNamespace(NAMESPACE).withName("home-link").get();
    assertThat(key.getData()).containsOnlyKeys("link.key");
    var status = world.cluster("home").getStatus();
    assertThat(status.readyRouters()).isEqualTo("2/2");
    assertThat(status.inSync()).isEqualTo("True");
    assertThat(status.routers()).allMatch(router -> router.safeToReboot());
    eventually(
        () ->
            "active".equals(label("home-home-a-pod")) && "backup".equals(label("home-home-b-pod")));
  }

  private static @Nullable String label(String pod) {
    return client
        .pods()
        .inNamespace(NAMESPACE)
        .withName(pod)
        .get()
        .getMetadata()
        .getLabels()
        .get(GatewayNodeNames.ROLE_LABEL);
  }

  @Test
  void everyClusterHasAPodMonitorThatFindsItsAgents() {
    world.running("seen", "seen-a", "seen-b");

    GenericKubernetesResource monitor =
        Objects.requireNonNull(
            client
                .genericKubernetesResources("monitoring.coreos.com/v1", "PodMonitor")
                .inNamespace(NAMESPACE)
                .withName("seen")
                .get());

    assertThat(monitor.<String>get("spec", "podMetricsEndpoints", 0, "port")).isEqualTo("metrics");
    Map<String, String> selector = monitor.get("spec", "selector", "matchLabels");
    assertThat(client.pods().inNamespace(NAMESPACE).withLabels(selector).list().getItems())
        .extracting(pod -> pod.getMetadata().getName())
        .containsExactlyInAnyOrder("seen-seen-a-pod", "seen-seen-b-pod");
    assertThat(monitor.getMetadata().getLabels()).containsEntry("release", "prometheus");
    assertThat(monitor.getMetadata().getOwnerReferences())
        .extracting(OwnerReference::getName)
        .containsExactly("seen");
  }

  @Test
  void asksWhetherTheApiServerIsThereAndHearsIt() {
    eventually(
        () ->
            world.audit.of(World.OPERATOR).stream()
                .anyMatch(request -> request.uri().equals("/readyz")));

    try (KubernetesClient operators = world.clientOf("holdfast-operator")) {
      ApiContact contact = new ApiContact(operators, Clock.systemUTC());
      contact.start();
      eventually(() -> contact.since(Instant.now().plusSeconds(1)).isBefore(Instant.now()));
      contact.stop();
    }
  }

  @Test
  void writesNothingWhenAgentsOnlyReport() throws Exception {
    world.running("rest", "rest-a", "rest-b");
    eventually(() -> "backup".equals(label("rest-rest-b-pod")));
    settle();
    List<AuditLog.Request> before = writes();
    int eventsBefore = events();

    for (int i = 0; i < 5; i++) {
      world.report("rest", "rest-a", Role.ACTIVE, true);
      world.report("rest", "rest-b", Role.BACKUP, true);
    }
    Thread.sleep(2000);
    assertThat(writes()).isEqualTo(before);
    assertThat(events()).isEqualTo(eventsBefore);
  }

  /** Of this test's cluster: an event has no name before it is written, so the log has none. */
  private static int events() {
    return client
        .v1()
        .events()
        .inNamespace(NAMESPACE)
        .withField("involvedObject.name", "rest")
        .list()
        .getItems()
        .size();
  }

  /** Of this test's cluster: the others of this class go their own ways. */
  private static List<AuditLog.Request> writes() {
    return world.audit.of(World.OPERATOR).stream()
        .filter(AuditLog.Request::writes)
        .filter(request -> request.name().startsWith("rest"))
        .toList();
  }

  /** Until a second passes without a write. */
  private static void settle() {
    eventually(
        () -> {
          List<AuditLog.Request> before = writes();
          Thread.sleep(1000);
          return writes().equals(before);
        });
  }

  @Test
  void takesBackWhatOthersChangeAndLeavesWhatTheyAdd() {
    world.running("drift", "drift-a", "drift-b");

    client
        .apps()
        .daemonSets()
        .inNamespace(NAMESPACE)
        .withName("drift-drift-b")
        .edit(
            set -> {
              set.getSpec().getTemplate().getSpec().getContainers().getFirst().setImage("evil");
              set.getMetadata().getLabels().put("theirs", "kept");
              return set;
            });

    eventually(() -> image("drift", "drift-b").equals("agent:1"));
    assertThat(world.daemonSet("drift", "drift-b").getMetadata().getLabels())
        .containsEntry("theirs", "kept");
  }

  private static String image(String cluster, String node) {
    return world
        .daemonSet(cluster, node)
        .getSpec()
        .getTemplate()
        .getSpec()
        .getContainers()
        .getFirst()
        .getImage();
  }

  @Test
  void aCordonedNodeGetsMaintenanceUntilItIsUncordoned() {
    world.running("cordon", "cordon-a", "cordon-b");

    cordon("cordon-a", true);
    eventually(() -> world.gatewayNode("cordon", "cordon-a").getSpec().maintenance());
    assertThat(world.gatewayNode("cordon", "cordon-b").getSpec().maintenance()).isFalse();

    cordon("cordon-a", false);
    eventually(() -> !world.gatewayNode("cordon", "cordon-a").getSpec().maintenance());
  }

  private static void cordon(String node, boolean on) {
    client
        .nodes()
        .withName(node)
        .edit(
            one ->
                new NodeBuilder(one)
                    .editOrNewSpec()
                    .withUnschedulable(on ? true : null)
                    .endSpec()
                    .build());
  }

  @Test
  void aHandoverIsAskedOfEveryRouterAndAnsweredWhenItIsDone() {
    world.running("hand", "hand-a", "hand-b");

    annotate("hand", GatewayNodeNames.HANDOVER_ANNOTATION, "hand-b");
    for (String node : List.of("hand-a", "hand-b")) {
      eventually(() -> "hand-b".equals(world.gatewayNode("hand", node).getSpec().handoverTo()));
    }
    eventually(() -> world.condition("hand", "Handover").reason().equals("Asked"));

    world.report("hand", "hand-b", Role.ACTIVE, true);
    world.report("hand", "hand-a", Role.BACKUP, true);
    eventually(() -> world.condition("hand", "Handover").status() == ConditionStatus.TRUE);
    eventually(() -> annotation("hand", GatewayNodeNames.HANDOVER_ANNOTATION) == null);
    assertThat(world.gatewayNode("hand", "hand-a").getSpec().handoverTo()).isEqualTo("hand-b");
    eventually(() -> reasons("hand").contains("HandoverDone"));
    assertThat(reasons("hand")).contains("RoleMoved");
  }

  @Test
  void aHandoverToARouterThatIsNotInSyncIsRefused() {
    world.running("deny", "deny-a", "deny-b");
    world.report("deny", "deny-b", Role.BACKUP, false);
    eventually(() -> !world.cluster("deny").getStatus().routers().get(1).inSync());

    annotate("deny", GatewayNodeNames.HANDOVER_ANNOTATION, "deny-b");

    eventually(() -> world.condition("deny", "Handover").status() == ConditionStatus.FALSE);
    eventually(() -> annotation("deny", GatewayNodeNames.HANDOVER_ANNOTATION) == null);
    assertThat(world.gatewayNode("deny", "deny-a").getSpec().handoverTo()).isNull();
  }

  @Test
  void everyRequestIsAnsweredByAnEventAlsoWhenTheAnswerIsTheSame() {
    world.running("twice", "twice-a", "twice-b");

    for (long count = 1; count <= 2; count++) {
      long told = count;
      annotate("twice", GatewayNodeNames.HANDOVER_ANNOTATION, "stranger");
      eventually(() -> annotation("twice", GatewayNodeNames.HANDOVER_ANNOTATION) == null);
      assertThat(world.condition("twice", "Handover").message())
          .startsWith("stranger is no router");
      eventually(() -> reasons("twice").stream().filter("HandoverRefused"::equals).count() == told);
    }
  }

  @Test
  void aRequestGoesOnlyWhileItIsTheOneThatWasAnswered() {
    world.running("newer", "newer-a", "newer-b");
    GatewayCluster seen = world.cluster("newer");
    annotate("newer", "example.invalid/asked", "second");

    assertThat(Applier.remove(client, seen, "example.invalid/asked", "first")).isFalse();
    assertThat(annotation("newer", "example.invalid/asked")).isEqualTo("second");
    assertThat(Applier.remove(client, seen, "example.invalid/asked", "second")).isTrue();
    assertThat(annotation("newer", "example.invalid/asked")).isNull();
    assertThat(Applier.remove(client, seen, "example.invalid/asked", "second")).isFalse();
  }

  @Test
  void oneObjectThatIsRefusedStopsNeitherTheOthersNorTheStatusNorAnAnswer() {
    world.running("webhook", "webhook-a", "webhook-b");
    refuseDaemonSets("webhook-webhook-b");
    client
        .apps()
        .daemonSets()
        .inNamespace(NAMESPACE)
        .withName("webhook-webhook-b")
        .withGracePeriod(0)
        .delete();

    eventually(() -> world.condition("webhook", "Progressing").reason().equals("ApplyFailed"));
    assertThat(world.condition("webhook", "Progressing").status()).isEqualTo(ConditionStatus.FALSE);
    assertThat(world.condition("webhook", "Progressing").message())
        .contains("DaemonSet " + NAMESPACE + "/webhook-webhook-b")
        .contains("not this one");

    cordon("webhook-a", true);
    annotate("webhook", GatewayNodeNames.HANDOVER_ANNOTATION, "webhook-a");
    eventually(() -> world.gatewayNode("webhook", "webhook-a").getSpec().maintenance());
    eventually(() -> annotation("webhook", GatewayNodeNames.HANDOVER_ANNOTATION) == null);
    world.report("webhook", "webhook-b", Role.ACTIVE, true);
    world.report("webhook", "webhook-a", Role.MAINTENANCE, true);
    eventually(() -> "webhook-b".equals(world.cluster("webhook").getStatus().active()));
    eventually(() -> "active".equals(label("webhook-webhook-b-pod")));

    client.admissionRegistration().v1().validatingAdmissionPolicies().withName("refuse").delete();
    eventually(() -> world.daemonSet("webhook", "webhook-b") != null);
    eventually(() -> !world.condition("webhook", "Progressing").reason().equals("ApplyFailed"));
  }

  /** As an admission webhook does; returns when it does. */
  private static void refuseDaemonSets(String name) {
    String policy =
        """
        apiVersion: admissionregistration.k8s.io/v1
        kind: ValidatingAdmissionPolicy
        metadata: {name: refuse}
        spec:
          matchConstraints:
            resourceRules:
              - {apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [daemonsets]}
          validations:
            - {expression: "object.metadata.name != '%s'", message: not this one}
        ---
        apiVersion: admissionregistration.k8s.io/v1
        kind: ValidatingAdmissionPolicyBinding
        metadata: {name: refuse}
        spec: {policyName: refuse, validationActions: [Deny]}
        """
            .formatted(name);
    client
        .load(new ByteArrayInputStream(policy.getBytes(StandardCharsets.UTF_8)))
        .items()
        .forEach(one -> client.resource(one).create());
    DaemonSet probe =
        new DaemonSetBuilder(world.daemonSet("webhook", "webhook-a"))
            .withNewMetadata()
            .withName(name)
            .withNamespace("default")
            .endMetadata()
            .build();
    eventually(
        () -> {
          try {
            client.resource(probe).create();
            client.resource(probe).delete();
            return false;
          } catch (KubernetesClientException e) {
            return String.valueOf(e.getMessage()).contains("not this one");
          }
        });
  }

  @Test
  void theLinkKeyIsTheSecretOfThatNameWhateverElseHasOurLabel() throws Exception {
    client
        .resource(
            new SecretBuilder()
                .withNewMetadata()
                .withName("a-decoy")
                .withNamespace(NAMESPACE)
                .addToLabels(GatewayNodeNames.CLUSTER_LABEL, "named")
                .endMetadata()
                .build())
        .create();
    world.running("named", "named-a", "named-b");
    String made = key("named");

    world.report("named", "named-b", Role.BACKUP, true);
    throughout(Duration.ofSeconds(1), () -> key("named").equals(made));
  }

  private static void annotate(String cluster, String key, String value) {
    client
        .resources(GatewayCluster.class)
        .inNamespace(NAMESPACE)
        .withName(cluster)
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            "{\"metadata\":{\"annotations\":{\"" + key + "\":\"" + value + "\"}}}");
  }

  private static @Nullable String annotation(String cluster, String key) {
    Map<String, String> annotations = world.cluster(cluster).getMetadata().getAnnotations();
    return annotations == null ? null : annotations.get(key);
  }

  private static List<String> reasons(String cluster) {
    return client.v1().events().inNamespace(NAMESPACE).list().getItems().stream()
        .filter(event -> event.getInvolvedObject().getName().equals(cluster))
        .map(event -> event.getReason())
        .toList();
  }

  @Test
  void deletionWithdrawsTheBackupsFirstAndThenTheActive() throws Exception {
    world.running("gone", "gone-a", "gone-b");

    client.resource(world.cluster("gone")).delete();
    eventually(() -> world.gatewayNode("gone", "gone-b").getSpec().withdraw());
    throughout(
        Duration.ofSeconds(1), () -> !world.gatewayNode("gone", "gone-a").getSpec().withdraw());

    world.report("gone", "gone-b", Role.INITIALIZE, false, withdrawn());
    eventually(() -> world.gatewayNode("gone", "gone-a").getSpec().withdraw());
    assertThat(world.cluster("gone")).isNotNull();

    world.report("gone", "gone-a", Role.INITIALIZE, false, withdrawn());
    eventually(() -> world.cluster("gone") == null);
  }

  private static dev.holdfast.api.v1alpha1.Condition withdrawn() {
    return World.says("Withdrawn", ConditionStatus.TRUE, "");
  }

  @Test
  void anAgentsTokenReadsItsOwnGatewayNodeReportsOnItAndNothingElse() throws Exception {
    world.running("token", "token-a", "token-b");
    try (KubernetesClient agent = world.clientOf("token-token-a")) {
      var nodes = agent.resources(GatewayNode.class).inNamespace(NAMESPACE);
      assertThat(nodes.withName("token-token-a").get()).isNotNull();
      assertThat(nodes.withField("metadata.name", "token-token-a").list().getItems()).hasSize(1);
      nodes
          .withName("token-token-a")
          .subresource("status")
          .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"status\":{\"version\":\"0.1.1\"}}");

      refused(() -> nodes.withName("token-token-b").get());
      refused(() -> nodes.list());
      refused(() -> nodes.withField("metadata.name", "token-token-b").list());
      refused(
          () ->
              nodes
                  .withName("token-token-b")
                  .subresource("status")
                  .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"status\":{}}"));
      refused(
          () ->
              nodes
                  .withName("token-token-a")
                  .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"spec\":{\"priority\":254}}"));
      refused(() -> nodes.withName("token-token-a").delete());
      refused(() -> agent.secrets().inNamespace(NAMESPACE).withName("token-link").get());
      refused(() -> agent.nodes().withName("token-a").get());
      refused(() -> agent.nodes().list());
      refused(() -> agent.pods().inNamespace(NAMESPACE).list());
      refused(
          () ->
              agent.resources(GatewayCluster.class).inNamespace(NAMESPACE).withName("token").get());
    }
  }

  private static void refused(ThrowableAssert.ThrowingCallable request) {
    assertThatThrownBy(request)
        .isInstanceOfSatisfying(
            KubernetesClientException.class, e -> assertThat(e.getCode()).isEqualTo(403));
  }

  @Test
  void kubectlShowsWhoIsActiveAndWhatIsWrong() throws Exception {
    world.running("view", "view-a", "view-b");
    List<String> healthy = world.kubectl("get", "gwc", "view");
    assertThat(healthy.getFirst().split(" +"))
        .containsExactly(
            "NAME", "ACTIVE", "READY", "IN-SYNC", "FLOWS", "PROTECTED", "LAST-CHANGE", "AGE");
    assertThat(healthy.get(1)).matches("view +view-a +2/2 +True +1000 +1000 .*");
    assertThat(world.kubectl("get", "gwc", "view", "-o", "wide").getFirst().split(" +"))
        .endsWith("AGE", "ADDRESSES", "REASON");
    world.kubectl("get", "gwn", "-l", "holdfast.dev/cluster=view");
    assertThat(world.kubectl("get", "holdfast").toString()).contains("view-view-b");

    world.report("view", "view-b", AgentReport.of(Role.ACTIVE, false).withLink("silent"));
    eventually(() -> "view-b".equals(world.cluster("view").getStatus().active()));

    world.kubectl(
        "get",
        "gwc",
        "view",
        "-o",
        "jsonpath={range .status.routers[*]}{.node}{'\\t'}{.safeToReboot}{'\\t'}{.note}{'\\n'}{end}");
    assertThat(world.kubectl("get", "gwc", "view").get(1)).matches("view +view-b +1/2 +False .*");
    String report = String.join("\n", world.kubectl("describe", "gwc", "view"));
    assertThat(report).contains("view-a: silent, says view-b").contains("RoleMoved");
  }

  @Test
  void anAbandonedClusterGoesWithoutItsRouters() {
    world.running("left", "left-a", "left-b");
    client.resource(world.cluster("left")).delete();
    eventually(() -> world.gatewayNode("left", "left-b").getSpec().withdraw());

    annotate("left", "holdfast.dev/abandon", "true");

    eventually(() -> world.cluster("left") == null);
  }

  @Test
  void theYoungerOfTwoClustersOnOneNodeIsRefusedUntilTheNodeIsFree() {
    world.running("older", "shared-a", "shared-b");
    world.node("shared-c");
    client.resource(World.cluster("younger", "shared-b", "shared-c")).create();

    eventually(() -> world.condition("younger", "Accepted").reason().equals("NodeTaken"));
    assertThat(world.condition("younger", "Accepted").message())
        .contains("node shared-b belongs to GatewayCluster " + NAMESPACE + "/older");
    assertThat(world.gatewayNode("younger", "shared-c")).isNull();

    annotate("older", "holdfast.dev/abandon", "true");
    client.resource(world.cluster("older")).delete();
    eventually(() -> world.cluster("older") == null);
    // No garbage collector runs here.
    for (String node : List.of("shared-a", "shared-b")) {
      client.resource(world.gatewayNode("older", node)).delete();
    }
    eventually(() -> world.condition("younger", "Accepted").status() == ConditionStatus.TRUE);
    assertThat(world.gatewayNode("younger", "shared-b")).isNotNull();
  }

  @Test
  void aNodeThatDoesNotExistIsWaitedForAndNothingIsMade() {
    world.node("join-a");
    client.resource(World.cluster("join", "join-a", "join-b")).create();
    eventually(() -> world.condition("join", "Accepted").reason().equals("NodeMissing"));
    assertThat(world.gatewayNode("join", "join-a")).isNull();

    world.node("join-b");

    eventually(() -> world.gatewayNode("join", "join-b") != null);
    eventually(() -> world.condition("join", "Accepted").status() == ConditionStatus.TRUE);
  }

  @Test
  void aRouterThatLeavesTheListWithdrawsBeforeTheOthersForgetIt() throws Exception {
    world.running("shrink", "shrink-a", "shrink-b", "shrink-c");

    edit("shrink", spec -> Edits.routers(spec, "shrink-a", "shrink-b"));
    eventually(() -> world.gatewayNode("shrink", "shrink-c").getSpec().withdraw());
    throughout(
        Duration.ofMillis(500),
        () -> world.gatewayNode("shrink", "shrink-a").getSpec().routers().size() == 3);

    world.report("shrink", "shrink-c", Role.INITIALIZE, false, withdrawn());
    eventually(() -> world.gatewayNode("shrink", "shrink-a").getSpec().routers().size() == 2);
    eventually(() -> world.gatewayNode("shrink", "shrink-c") == null);
    assertThat(world.daemonSet("shrink", "shrink-c")).isNull();
    assertThat(client.serviceAccounts().inNamespace(NAMESPACE).withName("shrink-shrink-c").get())
        .isNull();
  }

  @Test
  void aRouterThatJoinsTheListIsKnownToAllAtOnceAndStartsAsABackup() {
    world.running("grow", "grow-a", "grow-b");
    world.node("grow-c");

    edit("grow", spec -> Edits.routers(spec, "grow-a", "grow-b", "grow-c"));
    eventually(() -> world.daemonSet("grow", "grow-c") != null);
    for (String node : List.of("grow-a", "grow-b", "grow-c")) {
      eventually(() -> world.gatewayNode("grow", node).getSpec().routers().size() == 3);
    }
    world.report("grow", "grow-a", Role.ACTIVE, true);
    world.report("grow", "grow-b", Role.BACKUP, true);
    eventually(() -> world.condition("grow", "Progressing").reason().equals("AgentStarts"));
    assertThat(world.condition("grow", "Progressing").message())
        .startsWith("the agent on grow-c starts");
    assertThat(world.condition("grow", "Degraded").message())
        .contains("grow-c: its agent has not reported yet")
        .contains("describe pods -l holdfast.dev/node=grow-c");
    assertThat(world.cluster("grow").getStatus().active()).isEqualTo("grow-a");
    assertThat(world.cluster("grow").getStatus().readyRouters()).isEqualTo("2/3");

    world.runPod("grow", "grow-c");
    world.report("grow", "grow-c", Role.BACKUP, true);

    eventually(() -> "3/3".equals(world.cluster("grow").getStatus().readyRouters()));
    eventually(() -> world.condition("grow", "Progressing").reason().equals("UpToDate"));
    eventually(() -> world.condition("grow", "Degraded").status() == ConditionStatus.FALSE);
  }

  private static void edit(String cluster, UnaryOperator<GatewayClusterSpec> change) {
    client
        .resources(GatewayCluster.class)
        .inNamespace(NAMESPACE)
        .withName(cluster)
        .edit(
            one -> {
              one.setSpec(change.apply(one.getSpec()));
              return one;
            });
  }

  @Test
  void aVridThatChangesReachesAllRoutersAtOnceAndIsOnItsWayUntilAllHaveIt() {
    world.running("vrid", "vrid-a", "vrid-b");

    edit("vrid", Edits::vrids);
    for (String node : List.of("vrid-a", "vrid-b")) {
      eventually(
          () ->
              world.gatewayNode("vrid", node).getSpec().networks().stream()
                  .flatMap(network -> network.virtualRouters().stream())
                  .allMatch(router -> router.virtualRouterId() > 100));
    }
    eventually(() -> world.condition("vrid", "Progressing").status() == ConditionStatus.TRUE);

    world.report("vrid", "vrid-a", Role.ACTIVE, true);
    eventually(
        () ->
            world
                .condition("vrid", "Progressing")
                .message()
                .equals("vrid-b has yet to take and confirm generation 2"));
    world.report("vrid", "vrid-b", Role.BACKUP, true);
    eventually(() -> world.condition("vrid", "Progressing").reason().equals("UpToDate"));
    assertThat(world.cluster("vrid").getStatus().active()).isEqualTo("vrid-a");
    assertThat(reasons("vrid")).contains("AllAtOnce", "OnItsWay", "UpToDate");
  }

  @Test
  void anInterfaceThatIsMissingOnOneRouterIsSaidAndTheOtherKeepsTheRole() {
    world.running("nic", "nic-a", "nic-b");
    String sentence = "the interface of lan (eth9) does not exist; look at 'ip link'";

    world.report(
        "nic", "nic-b", Role.FAULT, false, World.says("Degraded", ConditionStatus.TRUE, sentence));
    world.report("nic", "nic-a", Role.ACTIVE, false);

    eventually(() -> world.condition("nic", "Degraded").message().contains("nic-b: " + sentence));
    var status = world.cluster("nic").getStatus();
    assertThat(status.active()).isEqualTo("nic-a");
    assertThat(status.readyRouters()).isEqualTo("1/2");
    assertThat(status.routers().getFirst().safeToReboot()).isFalse();
    assertThat(world.condition("nic", "Accepted").status()).isEqualTo(ConditionStatus.TRUE);
  }

  @Test
  void anAgentThatNeverBecomesReadyIsSaidAndNobodyElsesPodIsTouched() {
    world.node("never-a");
    world.node("never-b");
    client.resource(World.cluster("never", "never-a", "never-b")).create();
    eventually(() -> world.daemonSet("never", "never-b") != null);
    world.runPod("never", "never-a");
    world.report("never", "never-a", Role.ACTIVE, false);

    eventually(() -> "never-a".equals(world.cluster("never").getStatus().active()));
    assertThat(world.condition("never", "Degraded").message())
        .contains("never-b: its agent has not reported yet")
        .contains("describe pods -l holdfast.dev/node=never-b");
    assertThat(world.condition("never", "FlowsInSync").status()).isEqualTo(ConditionStatus.FALSE);
    var status = world.cluster("never").getStatus();
    assertThat(status.readyRouters()).isEqualTo("1/2");
    assertThat(status.routers().getFirst().note()).contains("no other router may take the role");
    long before = world.daemonSet("never", "never-a").getMetadata().getGeneration();
    eventually(() -> world.condition("never", "Progressing").reason().equals("AgentNotReady"));
    assertThat(world.daemonSet("never", "never-a").getMetadata().getGeneration()).isEqualTo(before);
    assertThat(world.condition("never", "Degraded").status()).isEqualTo(ConditionStatus.TRUE);
  }

  @Test
  void whoeverAppliesAFieldOfOursIsToldOfTheConflictAndMayNotKeepIt() throws Exception {
    world.running("apply", "apply-a", "apply-b");
    String mine =
        """
        {"apiVersion": "holdfast.dev/v1alpha1", "kind": "GatewayNode",
         "metadata": {"name": "apply-apply-a", "namespace": "%s"}, "spec": {"priority": 7}}
        """
            .formatted(NAMESPACE);
    var node = client.resources(GatewayNode.class).inNamespace(NAMESPACE).withName("apply-apply-a");

    assertThatThrownBy(() -> node.patch(apply(false), mine))
        .isInstanceOfSatisfying(
            KubernetesClientException.class, e -> assertThat(e.getCode()).isEqualTo(409))
        .hasMessageContaining("conflict with \"" + FIELD_MANAGER + "\"")
        .hasMessageContaining(".spec.priority");

    node.patch(apply(true), mine);
    eventually(() -> world.gatewayNode("apply", "apply-a").getSpec().priority() == 200);
  }

  private static PatchContext apply(boolean force) {
    return new PatchContext.Builder()
        .withPatchType(PatchType.SERVER_SIDE_APPLY)
        .withFieldManager("somebody")
        .withForce(force)
        .build();
  }

  @Test
  void kubectlFollowsAFailoverLive() throws Exception {
    world.running("live", "live-a", "live-b");
    try (var clusters = world.follow("get", "gwc", "live", "-w");
        var nodes = world.follow("get", "gwn", "-l", "holdfast.dev/cluster=live", "-w")) {
      eventually(() -> rows(clusters).contains("live live-a 2/2 True"));
      eventually(() -> rows(nodes).contains("live-live-b Backup"));

      world.report("live", "live-b", AgentReport.of(Role.ACTIVE, false).withLink("silent"));

      eventually(() -> rows(clusters).contains("live live-b 1/2 False"));
      eventually(() -> rows(nodes).contains("live-live-b Active"));
      assertThat(clusters.lines().getFirst()).startsWith("NAME").contains("ACTIVE", "LAST-CHANGE");
    }
  }

  private static String rows(ApiServer.Following follower) throws IOException {
    return String.join("\n", follower.lines()).replaceAll(" +", " ");
  }

  @Test
  void aRequestedRotationOfTheLinkKeyWaitsForEveryRouterAtEachStep() {
    world.running("key", "key-a", "key-b");
    String old = key("key");

    annotate("key", "holdfast.dev/rotate-link-key", "1");
    eventually(() -> key("key").lines().count() == 2);
    assertThat(key("key")).startsWith(old.strip());

    bothReport();
    eventually(() -> !key("key").startsWith(old.strip()));
    assertThat(key("key").lines()).hasSize(2);

    bothReport();
    eventually(() -> key("key").lines().count() == 1);
    assertThat(key("key")).isNotEqualTo(old);
  }

  private static void bothReport() {
    world.report("key", "key-a", Role.ACTIVE, true);
    world.report("key", "key-b", Role.BACKUP, true);
  }

  private static String key(String cluster) {
    String encoded =
        Objects.requireNonNull(
                client.secrets().inNamespace(NAMESPACE).withName(cluster + "-link").get())
            .getData()
            .get("link.key");
    return new String(
        java.util.Base64.getDecoder().decode(encoded), java.nio.charset.StandardCharsets.UTF_8);
  }
}
