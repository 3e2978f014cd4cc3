package dev.holdfast.agent.ops;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The screen of kubectl gateway status")
class ClusterScreenTest {

  private static final Instant NOW = Instant.parse("2026-01-01T12:00:00Z");

  private static final String HEALTHY =
      """
      metadata: {name: home, namespace: holdfast-system, generation: 3}
      status:
        observedGeneration: 3
        active: router-a
        activeSince: "2026-01-01T09:00:00.000Z"
        virtualAddresses: 10.0.0.10 192.168.0.3
        lastTransition: {time: "2026-01-01T09:00:00.000Z", from: router-b, to: router-a, reason: ActiveSilent, gapMillis: 63}
        flows: {tracked: 1000, protected: 1000}
        routers:
          - {node: router-a, role: Active, ready: true, inSync: true, generation: 3, version: 0.1.0, safeToReboot: true,
             note: router-b holds every flow and takes the role}
          - {node: router-b, role: Backup, ready: true, inSync: true, generation: 3, version: 0.1.0, safeToReboot: true}
        conditions: [{type: Ready, status: "True", reason: AllReady, message: ""}]
      """;

  private static JsonNode yaml(String text) {
    try {
      return new YAMLMapper().readTree(text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static JsonNode node(String name, String reportedAt) {
    return yaml("{spec: {node: " + name + "}, status: {reportedAt: \"" + reportedAt + "\"}}");
  }

  private static String render(String cluster, JsonNode... nodes) {
    return ClusterScreen.render(yaml(cluster), List.of(nodes), NOW);
  }

  @Test
  void answersWhoIsActiveSinceWhenAndWhatMayBeRebooted() {
    assertThat(
            render(
                HEALTHY,
                node("router-a", "2026-01-01T11:59:30.000Z"),
                node("router-b", "2026-01-01T11:59:10.000Z")))
        .isEqualTo(
            """
            SAFE: router-a is active, and router-b can take over at once.

            holdfast-system/home   active router-a for 3 h   addresses 10.0.0.10 192.168.0.3
            last change  2026-01-01T09:00:00.000Z (3 h ago)  router-b to router-a, ActiveSilent, gap 63 ms
            flows        1,000 tracked, 1,000 protected

            ROUTER    ROLE    READY  IN-SYNC  GENERATION  VERSION  REPORTED  SAFE TO REBOOT NOW
            router-a  active  yes    yes      3           0.1.0    30 s ago  yes: router-b holds every flow and takes the role
            router-b  backup  yes    yes      3           0.1.0    50 s ago  yes

            No problems.
            """);
  }

  @Test
  void aBackupThatIsNotInSyncIsNoSafety() {
    String lonely =
        HEALTHY.replace(
            "role: Backup, ready: true, inSync: true", "role: Backup, ready: true, inSync: false");

    assertThat(render(lonely)).startsWith("NOT SAFE: router-a is active, and no other router");
  }

  @Test
  void callsNothingSafeThatTheOperatorDoesNotKnow() {
    String away =
        HEALTHY.replace(
            "status: \"True\", reason: AllReady, message: \"\"",
            "status: Unknown, reason: NotHeard, message: router-a was active when it was last heard");

    assertThat(render(away)).startsWith("NOT KNOWN: router-a was active when it was last heard\n");
  }

  @Test
  void saysThatNobodyIsActive() {
    assertThat(render("{metadata: {name: home, namespace: x}}"))
        .startsWith("NOT SAFE: no router is active.");
  }

  @Test
  void tellsAnAgentThatIsSilentAndAnOperatorThatIsBehind() {
    String edited = HEALTHY.replace("generation: 3}", "generation: 4}");

    assertThat(render(edited, node("router-a", "2026-01-01T11:00:00.000Z")))
        .contains("60 min ago (silent)")
        .contains("never")
        .contains("has not judged generation 4 yet");
  }

  @Test
  void listsWhatIsWrongWithTheClusterAndWithEachRouter() {
    JsonNode refused =
        yaml(
            """
            spec: {node: router-b}
            status:
              faults: [no carrier on wan (eth0)]
              conditions: [{type: Accepted, status: "False", reason: NotUnderstood, message: spec.priority is 999}]
            """);

    assertThat(render(HEALTHY, refused))
        .contains("PROBLEMS")
        .contains("router-b Accepted NotUnderstood: spec.priority is 999")
        .contains("router-b: no carrier on wan (eth0)");
  }
}
