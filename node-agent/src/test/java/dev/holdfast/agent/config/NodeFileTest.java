package dev.holdfast.agent.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.agent.config.NodeFile.Result;
import dev.holdfast.api.render.Renderer;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("A GatewayNode from the API server or from disk")
class NodeFileTest {

  private static final ObjectMapper MAPPER = new ObjectMapper();

  private static GatewayNodeSpec rendered(String example, String node) throws IOException {
    String text = Files.readString(Path.of("../docs/examples/" + example + ".yaml"));
    var file = (ClusterFile.Result.Accepted) ClusterFile.parse(text);
    return Renderer.render(file.identity(), file.spec(), node);
  }

  private static ObjectNode document(GatewayNodeSpec spec) {
    ObjectNode document = MAPPER.createObjectNode();
    document.put("apiVersion", "holdfast.dev/v1alpha1").put("kind", "GatewayNode");
    document.putObject("metadata").put("name", "home-router-a").put("generation", 7);
    document.set("spec", MAPPER.valueToTree(spec));
    document.putObject("status").put("role", "Backup");
    return document;
  }

  private static Result parse(ObjectNode document) throws JsonProcessingException {
    return NodeFile.parse(MAPPER.writeValueAsString(document));
  }

  @ParameterizedTest
  @ValueSource(strings = {"article", "dual-stack", "beside-keepalived", "unicast"})
  void whatTheOperatorWroteIsReadBackUnchanged(String example) throws IOException {
    GatewayNodeSpec spec = rendered(example, "router-a");

    assertThat(parse(document(spec)))
        .isEqualTo(new Result.Accepted("default", "home-router-a", 7, spec));
  }

  @Test
  void aFieldOfANewerOperatorIsSkipped() throws IOException {
    GatewayNodeSpec spec = rendered("article", "router-a");
    ObjectNode document = document(spec);
    document.withObject("/spec/vrrp").put("somethingNew", true);

    assertThat(parse(document)).isEqualTo(new Result.Accepted("default", "home-router-a", 7, spec));
  }

  @Test
  void aNumberOutOfAllBoundsIsAProblemOfItsField() throws IOException {
    String text =
        MAPPER
            .writeValueAsString(document(rendered("article", "router-a")))
            .replaceFirst("\"priority\":100", "\"priority\":1e1000000000000");

    assertThat(NodeFile.parse(text))
        .isInstanceOf(Result.Refused.class)
        .asString()
        .contains("spec.priority")
        .contains("is a number out of all bounds; write another one");
  }

  @Test
  void aValueThatThisAgentDoesNotKnowRefusesTheWhole() throws IOException {
    ObjectNode document = document(rendered("article", "router-a"));
    document.withObject("/spec/vrrp").put("preempt", "WhenTheMoonIsFull");

    assertThat(parse(document))
        .isInstanceOf(Result.Refused.class)
        .asString()
        .contains("spec.vrrp.preempt");
  }

  @Test
  void anAddressThatIsNoneRefusesTheWhole() throws IOException {
    ObjectNode document = document(rendered("article", "router-a"));
    document.withArray("/spec/networks/0/virtualRouters/0/virtualAddresses").add("10.0.0/24");

    assertThat(parse(document))
        .isInstanceOf(Result.Refused.class)
        .asString()
        .contains("spec.networks[0].virtualRouters[0].virtualAddresses[1]");
  }
}
