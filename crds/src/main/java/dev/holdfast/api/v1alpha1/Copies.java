package dev.holdfast.api.v1alpha1;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Unmodifiable copies for the constructors of records: what was left out becomes empty. */
final class Copies {

  private Copies() {}

  static <T> List<T> list(@Nullable List<T> given) {
    return given == null ? List.of() : List.copyOf(given);
  }

  /** Keeps the order: rendered text must not depend on a hash. */
  static <K, V> Map<K, V> map(@Nullable Map<K, V> given) {
    return given == null ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(given));
  }
}
