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
import java.util.stream.Collectors;
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
    Set<String> ours = ours();
    assertThat(ours).contains("holdfast_role", "holdfast_policy_drift_repaired_total");
    for (JsonNode rule : rules()) {
      assertThat(ours)
          .as(rule.get("alert").asText())
          .containsAll(metrics(rule.get("expr").asText()));
    }
  }

  @Test
  void aPathIsSilentWhereTheLinkWorksAndTheLinkWhereNoneDoes() throws IOException {
    JsonNode rule =
        rules().stream()
            .filter(each -> each.get("alert").asText().equals("HoldfastSilentPath"))
            .findFirst()
            .orElseThrow();

    assertThat(rule.get("expr").asText())
        .contains("holdfast_link_up == 0 or (")
        .contains(
            "(holdfast_link_path_up == 0 and on (namespace, pod, peer) holdfast_link_up == 1)");
  }

  /**
   * Whole names, as its source gives them to the page; what a scrape shows depends on what the
   * agent has to say.
   */
  private static Set<String> ours() throws IOException {
    Path source =
        Path.of("../node-agent/src/main/java")
            .resolve(AgentMetrics.class.getName().replace('.', '/') + ".java");
    return Pattern.compile("\\b(gauge|counter)\\(\\s*\"(\\w+)\"")
        .matcher(Files.readString(source))
        .results()
        .map(
            name -> "holdfast_" + name.group(2) + (name.group(1).equals("counter") ? "_total" : ""))
        .collect(Collectors.toSet());
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

  @Test
  void haveNoAddressOfARunbookWhileNobodySaysWhereTheyAreServed() {
    String rendered = Chart.render(Map.of("monitoring.enabled", true));

    assertThat(rendered).contains("alert: HoldfastTwoActives").doesNotContain("runbook_url");
  }
}
