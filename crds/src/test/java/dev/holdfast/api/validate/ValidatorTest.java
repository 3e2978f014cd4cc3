package dev.holdfast.api.validate;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.api.Examples;
import dev.holdfast.api.Refusal;
import dev.holdfast.api.v1alpha1.GatewayClusterSpec;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayName("What is wrong with a GatewayCluster")
class ValidatorTest {

  static Stream<String> examples() {
    return Examples.names().stream();
  }

  /** Those that the model can hold; the others are refused while a file is read. */
  static Stream<Refusal> refusals() {
    return Refusal.all().stream().filter(refusal -> !"shape".equals(refusal.check()));
  }

  @ParameterizedTest
  @MethodSource("examples")
  void nothingIsWrongWithTheExamples(String example) {
    assertThat(Validator.validate(Examples.spec(example))).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("refusals")
  void everyBadResourceIsRefusedWhereItIsBadAndWithTheRemedy(Refusal refusal) {
    GatewayClusterSpec spec = Examples.spec(refusal.document());

    List<Violation> violations = Validator.validateInKubernetes(spec);

    assertThat(violations).extracting(Violation::path).contains(refusal.field());
    assertThat(violations)
        .allSatisfy(
            violation ->
                assertThat(violation.sentence())
                    .containsPattern("write|remove|give|list each|name each|each address|keep"));
  }

  @ParameterizedTest
  @MethodSource("refusals")
  void oneMistakeIsSaidOnce(Refusal refusal) {
    List<Violation> violations = Validator.validateInKubernetes(Examples.spec(refusal.document()));

    assertThat(violations).doesNotHaveDuplicates();
    assertThat(violations.stream().map(Violation::path).filter(refusal.field()::equals)).hasSize(1);
  }

  @Test
  void hooksAreRefusedInPodsOnly() {
    GatewayClusterSpec spec = Examples.spec("unicast");

    assertThat(Validator.validate(spec)).isEmpty();
    assertThat(Validator.validateInKubernetes(spec))
        .extracting(Violation::path)
        .containsExactly("spec.roleHooks");
  }

  @Test
  void everythingThatIsWrongIsSaidAtOnce() {
    ObjectNode document = (ObjectNode) Examples.document("article");
    ((ObjectNode) document.at("/spec/routers/0")).put("priority", 0);
    ((ObjectNode) document.at("/spec/networks/0")).put("virtualRouterId", 256);
    ((ObjectNode) document.at("/spec")).putObject("vrrp").put("version", 4);

    assertThat(Validator.validate(Examples.spec(document)))
        .extracting(Violation::path)
        .containsExactly(
            "spec.routers[0].priority", "spec.networks[0].virtualRouterId", "spec.vrrp.version");
  }
}
