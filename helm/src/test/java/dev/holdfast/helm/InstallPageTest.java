package dev.holdfast.helm;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.marcnuri.helm.Helm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a reader of docs/install.md copies to a router. */
@DisplayName("The page about installing")
class InstallPageTest {

  private static final Path PAGE = Path.of("../docs/install.md");

  /** As far as the page uses them: of a HelmChart of k3s' helm-controller. */
  private static final Set<String> HELM_CHART =
      Set.of("chart", "targetNamespace", "createNamespace", "bootstrap", "valuesContent");

  @TempDir Path folder;

  private static List<JsonNode> manifests() throws IOException {
    return Pattern.compile("```yaml\n(.*?)```", Pattern.DOTALL)
        .matcher(Files.readString(PAGE))
        .results()
        .flatMap(block -> Chart.objects(block.group(1)).stream())
        .toList();
  }

  private static JsonNode ofKind(String kind) throws IOException {
    return manifests().stream()
        .filter(one -> one.path("kind").asText().equals(kind))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void hasAManifestForK3sWhoseValuesTheChartTakes() throws IOException {
    JsonNode manifest = ofKind("HelmChart");
    assertThat(manifest.path("apiVersion").asText()).isEqualTo("helm.cattle.io/v1");
    assertThat(manifest.at("/metadata/namespace").asText()).isEqualTo("kube-system");
    Set<String> fields = new TreeSet<>();
    manifest.path("spec").fieldNames().forEachRemaining(fields::add);
    assertThat(HELM_CHART).containsAll(fields);
    assertThat(manifest.at("/spec/targetNamespace").asText()).isEqualTo(Chart.NAMESPACE);
    Path values =
        Files.writeString(
            folder.resolve("values.yaml"), manifest.at("/spec/valuesContent").asText());

    // Helm refuses what values.schema.json does not know.
    String rendered = Chart.render(values);

    JsonNode operator =
        Chart.objects(rendered).stream()
            .filter(one -> one.path("kind").asText().equals("Deployment"))
            .findFirst()
            .orElseThrow();
    assertThat(operator.at("/spec/template/spec/hostNetwork").asBoolean()).isTrue();
  }

  @Test
  void packsTheChartUnderTheNameThatTheManifestAsksFor() throws IOException {
    Matcher pack =
        Pattern.compile("(?m)^tar -C (\\S+) -czf (\\S+) (\\S+)$").matcher(Files.readString(PAGE));
    assertThat(pack.find()).isTrue();
    String archive = pack.group(2);
    assertThat(ofKind("HelmChart").at("/spec/chart").asText())
        .isEqualTo("https://%{KUBERNETES_API}%/static/charts/" + archive);
    assertThat(Files.readString(PAGE))
        .contains("cp " + archive + " /var/lib/rancher/k3s/server/static/charts/");

    Path made = folder.resolve(archive);
    OciArchive.run("tar", "-C", "../" + pack.group(1), "-czf", made.toString(), pack.group(3));

    assertThat(new Helm(made).template().withName("holdfast").withKubeVersion("1.35.4").call())
        .contains("holdfast-operator");
  }

  /** An agent hands the role over while it ends: the kubelet must wait for it. */
  @Test
  void givesAgentsTheTimeThatTheirPodsAskFor() throws IOException {
    JsonNode kubelet = ofKind("KubeletConfiguration");
    Duration all = duration(kubelet.path("shutdownGracePeriod").asText());
    Duration critical = duration(kubelet.path("shutdownGracePeriodCriticalPods").asText());
    Matcher pod =
        Pattern.compile("terminationGracePeriodSeconds: (\\d+)")
            .matcher(
                Files.readString(Path.of("../operator/src/test/resources/objects/article.yaml")));
    assertThat(pod.find()).isTrue();

    assertThat(critical).isGreaterThan(Duration.ofSeconds(Long.parseLong(pod.group(1))));
    assertThat(all).isGreaterThan(critical);
  }

  private static Duration duration(String text) {
    return Duration.parse("PT" + text.toUpperCase(Locale.ROOT));
  }
}
