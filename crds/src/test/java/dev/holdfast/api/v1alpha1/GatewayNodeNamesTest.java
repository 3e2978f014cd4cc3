package dev.holdfast.api.v1alpha1;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Names in Kubernetes")
class GatewayNodeNamesTest {

  @Test
  void aRoutersObjectsAreNamedByClusterAndNode() {
    assertThat(GatewayNodeNames.of("home", "router-a")).isEqualTo("home-router-a");
    assertThat(GatewayNodeNames.of("home", "a.example.org")).isEqualTo("home-a.example.org");
    assertThat(GatewayNodeNames.linkKeySecret("home")).isEqualTo("home-link");
  }

  @Test
  void aLongNodeNameKeepsItsBeginningAndIsStillUnique() {
    String one = "n".repeat(250) + "1";
    String two = "n".repeat(250) + "2";

    assertThat(GatewayNodeNames.of("home", one)).hasSize(200).startsWith("home-nnn");
    assertThat(GatewayNodeNames.of("home", one)).isNotEqualTo(GatewayNodeNames.of("home", two));
    assertThat(GatewayNodeNames.label(one)).hasSize(63);
    assertThat(GatewayNodeNames.label(one)).isNotEqualTo(GatewayNodeNames.label(two));
  }

  @Test
  void aLabelNeverHasAHyphenOrDotTwiceWhereItWasCut() {
    String cutAtADot = "a".repeat(51) + "." + "b".repeat(100);

    assertThat(GatewayNodeNames.label(cutAtADot)).matches("a{51}-[0-9a-f]{10}");
  }
}
