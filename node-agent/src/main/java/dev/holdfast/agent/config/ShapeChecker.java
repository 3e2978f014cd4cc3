package dev.holdfast.agent.config;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.agent.config.Documents.Document;
import dev.holdfast.api.v1alpha1.NumberOrText;
import java.lang.reflect.AnnotatedParameterizedType;
import java.lang.reflect.AnnotatedType;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Compares a document with a record of the model: every name known, every value of its type,
 * nothing missing. After it has found nothing, binding cannot fail.
 *
 * <p>The model is the only description: component names ({@code @JsonProperty} where Java reserves
 * the word), types, {@code @Nullable} for what may be left out. A list or a map may be left out as
 * well; it is empty then.
 */
final class ShapeChecker {

  /** What to do with a name that the model does not have. */
  enum Unknown {
    /** A person wrote it: a mistake. */
    REFUSE,
    /** A newer program wrote it: not for us. */
    SKIP
  }

  private final Document document;
  private final Unknown unknown;
  private final List<Problem> problems;

  ShapeChecker(Document document, Unknown unknown, List<Problem> problems) {
    this.document = document;
    this.unknown = unknown;
    this.problems = problems;
  }

  /** Checks the object at {@code path} against a record. */
  void check(JsonNode node, Class<? extends Record> type, String path) {
    if (!node.isObject()) {
      refuse(path, "is " + said(node) + "; write fields");
      return;
    }
    Map<String, RecordComponent> known = components(type);
    node.properties().stream()
        .filter(field -> !known.containsKey(field.getKey()))
        .forEach(field -> unknownField(path, field.getKey(), known));
    known.forEach(
        (name, component) -> checkComponent(node.get(name), component, path + "." + name));
  }

  private void checkComponent(@Nullable JsonNode node, RecordComponent component, String path) {
    if (node == null || node.isNull()) {
      if (isRequired(component)) {
        refuse(path, "is missing; write " + wanted(component.getGenericType()));
      }
      return;
    }
    boolean numbersToo = component.isAnnotationPresent(NumberOrText.class);
    checkValue(node, component.getGenericType(), numbersToo, path);
  }

  private static boolean isRequired(RecordComponent component) {
    AnnotatedType type = component.getAnnotatedType();
    boolean collection = type instanceof AnnotatedParameterizedType;
    return !collection && !type.isAnnotationPresent(org.jspecify.annotations.Nullable.class);
  }

  private void checkValue(JsonNode node, Type type, boolean numbersToo, String path) {
    if (type instanceof ParameterizedType generic) {
      checkCollection(node, generic, numbersToo, path);
    } else if (type instanceof Class<?> plain && plain.isRecord()) {
      check(node, plain.asSubclass(Record.class), path);
    } else if (!fits(node, (Class<?>) type, numbersToo)) {
      refuse(path, "is " + said(node) + "; write " + wanted(type));
    }
  }

  private void checkCollection(
      JsonNode node, ParameterizedType type, boolean numbersToo, String path) {
    Type[] arguments = type.getActualTypeArguments();
    if (type.getRawType() == List.class) {
      if (!node.isArray()) {
        refuse(path, "is " + said(node) + "; write a list");
        return;
      }
      for (int i = 0; i < node.size(); i++) {
        checkElement(node.get(i), arguments[0], numbersToo, path + "[" + i + "]");
      }
    } else if (!node.isObject()) {
      refuse(path, "is " + said(node) + "; write names, each with its value");
    } else {
      node.properties()
          .forEach(
              entry ->
                  checkElement(
                      entry.getValue(), arguments[1], numbersToo, path + "." + entry.getKey()));
    }
  }

  private void checkElement(JsonNode node, Type type, boolean numbersToo, String path) {
    if (node.isNull()) {
      refuse(path, "is empty; write " + wanted(type) + ", or remove it");
    } else {
      checkValue(node, type, numbersToo, path);
    }
  }

  private static boolean fits(JsonNode node, Class<?> type, boolean numbersToo) {
    if (type == String.class) {
      return node.isTextual() || numbersToo && node.isIntegralNumber();
    }
    if (type == boolean.class || type == Boolean.class) {
      return node.isBoolean();
    }
    if (type == int.class || type == Integer.class) {
      return node.isIntegralNumber() && node.canConvertToInt();
    }
    if (type == long.class || type == Long.class) {
      return node.isIntegralNumber() && node.canConvertToLong();
    }
    if (type.isEnum()) {
      return node.isTextual() && words(type).contains(node.textValue());
    }
    throw new IllegalStateException("the model has a type that no file can give: " + type);
  }

  private void unknownField(String path, String name, Map<String, RecordComponent> known) {
    if (unknown == Unknown.REFUSE) {
      String inside = path + "." + name;
      problems.add(
          new Problem(
              inside, document.lineOf(inside), "is no field; " + hint(name, known.keySet())));
    }
  }

  /** The field that was probably meant, or all there are. */
  static String hint(String name, Iterable<String> known) {
    String nearest = null;
    int distance = Math.max(1, name.length() / 3) + 1;
    for (String candidate : known) {
      int far = distance(name, candidate);
      if (far < distance) {
        nearest = candidate;
        distance = far;
      }
    }
    return nearest != null
        ? "did you mean " + nearest + "?"
        : "there are " + String.join(", ", known);
  }

  /** Edits (insert, remove, replace) from one word to the other; letter case costs nothing. */
  private static int distance(String from, String to) {
    int[] row = new int[to.length() + 1];
    Arrays.setAll(row, i -> i);
    for (int i = 1; i <= from.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= to.length(); j++) {
        boolean same =
            Character.toLowerCase(from.charAt(i - 1)) == Character.toLowerCase(to.charAt(j - 1));
        int replaced = diagonal + (same ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[to.length()];
  }

  private void refuse(String path, String sentence) {
    problems.add(new Problem(path, document.lineOf(path), sentence));
  }

  private static Map<String, RecordComponent> components(Class<?> type) {
    Map<String, RecordComponent> components = new LinkedHashMap<>();
    for (RecordComponent component : type.getRecordComponents()) {
      JsonProperty renamed = component.getAccessor().getAnnotation(JsonProperty.class);
      components.put(renamed == null ? component.getName() : renamed.value(), component);
    }
    return components;
  }

  private static String said(JsonNode node) {
    return switch (node.getNodeType()) {
      case STRING -> "the text \"" + node.textValue() + "\"";
      case NUMBER -> "the number " + node.asText();
      case BOOLEAN -> node.asText();
      case ARRAY -> "a list";
      case OBJECT -> "a group of fields";
      default -> "empty";
    };
  }

  private static String wanted(Type type) {
    if (type instanceof ParameterizedType generic) {
      return generic.getRawType() == List.class ? "a list" : "names, each with its value";
    }
    Class<?> plain = (Class<?>) type;
    if (plain == String.class) {
      return "text, in quotes where it looks like something else";
    }
    if (plain == boolean.class || plain == Boolean.class) {
      return "true or false";
    }
    if (plain.isEnum()) {
      List<String> words = words(plain);
      return String.join(", ", words.subList(0, words.size() - 1)) + " or " + words.getLast();
    }
    return plain.isRecord() ? "fields" : "a whole number without quotes";
  }

  private static List<String> words(Class<?> type) {
    List<String> words = new ArrayList<>();
    for (Object constant : type.getEnumConstants()) {
      String name = ((Enum<?>) constant).name();
      try {
        JsonProperty renamed = type.getField(name).getAnnotation(JsonProperty.class);
        words.add(renamed == null ? name : renamed.value());
      } catch (NoSuchFieldException e) {
        throw new IllegalStateException(type + " has a constant without a field", e);
      }
    }
    return words;
  }
}
