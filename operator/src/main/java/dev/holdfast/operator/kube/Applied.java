package dev.holdfast.operator.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.operator.plan.Templates;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Whether an object must be written.
 *
 * <p>Two questions: do we want the same as when we wrote it last (its fingerprint stands in an
 * annotation, so that a field which we no longer want is taken back as well), and is everything
 * that we want still there? What others added, defaults among them, is theirs.
 */
final class Applied {

  static final String ANNOTATION = "holdfast.dev/applied";

  private static final Set<String> QUANTITIES = Set.of("cpu", "memory", "ephemeral-storage");

  /** Lists that the API server merges by a key: others' entries are theirs, as their fields are. */
  private static final Set<String> SHARED_LISTS =
      Set.of(
          "ownerReferences",
          "containers",
          "env",
          "ports",
          "volumes",
          "volumeMounts",
          "imagePullSecrets");

  /** One whole value to the API server, to which admission webhooks add nevertheless. */
  private static final String TOLERATIONS = "tolerations";

  private static final ObjectMapper JSON = new ObjectMapper();

  private Applied() {}

  /** Marks the object with what it says; it is changed in place. */
  static <R extends HasMetadata> R marked(R wanted) {
    wanted.getMetadata().getAnnotations().remove(ANNOTATION);
    String fingerprint = Templates.fingerprint(wanted);
    wanted.getMetadata().getAnnotations().put(ANNOTATION, fingerprint);
    return wanted;
  }

  /**
   * @param wanted marked
   */
  static boolean stands(HasMetadata wanted, @Nullable HasMetadata actual) {
    return actual != null
        && actual.getMetadata().getDeletionTimestamp() == null
        && covers(JSON.valueToTree(wanted), JSON.valueToTree(actual), "");
  }

  /** Everything of {@code wanted} is in {@code actual}; lists of ours alone are the same length. */
  static boolean covers(JsonNode wanted, @Nullable JsonNode actual, String field) {
    if (actual == null || actual.isNull()) {
      return wanted.isNull() || wanted.isContainerNode() && wanted.isEmpty();
    }
    if (wanted.isObject()) {
      return wanted.properties().stream()
          .allMatch(entry -> covers(entry.getValue(), actual.get(entry.getKey()), entry.getKey()));
    }
    if (wanted.isArray()) {
      return actual.isArray() && coversList(wanted, actual, field);
    }
    return wanted.equals(actual) || sameQuantity(wanted, actual, field);
  }

  private static boolean coversList(JsonNode wanted, JsonNode actual, String field) {
    if (field.equals(TOLERATIONS)) {
      return wanted.valueStream().allMatch(one -> actual.valueStream().anyMatch(one::equals));
    }
    if (SHARED_LISTS.contains(field)) {
      return wanted
          .valueStream()
          .allMatch(one -> actual.valueStream().anyMatch(other -> covers(one, other, field)));
    }
    return wanted.size() == actual.size() && coversEach(wanted, actual, field);
  }

  private static boolean coversEach(JsonNode wanted, JsonNode actual, String field) {
    for (int i = 0; i < wanted.size(); i++) {
      if (!covers(wanted.get(i), actual.get(i), field)) {
        return false;
      }
    }
    return true;
  }

  /** The API server writes {@code 1000m} as {@code 1}. */
  private static boolean sameQuantity(JsonNode wanted, JsonNode actual, String field) {
    if (!QUANTITIES.contains(field)) {
      return false;
    }
    try {
      return new Quantity(wanted.asText()).equals(new Quantity(actual.asText()));
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
