package dev.holdfast.agent.kube;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.kube.ApiServer;
import dev.holdfast.api.v1alpha1.GatewayCluster;
import dev.holdfast.api.v1alpha1.GatewayNodeNames;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
@DisplayName("kubectl gateway at a real API server")
class KubectlGatewayApiIT {

  @TempDir static Path folder;
  private static ApiServer server;

  private record Said(int exit, String text) {}

  @BeforeAll
  static void start() throws IOException {
    server = ApiServer.start();
    server.installDefinitions(Path.of("../crds"));
    Files.writeString(folder.resolve("kubeconfig"), server.kubeconfig());
    GatewayCluster cluster =
        Serialization.unmarshal(
            Files.readString(Path.of("../docs/examples/article.yaml")), GatewayCluster.class);
    cluster.getMetadata().setNamespace("default");
    server.client().resource(cluster).create();
    // What the operator would say.
    cluster()
        .subresource("status")
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            """
            {"status": {"active": "router-a", "routers": [
              {"node": "router-a", "role": "Active", "ready": true, "inSync": true, "safeToReboot": true},
              {"node": "router-b", "role": "Backup", "ready": true, "inSync": true, "safeToReboot": true}]}}
            """);
  }

  @AfterAll
  static void stop() {
    if (server != null) {
      server.close();
    }
  }

  private static Resource<GatewayCluster> cluster() {
    return server.client().resources(GatewayCluster.class).inNamespace("default").withName("home");
  }

  /** Installed as people do: a link of that name. */
  private static Process gateway(String... arguments) throws IOException {
    Path plugin = folder.resolve("kubectl-gateway");
    if (!Files.exists(plugin)) {
      Files.createSymbolicLink(plugin, Path.of("bin/holdfast").toAbsolutePath());
    }
    List<String> command = new ArrayList<>(List.of(plugin.toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("KUBECONFIG", folder.resolve("kubeconfig").toString());
    return builder.start();
  }

  private static Said end(Process process) throws IOException, InterruptedException {
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return new Said(process.exitValue(), text);
  }

  @Test
  void showsTheGatewayOnOneScreen() throws IOException, InterruptedException {
    Said said = end(gateway("status", "-n", "default"));

    assertThat(said.exit()).as(said.text()).isZero();
    assertThat(said.text())
        .startsWith("SAFE: router-a is active, and router-b can take over at once.")
        .contains("default/home")
        .contains("SAFE TO REBOOT NOW");
  }

  @Test
  void followsAFailoverLiveUntilItIsInterrupted() throws IOException {
    Process following = gateway("status", "--watch", "-n", "default");
    try (var screens = following.inputReader()) {
      assertThat(firstThatBegins(screens, "SAFE: ")).contains("router-a is active");

      active("router-b");

      assertThat(firstThatBegins(screens, "SAFE: ")).contains("router-b is active");
      assertThat(following.isAlive()).isTrue();
    } finally {
      following.destroy();
      following.onExit().join();
      active("router-a");
    }
  }

  private static void active(String router) {
    cluster()
        .subresource("status")
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            "{\"status\": {\"active\": \"" + router + "\"}}");
  }

  private static String firstThatBegins(BufferedReader lines, String with) throws IOException {
    String line = lines.readLine();
    while (line != null && !line.startsWith(with)) {
      line = lines.readLine();
    }
    return String.valueOf(line);
  }

  @Test
  void aHandoverIsAskedForAndItsAnswerWaitedFor() throws IOException, InterruptedException {
    Process asking = gateway("handover", "--to", "router-b", "-n", "default");
    // The operator, in short: sees the annotation, answers in the condition, takes it away.
    requested("router-b");
    answered("True", "router-b has the role");
    request(null);

    Said said = end(asking);

    assertThat(said.text()).contains("router-b has the role");
    assertThat(said.exit()).isZero();
  }

  @Test
  void anAnswerToAnotherRequestIsNotTakenForItsOwn() throws IOException, InterruptedException {
    answered("True", "router-a has the role");
    Process asking = gateway("handover", "--to", "router-b", "-n", "default");
    requested("router-b");
    request(null);

    Said said = end(asking);

    assertThat(said.text())
        .contains("vanished without an answer")
        .doesNotContain("router-a has the role");
    assertThat(said.exit()).isEqualTo(1);
  }

  @Test
  void aRequestInItsPlaceIsSaid() throws IOException, InterruptedException {
    Process asking = gateway("handover", "--to", "router-b", "-n", "default");
    requested("router-b");
    request("router-a");

    Said said = end(asking);
    request(null);

    assertThat(said.text()).contains("somebody asked for a handover to router-a instead");
    assertThat(said.exit()).isEqualTo(1);
  }

  private static void requested(String router) {
    cluster()
        .waitUntilCondition(
            c ->
                c.getMetadata().getAnnotations() != null
                    && router.equals(
                        c.getMetadata().getAnnotations().get(GatewayNodeNames.HANDOVER_ANNOTATION)),
            60,
            TimeUnit.SECONDS);
  }

  /** Null: takes it away. */
  private static void request(@Nullable String router) {
    cluster()
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            "{\"metadata\":{\"annotations\":{\""
                + GatewayNodeNames.HANDOVER_ANNOTATION
                + "\":"
                + (router == null ? "null" : "\"" + router + "\"")
                + "}}}");
  }

  private static void answered(String status, String message) {
    cluster()
        .subresource("status")
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            """
            {"status": {"conditions": [{"type": "Handover", "status": "%s", "reason": "Done",
              "message": "%s", "lastTransitionTime": "2026-01-01T00:00:00Z"}]}}
            """
                .formatted(status, message));
  }

  @Test
  void maintenanceIsWrittenForTheRouterThatWasNamedAndForNoOther()
      throws IOException, InterruptedException {
    Said unknown = end(gateway("maintenance", "on", "--router", "router-x", "-n", "default"));
    assertThat(unknown.exit()).isEqualTo(1);
    assertThat(unknown.text()).contains("router-x is no router of home; it has router-a, router-b");

    // No agent answers here, so it is written and not seen to be done.
    Said written =
        end(
            gateway(
                "maintenance", "on", "--router", "router-b", "--timeout", "1", "-n", "default"));
    assertThat(written.exit()).isEqualTo(1);
    assertThat(written.text()).contains("What was written stays");
    assertThat(cluster().get().getSpec().routers())
        .filteredOn(router -> Boolean.TRUE.equals(router.maintenance()))
        .extracting(router -> router.node())
        .containsExactly("router-b");
  }

  @Test
  void saysWhereToLookWhenThereIsNoGateway() throws IOException, InterruptedException {
    Said said = end(gateway("status", "-n", "kube-system"));

    assertThat(said.exit()).isEqualTo(1);
    assertThat(said.text()).contains("no GatewayCluster in the namespace kube-system");
  }
}
