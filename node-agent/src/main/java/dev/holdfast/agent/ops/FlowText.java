package dev.holdfast.agent.ops;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Locale;

/**
 * Flows as lines for people: {@code holdfast flows}. Pure: made from the same objects that {@code
 * --output json} prints. Lines are written as they come, so columns are as wide as most need and a
 * long IPv6 pair pushes the rest to the right.
 *
 * <pre>
 * ours    tcp     ESTABLISHED  119:58:12  192.168.0.50:40000 -> 203.0.113.9:443 (as 10.0.0.10:40000)
 * theirs  icmp    -                 0:29  192.168.0.50 -> 203.0.113.9 echo id 7
 * </pre>
 */
public final class FlowText {

  public static final String HEAD =
      String.format(
          Locale.ROOT, "%-6s  %-7s %-12s %10s  %s", "OWNER", "PROTO", "STATE", "LEFT", "FLOW");

  private FlowText() {}

  /** One flow, without the end of the line. */
  public static String line(JsonNode flow) {
    JsonNode original = flow.path("original");
    JsonNode reply = flow.path("reply");
    StringBuilder text = new StringBuilder(120);
    text.append(
        String.format(
            Locale.ROOT,
            "%-6s  %-7s %-12s %10s  ",
            flow.path("owner").asText(),
            flow.path("protocol").asText(),
            flow.path("state").asText("-"),
            flow.has("timeoutSeconds") ? left(flow.get("timeoutSeconds").asLong()) : "-"));
    text.append(end(original, "source")).append(" -> ").append(end(original, "destination"));
    if (original.has("type")) {
      text.append(" type ").append(original.get("type").asInt());
      text.append(" code ").append(original.get("code").asInt());
      text.append(" id ").append(original.get("id").asInt());
    }
    String answeredTo = end(reply, "destination");
    if (!answeredTo.equals(end(original, "source"))) {
      text.append(" (as ").append(answeredTo).append(')');
    }
    String answers = end(reply, "source");
    if (!answers.equals(end(original, "destination"))) {
      text.append(" (to ").append(answers).append(')');
    }
    if (!flow.path("protected").asBoolean()) {
      text.append("  NOT PROTECTED: ").append(flow.path("reason").asText());
    }
    return text.toString();
  }

  private static String end(JsonNode tuple, String which) {
    String address = tuple.path(which).asText();
    JsonNode port = tuple.get(which + "Port");
    if (port == null) {
      return address;
    }
    return address.indexOf(':') < 0
        ? address + ":" + port.asInt()
        : "[" + address + "]:" + port.asInt();
  }

  /** {@code 0:29}, {@code 14:59}, {@code 119:58:12}. */
  private static String left(long seconds) {
    return seconds < 3_600
        ? String.format(Locale.ROOT, "%d:%02d", seconds / 60, seconds % 60)
        : String.format(
            Locale.ROOT, "%d:%02d:%02d", seconds / 3_600, seconds / 60 % 60, seconds % 60);
  }
}
