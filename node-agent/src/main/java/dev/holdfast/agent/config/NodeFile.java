package dev.holdfast.agent.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.agent.config.Documents.Document;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import dev.holdfast.api.validate.NodeValidator;
import dev.holdfast.api.validate.Violation;
import java.util.ArrayList;
import java.util.List;

/** A GatewayNode, as the API server sends it or as it was kept on disk. */
public final class NodeFile {

  /** What the document says. */
  public sealed interface Result {

    /**
     * @param namespace of the GatewayNode
     * @param generation {@code metadata.generation} of the GatewayNode itself, for its {@code
     *     status.observedGeneration}; 0 when the document has none
     */
    record Accepted(String namespace, String name, long generation, GatewayNodeSpec spec)
        implements Result {}

    /** All that this agent cannot understand; never empty. */
    record Refused(List<Problem> problems) implements Result {}
  }

  private static final String KIND = "GatewayNode";
  private static final ObjectMapper MAPPER =
      new ObjectMapper().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

  private NodeFile() {}

  /**
   * @param text YAML or JSON
   */
  public static Result parse(String text) {
    List<Problem> problems = new ArrayList<>();
    List<Document> documents = Documents.read(text, problems);
    if (problems.isEmpty()) {
      for (Document document : ResourceHead.only(KIND, documents, problems)) {
        return accept(document);
      }
    }
    return new Result.Refused(List.copyOf(problems));
  }

  private static Result accept(Document document) {
    List<Problem> problems = new ArrayList<>();
    JsonNode spec = document.root().path("spec");
    new ShapeChecker(document, ShapeChecker.Unknown.SKIP, problems)
        .check(spec, GatewayNodeSpec.class, "spec");
    if (!problems.isEmpty()) {
      return new Result.Refused(List.copyOf(problems));
    }
    GatewayNodeSpec read = bind(spec);
    for (Violation violation : NodeValidator.validate(read)) {
      problems.add(
          new Problem(violation.path(), document.lineOf(violation.path()), violation.sentence()));
    }
    return problems.isEmpty()
        ? new Result.Accepted(
            ResourceHead.metadata(document, "namespace", "default"),
            ResourceHead.metadata(document, "name", ""),
            document.root().path("metadata").path("generation").asLong(0),
            read)
        : new Result.Refused(List.copyOf(problems));
  }

  private static GatewayNodeSpec bind(JsonNode spec) {
    try {
      return MAPPER.treeToValue(spec, GatewayNodeSpec.class);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a checked document does not bind", e);
    }
  }
}
