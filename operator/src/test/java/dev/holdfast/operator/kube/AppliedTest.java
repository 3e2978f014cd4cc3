package dev.holdfast.operator.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceQuota;
import io.fabric8.kubernetes.api.model.ResourceQuotaBuilder;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.DaemonSetBuilder;
import java.util.List;
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

  @Test
  void notBecauseOthersAddedEntriesToItsLists() {
    assertThat(Applied.stands(set(), withSidecarAndMore(set()))).isTrue();
  }

  @Test
  void whenAnEntryOfOursIsGoneOrAnotherAmongThoseOfOthers() {
    DaemonSet without = withSidecarAndMore(set());
    agent(without).getEnv().removeIf(one -> one.getName().equals("A"));
    assertThat(Applied.stands(set(), without)).isFalse();

    DaemonSet other = withSidecarAndMore(set());
    agent(other).getEnv().forEach(one -> one.setValue("changed"));
    assertThat(Applied.stands(set(), other)).isFalse();

    DaemonSet intolerant = withSidecarAndMore(set());
    intolerant.getSpec().getTemplate().getSpec().getTolerations().removeFirst();
    assertThat(Applied.stands(set(), intolerant)).isFalse();

    DaemonSet arguments = withSidecarAndMore(set());
    agent(arguments).setArgs(List.of("run", "--more"));
    assertThat(Applied.stands(set(), arguments)).isFalse();
  }

  private static DaemonSet set() {
    return Applied.marked(
        new DaemonSetBuilder()
            .withNewMetadata()
            .withName("x")
            .addNewOwnerReference()
            .withUid("1")
            .withName("home")
            .endOwnerReference()
            .endMetadata()
            .withNewSpec()
            .withNewTemplate()
            .withNewSpec()
            .addNewToleration()
            .withOperator("Exists")
            .endToleration()
            .addNewContainer()
            .withName("agent")
            .withArgs("run")
            .addNewEnv()
            .withName("A")
            .withValue("1")
            .endEnv()
            .endContainer()
            .endSpec()
            .endTemplate()
            .endSpec()
            .build());
  }

  private static Container agent(DaemonSet set) {
    return set.getSpec().getTemplate().getSpec().getContainers().getLast();
  }

  private static DaemonSet withSidecarAndMore(DaemonSet set) {
    return new DaemonSetBuilder(set)
        .editMetadata()
        .addNewOwnerReference()
        .withUid("2")
        .withName("theirs")
        .endOwnerReference()
        .endMetadata()
        .editSpec()
        .editTemplate()
        .editSpec()
        .addNewToleration()
        .withKey("theirs")
        .withOperator("Exists")
        .endToleration()
        .addNewContainerLike(agent(set))
        .addNewEnv()
        .withName("PROXY")
        .withValue("theirs")
        .endEnv()
        .endContainer()
        .editFirstContainer()
        .withName("sidecar")
        .endContainer()
        .endSpec()
        .endTemplate()
        .endSpec()
        .build();
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
