package dev.holdfast.agent.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.agent.config.Documents.Document;
import dev.holdfast.api.render.GatewayIdentity;
import dev.holdfast.api.v1alpha1.GatewayClusterSpec;
import dev.holdfast.api.validate.Validator;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** A file with a GatewayCluster, YAML or JSON, as {@code --config} names it. */
public final class ClusterFile {

  /** What the file says. */
  public sealed interface Result {

    /** A gateway without violations; its generation is 0. */
    record Accepted(GatewayIdentity identity, GatewayClusterSpec spec) implements Result {}

    /** All that is wrong, in the order of the file; never empty. */
    record Refused(List<Problem> problems) implements Result {}
  }

  private static final String KIND = "GatewayCluster";
  private static final Pattern NAME = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");
  private static final ObjectMapper MAPPER =
      new ObjectMapper().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

  private ClusterFile() {}

  /**
   * @param text of the whole file
   */
  public static Result parse(String text) {
    List<Problem> problems = new ArrayList<>();
    List<Document> documents = Documents.read(text, problems);
    if (problems.isEmpty()) {
      for (Document document : ResourceHead.only(KIND, documents, problems)) {
        return accept(document);
      }
    }
    return new Result.Refused(problems);
  }

  private static Result accept(Document document) {
    List<Problem> problems = new ArrayList<>();
    ResourceHead.checkFields(document, problems);
    checkName(document, problems);
    JsonNode spec = document.root().path("spec");
    new ShapeChecker(document, ShapeChecker.Unknown.REFUSE, problems)
        .check(spec, GatewayClusterSpec.class, "spec");
    if (!binds(document, spec)) {
      return refused(problems);
    }
    // A field that does not exist, or a bad name, keeps nobody from judging the rest.
    GatewayClusterSpec read = bind(spec);
    Validator.validate(read)
        .forEach(
            violation ->
                problems.add(
                    new Problem(
                        violation.path(),
                        document.lineOf(violation.path()),
                        violation.sentence())));
    return problems.isEmpty()
        ? new Result.Accepted(
            new GatewayIdentity(
                ResourceHead.metadata(document, "name", ""),
                ResourceHead.metadata(document, "namespace", "default"),
                0),
            read)
        : refused(problems);
  }

  /** Everything that it needs is there and has the right shape. */
  private static boolean binds(Document document, JsonNode spec) {
    List<Problem> problems = new ArrayList<>();
    new ShapeChecker(document, ShapeChecker.Unknown.SKIP, problems)
        .check(spec, GatewayClusterSpec.class, "spec");
    return problems.isEmpty();
  }

  private static Result refused(List<Problem> problems) {
    problems.sort((a, b) -> Integer.compare(a.line(), b.line()));
    return new Result.Refused(List.copyOf(problems));
  }

  private static void checkName(Document document, List<Problem> problems) {
    String name = ResourceHead.metadata(document, "name", "");
    if (!NAME.matcher(name).matches()) {
      problems.add(
          new Problem(
              "metadata.name",
              document.lineOf("metadata.name"),
              (name.isEmpty() ? "is missing" : "is \"" + name + "\"")
                  + "; write up to 63 small letters, digits and hyphens, like home"));
    }
  }

  private static GatewayClusterSpec bind(JsonNode spec) {
    try {
      return MAPPER.treeToValue(spec, GatewayClusterSpec.class);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a checked document does not bind", e);
    }
  }
}
