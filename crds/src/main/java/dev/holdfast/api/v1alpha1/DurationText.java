package dev.holdfast.api.v1alpha1;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Durations as the resource writes them: a decimal number and a unit, {@code ms}, {@code s} or
 * {@code m}, like {@code 100ms}, {@code 2.5s}, {@code 1m}. A subset of what CEL's {@code
 * duration()} reads, so that the API server and we agree.
 */
public final class DurationText {

  private static final Pattern FORM = Pattern.compile("([0-9]{1,6}(?:\\.[0-9]{1,6})?)(ms|s|m)");

  private DurationText() {}

  /** True when {@link #nanos} can read it. */
  public static boolean isValid(String text) {
    return FORM.matcher(text).matches();
  }

  /**
   * Nanoseconds, rounded down: 0 to some 700 days.
   *
   * @throws IllegalArgumentException with a sentence that names the text
   */
  public static long nanos(String text) {
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "\"" + text + "\" is no duration: write a number and ms, s or m, like 100ms or 2.5s");
    }
    long unitNanos =
        switch (matcher.group(2)) {
          case "ms" -> 1_000_000L;
          case "s" -> 1_000_000_000L;
          default -> 60_000_000_000L;
        };
    return new BigDecimal(matcher.group(1))
        .multiply(BigDecimal.valueOf(unitNanos))
        .setScale(0, RoundingMode.DOWN)
        .longValueExact();
  }

  /** The shortest text for a whole number of milliseconds: {@code 100ms}, {@code 2.5s}. */
  public static String text(long nanos) {
    if (nanos < 1_000_000_000L) {
      return plain(BigDecimal.valueOf(nanos, 6)) + "ms";
    }
    return plain(BigDecimal.valueOf(nanos, 9)) + "s";
  }

  /** The same duration in its shortest form: {@code 0.1s} becomes {@code 100ms}. */
  public static String canonical(String text) {
    return text(nanos(text));
  }

  private static String plain(BigDecimal value) {
    return value.signum() == 0 ? "0" : value.stripTrailingZeros().toPlainString();
  }
}
