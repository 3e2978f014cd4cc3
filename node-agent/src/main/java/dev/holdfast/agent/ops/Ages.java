package dev.holdfast.agent.ops;

import java.time.Duration;

/** Ages as people say them: {@code 12 s}, {@code 3 min}, {@code 5 h}, {@code 9 d}. */
final class Ages {

  private Ages() {}

  static String text(Duration age) {
    long seconds = Math.max(0, age.toSeconds());
    return seconds < 120
        ? seconds + " s"
        : seconds < 7_200
            ? seconds / 60 + " min"
            : seconds < 172_800 ? seconds / 3_600 + " h" : seconds / 86_400 + " d";
  }
}
