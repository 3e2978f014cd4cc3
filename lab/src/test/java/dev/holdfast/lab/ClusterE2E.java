package dev.holdfast.lab;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.lab.fault.Fault;
import dev.holdfast.lab.kube.KubeCluster;
import dev.holdfast.lab.measure.MeasureOptions;
import dev.holdfast.lab.measure.Measurement;
import dev.holdfast.lab.measure.judge.Figures;
import dev.holdfast.lab.measure.judge.FlowCounts;
import dev.holdfast.lab.net.Router;
import dev.holdfast.lab.stack.KubeSoftware;
import dev.holdfast.lab.stack.Stack;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The short form of {@code ./dev lab --kube}: one cluster for all tests, in the order of a
 * gateway's life.
 */
@DisplayName("A real cluster whose nodes are the routers, with chart, operator and agents as pods")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class ClusterE2E {

  private static final MeasureOptions TRAFFIC = MeasureOptions.DEFAULT.withFlows(40);
  private static final FlowCounts ALL_KEPT = new FlowCounts(20, 0, 0);

  @TempDir static Path folder;

  private static Lab lab;
  private static Scenario scenario;

  @BeforeAll
  static void install() {
    Path program = Path.of("../node-agent/bin/holdfast").toAbsolutePath().normalize();
    Optional<String> missing = Preflight.missing(Stack.KUBERNETES, program);
    Assumptions.assumeTrue(missing.isEmpty(), () -> missing.orElseThrow());
    LabOptions options =
        LabOptions.of(ClusterFile.read(null), Stack.KUBERNETES, null, true, program);
    lab = Lab.build(new LabRegistry(folder), options);
    scenario = new Scenario(lab, new Progress(System.err), new Random());
  }

  @AfterAll
  static void remove() {
    if (lab != null) {
      lab.close();
    }
  }

  private static Figures play(String faults) {
    List<Fault> sequence = Fault.parseList(faults);
    scenario.prepare(sequence);
    try (Measurement measurement = Measurement.start(lab.topology(), TRAFFIC)) {
      scenario.play(sequence, measurement);
      return measurement.stop().figures();
    } finally {
      scenario.heal();
    }
  }

  private static KubeCluster cluster() {
    return ((KubeSoftware) lab.software(lab.topology().routers().getFirst())).cluster();
  }

  private static void nothingIsLost(Figures figures) {
    assertThat(figures.flowsEcho()).isEqualTo(ALL_KEPT);
    assertThat(figures.flowsPush()).isEqualTo(ALL_KEPT);
    assertThat(figures.oneActiveAtEnd()).isTrue();
  }

  @Test
  @Order(1)
  void agentsAreReadyOnBothRoutersAndTheLanReachesTheInternet() {
    Figures figures = play("none");

    nothingIsLost(figures);
    assertThat(
            cluster().kubectl("get", "gwc", "-A", "-o", "jsonpath={.items[*].status.readyRouters}"))
        .as("ready of all")
        .startsWith("2/2");
  }

  @Test
  @Order(2)
  void aCordonMovesTheRoleAndNoFlowIsLost() {
    Figures figures = play("cordon");

    assertThat(figures.roleMillis()).as("the role moved").isNotNull();
    nothingIsLost(figures);
  }

  @Test
  @Order(3)
  void aPowerCutWhileTheApiServerIsAwayCostsNoFlow() {
    Figures figures = play("api-stop,power-off");

    assertThat(figures.roleMillis()).as("the role moved").isNotNull();
    nothingIsLost(figures);
  }

  @Test
  @Order(4)
  void anUninstalledChartLeavesTheGatewayRunning() {
    nothingIsLost(play("helm-uninstall"));
  }

  @Test
  @Order(5)
  void aDeletedResourceLeavesNothingOnTheRouters() {
    cluster()
        .kubectl(
            "-n", KubeCluster.NAMESPACE, "delete", "gatewaycluster", "--all", "--timeout=180s");

    for (Router router : lab.topology().routers()) {
      assertThat(router.namespace().run("ip", "-brief", "address"))
          .doesNotContain("10.0.0.10/", "192.168.0.3/");
      assertThat(router.namespace().run("iptables-save")).doesNotContain("HOLDFAST");
      assertThat(router.namespace().run("ip6tables-save")).doesNotContain("HOLDFAST");
      assertThat(router.namespace().run("sysctl", "-n", "net.ipv4.ip_forward").strip())
          .isEqualTo("0");
    }
    assertThat(Lab.await(120_000, () -> objects().isEmpty()))
        .as("what Kubernetes has not collected: %s", objects())
        .isTrue();
  }

  private static String objects() {
    return cluster()
        .kubectl("get", "gatewaynodes,daemonsets", "-n", KubeCluster.NAMESPACE, "-o", "name")
        .strip();
  }
}
