package dev.holdfast.operator.kube;

import static dev.holdfast.operator.kube.World.eventually;
import static dev.holdfast.operator.kube.World.throughout;

import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.javaoperatorsdk.operator.Operator;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
@DisplayName("An operator that starts")
class StartApiIT {

  /** As after minutes without an API server: the SDK goes on without a cache that did not fill. */
  @Test
  void decidesNothingBeforeEveryCacheWasFilledOnce() throws Exception {
    try (World world = new World()) {
      List<PolicyRule> rights = grant(world, List.of());
      grant(
          world,
          rights.stream().filter(one -> !one.getResources().contains("daemonsets")).toList());
      world.node("start-a");
      world.node("start-b");
      world.client.resource(World.cluster("start", "start-a", "start-b")).create();

      Operator operator =
          world.newOperator(
              World.settings("agent:1"),
              overrider ->
                  overrider
                      .withStopOnInformerErrorDuringStartup(false)
                      .withCacheSyncTimeout(Duration.ofSeconds(1)));
      try {
        operator.start();
        throughout(Duration.ofSeconds(3), () -> world.gatewayNode("start", "start-a") == null);

        grant(world, rights);
        eventually(() -> world.daemonSet("start", "start-a") != null);
      } finally {
        operator.stop();
      }
    }
  }

  /** What was granted before. */
  private static List<PolicyRule> grant(World world, List<PolicyRule> rules) {
    var role = world.client.rbac().clusterRoles().withName("holdfast-operator");
    List<PolicyRule> before = role.get().getRules();
    role.edit(
        one -> {
          one.setRules(rules);
          return one;
        });
    return before;
  }
}
