package dev.holdfast.agent.sync.wire;

import java.nio.charset.StandardCharsets;

/** Texts on their way to the wire. */
final class Texts {
  private Texts() {}

  /** The longest beginning of {@code text} that has at most that many bytes of UTF-8. */
  static String fit(String text, int bytesMax) {
    String fitting = text;
    while (fitting.getBytes(StandardCharsets.UTF_8).length > bytesMax) {
      fitting = fitting.substring(0, fitting.offsetByCodePoints(fitting.length(), -1));
    }
    return fitting;
  }
}
