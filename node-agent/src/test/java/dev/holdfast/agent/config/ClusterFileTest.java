package dev.holdfast.agent.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.config.ClusterFile.Result;
import dev.holdfast.api.v1alpha1.RuleSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("A GatewayCluster in a file")
class ClusterFileTest {

  private static final String ARTICLE =
      """
      apiVersion: holdfast.dev/v1alpha1
      kind: GatewayCluster
      metadata:
        name: home
      spec:
        routers:
          - {node: router-a, priority: 100}
          - {node: router-b, priority: 50}
        networks:
          - name: wan
            role: WAN
            interface: eth0
            virtualRouterId: 10
            virtualAddresses: [10.0.0.10/24]
          - {name: lan, role: LAN, interface: eth1, virtualRouterId: 11, virtualAddresses: [192.168.0.3/24]}
      """;

  private static List<String> refused(String text) {
    assertThat(ClusterFile.parse(text)).isInstanceOf(Result.Refused.class);
    return ((Result.Refused) ClusterFile.parse(text))
        .problems().stream().map(Problem::toString).toList();
  }

  private static Result.Accepted accepted(String text) {
    assertThat(ClusterFile.parse(text)).isInstanceOf(Result.Accepted.class);
    return (Result.Accepted) ClusterFile.parse(text);
  }

  @ParameterizedTest
  @ValueSource(strings = {"article", "three-routers", "dual-stack", "beside-keepalived", "unicast"})
  void everyExampleOfTheDocsIsAccepted(String example) throws IOException {
    String text = Files.readString(Path.of("../docs/examples/" + example + ".yaml"));

    assertThat(accepted(text).spec().routers()).hasSizeGreaterThanOrEqualTo(2);
  }

  @Test
  void theNamespaceIsDefaultAndTheGenerationZeroWhereAFileHasNone() {
    assertThat(accepted(ARTICLE).identity())
        .extracting("name", "namespace", "generation")
        .containsExactly("home", "default", 0L);
  }

  @Test
  void jsonIsReadWithTabsAndAll() {
    String json =
        """
        {
        \t"apiVersion": "holdfast.dev/v1alpha1", "kind": "GatewayCluster",
        \t"metadata": {"name": "home"},
        \t"spec": {
        \t\t"routers": [{"node": "a", "priority": 2}, {"node": "b", "priority": 1}],
        \t\t"networks": [{"name": "lan", "role": "LAN", "interface": "eth1",
        \t\t\t"virtualRouterId": 1, "virtualAddresses": ["192.168.0.3/24"]}]
        \t}
        }
        """;

    assertThat(accepted(json).spec().networks()).hasSize(1);
    assertThat(refused(json.replace("\"priority\": 2", "\"priorty\": 2")))
        .contains("spec.routers[0].priorty: is no field; did you mean priority? (line 5)");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "role: WAN | rolle: WAN | spec.networks[0].rolle: is no field; did you mean role? (line 11)",
        "role: WAN | role: Wan | spec.networks[0].role: is the text \"Wan\"; write WAN, LAN or Sync (line 11)",
        "virtualRouterId: 10 | virtualRouterId: ten | spec.networks[0].virtualRouterId: is the text \"ten\"; write a whole number without quotes (line 13)",
        "virtualRouterId: 10 | virtualRouterId: 10.5 | spec.networks[0].virtualRouterId: is the number 10.5; write a whole number without quotes (line 13)",
        "virtualRouterId: 10 | virtualRouterId: 99999999999 | spec.networks[0].virtualRouterId: is the number 99999999999; write a whole number without quotes (line 13)",
        "interface: eth0 | interface: 7 | spec.networks[0].interface: is the number 7; write text, in quotes where it looks like something else (line 12)",
        "[10.0.0.10/24] | 10.0.0.10/24 | spec.networks[0].virtualAddresses: is the text \"10.0.0.10/24\"; write a list (line 14)",
        "[10.0.0.10/24] | [10.0.0.10/24, ] | ",
        "[10.0.0.10/24] | [10.0.0.10/24, ~] | spec.networks[0].virtualAddresses[1]: is empty; write text, in quotes where it looks like something else, or remove it (line 14)",
        "[10.0.0.10/24] | [10.0.0.10] | spec.networks[0].virtualAddresses[0]: is \"10.0.0.10\"; write it with the prefix length of the segment, like /24 (line 14)",
        "name: wan | nom: wan | spec.networks[0].name: is missing; write text, in quotes where it looks like something else (line 10)",
        "priority: 50 | priority: 50, maintenance: \"yes\" | spec.routers[1].maintenance: is the text \"yes\"; write true or false (line 8)",
        "priority: 50 | priority: 50, priority: 60 | spec.routers[1].priority: is given twice, first in line 8; keep one (line 8)",
        "priority: 50 | interfaces: [eth0] | spec.routers[1].interfaces: is a list; write names, each with its value (line 8)",
        "name: home | nam: home | metadata.name: is missing; write up to 63 small letters, digits and hyphens, like home (line 3)",
        "name: home | name: Home | metadata.name: is \"Home\"; write up to 63 small letters, digits and hyphens, like home (line 4)",
        "kind: GatewayCluster | kind: GatewayClutser | kind: is GatewayClutser; write GatewayCluster (line 2)",
        "holdfast.dev/v1alpha1 | holdfast.dev/v1 | apiVersion: is holdfast.dev/v1; write holdfast.dev/v1alpha1 (line 1)",
        "kind: GatewayCluster | type: GatewayCluster | kind: is missing; write kind: GatewayCluster",
        "spec: | specs: | specs: is no field of a resource; fields of the gateway stand below spec (line 5)",
        "interface: eth0 | interface: *wan | spec.networks[0].interface: is an alias of YAML",
        "interface: eth0 | interface: 'eth0 | this is no YAML",
      })
  void aMistakeIsNamedWithItsPathItsLineAndTheRemedy(String right, String wrong, String sentence) {
    assertThat(ARTICLE).contains(right);
    String text = ARTICLE.replaceFirst(Pattern.quote(right), wrong);

    if (sentence == null) {
      accepted(text);
    } else {
      assertThat(refused(text)).anySatisfy(problem -> assertThat(problem).startsWith(sentence));
    }
  }

  @Test
  void everyMistakeIsNamedAtOnce() {
    String text =
        ARTICLE
            .replace("role: WAN", "role: Wan")
            .replace("priority: 100", "priority: high")
            .replace("interface: eth0", "interfaces: eth0");

    assertThat(refused(text))
        .containsExactly(
            "spec.routers[0].priority: is the text \"high\"; write a whole number without quotes"
                + " (line 7)",
            "spec.networks[0].interface: is missing; write text, in quotes where it looks like"
                + " something else (line 10)",
            "spec.networks[0].role: is the text \"Wan\"; write WAN, LAN or Sync (line 11)",
            "spec.networks[0].interfaces: is no field; did you mean interface? (line 12)");
  }

  @Test
  void aFieldThatIsNoneKeepsNobodyFromJudgingTheRest() {
    String text =
        ARTICLE
            .replace("name: home", "name: Home")
            .replace("priority: 100", "priority: 999, prority: 1");

    assertThat(refused(text))
        .hasSize(3)
        .anySatisfy(problem -> assertThat(problem).startsWith("metadata.name: is \"Home\""))
        .anySatisfy(problem -> assertThat(problem).startsWith("spec.routers[0].prority: is no"))
        .anySatisfy(problem -> assertThat(problem).startsWith("spec.routers[0].priority: is 999"));
  }

  @Test
  void anAnchorIsNotRead() {
    String text =
        ARTICLE
            .replace("interface: eth0", "interface: &nic eth0")
            .replace("interface: eth1", "interface: *nic");

    assertThat(refused(text))
        .containsExactly(
            "spec.networks[1].interface: is an alias of YAML; write the value out (line 15)");
  }

  @Test
  void otherResourcesInTheSameFileAreLeftAlone() {
    String namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: holdfast-system}\n---\n";

    assertThat(accepted(namespace + ARTICLE).identity().name()).isEqualTo("home");
    assertThat(refused(namespace))
        .containsExactly(
            "there is no GatewayCluster in it; write apiVersion: holdfast.dev/v1alpha1 and kind:"
                + " GatewayCluster");
    assertThat(refused(namespace + ARTICLE.replace("role: WAN", "role: Wan")))
        .containsExactly(
            "spec.networks[0].role: is the text \"Wan\"; write WAN, LAN or Sync (line 15)");
  }

  @Test
  void aSecondGatewayIsRefused() {
    assertThat(refused(ARTICLE + "---\n" + ARTICLE))
        .containsExactly(
            "this is a second GatewayCluster; write one a file: a router serves one gateway (line"
                + " 17)");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "   \n", "# nothing\n", "---\n---\n"})
  void anEmptyFileSaysWhatItNeeds(String text) {
    assertThat(refused(text)).singleElement().asString().contains("there is no GatewayCluster");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"just text", "[1, 2]", "12", "{", "[", "{\"a\": }", "\t", "a: b: c", "\u0000"})
  void whatIsNoResourceIsRefusedWithoutAnException(String text) {
    assertThat(refused(text)).isNotEmpty();
  }

  @Test
  void aPortMayBeANumberOrText() {
    String text =
        ARTICLE
            + """
                firewall:
                  input:
                    - {from: LAN, protocol: TCP, ports: [22, "8000-8010"]}
              """
                .indent(0);

    assertThat(accepted(text).spec())
        .extracting("firewall.input")
        .asInstanceOf(InstanceOfAssertFactories.list(RuleSpec.class))
        .singleElement()
        .extracting(RuleSpec::ports)
        .isEqualTo(List.of("22", "8000-8010"));
  }
}
