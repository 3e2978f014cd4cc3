package dev.holdfast.operator.kube;

import static dev.holdfast.operator.kube.World.NAMESPACE;
import static dev.holdfast.operator.kube.World.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.v1alpha1.GatewayCluster;
import dev.holdfast.api.v1alpha1.GatewayNode;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * The packaged operator, as in its image, with its flags, its rights and its limit of memory.
 *
 * <p>{@code -Dscale=10,30,100} measures at those sizes and prints a table; the default is what fits
 * into every build.
 */
@DisplayName("The packaged operator")
class ScaleApiIT {

  /** What the image starts it with. */
  private static final Path OPTIONS = Path.of("java.options");

  private static final Path CHART = Path.of("../helm/holdfast/values.yaml");
  private static final Path PROGRAM = Path.of("target/quarkus-app/quarkus-run.jar");
  private static final int HTTP_PORT = freePort();
  private static final Duration REST =
      Duration.ofSeconds(Integer.getInteger("scale.rest.seconds", 5));
  private static final Duration LONG = Duration.ofMinutes(10);

  /** What one size cost. */
  private record Row(
      int clusters, double seconds, long residentMib, double requests, long atRest) {}

  @Test
  void appliesEveryClusterWithinItsMemoryAndWritesNothingAtRest() throws Exception {
    int limit = limitMib();
    try (World world = new World()) {
      Path kubeconfig = kubeconfig(world);
      Process operator = start(kubeconfig);
      try {
        List<Row> rows = new ArrayList<>();
        for (String size : System.getProperty("scale", "2,5").split(",", -1)) {
          rows.add(measure(world, operator, Integer.parseInt(size.strip())));
        }
        print(rows);
        assertThat(metrics())
            .contains("operator_sdk_reconciliations_started_total{", "jvm_memory_used_bytes{")
            .doesNotContain("name=\"c0\"");
        assertThat(rows)
            .allMatch(row -> row.atRest() == 0)
            .allMatch(row -> row.residentMib() < limit);
      } finally {
        operator.destroy();
        operator.waitFor(30, TimeUnit.SECONDS);
        operator.destroyForcibly();
        Files.delete(kubeconfig);
      }
    }
  }

  private static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path kubeconfig(World world) throws IOException {
    Path file = Files.createTempFile("operator", ".kubeconfig");
    var config = world.configOf("holdfast-operator");
    Files.writeString(
        file,
        Serialization.asYaml(
            java.util.Map.of(
                "apiVersion",
                "v1",
                "kind",
                "Config",
                "current-context",
                "test",
                "clusters",
                List.of(
                    java.util.Map.of(
                        "name",
                        "test",
                        "cluster",
                        java.util.Map.of(
                            "server", config.getMasterUrl(), "insecure-skip-tls-verify", true))),
                "users",
                List.of(
                    java.util.Map.of(
                        "name", "test", "user", java.util.Map.of("token", config.getOauthToken()))),
                "contexts",
                List.of(
                    java.util.Map.of(
                        "name",
                        "test",
                        "context",
                        java.util.Map.of("cluster", "test", "user", "test"))))));
    return file;
  }

  private static Process start(Path kubeconfig) throws IOException {
    assertThat(PROGRAM).as("mvn package makes it").exists();
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin/java").toString());
    command.addAll(Files.readAllLines(OPTIONS));
    command.add("-jar");
    command.add(PROGRAM.toString());
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(Path.of("target/operator.log").toFile());
    builder.environment().put("KUBECONFIG", kubeconfig.toString());
    builder.environment().put("HOLDFAST_AGENT_IMAGE", "agent:1");
    // No agent ever starts here: that this is told once must not fall into the rest.
    builder.environment().put("HOLDFAST_ROLLOUT_DEADLINE", "PT10H");
    builder.environment().put("QUARKUS_HTTP_PORT", Integer.toString(HTTP_PORT));
    builder.environment().put("QUARKUS_HTTP_HOST", "127.0.0.1");
    return builder.start();
  }

  /** As Prometheus reads them. */
  private static String metrics() throws IOException {
    try (InputStream page =
        URI.create("http://127.0.0.1:" + HTTP_PORT + "/q/metrics").toURL().openStream()) {
      return new String(page.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /** Adds clusters up to that number. */
  private static Row measure(World world, Process operator, int clusters) throws IOException {
    int before = count(world, GatewayCluster.class);
    for (int i = before; i < clusters; i++) {
      world.node("n" + i + "-a");
      world.node("n" + i + "-b");
    }
    quiet(world);
    int requestsBefore = world.audit.of(World.OPERATOR).size();
    Instant begin = Instant.now();
    for (int i = before; i < clusters; i++) {
      world.client.resource(World.cluster("c" + i, "n" + i + "-a", "n" + i + "-b")).create();
    }
    eventually(LONG, () -> count(world, DaemonSet.class) == 2 * clusters);
    eventually(LONG, () -> count(world, GatewayNode.class) == 2 * clusters);
    eventually(LONG, () -> told(world) == clusters);
    double seconds = Duration.between(begin, Instant.now()).toMillis() / 1000.0;
    quiet(world);
    int requests = world.audit.of(World.OPERATOR).size() - requestsBefore;
    return new Row(
        clusters,
        seconds,
        residentMib(operator),
        (double) requests / (clusters - before),
        writesAtRest(world));
  }

  private static int count(
      World world, Class<? extends io.fabric8.kubernetes.api.model.HasMetadata> kind) {
    return world.client.resources(kind).inNamespace(NAMESPACE).list().getItems().size();
  }

  private static long told(World world) {
    return world
        .client
        .resources(GatewayCluster.class)
        .inNamespace(NAMESPACE)
        .list()
        .getItems()
        .stream()
        .filter(one -> one.getStatus() != null && !one.getStatus().conditions().isEmpty())
        .count();
  }

  private static void quiet(World world) {
    eventually(
        LONG,
        () -> {
          int before = world.audit.of(World.OPERATOR).size();
          Thread.sleep(1500);
          return world.audit.of(World.OPERATOR).size() == before;
        });
  }

  private static long writesAtRest(World world) throws IOException {
    long before = writes(world);
    Instant end = Instant.now().plus(REST);
    eventually(LONG, () -> Instant.now().isAfter(end));
    return writes(world) - before;
  }

  private static long writes(World world) {
    return world.audit.of(World.OPERATOR).stream().filter(AuditLog.Request::writes).count();
  }

  private static long residentMib(Process process) throws IOException {
    return Files.readAllLines(Path.of("/proc/" + process.pid() + "/status")).stream()
        .filter(line -> line.startsWith("VmHWM"))
        .map(line -> Arrays.stream(line.split("\\D+", -1)).filter(s -> !s.isEmpty()).findFirst())
        .mapToLong(kib -> Long.parseLong(kib.orElseThrow()) / 1024)
        .findFirst()
        .orElseThrow();
  }

  /** What the chart allows it. */
  private static int limitMib() throws IOException {
    Matcher limit =
        Pattern.compile("limits: \\{memory: (\\d+)Mi}").matcher(Files.readString(CHART));
    assertThat(limit.find()).isTrue();
    return Integer.parseInt(limit.group(1));
  }

  private static void print(List<Row> rows) {
    System.out.println("clusters  seconds  peak MiB  requests/cluster  writes at rest");
    rows.forEach(
        row ->
            System.out.printf(
                "%8d  %7.1f  %8d  %16.1f  %14d%n",
                row.clusters(), row.seconds(), row.residentMib(), row.requests(), row.atRest()));
    if (rows.size() > 1) {
      Row small = rows.getFirst();
      Row big = rows.getLast();
      double perCluster =
          (double) (big.residentMib() - small.residentMib()) / (big.clusters() - small.clusters());
      double secondsEach =
          rows.stream().skip(1).mapToDouble(Row::seconds).sum()
              / (big.clusters() - small.clusters());
      System.out.printf(
          "1000 clusters, extrapolated: %.0f MiB, %.0f s, %.1f requests/cluster%n",
          big.residentMib() + perCluster * (1000 - big.clusters()),
          1000 * secondsEach,
          big.requests());
    }
  }
}
