package dev.holdfast.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One resource that must be refused, from {@code refusals.yaml}: the article's with changes.
 *
 * @param what for people
 * @param field where the validator finds it
 * @param apply false when only the validator can know
 * @param check {@code shape} when the model itself cannot hold it, {@code kubernetes} when it is
 *     wrong there only
 */
public record Refusal(
    String what,
    Map<String, @Nullable JsonNode> change,
    String field,
    @Nullable Boolean apply,
    @Nullable String check) {

  /** All of the list, in order. */
  public static List<Refusal> all() {
    try {
      return Examples.YAML
          .readerForListOf(Refusal.class)
          .readValue(Path.of("src/test/resources/refusals.yaml").toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public boolean isRefusedByApply() {
    return !Boolean.FALSE.equals(apply);
  }

  /** The bad resource. */
  public JsonNode document() {
    JsonNode document = Examples.document("article");
    change.forEach((path, value) -> set(document, path, value));
    return document;
  }

  private static void set(JsonNode document, String path, @Nullable JsonNode value) {
    String[] steps = path.replace("[", ".[").split("\\.", -1);
    JsonNode at = document;
    for (int i = 0; i < steps.length - 1; i++) {
      at = steps[i].startsWith("[") ? at.get(index(steps[i])) : at.get(steps[i]);
    }
    String last = steps[steps.length - 1];
    boolean removed = value == null || value.isNull();
    if (at instanceof ArrayNode array) {
      int index = index(last);
      if (removed) {
        array.remove(index);
      } else if (index == array.size()) {
        array.add(value);
      } else {
        array.set(index, value);
      }
    } else if (removed) {
      ((ObjectNode) at).remove(last);
    } else {
      ((ObjectNode) at).set(last, value);
    }
  }

  private static int index(String step) {
    return Integer.parseInt(step.substring(1, step.length() - 1));
  }

  @Override
  public String toString() {
    return what;
  }
}
