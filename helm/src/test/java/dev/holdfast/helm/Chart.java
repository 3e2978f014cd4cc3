package dev.holdfast.helm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.marcnuri.helm.Helm;
import com.marcnuri.helm.TemplateCommand;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The chart in this source tree. */
final class Chart {

  static final String NAMESPACE = "holdfast-system";

  private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());

  private Chart() {}

  static Path folder() {
    return Path.of("holdfast").toAbsolutePath();
  }

  static Helm helm() {
    return new Helm(folder());
  }

  /** What Helm would send to the API server. */
  static String render(Map<String, ?> values) {
    TemplateCommand template = template();
    values.forEach(template::set);
    return template.call();
  }

  /** The same with a file of values. */
  static String render(Path values) {
    return template().withValuesFile(values.toAbsolutePath()).call();
  }

  private static TemplateCommand template() {
    return helm()
        .template()
        .withName("holdfast")
        .withNamespace(NAMESPACE)
        .withKubeVersion("1.35.4");
  }

  static List<JsonNode> objects(String rendered) {
    try (MappingIterator<JsonNode> documents =
        YAML.readerFor(JsonNode.class).readValues(rendered)) {
      return documents.readAll().stream().filter(JsonNode::isObject).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static JsonNode file(String path) throws IOException {
    return YAML.readTree(Files.readString(folder().resolve(path)));
  }

  /**
   * A copy that is another version.
   *
   * @param edit what the files' texts are turned into; by path from the chart's folder
   */
  static Path copy(Path into, Edit edit) throws IOException {
    try (Stream<Path> files = Files.walk(folder())) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path relative = folder().relativize(file);
        Path target = into.resolve("holdfast").resolve(relative);
        Files.createDirectories(target.getParent());
        Files.writeString(target, edit.apply(relative.toString(), Files.readString(file)));
      }
    }
    return into.resolve("holdfast");
  }

  /** A change of one file's text. */
  interface Edit {
    String apply(String path, String text);
  }
}
