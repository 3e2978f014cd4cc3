package dev.holdfast.agent.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.agent.netns.TestNetwork;
import dev.holdfast.api.v1alpha1.Condition;
import dev.holdfast.api.v1alpha1.ConditionStatus;
import dev.holdfast.api.v1alpha1.GatewayNode;
import dev.holdfast.api.v1alpha1.GatewayNodeStatus;
import dev.holdfast.api.v1alpha1.Role;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("Agents at a real API server")
class KubernetesAgentApiIT {

  private static final String VIRTUAL = "192.168.77.3";

  @TempDir(cleanup = org.junit.jupiter.api.io.CleanupMode.ON_SUCCESS)
  Path folder;

  private KubeRouters routers;

  @BeforeEach
  void startApiServer() throws IOException {
    routers = new KubeRouters(folder);
    routers.addRouter("router-a", 1);
  }

  @AfterEach
  void stop() {
    if (routers != null) {
      routers.close();
    }
  }

  private static boolean isActive(GatewayNodeStatus status) {
    return status.role() == Role.ACTIVE;
  }

  private static boolean accepted(GatewayNodeStatus status, ConditionStatus wanted) {
    Condition condition = KubeRouters.condition(status, "Accepted");
    return condition != null && condition.status() == wanted;
  }

  private void write(long generation, String more) {
    routers.write(routers.spec("router-a", generation, true, more));
  }

  @Test
  void worksByItsGatewayNodeAndGoesOnWithItWhenItCannotApplyTheNext() throws IOException {
    write(1, "");
    routers.start("router-a");

    GatewayNodeStatus first =
        routers.await("active and accepted", "router-a", 60, KubernetesAgentApiIT::isActive);
    assertThat(first.observedGeneration()).isEqualTo(1);
    assertThat(accepted(first, ConditionStatus.TRUE)).isTrue();
    assertThat(first.flowSync()).isNotNull();
    assertThat(first.flowSync().keys()).hasSize(1);
    assertThat(first.reportedAt()).isNotNull();

    // What no schema knows and no operator writes: a prefix that is none.
    routers
        .node("router-a")
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            "{\"spec\":{\"nat\":{\"sources\":[\"10.0.0.0/99\"]}}}");
    GatewayNodeStatus refused =
        routers.await("refused", "router-a", 20, status -> accepted(status, ConditionStatus.FALSE));

    Condition verdict = Objects.requireNonNull(KubeRouters.condition(refused, "Accepted"));
    assertThat(verdict.message())
        .contains("spec.nat.sources")
        .contains("goes on with generation 1");
    assertThat(refused.observedGeneration()).isEqualTo(1);
    assertThat(refused.role()).isEqualTo(Role.ACTIVE);
    assertThat(routers.holds("router-a", VIRTUAL)).isTrue();

    write(2, "  nat: {sources: [10.9.0.0/16]}\n");
    routers.await(
        "accepted again",
        "router-a",
        20,
        status ->
            accepted(status, ConditionStatus.TRUE)
                && Objects.equals(
                    status.observedGeneration(),
                    routers.node("router-a").get().getMetadata().getGeneration()));
  }

  @Test
  void startsFromDiskWhileTheApiServerIsAwayAlsoWhenTheNewestFileIsDamaged() throws IOException {
    write(1, "");
    Process agent = routers.start("router-a");
    routers.await("active", "router-a", 60, KubernetesAgentApiIT::isActive);
    write(2, "  nat: {sources: [10.9.0.0/16]}\n");
    routers.await(
        "second one", "router-a", 20, status -> Objects.equals(status.observedGeneration(), 2L));
    routers.stop(agent);
    GatewayNodeStatus last =
        routers.await("its last words", "router-a", 5, status -> !isActive(status));
    assertThat(last.ready()).isFalse();
    routers.relay.shutDoor();
    Files.writeString(routers.state("router-a").resolve(AcceptedStore.FILE), "damaged");

    routers.start("router-a");
    TestNetwork.await(
        "holds the address without an API server",
        Duration.ofSeconds(30),
        () -> routers.holds("router-a", VIRTUAL));
    TestNetwork.await(
        "is ready",
        Duration.ofSeconds(10),
        () -> routers.page("router-a", "/readyz").endsWith("200"));

    routers.relay.openDoor();
    routers.await(
        "reports, and works by the newest again",
        "router-a",
        90,
        status -> isActive(status) && Objects.equals(status.observedGeneration(), 2L));
  }

  @Test
  void waitsLiveAndNotReadyWithNeitherDiskNorApiServer() throws IOException {
    routers.relay.shutDoor();
    Process agent = routers.start("router-a");
    TestNetwork.await(
        "is live", Duration.ofSeconds(30), () -> pageOrNothing("/livez").endsWith("200"));
    assertThat(routers.page("router-a", "/readyz")).endsWith("503");
    TestNetwork.await(
        "says why",
        Duration.ofSeconds(15),
        () -> routers.page("router-a", "/readyz").contains("API server cannot be asked"));
    assertThat(agent.isAlive()).isTrue();

    routers.relay.openDoor();
    write(1, "");
    routers.await("active", "router-a", 90, KubernetesAgentApiIT::isActive);
    routers.stop(agent);
    assertThat(agent.exitValue()).isZero();
  }

  @Test
  void findsTheGatewayNodeThatNobodyNamed() throws IOException {
    Process refused = routers.startUnnamed("router-a");
    TestNetwork.await("ends", Duration.ofSeconds(30), () -> !refused.isAlive());
    assertThat(refused.exitValue()).isEqualTo(1);
    assertThat(routers.log("router-a")).contains("name it: --gateway-node NAME");

    routers.mayListAll("router-a");
    Process agent = routers.startUnnamed("router-a");
    TestNetwork.await(
        "says what it waits for",
        Duration.ofSeconds(30),
        () -> routers.log("router-a").contains("no GatewayNode of this node yet"));
    write(1, "");
    routers.await("active", "router-a", 60, KubernetesAgentApiIT::isActive);
    routers.stop(agent);

    routers.relay.shutDoor();
    routers.startUnnamed("router-a");
    TestNetwork.await(
        "knows it from its disk", Duration.ofSeconds(30), () -> routers.holds("router-a", VIRTUAL));
  }

  private String pageOrNothing(String path) {
    try {
      return routers.page("router-a", path);
    } catch (AssertionError e) {
      return ""; // nobody listens there yet
    }
  }

  @Test
  void anAgentThatIsStillWaitingEndsWhenAskedTo() throws IOException {
    routers.relay.shutDoor();
    Process agent = routers.start("router-a");
    TestNetwork.await(
        "is live", Duration.ofSeconds(30), () -> pageOrNothing("/livez").endsWith("200"));

    routers.stop(agent);

    assertThat(agent.exitValue()).isZero();
  }

  @Test
  void aPairAtRestWritesAtMostOneHeartbeatAMinuteEachAndTakesANewKeyWithoutARestart()
      throws IOException, InterruptedException {
    routers.addRouter("router-b", 2);
    for (String router : new String[] {"router-a", "router-b"}) {
      routers.write(routers.spec(router, 1, true, ""));
      routers.start(router);
    }
    routers.await("a active", "router-a", 60, s -> isActive(s) && Boolean.TRUE.equals(s.inSync()));
    routers.await("b backup", "router-b", 60, s -> s.role() == Role.BACKUP);
    long changesBefore = changes();
    settle();

    long before = routers.writes();
    Thread.sleep(Duration.ofSeconds(58)); // what is not to happen has no event to wait for
    long writes = routers.writes() - before;
    // On a machine that is too busy the pair is not at rest: every such change has its line in a
    // log.
    assertThat(writes).isLessThanOrEqualTo(2 + 2 * (changes() - changesBefore));

    for (String router : new String[] {"router-a", "router-b"}) {
      routers.writeKeys(router, "2", KubeRouters.key(1) + KubeRouters.key(2));
    }
    for (String router : new String[] {"router-a", "router-b"}) {
      routers.await(
          "holds both keys",
          router,
          30,
          s -> s.flowSync() != null && s.flowSync().keys().size() == 2);
    }
    for (String router : new String[] {"router-a", "router-b"}) {
      routers.writeKeys(router, "3", KubeRouters.key(2));
    }
    for (String router : new String[] {"router-a", "router-b"}) {
      routers.await(
          "holds the new key",
          router,
          30,
          s -> s.flowSync() != null && s.flowSync().keys().size() == 1);
    }
    assertThat(routers.log("router-b")).doesNotContain("to=active");
  }

  private long changes() {
    return routers.log("router-a").lines().count() + routers.log("router-b").lines().count();
  }

  /** Waits until nothing was written for some seconds: what the start brought has been told. */
  private void settle() {
    long[] seen = {routers.writes(), System.nanoTime()};
    TestNetwork.await(
        "nothing more to tell",
        Duration.ofSeconds(60),
        () -> {
          long writes = routers.writes();
          if (writes != seen[0]) {
            seen[0] = writes;
            seen[1] = System.nanoTime();
          }
          return System.nanoTime() - seen[1] > Duration.ofSeconds(12).toNanos();
        });
  }

  @Test
  void aPolicyThatCutsTheApiServerOffIsTakenBack() throws IOException {
    routers.write(routers.spec("router-a", 1, true, "  firewall: {confirmSeconds: 8}\n"));
    routers.start("router-a");
    routers.await(
        "policy stands",
        "router-a",
        60,
        s -> isActive(s) && s.firewall() != null && Objects.equals(s.firewall().generation(), 1L));
    TestNetwork.await(
        "confirmed",
        Duration.ofSeconds(30),
        () -> routers.log("router-a").contains("policy confirmed generation=1"));

    routers.write(
        routers.spec(
            "router-a", 2, false, "  firewall: {confirmSeconds: 8, clusterTraffic: None}\n"));
    TestNetwork.await(
        "rolled back because of the API server",
        Duration.ofSeconds(60),
        () ->
            routers
                .log("router-a")
                .lines()
                .anyMatch(
                    line ->
                        line.contains("policy rolled back generation=2")
                            && line.contains("API server")));

    GatewayNodeStatus status =
        routers.await(
            "told",
            "router-a",
            60,
            s ->
                s.firewall() != null
                    && Objects.equals(s.firewall().generation(), 1L)
                    && String.valueOf(KubeRouters.condition(s, "Degraded"))
                        .contains("rolled back"));
    assertThat(status.role()).isEqualTo(Role.ACTIVE);

    // And the next one that lets the API server through is taken.
    routers.write(
        routers.spec("router-a", 3, true, "  firewall: {confirmSeconds: 8, log: {rate: 3/min}}\n"));
    TestNetwork.await(
        "the next one is confirmed",
        Duration.ofSeconds(60),
        () -> routers.log("router-a").contains("policy confirmed generation=3"));
  }

  @Test
  void anAgentsTokenIsRefusedEverywhereElse() throws IOException {
    routers.addRouter("router-b", 2);
    routers.write(routers.spec("router-a", 1, true, ""));
    routers.write(routers.spec("router-b", 1, true, ""));
    try (KubernetesClient own = routers.as("router-a")) {
      var nodes = own.resources(GatewayNode.class).inNamespace(KubeRouters.NAMESPACE);
      assertThat(nodes.withName("home-router-a").get()).isNotNull();
      GatewayNodes.writeStatus(
          own,
          KubeRouters.NAMESPACE,
          "home-router-a",
          GatewayNodeStatus.waiting(Role.INITIALIZE, "1", java.util.List.of()));

      refused(() -> nodes.withName("home-router-b").get());
      refused(nodes::list);
      refused(
          () ->
              GatewayNodes.writeStatus(
                  own,
                  KubeRouters.NAMESPACE,
                  "home-router-b",
                  GatewayNodeStatus.waiting(Role.ACTIVE, "1", java.util.List.of())));
      refused(
          () ->
              nodes
                  .withName("home-router-a")
                  .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"spec\":{\"priority\":254}}"));
      refused(() -> nodes.withName("home-router-a").delete());
      refused(() -> own.secrets().inNamespace(KubeRouters.NAMESPACE).withName("home-link").get());
      refused(() -> own.nodes().withName("router-a").get());
      refused(() -> own.pods().inNamespace(KubeRouters.NAMESPACE).list());
    }
  }

  private static void refused(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            KubernetesClientException.class, e -> assertThat(e.getCode()).isEqualTo(403));
  }
}
