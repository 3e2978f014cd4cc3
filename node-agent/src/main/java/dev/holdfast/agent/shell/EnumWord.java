package dev.holdfast.agent.shell;

import java.util.Locale;

/** Names of constants as the resource writes them. */
final class EnumWord {

  private EnumWord() {}

  /** {@code SAME_TUPLE} becomes {@code SameTuple}. */
  static String of(Enum<?> constant) {
    StringBuilder word = new StringBuilder();
    for (String part : constant.name().split("_", -1)) {
      word.append(part.charAt(0)).append(part.substring(1).toLowerCase(Locale.ROOT));
    }
    return word.toString();
  }
}
