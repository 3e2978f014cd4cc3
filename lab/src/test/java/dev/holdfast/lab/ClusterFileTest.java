package dev.holdfast.lab;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.v1alpha1.FirewallSpec;
import dev.holdfast.api.v1alpha1.RuleSpec;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The resource of a lab, with what a bench changes in it")
class ClusterFileTest {

  private static FirewallSpec firewall(ClusterFile file) {
    return Objects.requireNonNull(file.spec().firewall());
  }

  @Test
  void opensAPortOfTheRoutersAndNothingElse() {
    assertThat(firewall(ClusterFile.read(null).opening(4001)).input())
        .singleElement()
        .satisfies(rule -> assertThat(rule.ports()).hasSize(1));
  }

  @Test
  void forwardsFromAsManySourcesAsAreWantedEachOnce() {
    List<RuleSpec> rules = firewall(ClusterFile.read(null).forwardingFrom(505, 4002)).forward();

    assertThat(rules).hasSize(52);
    assertThat(
            rules.stream()
                .filter(rule -> rule.sources() != null)
                .flatMap(rule -> Objects.requireNonNull(rule.sources()).stream()))
        .containsExactlyElementsOf(IntStream.range(0, 505).mapToObj(ClusterFile::source).toList())
        .doesNotHaveDuplicates();
  }
}
