package dev.holdfast.helm;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.agent.ops.AgentMetrics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The alert rules")
class AlertsTest {

  private static List<JsonNode> rules() throws IOException {
    List<JsonNode> rules = new ArrayList<>();
    Chart.file("files/alerts.yaml").at("/groups/0/rules").forEach(rules::add);
    assertThat(rules).isNotEmpty();
    return rules;
  }

  @Test
  void eachHasARunbookThatNamesIt() throws IOException {
    for (JsonNode rule : rules()) {
      String page = rule.at("/annotations/runbook_url").asText();
      assertThat(page).startsWith("RUNBOOKS/");

      assertThat(Files.readString(Path.of("../docs/runbooks", page.substring(9))))
          .contains("`" + rule.get("alert").asText() + "`");
    }
  }

  @Test
  void eachAsksForMetricsThatTheAgentHas() throws IOException {
    String agent = Files.readString(source());
    for (JsonNode rule : rules()) {
      for (String metric : metrics(rule.get("expr").asText())) {
        assertThat(agent)
            .as("%s asks for %s", rule.get("alert").asText(), metric)
            .contains(
                "\"" + metric.substring("holdfast_".length()).replaceAll("_total$", "") + "\"");
      }
    }
  }

  /**
   * Its names stand there as they are; what a scrape shows depends on what the agent has to say.
   */
  private static Path source() {
    return Path.of("../node-agent/src/main/java")
        .resolve(AgentMetrics.class.getName().replace('.', '/') + ".java");
  }

  private static Set<String> metrics(String expression) {
    Set<String> metrics = new TreeSet<>();
    Pattern.compile("\\bholdfast_(?!dev_)\\w+")
        .matcher(expression)
        .results()
        .map(MatchResult::group)
        .forEach(metrics::add);
    return metrics;
  }

  @Test
  void theChartPutsTheRunbooksAddressInFront() {
    String rendered =
        Chart.render(
            Map.of("monitoring.enabled", true, "monitoring.runbooks", "https://wiki.invalid/hf/"));

    assertThat(rendered)
        .contains("https://wiki.invalid/hf/two-actives.md")
        .doesNotContain("RUNBOOKS/");
  }
}
