package dev.holdfast.operator.kube;

import static dev.holdfast.operator.kube.World.NAMESPACE;
import static dev.holdfast.operator.kube.World.eventually;
import static dev.holdfast.operator.kube.World.throughout;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.v1alpha1.ConditionStatus;
import dev.holdfast.api.v1alpha1.Role;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.javaoperatorsdk.operator.Operator;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(180)
@DisplayName("The operator comes and goes")
class UpgradeApiIT {

  private World world;

  @BeforeEach
  void start() {
    world = new World();
  }

  @AfterEach
  void stop() {
    if (world != null) {
      world.close();
    }
  }

  @Test
  void anUpgradeRenewsTheBackupHandsOverAndRenewsTheActiveLast() throws Exception {
    world.startOperator(World.settings("agent:1"));
    world.running("home", "router-a", "router-b");

    world.startOperator(World.settings("agent:2"));
    eventually(() -> image("router-b").equals("agent:2"));
    throughout(Duration.ofSeconds(1), () -> image("router-a").equals("agent:1"));

    world.report("home", "router-b", Role.BACKUP, false);
    world.runPod("home", "router-b");
    throughout(Duration.ofSeconds(1), () -> image("router-a").equals("agent:1"));
    eventually(() -> world.condition("home", "Progressing").reason().startsWith("Rollout"));
    eventually(() -> world.condition("home", "Progressing").message().contains("not in sync"));

    world.report("home", "router-b", Role.BACKUP, true);
    eventually(() -> world.gatewayNode("home", "router-a").getSpec().maintenance());
    assertThat(image("router-a")).isEqualTo("agent:1");

    world.report("home", "router-b", Role.ACTIVE, true);
    world.report("home", "router-a", Role.MAINTENANCE, true);
    eventually(() -> image("router-a").equals("agent:2"));
    world.runPod("home", "router-a");
    eventually(() -> !world.gatewayNode("home", "router-a").getSpec().maintenance());
    world.report("home", "router-a", Role.BACKUP, true);
    eventually(() -> world.condition("home", "Progressing").reason().equals("UpToDate"));
  }

  @Test
  void anAgentThatDoesNotComeUpHaltsTheUpgradeAndABetterImageEndsThat() {
    world.startOperator(World.settings("agent:1"));
    world.running("home", "router-a", "router-b");
    world.startOperator(World.settings("agent:broken"));
    eventually(() -> image("router-b").equals("agent:broken"));
    world.report("home", "router-b", Role.INITIALIZE, false);

    eventually(() -> world.condition("home", "Progressing").reason().equals("RolloutHalted"));
    assertThat(world.condition("home", "Degraded").status()).isEqualTo(ConditionStatus.TRUE);
    assertThat(image("router-a")).isEqualTo("agent:1");

    world.startOperator(World.settings("agent:3"));
    eventually(() -> image("router-b").equals("agent:3"));
  }

  private String image(String node) {
    return world
        .daemonSet("home", node)
        .getSpec()
        .getTemplate()
        .getSpec()
        .getContainers()
        .getFirst()
        .getImage();
  }

  @Test
  void ofTwoReplicasOneWorksAndTheOtherGoesOnWhenItEnds() {
    AtomicInteger lost = new AtomicInteger();
    Operator first = replica("first", lost);
    Operator second = replica("second", lost);
    Thread.ofPlatform().start(first::start);
    eventually(() -> holder().equals("first"));
    Thread standby = Thread.ofPlatform().start(second::start);
    world.node("a");
    world.node("b");
    world.client.resource(World.cluster("one", "a", "b")).create();
    eventually(() -> world.gatewayNode("one", "b") != null);
    assertThat(holder()).isEqualTo("first");

    first.stop();
    eventually(() -> holder().equals("second"));
    world.node("c");
    world.node("d");
    world.client.resource(World.cluster("two", "c", "d")).create();
    eventually(() -> world.gatewayNode("two", "d") != null);
    second.stop();
    standby.interrupt();
  }

  private Operator replica(String name, AtomicInteger lost) {
    return world.newOperator(
        World.settings("agent:1"),
        overrider ->
            overrider.withLeaderElectionConfiguration(
                Leadership.configuration(NAMESPACE, name, lost::incrementAndGet)));
  }

  private String holder() {
    Lease lease = world.client.leases().inNamespace(NAMESPACE).withName(Leadership.LEASE).get();
    return lease == null || lease.getSpec().getHolderIdentity() == null
        ? ""
        : lease.getSpec().getHolderIdentity();
  }
}
