package dev.holdfast.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.holdfast.agent.config.ClusterFile.Result;
import dev.holdfast.agent.config.ClusterFile.Result.Accepted;
import dev.holdfast.api.v1alpha1.FirewallSpec;
import dev.holdfast.api.v1alpha1.RuleSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("The resource of a lab, with what a bench changes in it")
class ClusterFileTest {

  private static FirewallSpec firewall(ClusterFile file) {
    return Objects.requireNonNull(file.spec().firewall());
  }

  @Test
  void opensAPortOfTheRoutersAndNothingElse() {
    assertThat(firewall(ClusterFile.read(null).opening(4001)).input())
        .singleElement()
        .satisfies(rule -> assertThat(rule.ports()).hasSize(1));
  }

  @Test
  void forwardsFromAsManySourcesAsAreWantedEachOnce() {
    List<RuleSpec> rules = firewall(ClusterFile.read(null).forwardingFrom(505, 4002)).forward();

    assertThat(rules).hasSize(52);
    assertThat(
            rules.stream()
                .filter(rule -> rule.sources() != null)
                .flatMap(rule -> Objects.requireNonNull(rule.sources()).stream()))
        .containsExactlyElementsOf(IntStream.range(0, 505).mapToObj(ClusterFile::source).toList())
        .doesNotHaveDuplicates();
  }

  /** Of a file that {@code holdfast check} accepts the lab makes one that says the same. */
  @ParameterizedTest
  @ValueSource(strings = {"article", "beside-keepalived", "dual-stack", "three-routers", "unicast"})
  void readsWhatTheAgentReadsAndWritesTheSame(String example, @TempDir Path folder)
      throws IOException {
    Path file = Path.of("../docs/examples", example + ".yaml");
    Path written = folder.resolve("cluster.json");
    ClusterFile read = ClusterFile.read(file);
    read.write(written);

    assertThat(Files.readString(written)).doesNotContain("null");
    assertThat(accepted(written)).isEqualTo(accepted(file));
    assertThat(read.spec()).isEqualTo(accepted(file).spec());
    assertThat(read.name()).isEqualTo(accepted(file).identity().name());
  }

  private static Accepted accepted(Path file) throws IOException {
    Result result = dev.holdfast.agent.config.ClusterFile.parse(Files.readString(file));
    assertThat(result).isInstanceOf(Accepted.class);
    return (Accepted) result;
  }

  @Test
  void findsTheGatewayBesideOtherDocumentsAndInJson(@TempDir Path folder) throws IOException {
    String article = Files.readString(Path.of("../docs/examples/article.yaml"));
    Path several =
        Files.writeString(
            folder.resolve("several.yaml"),
            "apiVersion: v1\nkind: Namespace\nmetadata: {name: net}\n---\n" + article);
    Path json = folder.resolve("tabs.json");
    ClusterFile.read(several).write(json);
    Files.writeString(json, Files.readString(json).replace("  ", "\t"));

    assertThat(ClusterFile.read(several).spec()).isEqualTo(ClusterFile.read(null).spec());
    assertThat(ClusterFile.read(json).spec()).isEqualTo(ClusterFile.read(null).spec());
  }

  @Test
  void refusesWithTheSentencesOfTheCheck(@TempDir Path folder) throws IOException {
    String article = Files.readString(Path.of("../docs/examples/article.yaml"));
    Path file =
        Files.writeString(
            folder.resolve("wrong.yaml"),
            article.replace("holdfast.dev/v1alpha1", "holdfast.dev/v1"));

    assertThatIllegalArgumentException()
        .isThrownBy(() -> ClusterFile.read(file))
        .withMessageMatching(
            "(?s)\\Q"
                + file
                + "\\E:\napiVersion: is holdfast.dev/v1; write holdfast.dev/v1alpha1.*");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ClusterFile.read(folder.resolve("nowhere.yaml")))
        .withMessageEndingWith("there is no such file");
  }

  @Test
  void whatTheCommandLineChangesLeavesTheRestAsItWas() {
    ClusterFile article = ClusterFile.read(null);

    assertThat(article.besideOthers().advertisingEvery("50ms").inNamespace("net").nodes())
        .hasSameSizeAs(article.nodes())
        .allSatisfy(
            node -> assertThat(node.vrrp().advertisementIntervalNanos()).isEqualTo(50_000_000));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> article.advertisingEvery("50"))
        .withMessageStartingWith("with what the command line changes:\nspec.vrrp.adv")
        .withMessageNotContaining("(line");
  }
}
