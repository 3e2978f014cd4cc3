package dev.holdfast.helm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What {@code ./dev images} made. That containerd imports and runs it is seen where a real cluster
 * does ({@code ClusterE2E} in the lab).
 */
@DisplayName("The image archives")
class ImageArchivesIT {

  private static final Path IMAGES = Path.of("../target/images");
  private static final Pattern SHELL =
      Pattern.compile("(.*/)?(sh|ash|bash|dash|ksh|zsh|busybox)", Pattern.DOTALL);

  @TempDir Path folder;

  private OciArchive archive(String program) throws IOException {
    Path file = IMAGES.resolve(program + ".tar");
    Assumptions.assumeTrue(Files.exists(file), "there is no " + file + ": './dev images' makes it");
    return OciArchive.read(file, Files.createDirectory(folder.resolve(program)));
  }

  private static List<String> entrypoint(OciArchive archive) {
    List<String> words = new ArrayList<>();
    archive.image().at("/config/Entrypoint").forEach(word -> words.add(word.asText()));
    return words;
  }

  /** As a pod of the chart names it: otherwise the kubelet would look for a registry. */
  private static String inTheChart(String program) {
    return Chart.objects(Chart.render(Map.of("crds.enabled", false))).stream()
        .map(JsonNode::toString)
        .flatMap(
            text ->
                Pattern.compile("holdfast\\.dev/" + program + ":[^\"]+")
                    .matcher(text)
                    .results()
                    .map(found -> found.group()))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void theAgentsHasBothBackEndsOfIptablesThePluginAndNoShell() throws IOException {
    OciArchive agent = archive("holdfast-agent");

    assertThat(agent.name()).isEqualTo(inTheChart("holdfast-agent"));
    assertThat(entrypoint(agent)).containsExactly("/opt/holdfast/bin/holdfast");
    assertThat(agent.files())
        .contains(
            "opt/holdfast/bin/holdfast",
            "opt/holdfast/bin/kubectl-gateway",
            "opt/holdfast/runtime/bin/java",
            "usr/sbin/iptables-nft-restore",
            "usr/sbin/iptables-legacy-restore",
            "usr/sbin/ip6tables-nft-restore",
            "usr/sbin/ip6tables-legacy-restore",
            "usr/sbin/xtables-nft-multi",
            "usr/sbin/xtables-legacy-multi")
        .noneMatch(file -> SHELL.matcher(file).matches());
  }

  @Test
  void theOperatorsIsNobodysAndHasNoShell() throws IOException {
    OciArchive operator = archive("holdfast-operator");

    assertThat(operator.name()).isEqualTo(inTheChart("holdfast-operator"));
    assertThat(operator.image().at("/config/User").asText()).isEqualTo("65532:65532");
    assertThat(entrypoint(operator))
        .startsWith("/opt/holdfast/runtime/bin/java")
        .containsAll(Files.readAllLines(Path.of("../operator/java.options")))
        .endsWith("-jar", "/opt/holdfast/operator/quarkus-run.jar");
    assertThat(operator.files())
        .contains("opt/holdfast/runtime/bin/java", "opt/holdfast/operator/quarkus-run.jar")
        .noneMatch(file -> SHELL.matcher(file).matches());
  }

  @Test
  void theSameFoldersMakeTheSameBytes() throws IOException {
    Path root = Files.createDirectories(folder.resolve("root/opt"));
    Files.writeString(root.resolve("a"), "one");
    Files.createSymbolicLink(root.resolve("b"), Path.of("a"));
    Path first = make("first.tar");
    Path second = make("second.tar");

    assertThat(Files.mismatch(first, second)).isEqualTo(-1);
    OciArchive read = OciArchive.read(first, Files.createDirectory(folder.resolve("read")));
    assertThat(read.name()).isEqualTo("example.invalid/thing:1");
    assertThat(read.files()).containsExactly("opt", "opt/a", "opt/b");
    assertThat(entrypoint(read)).containsExactly("/opt/a");
  }

  @Test
  void aByteThatIsNotAsItWasIsFound() throws IOException {
    Files.createDirectories(folder.resolve("root/opt"));
    String whole = Files.readString(make("whole.tar"), StandardCharsets.ISO_8859_1);
    assertThat(whole).contains("\"linux\"");
    Path damaged =
        Files.writeString(
            folder.resolve("damaged.tar"),
            whole.replace("\"linux\"", "\"linus\""),
            StandardCharsets.ISO_8859_1);

    assertThatThrownBy(
            () -> OciArchive.read(damaged, Files.createDirectory(folder.resolve("damaged"))))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("sha256:");
  }

  private Path make(String archive) throws IOException {
    OciArchive.run(
        "python3",
        "images/oci.py",
        "example.invalid/thing:1",
        folder.resolve(archive).toString(),
        folder.resolve("root").toString(),
        "--entrypoint",
        "[\"/opt/a\"]");
    return folder.resolve(archive);
  }
}
