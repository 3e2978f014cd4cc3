package dev.holdfast.agent.config;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.agent.config.Documents.Document;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** What every resource begins with: which kind it is, which version, and its name. */
final class ResourceHead {

  static final String API_VERSION = "holdfast.dev/v1alpha1";

  private static final Set<String> FIELDS =
      Set.of("apiVersion", "kind", "metadata", "spec", "status");

  private ResourceHead() {}

  /**
   * The one document of that kind. Documents of other groups are left alone: a file may hold a
   * Namespace beside the gateway.
   *
   * @param problems takes a sentence when there is none, or more than one
   * @return empty when there is none that can be used
   */
  static List<Document> only(String kind, List<Document> documents, List<Problem> problems) {
    List<Document> found = new ArrayList<>();
    for (Document document : documents) {
      if (isOurs(document, kind, problems)) {
        found.add(document);
      }
    }
    if (found.isEmpty() && problems.isEmpty()) {
      problems.add(
          new Problem(
              "",
              0,
              "there is no "
                  + kind
                  + " in it; write apiVersion: "
                  + API_VERSION
                  + " and kind: "
                  + kind));
    }
    if (found.size() > 1) {
      problems.add(
          new Problem(
              "",
              found.get(1).lineOf(""),
              "this is a second " + kind + "; write one a file: a router serves one gateway"));
    }
    return found.size() == 1 ? found : List.of();
  }

  private static boolean isOurs(Document document, String kind, List<Problem> problems) {
    JsonNode root = document.root();
    if (!root.isObject()) {
      problems.add(
          new Problem(
              "",
              document.lineOf(""),
              "this is no resource; write apiVersion, kind, metadata and spec"));
      return false;
    }
    String version = Documents.text(root, "apiVersion");
    String given = Documents.text(root, "kind");
    if (version == null || given == null) {
      String missing = version == null ? "apiVersion" : "kind";
      String wanted = version == null ? API_VERSION : kind;
      problems.add(
          new Problem(
              missing, document.lineOf(missing), "is missing; write " + missing + ": " + wanted));
      return false;
    }
    boolean ourGroup = version.startsWith("holdfast.dev/");
    if (!ourGroup && !given.equals(kind)) {
      return false;
    }
    if (!version.equals(API_VERSION)) {
      problems.add(
          new Problem(
              "apiVersion",
              document.lineOf("apiVersion"),
              "is " + version + "; write " + API_VERSION));
      return false;
    }
    if (!given.equals(kind)) {
      problems.add(new Problem("kind", document.lineOf("kind"), "is " + given + "; write " + kind));
      return false;
    }
    return true;
  }

  /** Names at the top that no resource has. */
  static void checkFields(Document document, List<Problem> problems) {
    document.root().properties().stream()
        .map(field -> field.getKey())
        .filter(name -> !FIELDS.contains(name))
        .forEach(
            name ->
                problems.add(
                    new Problem(
                        name,
                        document.lineOf(name),
                        "is no field of a resource; fields of the gateway stand below spec")));
  }

  /** {@code metadata.name} and the like, or the given text when it is absent. */
  static String metadata(Document document, String field, String otherwise) {
    String given = Documents.text(document.root().path("metadata"), field);
    return given == null ? otherwise : given;
  }
}
