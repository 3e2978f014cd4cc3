package dev.holdfast.api.crd;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.api.Examples;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("A released resource goes on working")
class CrdCompatibilityTest {

  private static final Path RELEASED = Path.of("src/test/resources/released");

  @Test
  void nothingThatWasReleasedIsBroken() throws IOException {
    try (Stream<Path> files = Files.list(RELEASED)) {
      for (Path file : files.filter(path -> path.toString().endsWith(".yaml")).toList()) {
        boolean clusters = file.getFileName().toString().startsWith("gatewayclusters");
        String today = clusters ? CrdGenerator.gatewayClusters() : CrdGenerator.gatewayNodes();

        assertThat(
                CrdCompatibility.compare(
                    Examples.YAML.readTree(file.toFile()), Examples.YAML.readTree(today)))
            .as("what changed since %s", file.getFileName())
            .isEmpty();
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a field is new     | '{}'                    | '{x: {type: string}}'          | ''",
        "a field is gone    | '{x: {type: string}}'   | '{}'                           | x is gone",
        "a type changed     | '{x: {type: string}}'   | '{x: {type: integer}}'         | 'x was \"string\" and is \"integer\"'",
        "a value is new     | '{x: {enum: [a]}}'      | '{x: {enum: [a, b]}}'          | ''",
        "a value is gone    | '{x: {enum: [a, b]}}'   | '{x: {enum: [a]}}'             | 'x no longer takes \"b\"'",
        "more is needed     | '{x: {type: object}}'   | '{x: {type: object, required: [y]}}' | 'x now needs \"y\"'",
        "inside a list      | '{x: {items: {type: string}}}' | '{x: {items: {type: integer}}}' | 'x[] was \"string\" and is \"integer\"'",
        "inside a map       | '{x: {additionalProperties: {type: string}}}' | '{x: {additionalProperties: {type: integer}}}' | 'x.* was \"string\" and is \"integer\"'",
      })
  void onlyWhatBreaksIsNamed(String what, String released, String today, String sentence)
      throws JsonProcessingException {
    List<String> breaks = CrdCompatibility.compare(crd(released), crd(today));

    assertThat(breaks).as(what).isEqualTo(sentence.isEmpty() ? List.of() : List.of(sentence));
  }

  private static JsonNode crd(String properties) throws JsonProcessingException {
    return Examples.YAML.readTree(
        "{spec: {versions: [{name: v1alpha1, schema: {openAPIV3Schema: {properties: "
            + properties
            + "}}}]}}");
  }
}
