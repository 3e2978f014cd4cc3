package dev.holdfast.api.crd;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.api.Examples;
import dev.holdfast.api.Golden;
import dev.holdfast.api.render.Renderer;
import dev.holdfast.api.v1alpha1.RouterSpec;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayName("The CustomResourceDefinitions")
class CrdTest {

  static Stream<String> definitions() {
    return Stream.of(CrdGenerator.gatewayClusters(), CrdGenerator.gatewayNodes());
  }

  static Stream<String> examples() {
    return Examples.names().stream();
  }

  private static JsonNode schema(String definition) throws JsonProcessingException {
    return Examples.YAML.readTree(definition).at("/spec/versions/0/schema/openAPIV3Schema");
  }

  @Test
  void theCommittedOnesAreThoseOfTheModel() throws IOException {
    Golden.check(Path.of("gatewayclusters.holdfast.dev.yaml"), CrdGenerator.gatewayClusters());
    Golden.check(Path.of("gatewaynodes.holdfast.dev.yaml"), CrdGenerator.gatewayNodes());
  }

  @Test
  void theChartHasTheSame() throws IOException {
    Path chart = Path.of("../helm/holdfast/files/crds");
    Golden.check(
        chart.resolve("gatewayclusters.holdfast.dev.yaml"), CrdGenerator.gatewayClusters());
    Golden.check(chart.resolve("gatewaynodes.holdfast.dev.yaml"), CrdGenerator.gatewayNodes());
  }

  @ParameterizedTest
  @MethodSource("definitions")
  void everyFieldIsDescribed(String definition) throws JsonProcessingException {
    List<String> bare = new ArrayList<>();
    fields("", schema(definition), bare, field -> field.path("description").isMissingNode());
    // Kubernetes describes it itself and forbids anything else there.
    bare.remove(".metadata");
    bare.remove(".metadata.name");

    assertThat(bare).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("definitions")
  void everyListMapAndTextHasABound(String definition) throws JsonProcessingException {
    List<String> unbounded = new ArrayList<>();
    fields("", schema(definition), unbounded, CrdTest::isUnbounded);

    assertThat(unbounded).isEmpty();
  }

  private static boolean isUnbounded(JsonNode field) {
    return switch (field.path("type").asText()) {
      case "array" -> field.path("maxItems").isMissingNode() || isUnbounded(field.get("items"));
      case "string" ->
          field.path("maxLength").isMissingNode() && field.path("enum").isMissingNode();
      case "object" ->
          field.has("additionalProperties")
              && (field.path("maxProperties").isMissingNode()
                  || isUnbounded(field.get("additionalProperties")));
      default -> false;
    };
  }

  /** Visits every named field, lists and maps through. */
  private static void fields(
      String path, JsonNode node, List<String> found, Predicate<JsonNode> test) {
    for (var field : node.path("properties").properties()) {
      String inside = path + "." + field.getKey();
      if (test.test(field.getValue())) {
        found.add(inside);
      }
      fields(inside, field.getValue(), found, test);
    }
    if (node.has("items")) {
      fields(path + "[]", node.get("items"), found, test);
    }
    if (node.path("additionalProperties").isObject()) {
      fields(path + ".*", node.get("additionalProperties"), found, test);
    }
  }

  @ParameterizedTest
  @MethodSource("examples")
  void theDefaultsOfTheSchemaMeanWhatTheRendererMeans(String example)
      throws JsonProcessingException {
    JsonNode document = Examples.document(example);
    JsonNode filled = document.deepCopy();
    fill(filled.get("spec"), schema(CrdGenerator.gatewayClusters()).at("/properties/spec"));

    assertThat(filled).isNotEqualTo(document);
    for (RouterSpec router : Examples.spec(example).routers()) {
      assertThat(Renderer.render(Examples.identity(example), Examples.spec(filled), router.node()))
          .isEqualTo(
              Renderer.render(Examples.identity(example), Examples.spec(example), router.node()));
    }
  }

  /** What the API server does: an absent field gets its default, then its own fields do. */
  private static void fill(JsonNode value, JsonNode schema) {
    if (value instanceof ObjectNode object) {
      schema
          .path("properties")
          .properties()
          .forEach(
              field -> {
                JsonNode given = field.getValue().get("default");
                if (given != null && !object.has(field.getKey())) {
                  object.set(field.getKey(), given.deepCopy());
                }
                if (object.has(field.getKey())) {
                  fill(object.get(field.getKey()), field.getValue());
                }
              });
    } else if (value.isArray()) {
      value.forEach(item -> fill(item, schema.get("items")));
    }
  }

  @ParameterizedTest
  @MethodSource("definitions")
  void everyRuleStandsOnceAndHasASentence(String definition) throws JsonProcessingException {
    for (JsonNode rules : schema(definition).findValues("x-kubernetes-validations")) {
      assertThat(rules).doesNotHaveDuplicates();
      assertThat(rules)
          .allSatisfy(
              rule ->
                  assertThat(
                          rule.path("message").asText() + rule.path("messageExpression").asText())
                      .containsPattern("write|remove|give|name each"));
    }
  }
}
