package dev.holdfast.agent.ops;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.agent.firewall.core.Policies;
import dev.holdfast.api.v1alpha1.GatewayNodeStatus;
import java.io.IOException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A status as JSON")
class NodeDocumentTest {

  private static GatewayNodeStatus status() throws IOException {
    return new ObjectMapper()
        .readValue(
            """
            {"role":"Backup","flows":{"tracked":0,"protected":0,"unprotected":{}},
             "flowSync":{"peers":[],"dropped":{}},"faults":[]}
            """,
            GatewayNodeStatus.class);
  }

  @Test
  void hasItsEmptyListsAndMapsForWhoReadsIt() throws IOException {
    JsonNode read =
        NodeDocument.mapper().valueToTree(NodeDocument.of(Policies.article(""), status()));

    assertThat(read.at("/status/faults").isArray()).isTrue();
    assertThat(read.at("/status/transitions").isArray()).isTrue();
    assertThat(read.at("/status/flowSync/peers").isArray()).isTrue();
    assertThat(read.at("/status/flows/unprotected").isObject()).isTrue();
    assertThat(read.at("/status/since").isMissingNode()).isTrue();
  }

  /** The Kubernetes client writes an empty map as null, which no schema takes. */
  @Test
  void hasNoneOfThemForTheApiServer() throws IOException {
    JsonNode sent = new ObjectMapper().valueToTree(status());

    assertThat(sent.at("/flows").has("unprotected")).isFalse();
    assertThat(sent.at("/flowSync").has("dropped")).isFalse();
    assertThat(sent.has("faults")).isFalse();
  }
}
