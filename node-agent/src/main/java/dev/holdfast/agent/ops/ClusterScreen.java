package dev.holdfast.agent.ops;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * One screen for a whole gateway: who is active and since when, which router may be rebooted now
 * and what that would cost, and what is wrong. The text of {@code kubectl gateway status}.
 *
 * <p>Pure: made from a GatewayCluster as the API server has it. The operator judges, this shows; it
 * reads fields by name, so that it also shows a cluster of another version.
 */
public final class ClusterScreen {

  private static final Duration STALE = Duration.ofMinutes(3);

  private final JsonNode cluster;
  private final List<JsonNode> nodes;
  private final Instant now;
  private final StringBuilder out = new StringBuilder(1024);

  private ClusterScreen(JsonNode cluster, List<JsonNode> nodes, Instant now) {
    this.cluster = cluster;
    this.nodes = nodes;
    this.now = now;
  }

  /**
   * @param cluster the GatewayCluster
   * @param nodes its GatewayNodes
   */
  public static String render(JsonNode cluster, List<JsonNode> nodes, Instant now) {
    ClusterScreen screen = new ClusterScreen(cluster, nodes, now);
    screen.line(screen.verdict());
    screen.line("");
    screen.head();
    screen.line("");
    screen.routers();
    screen.line("");
    screen.problems();
    return screen.out.toString();
  }

  private String verdict() {
    String active = cluster.at("/status/active").asText();
    if (isTrue("SplitBrain")) {
      return "NOT SAFE: " + message("SplitBrain");
    }
    if (active.isEmpty()) {
      return "NOT SAFE: no router is active.";
    }
    if (is("Ready", "Unknown")) {
      return "NOT KNOWN: " + message("Ready");
    }
    List<String> successors = new ArrayList<>();
    for (JsonNode router : cluster.at("/status/routers")) {
      if (!router.path("node").asText().equals(active)
          && router.path("ready").asBoolean()
          && router.path("inSync").asBoolean()) {
        successors.add(router.path("node").asText());
      }
    }
    return successors.isEmpty()
        ? "NOT SAFE: " + active + " is active, and no other router could take over without loss."
        : "SAFE: "
            + active
            + " is active, and "
            + String.join(" or ", successors)
            + " can take over at once.";
  }

  private void head() {
    String since = cluster.at("/status/activeSince").asText();
    line(
        cluster.at("/metadata/namespace").asText()
            + "/"
            + cluster.at("/metadata/name").asText()
            + "   active "
            + orDash(cluster.at("/status/active").asText())
            + (since.isEmpty() ? "" : " for " + age(since))
            + "   addresses "
            + orDash(cluster.at("/status/virtualAddresses").asText()));
    JsonNode last = cluster.at("/status/lastTransition");
    if (last.isObject()) {
      line(
          "last change  "
              + last.path("time").asText()
              + " ("
              + age(last.path("time").asText())
              + " ago)  "
              + orDash(last.path("from").asText())
              + " to "
              + orDash(last.path("to").asText())
              + ", "
              + last.path("reason").asText()
              + (last.has("gapMillis") ? ", gap " + last.path("gapMillis").asLong() + " ms" : ""));
    }
    JsonNode flows = cluster.at("/status/flows");
    if (flows.isObject()) {
      line(
          String.format(
              Locale.ROOT,
              "flows        %,d tracked, %,d protected",
              flows.path("tracked").asLong(),
              flows.path("protected").asLong()));
    }
    long wanted = cluster.at("/metadata/generation").asLong();
    long seen = cluster.at("/status/observedGeneration").asLong();
    if (seen < wanted) {
      line("The operator has not judged generation " + wanted + " yet: this screen is older.");
    }
  }

  private void routers() {
    List<String[]> rows = new ArrayList<>();
    rows.add(
        new String[] {
          "ROUTER",
          "ROLE",
          "READY",
          "IN-SYNC",
          "GENERATION",
          "VERSION",
          "REPORTED",
          "SAFE TO REBOOT NOW"
        });
    for (JsonNode router : cluster.at("/status/routers")) {
      String note = router.path("note").asText();
      rows.add(
          new String[] {
            router.path("node").asText(),
            router.path("role").asText().toLowerCase(Locale.ROOT),
            yes(router.path("ready")),
            yes(router.path("inSync")),
            orDash(router.path("generation").asText()),
            orDash(router.path("version").asText()),
            reported(router.path("node").asText()),
            yes(router.path("safeToReboot")) + (note.isEmpty() ? "" : ": " + note)
          });
    }
    Table.lines(rows).forEach(this::line);
  }

  /** By the agent's own report, so that an operator that is away is noticed too. */
  private String reported(String node) {
    for (JsonNode one : nodes) {
      String at = one.at("/status/reportedAt").asText();
      if (one.at("/spec/node").asText().equals(node) && !at.isEmpty()) {
        boolean stale = Duration.between(Instant.parse(at), now).compareTo(STALE) > 0;
        return age(at) + " ago" + (stale ? " (silent)" : "");
      }
    }
    return "never";
  }

  private void problems() {
    List<String> problems = new ArrayList<>();
    wrong("", cluster, problems);
    for (JsonNode node : nodes) {
      wrong(node.at("/spec/node").asText() + " ", node, problems);
      node.at("/status/faults")
          .forEach(fault -> problems.add(node.at("/spec/node").asText() + ": " + fault.asText()));
    }
    line(problems.isEmpty() ? "No problems." : "PROBLEMS");
    problems.stream().distinct().forEach(problem -> line("  " + problem));
  }

  private static void wrong(String who, JsonNode resource, List<String> problems) {
    for (JsonNode condition : resource.at("/status/conditions")) {
      boolean bad =
          switch (condition.path("type").asText()) {
            case "Accepted", "Ready", "FlowsInSync" ->
                condition.path("status").asText().equals("False");
            case "Degraded", "SplitBrain" -> condition.path("status").asText().equals("True");
            default -> false;
          };
      if (bad) {
        problems.add(
            who
                + condition.path("type").asText()
                + " "
                + condition.path("reason").asText()
                + ": "
                + condition.path("message").asText());
      }
    }
  }

  private boolean isTrue(String type) {
    return is(type, "True");
  }

  private boolean is(String type, String status) {
    return condition(type).path("status").asText().equals(status);
  }

  private String message(String type) {
    return condition(type).path("message").asText();
  }

  private JsonNode condition(String type) {
    for (JsonNode condition : cluster.at("/status/conditions")) {
      if (condition.path("type").asText().equals(type)) {
        return condition;
      }
    }
    return cluster.path("/none");
  }

  private void line(String text) {
    out.append(text).append('\n');
  }

  private static String yes(JsonNode value) {
    return value.asBoolean() ? "yes" : "NO";
  }

  private static String orDash(String text) {
    return text.isEmpty() ? "-" : text;
  }

  private String age(String time) {
    try {
      return Ages.text(Duration.between(Instant.parse(time), now));
    } catch (DateTimeParseException e) {
      return "?";
    }
  }
}
