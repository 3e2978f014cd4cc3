package dev.holdfast.operator.kube;

import static dev.holdfast.operator.kube.World.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.v1alpha1.Role;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
@DisplayName("An operator whose kinds of monitoring are uninstalled")
class MonitoringApiIT {

  @Test
  void goesOnWithoutThem() {
    try (World world = new World()) {
      world.server.installMonitoring();
      world.startOperator(World.settings("agent:1"));
      world.running("home", "a", "b");
      eventually(
          () ->
              world
                      .client
                      .genericKubernetesResources("monitoring.coreos.com/v1", "PodMonitor")
                      .inNamespace(World.NAMESPACE)
                      .withName("home")
                      .get()
                  != null);

      world
          .client
          .apiextensions()
          .v1()
          .customResourceDefinitions()
          .withName("podmonitors.monitoring.coreos.com")
          .delete();
      eventually(
          () ->
              world.client.getApiResources("monitoring.coreos.com/v1").getResources().stream()
                  .noneMatch(kind -> kind.getKind().equals("PodMonitor")));

      world
          .client
          .nodes()
          .withName("a")
          .edit(
              node -> {
                node.getSpec().setUnschedulable(true);
                return node;
              });
      eventually(() -> world.gatewayNode("home", "a").getSpec().maintenance());
      world.report("home", "b", Role.ACTIVE, true);
      world.report("home", "a", Role.MAINTENANCE, true);
      eventually(() -> "b".equals(world.cluster("home").getStatus().active()));
      assertThat(world.condition("home", "Progressing").reason()).isNotEqualTo("ApplyFailed");
    }
  }
}
