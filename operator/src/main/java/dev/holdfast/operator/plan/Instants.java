package dev.holdfast.operator.plan;

import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;

/** Times as Kubernetes writes them. */
public final class Instants {

  private Instants() {}

  /** The beginning of time for what is no time: outside text never throws here. */
  public static Instant parse(String text) {
    try {
      return Instant.parse(text);
    } catch (DateTimeParseException e) {
      return Instant.EPOCH;
    }
  }

  /** RFC 3339, whole seconds, as in conditions. */
  public static String text(Instant instant) {
    return instant.truncatedTo(ChronoUnit.SECONDS).toString();
  }
}
