package dev.holdfast.agent.config;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.error.MarkedYAMLException;

/**
 * Reads YAML or JSON, one document or several, and remembers the line of each value.
 *
 * <p>What Kubernetes would read differently is refused: keys that are given twice, and YAML's
 * anchors.
 */
final class Documents {

  private static final JsonFactory JSON = new JsonFactory();
  private static final YAMLFactory YAML = new YAMLFactory();
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  /** One document: its tree, and the line of each path below the root (""). */
  record Document(JsonNode root, Map<String, Integer> lines) {

    /** The line of the path, or of the nearest thing around it. */
    int lineOf(String path) {
      String around = path;
      Integer line = lines.get(around);
      while (line == null && !around.isEmpty()) {
        around =
            around.substring(
                0, Math.max(Math.max(around.lastIndexOf('.'), around.lastIndexOf('[')), 0));
        line = lines.get(around);
      }
      return line == null ? 0 : line;
    }
  }

  private final JsonParser parser;
  private final List<Problem> problems;
  private Map<String, Integer> lines = new HashMap<>();

  private Documents(JsonParser parser, List<Problem> problems) {
    this.parser = parser;
    this.problems = problems;
  }

  /**
   * All documents that are not empty.
   *
   * @param problems takes what cannot be read; then the documents are not to be used
   */
  static List<Document> read(String text, List<Problem> problems) {
    String start = text.stripLeading();
    boolean json = start.startsWith("{") || start.startsWith("[");
    List<Document> documents = new ArrayList<>();
    try (JsonParser parser = (json ? JSON : YAML).createParser(text)) {
      var reader = new Documents(parser, problems);
      while (parser.nextToken() != null) {
        reader.lines = new HashMap<>();
        JsonNode root = reader.value("");
        if (!root.isNull()) {
          documents.add(new Document(root, reader.lines));
        }
      }
    } catch (JsonProcessingException e) {
      problems.add(unreadable(e, json));
    } catch (IOException e) {
      throw new IllegalStateException("text in memory cannot fail to be read", e);
    }
    return documents;
  }

  private static Problem unreadable(JsonProcessingException e, boolean json) {
    JsonLocation location = e.getLocation();
    String what = e.getOriginalMessage();
    if (e.getCause() instanceof MarkedYAMLException yaml) {
      what =
          yaml.getContext() == null
              ? yaml.getProblem()
              : yaml.getContext() + ", " + yaml.getProblem();
    }
    String form = json ? "JSON" : "YAML";
    String oneLine = String.valueOf(what).lines().findFirst().orElse("it ends too early");
    return new Problem(
        "", location == null ? 0 : location.getLineNr(), "this is no " + form + ": " + oneLine);
  }

  private JsonNode value(String path) throws IOException {
    lines.put(path, line());
    if (parser instanceof YAMLParser yaml && yaml.isCurrentAlias()) {
      problems.add(new Problem(path, line(), "is an alias of YAML; write the value out"));
      return NODES.nullNode();
    }
    return switch (parser.currentToken()) {
      case START_OBJECT -> object(path);
      case START_ARRAY -> array(path);
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> number(path);
      case VALUE_TRUE -> NODES.booleanNode(true);
      case VALUE_FALSE -> NODES.booleanNode(false);
      case VALUE_NULL -> NODES.nullNode();
      default -> NODES.textNode(parser.getText());
    };
  }

  private JsonNode number(String path) throws IOException {
    try {
      return parser.currentToken() == JsonToken.VALUE_NUMBER_INT
          ? NODES.numberNode(parser.getBigIntegerValue())
          : NODES.numberNode(parser.getDecimalValue());
    } catch (NumberFormatException e) {
      // A number by its form, like 1e1000000000000, that no type holds.
      problems.add(new Problem(path, line(), "is a number out of all bounds; write another one"));
      return NODES.nullNode();
    }
  }

  private ObjectNode object(String path) throws IOException {
    ObjectNode object = NODES.objectNode();
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      int line = line();
      String inside = path.isEmpty() ? name : path + "." + name;
      Integer before = object.has(name) ? lines.get(inside) : null;
      if (before != null) {
        problems.add(
            new Problem(inside, line, "is given twice, first in line " + before + "; keep one"));
      }
      parser.nextToken();
      object.set(name, value(inside));
      // A block value begins below its name; the name is where a person looks.
      lines.put(inside, line);
    }
    return object;
  }

  private ArrayNode array(String path) throws IOException {
    ArrayNode array = NODES.arrayNode();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      array.add(value(path + "[" + array.size() + "]"));
    }
    return array;
  }

  private int line() {
    JsonLocation location = parser.currentTokenLocation();
    return location == null ? 0 : location.getLineNr();
  }

  /** The text of a field, or null when it is absent or no text. */
  static @Nullable String text(JsonNode object, String field) {
    JsonNode value = object.get(field);
    return value != null && value.isTextual() ? value.textValue() : null;
  }
}
