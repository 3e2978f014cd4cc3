package dev.holdfast.api.kube;

import dev.holdfast.api.Golden;
import io.fabric8.kubeapitest.KubeAPIServer;
import io.fabric8.kubeapitest.KubeAPIServerConfig;
import io.fabric8.kubeapitest.KubeAPIServerConfigBuilder;
import io.fabric8.kubeapitest.KubeAPITestException;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/**
 * A real kube-apiserver with its etcd, without any controller, for one test class.
 *
 * <p>The programs are those that {@code lab/kube/kubelab/build} makes once and keeps in the cache;
 * without them the test is skipped with a sentence, and {@code ./dev test}, which builds them
 * first, lets no test be skipped.
 */
public final class ApiServer implements AutoCloseable {

  private static final String VERSION = "1.35.4";

  /**
   * How often one is started before the test fails: its ports are chosen before it opens them, and
   * whoever takes one in between, it never becomes ready.
   */
  private static final int ATTEMPTS = 3;

  private final KubeAPIServer server;
  private final KubernetesClient client;

  private ApiServer(KubeAPIServer server, KubernetesClient client) {
    this.server = server;
    this.client = client;
  }

  /**
   * Starts one, or skips the test.
   *
   * @param flags further ones of kube-apiserver
   */
  public static ApiServer start(String... flags) {
    Path programs = programs();
    Assumptions.assumeTrue(
        Files.exists(programs.resolve("kube-apiserver")),
        "no Kubernetes in " + programs + ": lab/kube/kubelab/build makes it, in some five minutes");
    KubeAPIServer server =
        started(
            KubeAPIServerConfigBuilder.anAPIServerConfig()
                .withTestDir(directory(programs).toString())
                .withApiServerVersion(VERSION)
                .withUpdateKubeConfig(false)
                .withStartupTimeout(60_000)
                .withApiServerFlags(List.of(flags))
                .build());
    KubernetesClient client =
        new KubernetesClientBuilder()
            .withConfig(Config.fromKubeconfig(server.getKubeConfigYaml()))
            .build();
    return new ApiServer(server, client);
  }

  private static KubeAPIServer started(KubeAPIServerConfig config) {
    List<String> failures = new ArrayList<>();
    while (failures.size() < ATTEMPTS) {
      KubeAPIServer server = new KubeAPIServer(config);
      try (ProgramOutput output = ProgramOutput.follow()) {
        try {
          server.start();
          return server;
        } catch (KubeAPITestException e) {
          failures.add(e.getMessage() + "; the last that it and etcd said:\n" + output.last());
          System.err.println(failures.getLast());
          stop(server);
        }
      }
    }
    throw new AssertionError(
        "kube-apiserver did not start in "
            + ATTEMPTS
            + " attempts\n"
            + String.join("\n", failures));
  }

  private static void stop(KubeAPIServer server) {
    try {
      server.stop();
    } catch (KubeAPITestException e) {
      // One that ended by itself has been stopped and cleared away by then.
      System.err.println("kube-apiserver was not there any more to stop: " + e.getMessage());
    }
  }

  private static Path programs() {
    return cache().resolve("v" + VERSION);
  }

  private static Path cache() {
    String kubelab = System.getenv("KUBELAB_CACHE");
    String xdg = System.getenv("XDG_CACHE_HOME");
    return kubelab != null
        ? Path.of(kubelab)
        : Path.of(Objects.requireNonNullElse(xdg, System.getProperty("user.home") + "/.cache"))
            .resolve("kubelab");
  }

  /** The folder in the form that kube-api-test looks for; with it nothing is downloaded. */
  private static Path directory(Path programs) {
    Path directory = programs.resolveSibling("test");
    Path inside = directory.resolve("k8s/" + VERSION + "-linux-" + architecture());
    try {
      Files.createDirectories(inside);
      for (String name : List.of("kube-apiserver", "etcd", "kubectl")) {
        if (!Files.exists(inside.resolve(name))) {
          Files.deleteIfExists(inside.resolve(name));
          Files.createSymbolicLink(inside.resolve(name), programs.resolve(name));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return directory;
  }

  private static String architecture() {
    return switch (System.getProperty("os.arch")) {
      case "amd64", "x86_64" -> "amd64";
      case "aarch64" -> "arm64";
      case String other -> other;
    };
  }

  /**
   * Creates both definitions and waits until they are served.
   *
   * @param crds the folder that has them, from the module's directory
   */
  public void installDefinitions(Path crds) {
    for (String name : List.of("gatewayclusters", "gatewaynodes")) {
      install(
          Serialization.unmarshal(
              Golden.read(crds.resolve(name + ".holdfast.dev.yaml")),
              CustomResourceDefinition.class));
    }
  }

  /** The kinds of the Prometheus operator, as far as we write them. */
  public void installMonitoring() {
    client
        .load(Objects.requireNonNull(ApiServer.class.getResourceAsStream("/monitoring.yaml")))
        .items()
        .forEach(crd -> install((CustomResourceDefinition) crd));
  }

  private void install(CustomResourceDefinition crd) {
    client.resource(crd).create();
    client.resource(crd).waitUntilCondition(ApiServer::isEstablished, 30, TimeUnit.SECONDS);
  }

  private static boolean isEstablished(CustomResourceDefinition crd) {
    return crd != null
        && crd.getStatus() != null
        && crd.getStatus().getConditions() != null
        && crd.getStatus().getConditions().stream()
            .anyMatch(
                condition ->
                    condition.getType().equals("Established")
                        && condition.getStatus().equals("True"));
  }

  /** With all rights. */
  public KubernetesClient client() {
    return client;
  }

  public String kubeconfig() {
    return server.getKubeConfigYaml();
  }

  /** What kubectl prints, line by line; a failure of kubectl fails the test. */
  public List<String> kubectl(String... arguments) throws IOException, InterruptedException {
    Path file = kubeconfigFile();
    try {
      Process process = kubectl(file, arguments).start();
      List<String> lines;
      try (var reader = process.inputReader()) {
        lines = reader.lines().toList();
      }
      if (process.waitFor() != 0) {
        throw new AssertionError(String.join("\n", lines));
      }
      return lines;
    } finally {
      Files.delete(file);
    }
  }

  private Path kubeconfigFile() throws IOException {
    Path file = Files.createTempFile("kubeconfig", ".yaml");
    Files.writeString(file, kubeconfig());
    return file;
  }

  private static ProcessBuilder kubectl(Path kubeconfig, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(programs().resolve("kubectl").toString());
    command.add("--kubeconfig=" + kubeconfig);
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).redirectErrorStream(true);
  }

  /** Starts kubectl that goes on by itself, like {@code get -w}. */
  public Following follow(String... arguments) throws IOException {
    Path kubeconfig = kubeconfigFile();
    Path output = Files.createTempFile("kubectl", ".txt");
    Process process = kubectl(kubeconfig, arguments).redirectOutput(output.toFile()).start();
    return new Following(process, kubeconfig, output);
  }

  /** A kubectl that runs until it is closed. */
  public record Following(Process process, Path kubeconfig, Path output) implements AutoCloseable {

    /** What it has printed so far. */
    public List<String> lines() throws IOException {
      return Files.readAllLines(output);
    }

    @Override
    public void close() throws IOException {
      process.destroy();
      process.onExit().join();
      Files.delete(kubeconfig);
      Files.delete(output);
    }
  }

  @Override
  public void close() {
    client.close();
    stop(server);
  }
}
