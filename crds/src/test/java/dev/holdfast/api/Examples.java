package dev.holdfast.api;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.holdfast.api.render.GatewayIdentity;
import dev.holdfast.api.v1alpha1.GatewayClusterSpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The resources of {@code docs/examples}, as the tests read them. */
public final class Examples {

  /** Strict: what the model does not know is a mistake. Writes goldens without needless quotes. */
  public static final ObjectMapper YAML =
      YAMLMapper.builder()
          .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
          .disable(YAMLGenerator.Feature.SPLIT_LINES)
          .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
          .enable(YAMLGenerator.Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
          .enable(YAMLGenerator.Feature.INDENT_ARRAYS_WITH_INDICATOR)
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  private static final Path DIRECTORY = Path.of("../docs/examples");

  private Examples() {}

  /** Every example's name without its ending, in order. */
  public static List<String> names() {
    try (Stream<Path> files = Files.list(DIRECTORY)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(file -> file.endsWith(".yaml"))
          .map(file -> file.substring(0, file.length() - ".yaml".length()))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The whole document. */
  public static JsonNode document(String name) {
    try {
      return YAML.readTree(DIRECTORY.resolve(name + ".yaml").toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static GatewayClusterSpec spec(String name) {
    return spec(document(name));
  }

  public static GatewayClusterSpec spec(JsonNode document) {
    try {
      return YAML.treeToValue(document.get("spec"), GatewayClusterSpec.class);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static GatewayIdentity identity(String name) {
    JsonNode metadata = document(name).get("metadata");
    return new GatewayIdentity(
        metadata.get("name").asText(), metadata.path("namespace").asText("default"), 0);
  }
}
