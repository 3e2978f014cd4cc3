package dev.holdfast.lab;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.lab.fault.Fault;
import dev.holdfast.lab.kube.KubeCluster;
import dev.holdfast.lab.measure.MeasureOptions;
import dev.holdfast.lab.measure.Measurement;
import dev.holdfast.lab.measure.judge.Figures;
import dev.holdfast.lab.measure.judge.FlowCounts;
import dev.holdfast.lab.net.Programs;
import dev.holdfast.lab.net.Router;
import dev.holdfast.lab.stack.KubeSoftware;
import dev.holdfast.lab.stack.Stack;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
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
  private static final Path PROGRAM =
      Path.of("../node-agent/bin/holdfast").toAbsolutePath().normalize();

  /** By node: its kernel before anything of ours, or of Kubernetes, ran there. */
  private static final Map<String, Set<String>> UNTOUCHED = new HashMap<>();

  /** What kubectl showed, for the documentation. */
  private static final Path SHOWN = Path.of("target/kubectl-cluster.txt");

  @TempDir static Path folder;

  private static Lab lab;
  private static Scenario scenario;

  @BeforeAll
  static void install() {
    Optional<String> missing = Preflight.missing(Stack.KUBERNETES, PROGRAM);
    Assumptions.assumeTrue(missing.isEmpty(), () -> missing.orElseThrow());
    LabOptions options =
        LabOptions.of(ClusterFile.read(null), Stack.KUBERNETES, null, true, PROGRAM);
    lab =
        Lab.build(
            new LabRegistry(folder),
            options,
            topology ->
                topology.routers().forEach(one -> UNTOUCHED.put(one.node(), Traces.of(one))));
    scenario = new Scenario(lab, new Progress(System.err), new Random());
  }

  @AfterAll
  static void remove() {
    if (lab != null) {
      lab.close();
    }
  }

  private static Figures play(String faults) {
    return play(faults, () -> {});
  }

  /**
   * @param look happens before what the faults took is given back
   */
  private static Figures play(String faults, Runnable look) {
    List<Fault> sequence = Fault.parseList(faults);
    scenario.prepare(sequence);
    try (Measurement measurement = Measurement.start(lab.topology(), TRAFFIC)) {
      scenario.play(sequence, measurement);
      Figures figures = measurement.stop().figures();
      look.run();
      return figures;
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
    awaitRow("home router-a 2/2 True \\d+ \\d+ .*");
    shown("get", "gwc");
    shown("get", "gwc", "-o", "wide");
    shown("get", "gwn");
    shown("get", "gwn", "-o", "wide");
    assertThat(shown("describe", "gwc", "home")).contains("router-a is active");
    assertThat(
            cluster()
                .kubectl(
                    "-n",
                    KubeCluster.NAMESPACE,
                    "exec",
                    "daemonset/home-router-a",
                    "--",
                    "/opt/holdfast/bin/kubectl-gateway",
                    "--help"))
        .as("the plugin out of the image")
        .contains("kubectl gateway");
    for (Router router : lab.topology().routers()) {
      assertThat(changes(router))
          .as("what a gateway needs on %s", router.node())
          .anyMatch(line -> line.contains("-N HOLDFAST"))
          .contains("new: net.ipv4.ip_forward = 1");
    }
  }

  @Test
  @Order(2)
  void thePluginShowsTheGatewayListsItsFlowsAndMovesTheRole() {
    play("none", () -> assertThat(gateway("flows")).contains("tcp", "udp"));

    assertThat(gateway("status")).startsWith("SAFE: router-a is active, and router-b");
    assertThat(gateway("handover", "--to", "router-b")).contains("router-b has the role");
    assertThat(gateway("status")).contains("router-b is active");
    gateway("handover", "--to", "auto");
  }

  /** {@code kubectl gateway} at somebody's desk. */
  private static String gateway(String... arguments) {
    Path plugin = folder.resolve("kubectl-gateway");
    try {
      if (!Files.exists(plugin)) {
        Files.createSymbolicLink(plugin, PROGRAM);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Programs.run(
        Stream.of(
                Stream.of(plugin.toString()),
                Stream.of(arguments),
                Stream.of("--kubeconfig", cluster().kubeconfig().toString()),
                Stream.of("-n", KubeCluster.NAMESPACE))
            .flatMap(word -> word)
            .toList());
  }

  /** What a person sees who asks kubectl; kept. */
  private static String shown(String... arguments) {
    String[] command =
        Stream.concat(Stream.of("-n", KubeCluster.NAMESPACE), Stream.of(arguments))
            .toArray(String[]::new);
    String text = cluster().kubectl(command);
    try {
      Files.writeString(
          SHOWN,
          "$ kubectl " + String.join(" ", arguments) + "\n" + text + "\n",
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text;
  }

  /** The first one below the columns' names, a blank between two columns. */
  private static String row(String table) {
    return table.lines().skip(1).findFirst().orElse("").replaceAll(" +", " ");
  }

  /** The operator that answers may have lost its power too: then the other one does, in a while. */
  private static void awaitRow(String expected) {
    String[] last = {""};
    boolean came =
        Lab.await(
            90_000,
            () -> {
              last[0] = row(cluster().kubectl("-n", KubeCluster.NAMESPACE, "get", "gwc"));
              return last[0].matches(expected);
            });
    assertThat(came).as("last seen: %s", last[0]).isTrue();
  }

  private static List<String> changes(Router router) {
    return Traces.difference(
        Objects.requireNonNull(UNTOUCHED.get(router.node())), Traces.of(router));
  }

  @Test
  @Order(3)
  void aCordonMovesTheRoleWhichKubectlFollowsLiveAndNoFlowIsLost() throws Exception {
    Path watched = folder.resolve("watch.txt");
    Process watch = cluster().follow(watched, "-n", KubeCluster.NAMESPACE, "get", "gwc", "-w");
    Figures figures;
    try {
      assertThat(Lab.await(30_000, () -> actives(watched).contains("router-a")))
          .as("it shows what is")
          .isTrue();
      figures = play("cordon");
    } finally {
      watch.destroy();
      watch.waitFor();
    }

    assertThat(figures.roleMillis()).as("the role moved").isNotNull();
    nothingIsLost(figures);
    Files.writeString(
        SHOWN,
        "$ kubectl get gwc -w\n" + Files.readString(watched) + "\n",
        StandardOpenOption.CREATE,
        StandardOpenOption.APPEND);
    assertThat(actives(watched)).containsSubsequence("router-a", "router-b");
  }

  /** The column ACTIVE, line by line. */
  private static List<String> actives(Path table) {
    try {
      return Files.readAllLines(table).stream()
          .map(line -> line.split(" +"))
          .filter(words -> words.length > 1 && words[0].equals("home"))
          .map(words -> words[1])
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  @Order(4)
  void aPowerCutIsSaidByTheResourceWithWhatItMeans() {
    Figures figures =
        play(
            "power-off",
            () -> {
              awaitRow("home router-b 1/2 False .*");
              shown("get", "gwc");
              shown("get", "gwn");
              assertThat(shown("describe", "gwc", "home"))
                  .contains("router-a: silent, says router-b")
                  .contains("no other router may take the role")
                  .containsPattern("RoleMoved .* from router-a to router-b: .*, gap \\d+ ms");
            });

    nothingIsLost(figures);
  }

  @Test
  @Order(5)
  void aPowerCutWhileTheApiServerIsAwayCostsNoFlow() {
    Figures figures = play("api-stop,power-off");

    assertThat(figures.roleMillis()).as("the role moved").isNotNull();
    nothingIsLost(figures);
  }

  @Test
  @Order(6)
  void anUninstalledChartLeavesTheGatewayRunning() {
    nothingIsLost(play("helm-uninstall"));
  }

  @Test
  @Order(7)
  void aDeletedResourceLeavesNothingOnTheRouters() {
    cluster()
        .kubectl(
            "-n", KubeCluster.NAMESPACE, "delete", "gatewaycluster", "--all", "--timeout=180s");

    for (Router router : lab.topology().routers()) {
      assertThat(changes(router))
          .as("addresses, links, chains and kernel settings on %s", router.node())
          .isEmpty();
    }
    assertThat(Lab.await(120_000, () -> objects().isEmpty()))
        .as("what Kubernetes has not collected: %s", objects())
        .isTrue();
    for (Router router : lab.topology().routers()) {
      assertThat(Lab.await(60_000, () -> files(router).isEmpty()))
          .as("files on %s: %s", router.node(), files(router))
          .isTrue();
    }
  }

  /** Of ours; the two folders are the kubelet's. */
  private static String files(Router router) {
    return cluster()
        .in(router.node(), "find", "/var/lib/holdfast", "/run/holdfast", "-mindepth", "1")
        .strip();
  }

  private static String objects() {
    return cluster()
        .kubectl("get", "gatewaynodes,daemonsets", "-n", KubeCluster.NAMESPACE, "-o", "name")
        .strip();
  }
}
