package dev.holdfast.api.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.api.Examples;
import dev.holdfast.api.Golden;
import dev.holdfast.api.Refusal;
import dev.holdfast.api.render.Renderer;
import dev.holdfast.api.v1alpha1.FlowTotals;
import dev.holdfast.api.v1alpha1.GatewayCluster;
import dev.holdfast.api.v1alpha1.GatewayClusterStatus;
import dev.holdfast.api.v1alpha1.GatewayNode;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import dev.holdfast.api.v1alpha1.LastTransition;
import dev.holdfast.api.v1alpha1.RouterSpec;
import dev.holdfast.api.validate.Validator;
import dev.holdfast.api.validate.Violation;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.StatusCause;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.FieldValidateable;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayName("The resources at a real API server")
class SchemaApiIT {

  private static final String NAMESPACE = "holdfast-system";

  private static ApiServer server;
  private static KubernetesClient client;

  @BeforeAll
  static void installDefinitions() {
    server = ApiServer.start();
    client = server.client();
    client
        .namespaces()
        .resource(
            new NamespaceBuilder().withNewMetadata().withName(NAMESPACE).endMetadata().build())
        .create();
    server.installDefinitions(Path.of(""));
  }

  @AfterAll
  static void stop() {
    if (server != null) {
      server.close();
    }
  }

  static Stream<String> examples() {
    return Examples.names().stream();
  }

  static Stream<Refusal> refusedByApply() {
    return Refusal.all().stream().filter(Refusal::isRefusedByApply);
  }

  static Stream<Refusal> unknownToApply() {
    return Refusal.all().stream().filter(refusal -> !refusal.isRefusedByApply());
  }

  private static GenericKubernetesResource resource(JsonNode document) {
    return Serialization.unmarshal(document.toString(), GenericKubernetesResource.class);
  }

  /** As {@code kubectl apply --dry-run=server}: judged, and not stored. */
  private static GenericKubernetesResource apply(JsonNode document) {
    return client.resource(resource(document)).inNamespace(NAMESPACE).dryRun().create();
  }

  private static JsonNode hostMode(JsonNode document) {
    if (document.at("/spec").has("roleHooks")) {
      ((ObjectNode) document.get("spec")).putObject("agent").put("mode", "Host");
    }
    ((ObjectNode) document.get("metadata")).remove("namespace");
    return document;
  }

  @ParameterizedTest
  @MethodSource("examples")
  void everyExampleIsAccepted(String example) {
    assertThat(apply(hostMode(Examples.document(example)))).isNotNull();
  }

  /** What the server says: its causes, each as {@code FIELD: MESSAGE}. */
  private static List<String> refusal(JsonNode document) {
    try {
      apply(document);
      return List.of();
    } catch (KubernetesClientException e) {
      List<String> sentences = new ArrayList<>();
      if (e.getStatus().getDetails() != null) {
        for (StatusCause cause : e.getStatus().getDetails().getCauses()) {
          sentences.add(cause.getField() + ": " + cause.getMessage());
        }
      }
      return sentences.isEmpty() ? List.of(e.getStatus().getMessage()) : sentences;
    }
  }

  @ParameterizedTest
  @MethodSource("refusedByApply")
  void everyBadResourceIsRefusedAtOnceAndTheSentenceNamesTheField(Refusal refusal) {
    List<String> sentences = refusal(refusal.document());

    assertThat(sentences).isNotEmpty();
    assertThat(sentences).anySatisfy(s -> assertThat(refusal.field()).startsWith(field(s)));
  }

  private static String field(String sentence) {
    return sentence.substring(0, Math.max(0, sentence.indexOf(':')));
  }

  @ParameterizedTest
  @MethodSource("unknownToApply")
  void whatOnlyTheValidatorKnowsIsMarkedSo(Refusal refusal) {
    assertThat(refusal(refusal.document())).isEmpty();
  }

  @Test
  void theTableOfRefusalsInTheDocsIsWhatTheServerSays() throws IOException {
    Golden.check(Path.of("../docs/refusals.md"), RefusalTable.of(SchemaApiIT::refusal));
  }

  @Test
  void anUnknownFieldIsRefusedWhenTheClientIsStrictAsKubectlIs() {
    ObjectNode document = (ObjectNode) Examples.document("article");
    ((ObjectNode) document.at("/spec")).putObject("vrrp").put("intervall", "1s");

    assertThatThrownBy(
            () ->
                client
                    .resource(resource(document))
                    .inNamespace(NAMESPACE)
                    .fieldValidation(FieldValidateable.Validation.STRICT)
                    .create())
        .isInstanceOf(KubernetesClientException.class)
        .hasMessageContaining("unknown field \"spec.vrrp.intervall\"");
  }

  @Test
  void theColumnsAreInTheOrderInWhichTheyAreRead() throws IOException, InterruptedException {
    GatewayCluster cluster =
        Serialization.unmarshal(Examples.document("article").toString(), GatewayCluster.class);
    cluster.getMetadata().setName("columns");
    client.resource(cluster).create();
    cluster.setStatus(
        new GatewayClusterStatus(
            1L,
            "router-a",
            "2026-01-01T00:00:00.000Z",
            new LastTransition("2026-01-01T00:00:00.000Z", null, "router-a", "Started", null),
            "2/2",
            "True",
            new FlowTotals(1234, 1230),
            "10.0.0.10, 192.168.0.3",
            List.of(),
            List.of()));
    client.resource(cluster).updateStatus();

    assertThat(server.kubectl("get", "gwc", "-n", NAMESPACE, "columns"))
        .first()
        .asString()
        .containsPattern("NAME +ACTIVE +READY +IN-SYNC +FLOWS +PROTECTED +LAST-CHANGE +AGE");
    assertThat(server.kubectl("get", "holdfast", "-n", NAMESPACE, "-o", "wide").get(1))
        .containsPattern(
            "columns +router-a +2/2 +True +1234 +1230 +.* +10.0.0.10, 192.168.0.3 +Started");
  }

  @ParameterizedTest
  @MethodSource("examples")
  void theDefaultsAreFilledInAndMeanTheSame(String example) {
    JsonNode document = hostMode(Examples.document(example));
    GatewayCluster stored =
        Serialization.unmarshal(Serialization.asJson(apply(document)), GatewayCluster.class);

    assertThat(stored.getSpec().vrrp()).extracting("preempt").isNotNull();
    assertThat(stored.getSpec().firewall()).extracting("log.rate").isNotNull();
    assertThat(stored.getSpec().nat()).extracting("source").isNotNull();
    assertThat(stored.getSpec().agent()).extracting("mode").isNotNull();
    for (RouterSpec router : stored.getSpec().routers()) {
      assertThat(Renderer.render(Examples.identity(example), stored.getSpec(), router.node()))
          .isEqualTo(
              Renderer.render(Examples.identity(example), Examples.spec(document), router.node()));
    }
    assertThat(Validator.validateInKubernetes(stored.getSpec())).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("examples")
  void whatIsRenderedIsAcceptedAndReadBackUnchanged(String example) {
    for (RouterSpec router : Examples.spec(example).routers()) {
      GatewayNodeSpec spec =
          Renderer.render(Examples.identity(example), Examples.spec(example), router.node());
      GatewayNode node = new GatewayNode();
      node.setMetadata(
          new ObjectMetaBuilder()
              .withName(example + "-" + router.node())
              .withNamespace(NAMESPACE)
              .build());
      node.setSpec(spec);

      assertThat(client.resource(node).dryRun().create().getSpec()).isEqualTo(spec);
    }
  }

  @Test
  void whatTheServerRefusesTheValidatorRefusesAsWell() {
    List<Violation> none = List.of();
    for (Refusal refusal : refusedByApply().filter(r -> !"shape".equals(r.check())).toList()) {
      assertThat(Validator.validateInKubernetes(Examples.spec(refusal.document())))
          .as(refusal.what())
          .isNotEqualTo(none);
    }
  }
}
