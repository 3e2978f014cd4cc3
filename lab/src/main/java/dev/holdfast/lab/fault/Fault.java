package dev.holdfast.lab.fault;

import dev.holdfast.api.v1alpha1.DurationText;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * One fault as it was asked for.
 *
 * @param lastsNanos after that long what it took away comes back; 0: it does not
 * @param percent of frames lost; 0 unless the kind is {@link FaultKind#LOSS}
 * @param text as on the command line, {@code freeze:500ms}
 */
public record Fault(FaultKind kind, long lastsNanos, int percent, String text) {

  private static final int DEFAULT_PERCENT = 10;

  /**
   * Reads {@code NAME[:VALUE][,…]}.
   *
   * @throws IllegalArgumentException with a sentence for the person
   */
  public static List<Fault> parseList(String text) {
    return Arrays.stream(text.split(",", -1)).map(String::strip).map(Fault::parse).toList();
  }

  static Fault parse(String text) {
    int colon = text.indexOf(':');
    String name = colon < 0 ? text : text.substring(0, colon);
    FaultKind kind =
        FaultKind.of(name)
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "there is no fault \"" + name + "\"; there are " + names()));
    if (colon < 0) {
      long lasts = TimeUnit.MILLISECONDS.toNanos(kind.defaultMillis());
      return new Fault(kind, lasts, kind == FaultKind.LOSS ? DEFAULT_PERCENT : 0, text);
    }
    String value = text.substring(colon + 1);
    if (kind == FaultKind.LOSS) {
      return new Fault(kind, 0, percent(value), text);
    }
    if (!kind.mayEnd()) {
      throw new IllegalArgumentException(
          "the fault \"" + name + "\" takes no value: write just " + name);
    }
    long nanos = DurationText.nanos(value);
    if (nanos == 0) {
      throw new IllegalArgumentException("\"" + text + "\" would last no time at all");
    }
    return new Fault(kind, nanos, 0, text);
  }

  private static int percent(String value) {
    if (!value.matches("[1-9][0-9]?%")) {
      throw new IllegalArgumentException(
          "\"" + value + "\" is no loss: write a whole number from 1% to 99%");
    }
    return Integer.parseInt(value.substring(0, value.length() - 1));
  }

  private static String names() {
    return Arrays.stream(FaultKind.values()).map(FaultKind::text).collect(Collectors.joining(", "));
  }
}
