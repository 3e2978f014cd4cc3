package dev.holdfast.operator.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceQuota;
import io.fabric8.kubernetes.api.model.ResourceQuotaBuilder;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("An object is written")
class AppliedTest {

  private static ConfigMap map(Map<String, String> data) {
    return Applied.marked(
        new ConfigMapBuilder()
            .withNewMetadata()
            .withName("x")
            .endMetadata()
            .withData(data)
            .build());
  }

  @Test
  void whenItIsNotThere() {
    assertThat(Applied.stands(map(Map.of()), null)).isFalse();
  }

  @Test
  void notWhenItStandsAndOthersOnlyAddedToIt() {
    ConfigMap actual = map(Map.of("a", "1"));
    actual.getMetadata().getLabels().put("theirs", "x");
    actual.getMetadata().setResourceVersion("7");

    assertThat(Applied.stands(map(Map.of("a", "1")), actual)).isTrue();
  }

  @Test
  void whenSomebodyChangedWhatIsOurs() {
    ConfigMap actual = map(Map.of("a", "1"));
    actual.setData(Map.of("a", "2"));

    assertThat(Applied.stands(map(Map.of("a", "1")), actual)).isFalse();
  }

  @Test
  void whenWeWantAFieldNoMore() {
    assertThat(Applied.stands(map(Map.of("a", "1")), map(Map.of("a", "1", "b", "2")))).isFalse();
  }

  @Test
  void notBecauseTheServerWritesANumberOtherwise() {
    assertThat(Applied.stands(quota("1000m"), withHard(quota("1000m"), "1"))).isTrue();
    assertThat(Applied.stands(quota("1000m"), withHard(quota("1000m"), "2"))).isFalse();
  }

  private static ResourceQuota quota(String cpu) {
    return Applied.marked(
        new ResourceQuotaBuilder()
            .withNewMetadata()
            .withName("x")
            .endMetadata()
            .withNewSpec()
            .addToHard("cpu", new Quantity(cpu))
            .endSpec()
            .build());
  }

  private static ResourceQuota withHard(ResourceQuota quota, String cpu) {
    quota.getSpec().setHard(Map.of("cpu", new Quantity(cpu)));
    return quota;
  }
}
