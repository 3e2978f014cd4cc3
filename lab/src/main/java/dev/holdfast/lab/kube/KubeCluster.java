package dev.holdfast.lab.kube;

import com.marcnuri.helm.Helm;
import com.marcnuri.helm.InstallCommand;
import com.marcnuri.helm.UpgradeCommand;
import dev.holdfast.api.v1alpha1.GatewayNodeNames;
import dev.holdfast.lab.LabException;
import dev.holdfast.lab.net.Programs;
import dev.holdfast.lab.net.Router;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * One cluster. Its name is the lab's prefix without the last dash, so that its control plane's
 * namespace is one of the lab's; what else it holds (processes, mounts, control groups) goes with
 * {@link #down}.
 */
public final class KubeCluster {

  /** Where operator and agents are. */
  public static final String NAMESPACE = "holdfast-system";

  private static final String RELEASE = "holdfast";

  /** As the nodes reach it: {@code lib/env.sh}. */
  private static final String API_SERVER = "https://10.99.0.1:6443";

  /** Nodes have a /run of their own, so the lab's folder would not be seen there. */
  private static final Path STATE = Path.of("/var/lib/kubelab");

  private final Path project;
  private final String name;
  private final int port;
  private Map<String, ?> upgraded = Map.of();

  private KubeCluster(Path project, String name, int port) {
    this.project = project;
    this.name = name;
    this.port = port;
  }

  /**
   * Notes a cluster in the lab's folder, before anything of it is made.
   *
   * @param project the root of the source tree, with images and chart
   * @param folder the lab's
   */
  public static KubeCluster register(Path project, String name, Path folder) throws IOException {
    var cluster = new KubeCluster(project, name, freePort());
    Files.writeString(note(folder), project + "\n" + name + "\n" + cluster.port + "\n");
    return cluster;
  }

  /** The cluster that a lab's folder tells of. */
  public static Optional<KubeCluster> of(Path folder) throws IOException {
    if (!Files.exists(note(folder))) {
      return Optional.empty();
    }
    List<String> lines = Files.readAllLines(note(folder));
    return Optional.of(
        new KubeCluster(Path.of(lines.get(0)), lines.get(1), Integer.parseInt(lines.get(2))));
  }

  private static Path note(Path folder) {
    return folder.resolve("kube");
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /** What is needed beside the lab itself, or the sentence that says what is missing. */
  public static Optional<String> missing(Path project) {
    return archives(project).stream()
        .filter(archive -> !Files.exists(archive))
        .findFirst()
        .map(archive -> "there is no " + archive + ": './dev images' makes it");
  }

  private static List<Path> archives(Path project) {
    Path images = project.resolve("target/images");
    return List.of(images.resolve("holdfast-agent.tar"), images.resolve("holdfast-operator.tar"));
  }

  // --- the cluster ----------------------------------------------------------------------------

  /** Starts it on the routers' namespaces; some ten seconds. */
  public void up(List<Router> routers) {
    var command = new ArrayList<>(List.of("up"));
    routers.forEach(router -> command.add(router.node() + "=" + router.namespace().name()));
    cluster(command);
  }

  /** Our images, on every node. */
  public void load() {
    var load = new ArrayList<>(List.of("load"));
    archives(project).forEach(archive -> load.add(archive.toString()));
    cluster(load);
  }

  public void down() {
    Programs.attempt("", script(List.of("down")));
  }

  /** Powers a node on again; its namespace may be another one of the same name. */
  public void powerOn(String node) {
    cluster(List.of("power", node, "on"));
  }

  public void apiServer(boolean runs) {
    cluster(List.of("api", runs ? "start" : "stop"));
  }

  /** Stops and starts the kubelet: a deleted node registers itself again. */
  public void restartKubelet(String node) {
    cluster(List.of("kubelet", node, "stop"));
    cluster(List.of("kubelet", node, "start"));
  }

  /** Runs a command on a node, in its network, mounts and processes. */
  public String in(String node, String... command) {
    var all = new ArrayList<>(List.of("in", node));
    all.addAll(List.of(command));
    return cluster(all);
  }

  /**
   * Every process of a node, its first one last: killed in reverse order all are gone at once, as
   * the kernel ends a PID namespace with its first process.
   */
  public List<ProcessHandle> processes(String node) {
    Path file = STATE.resolve(name).resolve("pid").resolve("node-" + node);
    try {
      return Files.exists(file)
          ? ProcessHandle.of(Long.parseLong(Files.readString(file).strip())).stream()
              .flatMap(ProcessHandle::children)
              .flatMap(init -> Stream.concat(init.descendants(), Stream.of(init)))
              .filter(ProcessHandle::isAlive)
              .toList()
          : List.of();
    } catch (IOException e) {
      throw new LabException("cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  public String kubectl(String... arguments) {
    var all = new ArrayList<>(List.of("kubectl"));
    all.addAll(List.of(arguments));
    return cluster(all);
  }

  /** As {@link #kubectl}, whatever comes of it. */
  public Programs.Result tryKubectl(String... arguments) {
    var all = new ArrayList<>(List.of("kubectl"));
    all.addAll(List.of(arguments));
    return Programs.attempt("", script(all));
  }

  /** Starts kubectl that goes on by itself, like {@code get -w}; the caller ends it. */
  public Process follow(Path output, String... arguments) {
    var all = new ArrayList<>(List.of("kubectl"));
    all.addAll(List.of(arguments));
    return Programs.start(output.toFile(), script(all));
  }

  private String cluster(List<String> arguments) {
    return Programs.run(script(arguments));
  }

  private List<String> script(List<String> arguments) {
    var command =
        new ArrayList<>(
            List.of(
                "env",
                "KUBELAB_NAME=" + name,
                "KUBELAB_PORT=" + port,
                "KUBELAB_STATE=" + STATE,
                project.resolve("lab/kube/cluster").toString()));
    command.addAll(arguments);
    return command;
  }

  // --- our chart ------------------------------------------------------------------------------

  /**
   * Waits until the operator says that everything is well and a backup holds all flows.
   *
   * @param progress hears what is waited for
   */
  public void awaitReady(String gateway, long limitMillis, Consumer<String> progress) {
    for (String condition : List.of("Ready", "FlowsInSync")) {
      progress.accept("waiting until " + gateway + " is " + condition);
      Programs.Result result =
          tryKubectl(
              "-n",
              NAMESPACE,
              "wait",
              "gatewaycluster/" + gateway,
              "--for=condition=" + condition,
              "--timeout=" + limitMillis / 1000 + "s");
      if (result.status() != 0) {
        throw new LabException(
            gateway
                + " did not become "
                + condition
                + ": "
                + result.output().strip()
                + "\n"
                + tryKubectl("get", "gwc,gwn,pods", "-A", "-o", "wide").output()
                + tryKubectl("-n", NAMESPACE, "describe", "gatewaycluster", gateway).output());
      }
    }
  }

  // --- agents as host services: as docs/kubernetes-agent.md says ---------------------------------

  /** The link key that the operator made, as its file has it. */
  public String linkKey(String gateway) {
    return secret(GatewayNodeNames.linkKeySecret(gateway), GatewayNodeNames.LINK_KEY_FILE);
  }

  /** Credentials of one router's account, with a token that does not run out. */
  public String kubeconfigOf(String account) throws IOException {
    String token = account + "-host";
    kubectl("-n", NAMESPACE, "wait", "--for=create", "serviceaccount/" + account, "--timeout=2m");
    Path manifest = STATE.resolve(name).resolve(token + ".yaml");
    Files.writeString(
        manifest,
        """
        apiVersion: v1
        kind: Secret
        type: kubernetes.io/service-account-token
        metadata: {name: %s, namespace: %s, annotations: {kubernetes.io/service-account.name: %s}}
        """
            .formatted(token, NAMESPACE, account));
    kubectl("apply", "-f", manifest.toString());
    return """
    apiVersion: v1
    kind: Config
    current-context: agent
    contexts: [{name: agent, context: {cluster: c, user: agent, namespace: %s}}]
    clusters: [{name: c, cluster: {server: "%s", certificate-authority-data: %s}}]
    users: [{name: agent, user: {token: %s}}]
    """
        .formatted(
            NAMESPACE,
            API_SERVER,
            Base64.getEncoder()
                .encodeToString(secret(token, "ca.crt").getBytes(StandardCharsets.UTF_8)),
            secret(token, "token"));
  }

  private String secret(String secret, String key) {
    String path = "{.data." + key.replace(".", "\\.") + "}";
    String of = "secret/" + secret;
    kubectl("-n", NAMESPACE, "wait", "--for=create", of, "--timeout=2m");
    kubectl("-n", NAMESPACE, "wait", "--for=jsonpath=" + path, of, "--timeout=1m");
    String value = kubectl("-n", NAMESPACE, "get", of, "-o", "jsonpath=" + path);
    return new String(Base64.getDecoder().decode(value.strip()), StandardCharsets.UTF_8);
  }

  /** Commands for a shell that wants to look around. */
  public String enter() {
    return "eval \"$(" + String.join(" ", script(List.of("env")).subList(1, 6)) + ")\"";
  }

  /** Installs the chart, with the host's network for the operator: there is no pod network. */
  public void install() {
    install(Map.of());
  }

  private void install(Map<String, ?> values) {
    InstallCommand install = new Helm(project.resolve("helm/holdfast")).install().withName(RELEASE);
    install.set("operator.hostNetwork", true);
    values.forEach(install::set);
    install.withNamespace(NAMESPACE).createNamespace().withKubeConfig(kubeconfig()).call();
  }

  /** Upgrades it, and installs it where it is gone. */
  public void upgrade(Map<String, ?> values) {
    upgraded = values;
    UpgradeCommand upgrade = new Helm(project.resolve("helm/holdfast")).upgrade().withName(RELEASE);
    upgrade.set("operator.hostNetwork", true);
    values.forEach(upgrade::set);
    upgrade.withNamespace(NAMESPACE).install().withKubeConfig(kubeconfig()).call();
  }

  /** With the values of the last upgrade: what runs keeps its image. */
  public void reinstall() {
    upgrade(upgraded);
  }

  public void uninstall() {
    Helm.uninstall(RELEASE).withNamespace(NAMESPACE).withKubeConfig(kubeconfig()).call();
  }

  /** With all rights. */
  public Path kubeconfig() {
    return STATE.resolve(name).resolve("kubeconfig/host.conf");
  }

  /** Gives the agent's image a second name on every node. */
  public void tagAgentImage(List<String> nodes, String tag) {
    for (String node : nodes) {
      String found =
          in(node, "ctr", "-n", "k8s.io", "images", "ls", "-q")
              .lines()
              .filter(image -> image.contains("/holdfast-agent:"))
              .findFirst()
              .orElseThrow(() -> new LabException(node + " does not have the agent's image"));
      String target = found.substring(0, found.lastIndexOf(':')) + ":" + tag;
      in(node, "ctr", "-n", "k8s.io", "images", "tag", "--force", found, target);
    }
  }
}
