package dev.holdfast.helm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.marcnuri.helm.LintResult;
import dev.holdfast.api.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("The chart")
class ChartTest {

  private static final Map<String, Object> WITHOUT_CRDS = Map.of("crds.enabled", false);

  @Test
  void lintsWithoutAWarning() {
    LintResult lint = Chart.helm().lint().strict().call();

    assertThat(lint.isFailed()).as("%s", lint.getMessages()).isFalse();
  }

  @Test
  void rendersAsCommitted() throws IOException {
    Golden.check(Path.of("src/test/resources/golden/default.yaml"), Chart.render(WITHOUT_CRDS));
    Golden.check(
        Path.of("src/test/resources/golden/everything.yaml"),
        Chart.render(Path.of("src/test/resources/everything-values.yaml")));
  }

  @Test
  void bringsTheResourceDefinitionsUnchangedAndKeepsThem() throws IOException {
    List<JsonNode> definitions =
        Chart.objects(Chart.render(Map.of())).stream()
            .filter(object -> object.path("kind").asText().equals("CustomResourceDefinition"))
            .toList();

    assertThat(definitions).hasSize(2);
    for (JsonNode definition : definitions) {
      ObjectNode metadata = (ObjectNode) definition.get("metadata");
      assertThat(metadata.at("/annotations/helm.sh~1resource-policy").asText()).isEqualTo("keep");
      metadata.remove("annotations");
      assertThat(definition)
          .isEqualTo(Chart.file("files/crds/" + metadata.get("name").asText() + ".yaml"));
    }
  }

  @Test
  void leavesTheResourceDefinitionsOutWhenTold() {
    assertThat(Chart.render(WITHOUT_CRDS)).doesNotContain("CustomResourceDefinition");
  }

  @Test
  void namesTheImagesOfItsOwnVersion() throws IOException {
    Matcher version =
        Pattern.compile("\n  <version>(.*)</version>")
            .matcher(Files.readString(Path.of("../pom.xml")));
    assertThat(version.find()).isTrue();

    assertThat(Chart.file("Chart.yaml").get("appVersion").asText()).isEqualTo(version.group(1));
    assertThat(Chart.render(WITHOUT_CRDS))
        .contains("holdfast.dev/holdfast-operator:" + version.group(1))
        .contains("holdfast.dev/holdfast-agent:" + version.group(1));
  }

  /** The operator is tested with the file's rights: the chart must not grant more, nor fewer. */
  @Test
  void grantsTheOperatorExactlyTheRightsThatItIsTestedWith() throws IOException {
    Set<String> tested = rights(Files.readString(Path.of("../operator/rbac.yaml")));

    assertThat(rights(Chart.render(WITHOUT_CRDS))).isEqualTo(tested).hasSizeGreaterThan(60);
  }

  /** Each right of the operator's roles by itself: where, of what, which one, to do what. */
  private static Set<String> rights(String yaml) {
    Set<String> rights = new TreeSet<>();
    for (JsonNode role : Chart.objects(yaml)) {
      if (!List.of("Role", "ClusterRole").contains(role.path("kind").asText())
          || !role.at("/metadata/name").asText().equals("holdfast-operator")) {
        continue;
      }
      String where = role.at("/metadata/namespace").asText("everywhere");
      for (JsonNode rule : role.get("rules")) {
        for (JsonNode group : rule.get("apiGroups")) {
          for (JsonNode resource : rule.get("resources")) {
            for (JsonNode verb : rule.get("verbs")) {
              rights.add(
                  "%s: %s %s/%s %s"
                      .formatted(
                          where,
                          verb.asText(),
                          group.asText(),
                          resource.asText(),
                          rule.path("resourceNames")));
            }
          }
        }
      }
    }
    return rights;
  }

  @Test
  void givesThePodMonitorsOfAgentsTheLabelsOfTheOthers() {
    String rendered = Chart.render(Map.of("monitoring.labels.release", "prometheus"));

    assertThat(rendered)
        .contains(
            "{name: HOLDFAST_MONITORING_LABELS, value: \"{\\\"release\\\":\\\"prometheus\\\"}\"}");
  }

  @Test
  void letsOnlyAdminsOfANamespaceChangeAGateway() {
    JsonNode edit =
        Chart.objects(Chart.render(WITHOUT_CRDS)).stream()
            .filter(object -> object.at("/metadata/name").asText().equals("holdfast-edit"))
            .findFirst()
            .orElseThrow();

    assertThat(edit.at("/metadata/labels").propertyStream().map(Map.Entry::getKey))
        .filteredOn(label -> label.contains("aggregate"))
        .containsExactly("rbac.authorization.k8s.io/aggregate-to-admin");
  }

  /** Helm merges maps of values and forgets what no template reads: a typo must not be silent. */
  @ParameterizedTest
  @CsvSource({
    "operator.replica, 1, replica",
    "operator.replicas, -1, replicas",
    "operator.port, 80, port",
    "operator.logLevel, LOUD, logLevel",
    "operator.image.pullPolicy, Sometimes, pullPolicy",
    "agent.image.repository, '', repository",
    "agent.tolerations, x, tolerations",
    "operator.rolloutDeadline, 5m, rolloutDeadline",
    "podNetworks, ten, podNetworks",
    "monitoring.enable, true, enable",
    "monitoring.runbooks, docs/runbooks/, runbooks",
  })
  void refusesAValueItDoesNotKnow(String path, String value, String named) {
    Object typed = value.matches("-?\\d+") ? (Object) Integer.valueOf(value) : value;

    assertThatThrownBy(() -> Chart.render(Map.of(path, typed))).hasMessageContaining(named);
  }

  @Test
  void everyValueIsInTheSchema() throws IOException {
    List<String> missing = new ArrayList<>();
    unknown("", Chart.file("values.yaml"), Chart.file("values.schema.json"), missing);

    assertThat(missing).isEmpty();
  }

  private static void unknown(String path, JsonNode values, JsonNode schema, List<String> missing) {
    JsonNode properties = schema.path("properties");
    if (properties.isMissingNode()) {
      return; // A reference, or a thing of Kubernetes' own.
    }
    for (Map.Entry<String, JsonNode> value : values.properties()) {
      JsonNode known = properties.path(value.getKey());
      if (known.isMissingNode()) {
        missing.add(path + "/" + value.getKey());
      } else {
        unknown(path + "/" + value.getKey(), value.getValue(), known, missing);
      }
    }
  }
}
