package dev.holdfast.agent.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.holdfast.api.addr.Family;
import dev.holdfast.api.render.Renderer;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import dev.holdfast.api.v1alpha1.NodeNetwork;
import dev.holdfast.api.v1alpha1.NodeRouter;
import dev.holdfast.api.v1alpha1.NodeRule;
import dev.holdfast.api.v1alpha1.NodeVirtualRouter;
import dev.holdfast.api.v1alpha1.RouterSpec;
import dev.holdfast.api.validate.NodeValidator;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("No text of a resource ends an agent")
class ConfigFuzzTest {

  /** Short on each build; {@code -Dfuzz.rounds=20000} looks longer. */
  private static final int ROUNDS = Integer.getInteger("fuzz.rounds", 200);

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Values that somebody wrote somewhere once, and some that nobody should. */
  private static final List<String> VALUES =
      List.of(
          "0",
          "-1",
          "1",
          "255",
          "256",
          "65535",
          "65536",
          "2147483648",
          "99999999999999999999",
          "1.5",
          "true",
          "null",
          "\"\"",
          "\" \"",
          "\"wan\"",
          "\"lan\"",
          "\"WAN\"",
          "\"LAN\"",
          "\"Sync\"",
          "\"eth0\"",
          "\"eth1\"",
          "\"10.0.0.10\"",
          "\"10.0.0.10/24\"",
          "\"192.168.0.3/24\"",
          "\"192.168.0.3/32\"",
          "\"192.168.0.0/33\"",
          "\"0.0.0.0/0\"",
          "\"::/0\"",
          "\"::\"",
          "\"fe80::1\"",
          "\"fe80::1/64\"",
          "\"fe80::1%eth0\"",
          "\"2001:db8::1/64\"",
          "\"2001:db8::1/129\"",
          "\"::ffff:10.0.0.1\"",
          "\"224.0.0.18\"",
          "\"255.255.255.255/24\"",
          "\"127.0.0.1/8\"",
          "\"10.0.0.1:80\"",
          "\"10.0.0.1:99999\"",
          "\"192.168.0.50:80\"",
          "\"192.168.0.50:\"",
          "\":\"",
          "\"/\"",
          "\"1-2\"",
          "\"2-1\"",
          "\"100ms\"",
          "\"0s\"",
          "\"999999m\"",
          "\"1s\"",
          "\"Conntrackd\"",
          "\"Unicast\"",
          "\"TCP\"",
          "\"ICMP\"",
          "\"IPv6\"",
          "[]",
          "{}",
          "[null]",
          "[[]]",
          "{\"wan\": []}",
          "{\"wan\": [\"10.0.0.11\"]}",
          "{\"from\": \"LAN\"}",
          "[{\"from\": \"LAN\"}]",
          "[\"10.0.0.1\", \"10.0.0.2\"]",
          "\"\\u0000\"",
          "\"\\ud800\"",
          "\"٣\"");

  private static String example(Random random) throws IOException {
    List<String> names =
        List.of("article", "three-routers", "dual-stack", "beside-keepalived", "unicast");
    String name = names.get(random.nextInt(names.size()));
    return Files.readString(Path.of("../docs/examples/" + name + ".yaml"));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2})
  void brokenTextIsRefusedOrAcceptedButNeverThrown(long seed) throws IOException {
    Random random = new Random(seed);
    for (int round = 0; round < ROUNDS; round++) {
      byte[] bytes = example(random).getBytes(StandardCharsets.UTF_8);
      for (int i = random.nextInt(4); i >= 0; i--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(128);
      }
      String text = new String(bytes, StandardCharsets.UTF_8);
      int end = random.nextInt(3) == 0 ? random.nextInt(text.length()) : text.length();

      judge(text.substring(0, end));
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void whatIsAcceptedCanBeRenderedAndRead(long seed) throws IOException {
    Random random = new Random(seed);
    int accepted = 0;
    for (int round = 0; round < ROUNDS; round++) {
      JsonNode document = new YAMLMapper().readTree(example(random));
      for (int i = random.nextInt(3); i >= 0; i--) {
        mutate(document.get("spec"), random);
      }
      accepted += judge(JSON.writeValueAsString(document)) ? 1 : 0;
    }
    // Otherwise this would prove nothing.
    assertThat(accepted).isGreaterThan(ROUNDS / 50);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2})
  void aBrokenGatewayNodeIsRefusedOrCanBeRead(long seed) throws IOException {
    Random random = new Random(seed);
    for (int round = 0; round < ROUNDS; round++) {
      var file = (ClusterFile.Result.Accepted) ClusterFile.parse(example(random));
      String router = file.spec().routers().getFirst().node();
      ObjectNode node = JSON.createObjectNode();
      node.put("apiVersion", "holdfast.dev/v1alpha1").put("kind", "GatewayNode");
      node.set("spec", JSON.valueToTree(Renderer.render(file.identity(), file.spec(), router)));
      for (int i = random.nextInt(3); i >= 0; i--) {
        mutate(node.get("spec"), random);
      }

      switch (NodeFile.parse(JSON.writeValueAsString(node))) {
        case NodeFile.Result.Accepted(String _, String _, long _, GatewayNodeSpec spec) ->
            readAll(spec);
        case NodeFile.Result.Refused(List<Problem> problems) -> assertThat(problems).isNotEmpty();
      }
    }
  }

  /** True when the text was accepted; then everything that follows from it must work. */
  private static boolean judge(String text) {
    switch (ClusterFile.parse(text)) {
      case ClusterFile.Result.Refused(List<Problem> problems) -> {
        assertThat(problems).isNotEmpty();
        return false;
      }
      case ClusterFile.Result.Accepted accepted -> {
        for (RouterSpec router : accepted.spec().routers()) {
          GatewayNodeSpec spec =
              Renderer.render(accepted.identity(), accepted.spec(), router.node());
          assertThat(NodeValidator.validate(spec)).as(text).isEmpty();
          readAll(spec);
        }
        return true;
      }
    }
  }

  /** Calls every helper that reads text. */
  private static void readAll(GatewayNodeSpec spec) {
    spec.self();
    for (NodeRouter router : spec.routers()) {
      router.addresses().keySet().forEach(router::addressesOn);
    }
    for (NodeNetwork network : spec.networks()) {
      network.virtualRouters().forEach(NodeVirtualRouter::virtualPrefixes);
      network.routePrefixes();
      for (var family : Family.values()) {
        network.gateway(family);
      }
    }
    spec.vrrp().advertisementIntervalNanos();
    spec.handover().timeoutNanos();
    spec.flowSync().ignoredPrefixes();
    if (spec.flowSync().conntrackd() != null) {
      spec.flowSync().conntrackd().peerAddresses();
    }
    List<NodeRule> rules = new ArrayList<>(spec.firewall().forward());
    rules.addAll(spec.firewall().input());
    rules.addAll(spec.firewall().output());
    for (NodeRule rule : rules) {
      rule.sourcePrefixes();
      rule.destinationPrefixes();
      rule.portRanges();
    }
    spec.nat().sourcePrefixes();
  }

  /** Changes one place somewhere below: another value, nothing, or once more. */
  private static void mutate(JsonNode node, Random random) throws JsonProcessingException {
    JsonNode at = node;
    while (true) {
      if (at.isEmpty()) {
        return;
      }
      JsonNode child;
      if (at instanceof ObjectNode object) {
        List<String> names = new ArrayList<>();
        object.fieldNames().forEachRemaining(names::add);
        String name = names.get(random.nextInt(names.size()));
        child = object.get(name);
        if (child.isValueNode() || random.nextInt(4) == 0) {
          if (random.nextInt(4) == 0) {
            object.remove(name);
          } else {
            object.set(name, value(random));
          }
          return;
        }
      } else {
        ArrayNode array = (ArrayNode) at;
        int index = random.nextInt(array.size());
        child = array.get(index);
        if (child.isValueNode() || random.nextInt(4) == 0) {
          switch (random.nextInt(4)) {
            case 0 -> array.remove(index);
            case 1 -> array.add(child.deepCopy());
            default -> array.set(index, value(random));
          }
          return;
        }
      }
      at = child;
    }
  }

  private static JsonNode value(Random random) throws JsonProcessingException {
    return JSON.readTree(VALUES.get(random.nextInt(VALUES.size())));
  }
}
