package dev.holdfast.agent.ops;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.agent.config.ClusterFile;
import dev.holdfast.api.render.Renderer;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import dev.holdfast.api.v1alpha1.GatewayNodeStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("The first line of the screen")
class StatusScreenTest {

  private static GatewayNodeSpec spec() throws IOException {
    return switch (ClusterFile.parse(Files.readString(Path.of("../docs/examples/article.yaml")))) {
      case ClusterFile.Result.Accepted(var identity, var cluster) ->
          Renderer.render(identity, cluster, cluster.routers().getFirst().node());
      case ClusterFile.Result.Refused(var problems) -> throw new AssertionError(problems);
    };
  }

  private static GatewayNodeStatus status(
      String role, boolean inSync, String link, String sender, String fault) throws IOException {
    String peers =
        """
        {"router":"router-b","state":"%s","positionSent":1,"positionAcknowledged":1,
         "lost":0,"resent":0}"""
            .formatted(link);
    String text =
        """
        {"role":"%s","inSync":%s,
         "virtualRouters":[{"network":"wan","family":"IPv4","vrid":10,"state":"Backup",
           "addresses":[],"counters":{}%s}],
         %s
         "faults":[%s]}
        """
            .formatted(
                role,
                inSync,
                sender.isEmpty() ? "" : ",\"sender\":\"" + sender + "\"",
                link.isEmpty() ? "" : "\"flowSync\":{\"peers\":[" + peers + "]},",
                fault.isEmpty() ? "" : "\"" + fault + "\"");
    return new ObjectMapper().readValue(text, GatewayNodeStatus.class);
  }

  @ParameterizedTest
  @CsvSource(
      textBlock =
          """
          # role,     in sync, link,   sender,    fault,      answer
          Active,      true,   up,     '',        '',         SAFE: this router is active and another can take over
          Active,      false,  up,     '',        '',         'NOT SAFE: this router is active, and no other router holds all'
          Active,      true,   silent, '',        '',         NOT SAFE: this router is active and hears no other router
          Active,      true,   syncing, '',       '',         NOT SAFE: this router is active and hears no other router
          Active,      true,   '',     '',        '',         ACTIVE: this router does the work
          Active,      true,   up,     '',        cable,      NOT SAFE: cable
          Backup,      true,   up,     192.0.2.2, '',         SAFE: 192.0.2.2 is active and this router can take over
          Backup,      false,  up,     192.0.2.2, '',         'NOT SAFE: 192.0.2.2 is active, and this router does not hold'
          Backup,      false,  silent, 192.0.2.2, '',         'NOT SAFE: 192.0.2.2 is active, and this router does not hold'
          Backup,      false,  '',     192.0.2.2, '',         SAFE: 192.0.2.2 is active and this router can take over
          Backup,      true,   up,     '',        '',         NOT SAFE: no router is active
          Maintenance, true,   up,     192.0.2.2, '',         IN MAINTENANCE: this router takes no role
          Fault,       true,   up,     192.0.2.2, '',         NOT SAFE: this router cannot take the role
          Initialize,  false,  '',     '',        '',         STARTING: this router takes no role yet
          """)
  void answersWhetherTheGatewayIsSafe(
      String role, boolean inSync, String link, String sender, String fault, String answer)
      throws IOException {
    assertThat(
            StatusScreen.render(spec(), status(role, inSync, link, sender, fault), Instant.EPOCH))
        .startsWith(answer);
  }
}
