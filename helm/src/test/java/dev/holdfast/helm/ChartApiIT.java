package dev.holdfast.helm;

import static org.assertj.core.api.Assertions.assertThat;

import com.marcnuri.helm.Helm;
import com.marcnuri.helm.InstallCommand;
import com.marcnuri.helm.Release;
import com.marcnuri.helm.UpgradeCommand;
import dev.holdfast.api.kube.ApiServer;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReview;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReviewBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayName("The chart in a real API server")
class ChartApiIT {

  private static final String OPERATOR = "holdfast-operator";
  private static final List<String> DEFINITIONS =
      List.of("gatewayclusters.holdfast.dev", "gatewaynodes.holdfast.dev");

  private static ApiServer server;
  private static KubernetesClient client;

  @TempDir static Path folder;

  @BeforeAll
  static void start() {
    server = ApiServer.start();
    client = server.client();
  }

  @AfterAll
  static void stop() {
    if (server != null) {
      server.close();
    }
  }

  @AfterEach
  void removeEverything() {
    Helm.uninstall("holdfast")
        .withNamespace(Chart.NAMESPACE)
        .withKubeConfigContents(server.kubeconfig())
        .ignoreNotFound()
        .call();
    // With them go their objects, and only then they themselves.
    client.resources(CustomResourceDefinition.class).withTimeout(30, TimeUnit.SECONDS).delete();
  }

  private static Release install(Path chart) {
    InstallCommand install = new Helm(chart).install().withName("holdfast");
    return install
        .withNamespace(Chart.NAMESPACE)
        .createNamespace()
        .withKubeConfigContents(server.kubeconfig())
        .call();
  }

  private static Release upgrade(Path chart) {
    UpgradeCommand upgrade = new Helm(chart).upgrade().withName("holdfast");
    return upgrade
        .withNamespace(Chart.NAMESPACE)
        .withKubeConfigContents(server.kubeconfig())
        .call();
  }

  private static void uninstall() {
    Helm.uninstall("holdfast")
        .withNamespace(Chart.NAMESPACE)
        .withKubeConfigContents(server.kubeconfig())
        .call();
  }

  private static List<String> definitions() {
    return client.apiextensions().v1().customResourceDefinitions().list().getItems().stream()
        .map(definition -> definition.getMetadata().getName())
        .sorted()
        .toList();
  }

  private static Deployment operator() {
    return client.apps().deployments().inNamespace(Chart.NAMESPACE).withName(OPERATOR).get();
  }

  /** A gateway as a user writes it. */
  private static GenericKubernetesResource gateway() throws IOException {
    GenericKubernetesResource gateway =
        Serialization.unmarshal(
            Files.readString(Path.of("../docs/examples/article.yaml")),
            GenericKubernetesResource.class);
    gateway.getMetadata().setNamespace(Chart.NAMESPACE);
    return gateway;
  }

  @Test
  void isAcceptedWhole() {
    assertThat(install(Chart.folder()).getStatus()).isEqualTo("deployed");

    assertThat(definitions()).containsExactlyElementsOf(DEFINITIONS);
    assertThat(operator().getSpec().getReplicas()).isEqualTo(2);
  }

  @Test
  void monitoringFindsTheOperatorAndBringsTheAlerts() {
    server.installMonitoring();
    InstallCommand install = Chart.helm().install().withName("holdfast");
    install.set("monitoring.enabled", true);
    install
        .withNamespace(Chart.NAMESPACE)
        .createNamespace()
        .withKubeConfigContents(server.kubeconfig())
        .call();

    GenericKubernetesResource monitor = monitoring("PodMonitor", OPERATOR);
    Map<String, String> labels = operator().getSpec().getTemplate().getMetadata().getLabels();
    assertThat(labels).containsAllEntriesOf(monitor.get("spec", "selector", "matchLabels"));
    String port = monitor.get("spec", "podMetricsEndpoints", 0, "port");
    assertThat(operator().getSpec().getTemplate().getSpec().getContainers().getFirst().getPorts())
        .anyMatch(one -> one.getName().equals(port));
    assertThat(monitoring("PrometheusRule", "holdfast").<List<?>>get("spec", "groups", 0, "rules"))
        .hasSizeGreaterThan(6);
  }

  private static GenericKubernetesResource monitoring(String kind, String name) {
    return client
        .genericKubernetesResources("monitoring.coreos.com/v1", kind)
        .inNamespace(Chart.NAMESPACE)
        .withName(name)
        .get();
  }

  @Test
  void anUninstallLeavesDefinitionsAndGateways() throws IOException {
    install(Chart.folder());
    GenericKubernetesResource gateway =
        client.resource(gateway()).forceConflicts().serverSideApply();

    uninstall();

    assertThat(operator()).isNull();
    assertThat(client.rbac().clusterRoles().withName(OPERATOR).get()).isNull();
    assertThat(definitions()).containsExactlyElementsOf(DEFINITIONS);
    assertThat(client.resource(gateway).get().getMetadata().getUid())
        .isEqualTo(gateway.getMetadata().getUid());
  }

  @Test
  void anInstallationAfterAnUninstallTakesTheDefinitionsBack() {
    install(Chart.folder());
    uninstall();

    assertThat(install(Chart.folder()).getStatus()).isEqualTo("deployed");
  }

  /** The versions that were released; until there is one, today's with an older definition. */
  static Stream<Path> before() throws IOException {
    Path released = Path.of("src/test/resources/released");
    if (Files.isDirectory(released)) {
      try (Stream<Path> archives = Files.list(released)) {
        return archives.sorted().toList().stream();
      }
    }
    return Stream.of(Chart.copy(Files.createTempDirectory(folder, "before"), ChartApiIT::older));
  }

  private static String older(String path, String text) {
    return switch (path) {
      case "Chart.yaml" -> text.replaceAll("(?m)^(version|appVersion): .*", "$1: 0.0.1");
      case "files/crds/gatewayclusters.holdfast.dev.yaml" ->
          text.replaceFirst("(?m)^    shortNames:\n    - .*\n", "");
      default -> text;
    };
  }

  @ParameterizedTest
  @MethodSource("before")
  void upgradesFromTheVersionBeforeWithItsDefinitions(Path chart) throws IOException {
    install(chart);
    GenericKubernetesResource gateway =
        client.resource(gateway()).forceConflicts().serverSideApply();
    String oldImage = image();

    assertThat(upgrade(Chart.folder()).getRevision()).isEqualTo("2");

    assertThat(image()).isNotEqualTo(oldImage);
    assertThat(shortNames()).contains("gwc");
    assertThat(client.resource(gateway).get().<Object>get("spec"))
        .isEqualTo(gateway.<Object>get("spec"));
  }

  private static String image() {
    return operator().getSpec().getTemplate().getSpec().getContainers().getFirst().getImage();
  }

  private static List<String> shortNames() {
    return client
        .apiextensions()
        .v1()
        .customResourceDefinitions()
        .withName(DEFINITIONS.getFirst())
        .get()
        .getSpec()
        .getNames()
        .getShortNames();
  }

  /** What it may do everywhere, and what it must not be able to do. */
  @ParameterizedTest
  @CsvSource({
    "true, holdfast.dev, gatewayclusters, status, patch",
    "true, holdfast.dev, gatewaynodes, '', create",
    "true, apps, daemonsets, '', patch",
    "true, '', secrets, '', create",
    "true, '', nodes, '', watch",
    "false, discovery.k8s.io, endpointslices, '', list",
    "false, '', nodes, '', patch",
    "false, '', pods, '', create",
    "false, '', pods, exec, create",
    "false, apps, deployments, '', patch",
    "false, rbac.authorization.k8s.io, clusterroles, '', create",
    "false, rbac.authorization.k8s.io, roles, '', escalate",
    "false, rbac.authorization.k8s.io, roles, '', bind",
    "false, holdfast.dev, gatewayclusters, '', delete",
  })
  void givesTheOperatorWhatItNeedsAndNoMore(
      boolean allowed, String group, String resource, String subresource, String verb) {
    install(Chart.folder());

    SubjectAccessReview review =
        new SubjectAccessReviewBuilder()
            .withNewSpec()
            .withUser("system:serviceaccount:" + Chart.NAMESPACE + ":" + OPERATOR)
            .withNewResourceAttributes()
            .withNamespace("somewhere")
            .withGroup(group)
            .withResource(resource)
            .withSubresource(subresource)
            .withVerb(verb)
            .endResourceAttributes()
            .endSpec()
            .build();

    assertThat(
            client
                .authorization()
                .v1()
                .subjectAccessReview()
                .create(review)
                .getStatus()
                .getAllowed())
        .isEqualTo(allowed);
  }
}
