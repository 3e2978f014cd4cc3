package dev.holdfast.agent.kube;

import dev.holdfast.agent.config.ClusterFile;
import dev.holdfast.agent.linux.Signals;
import dev.holdfast.agent.netns.TestNetwork;
import dev.holdfast.api.kube.ApiServer;
import dev.holdfast.api.render.GatewayIdentity;
import dev.holdfast.api.render.KubernetesFacts;
import dev.holdfast.api.render.Renderer;
import dev.holdfast.api.v1alpha1.Condition;
import dev.holdfast.api.v1alpha1.GatewayNode;
import dev.holdfast.api.v1alpha1.GatewayNodeNames;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import dev.holdfast.api.v1alpha1.GatewayNodeStatus;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenRequest;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Resource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Two routers in namespaces, and a real API server that stands in their LAN. Each agent is the
 * program as it was built, with the token of a service account that may do what the operator's Role
 * allows and nothing else.
 */
final class KubeRouters implements AutoCloseable {

  static final String NAMESPACE = "holdfast-system";
  private static final String API_ADDRESS = "192.168.77.254";
  private static final int API_PORT = 6443;
  private static final Pattern WRITES =
      Pattern.compile(
          "apiserver_request_total\\{[^}]*resource=\"gatewaynodes\"[^}]*verb=\"(APPLY|PATCH|PUT|POST)\"[^}]*} (\\S+)");

  private final ApiServer server = ApiServer.start();
  private final TestNetwork network = TestNetwork.open();
  private final Path folder;
  private final String hub = network.namespace("hub");
  private final List<Process> agents = new ArrayList<>();
  final Relay relay;

  KubeRouters(Path folder) {
    this.folder = folder;
    client()
        .namespaces()
        .resource(
            new NamespaceBuilder().withNewMetadata().withName(NAMESPACE).endMetadata().build())
        .create();
    server.installDefinitions(Path.of("../crds"));
    for (String bridge : List.of("wan", "lan", "direct")) {
      network.ip(hub, "link add " + bridge + " type bridge mcast_snooping 0");
      network.ip(hub, "link set " + bridge + " up");
    }
    network.ip(hub, "addr add " + API_ADDRESS + "/24 dev lan");
    relay =
        new Relay(
            network,
            hub,
            new InetSocketAddress(API_ADDRESS, API_PORT),
            URI.create(client().getConfiguration().getMasterUrl()).getPort());
    relay.openDoor();
  }

  KubernetesClient client() {
    return server.client();
  }

  /** Cables and own addresses of a router, its GatewayNode's account, and the link key. */
  void addRouter(String router, int host) throws IOException {
    String namespace = network.namespace(router);
    List<String> interfaces =
        List.of("eth0:wan:10.77.0.", "eth1:lan:192.168.77.", "eth2:direct:10.78.0.");
    for (String words : interfaces) {
      String[] parts = words.split(":", -1);
      String port = parts[1] + host;
      network.cable(namespace, parts[0], hub, port);
      network.ip(hub, "link set " + port + " master " + parts[1]);
      network.ip(namespace, "addr add " + parts[2] + host + "/24 dev " + parts[0]);
    }
    Path own = Files.createDirectories(folder.resolve(router));
    writeKeys(router, "1", key(1));
    account(router);
    Files.writeString(own.resolve("kubeconfig"), kubeconfig(token(router)));
  }

  static String key(int fill) {
    byte[] secret = new byte[32];
    java.util.Arrays.fill(secret, (byte) fill);
    return java.util.Base64.getEncoder().encodeToString(secret) + "\n";
  }

  /** As the kubelet changes a mounted Secret: another folder, and a link that is swapped. */
  void writeKeys(String router, String version, String text) throws IOException {
    Path mount = Files.createDirectories(folder.resolve(router).resolve("secret"));
    Path data = Files.createDirectories(mount.resolve(".." + version));
    Path file = Files.writeString(data.resolve("link.key"), text);
    Files.setPosixFilePermissions(
        file, java.nio.file.attribute.PosixFilePermissions.fromString("r--------"));
    Path fresh = mount.resolve("..data_tmp");
    Files.createSymbolicLink(fresh, data.getFileName());
    Files.move(fresh, mount.resolve("..data"), StandardCopyOption.ATOMIC_MOVE);
    if (!Files.isSymbolicLink(mount.resolve("link.key"))) {
      Files.createSymbolicLink(mount.resolve("link.key"), Path.of("..data/link.key"));
    }
  }

  /** What decision 070 says that a router's account may do. */
  private void account(String router) {
    String name = GatewayNodeNames.of("home", router);
    client()
        .resource(
            new ServiceAccountBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace(NAMESPACE)
                .endMetadata()
                .build())
        .create();
    client()
        .resource(
            new RoleBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace(NAMESPACE)
                .endMetadata()
                .addNewRule()
                .withApiGroups("holdfast.dev")
                .withResources("gatewaynodes")
                .withResourceNames(name)
                .withVerbs("get", "list", "watch")
                .endRule()
                .addNewRule()
                .withApiGroups("holdfast.dev")
                .withResources("gatewaynodes/status")
                .withResourceNames(name)
                .withVerbs("patch")
                .endRule()
                .build())
        .create();
    client()
        .resource(
            new RoleBindingBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace(NAMESPACE)
                .endMetadata()
                .withNewRoleRef("rbac.authorization.k8s.io", "Role", name)
                .addNewSubject()
                .withKind("ServiceAccount")
                .withName(name)
                .withNamespace(NAMESPACE)
                .endSubject()
                .build())
        .create();
  }

  /** More than the operator gives: a person's account. */
  void mayListAll(String router) {
    String name = GatewayNodeNames.of("home", router);
    client()
        .resource(
            new ClusterRoleBuilder()
                .withNewMetadata()
                .withName(name)
                .endMetadata()
                .addNewRule()
                .withApiGroups("holdfast.dev")
                .withResources("gatewaynodes")
                .withVerbs("list")
                .endRule()
                .build())
        .create();
    client()
        .resource(
            new ClusterRoleBindingBuilder()
                .withNewMetadata()
                .withName(name)
                .endMetadata()
                .withNewRoleRef("rbac.authorization.k8s.io", "ClusterRole", name)
                .addNewSubject()
                .withKind("ServiceAccount")
                .withName(name)
                .withNamespace(NAMESPACE)
                .endSubject()
                .build())
        .create();
  }

  String token(String router) {
    TokenRequest request =
        client()
            .serviceAccounts()
            .inNamespace(NAMESPACE)
            .withName(GatewayNodeNames.of("home", router))
            .tokenRequest(
                new TokenRequestBuilder()
                    .withNewSpec()
                    .withExpirationSeconds(3_600L)
                    .endSpec()
                    .build());
    return request.getStatus().getToken();
  }

  private static String kubeconfig(String token) {
    return """
        apiVersion: v1
        kind: Config
        current-context: agent
        contexts: [{name: agent, context: {cluster: test, user: agent, namespace: %s}}]
        clusters: [{name: test, cluster: {server: "https://%s:%d", insecure-skip-tls-verify: true}}]
        users: [{name: agent, user: {token: %s}}]
        """
        .formatted(NAMESPACE, API_ADDRESS, API_PORT, token);
  }

  /** What the operator would write for it; {@code more} are lines of the GatewayCluster's spec. */
  GatewayNodeSpec spec(String router, long generation, boolean knowsTheApi, String more) {
    String text =
        """
        apiVersion: holdfast.dev/v1alpha1
        kind: GatewayCluster
        metadata: {name: home, namespace: holdfast-system}
        spec:
          routers: [{node: router-a, priority: 100}, {node: router-b, priority: 50}]
          networks:
            - {name: wan, role: WAN, interface: eth0, virtualRouterId: 10, virtualAddresses: [10.77.0.10/24]}
            - {name: lan, role: LAN, interface: eth1, virtualRouterId: 11, virtualAddresses: [192.168.77.3/24]}
            - {name: direct, role: Sync, interface: eth2}
        """
            + more;
    if (!(ClusterFile.parse(text) instanceof ClusterFile.Result.Accepted file)) {
      throw new AssertionError(ClusterFile.parse(text));
    }
    List<String> endpoints = knowsTheApi ? List.of(API_ADDRESS + ":" + API_PORT) : List.of();
    return Renderer.render(
        new GatewayIdentity(file.identity().name(), file.identity().namespace(), generation),
        file.spec(),
        router,
        new KubernetesFacts(List.of(), List.of(), List.of(), endpoints));
  }

  /** Creates the GatewayNode or changes its spec. */
  void write(GatewayNodeSpec spec) {
    GatewayNode node = new GatewayNode();
    node.setMetadata(
        new ObjectMetaBuilder()
            .withName(GatewayNodeNames.of(spec.cluster(), spec.node()))
            .withNamespace(NAMESPACE)
            .build());
    node.setSpec(spec);
    client().resource(node).fieldManager("test").forceConflicts().serverSideApply();
  }

  Resource<GatewayNode> node(String router) {
    return client()
        .resources(GatewayNode.class)
        .inNamespace(NAMESPACE)
        .withName(GatewayNodeNames.of("home", router));
  }

  /** Waits until the GatewayNode's status is so. */
  GatewayNodeStatus await(
      String what, String router, int seconds, Predicate<GatewayNodeStatus> condition) {
    long end = System.nanoTime() + Duration.ofSeconds(seconds).toNanos();
    while (true) {
      GatewayNode found = node(router).get();
      GatewayNodeStatus status = found == null ? null : found.getStatus();
      if (status != null && condition.test(status)) {
        return status;
      }
      if (System.nanoTime() - end >= 0) {
        throw new AssertionError(
            "not within "
                + seconds
                + " s: "
                + what
                + "; the status is "
                + status
                + "\n"
                + log(router));
      }
      pause();
    }
  }

  private static void pause() {
    try {
      TimeUnit.MILLISECONDS.sleep(50);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  static @Nullable Condition condition(GatewayNodeStatus status, String type) {
    return status.conditions().stream()
        .filter(condition -> condition.type().equals(type))
        .findFirst()
        .orElse(null);
  }

  boolean holds(String router, String address) {
    return network.ip(netns(router), "-o addr show").contains(" " + address + "/");
  }

  String netns(String router) {
    return hub.substring(0, hub.length() - "hub".length()) + router;
  }

  /** Starts the agent as the operator's DaemonSet or a systemd unit would. */
  Process start(String router) throws IOException {
    return start(router, List.of("--gateway-node", GatewayNodeNames.of("home", router)));
  }

  /** By hand: nobody says which GatewayNode is the router's. */
  Process startUnnamed(String router) throws IOException {
    return start(router, List.of());
  }

  private Process start(String router, List<String> more) throws IOException {
    Path own = folder.resolve(router);
    List<String> command = new ArrayList<>();
    command.addAll(
        List.of(
            "ip",
            "netns",
            "exec",
            netns(router),
            "bin/holdfast",
            "run",
            "--kubeconfig",
            own.resolve("kubeconfig").toString(),
            "--node",
            router,
            "--run-dir",
            own.resolve("run").toString(),
            "--state-dir",
            own.resolve("state").toString(),
            "--link-key",
            own.resolve("secret/link.key").toString()));
    command.addAll(more);
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(own.resolve("log").toFile()))
            .start();
    agents.add(process);
    return process;
  }

  Path state(String router) {
    return folder.resolve(router).resolve("state");
  }

  /** What a page of the agent says: its status code, then its text. */
  String page(String router, String path) {
    return network.in(
        netns(router),
        "curl",
        "-s",
        "-m",
        "3",
        "-w",
        " %{http_code}",
        "http://127.0.0.1:9477" + path);
  }

  void stop(Process agent) {
    Signals.send(agent.pid(), Signals.SIGTERM);
    try {
      if (!agent.waitFor(15, TimeUnit.SECONDS)) {
        throw new AssertionError("the agent did not end within 15 s of SIGTERM");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  String log(String router) {
    try {
      Path file = folder.resolve(router).resolve("log");
      return Files.exists(file) ? Files.readString(file) : "(no log)";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Requests of anyone that wrote GatewayNodes, since the API server began. */
  long writes() {
    Matcher matcher = WRITES.matcher(client().raw("/metrics"));
    long writes = 0;
    while (matcher.find()) {
      writes += Math.round(Double.parseDouble(matcher.group(2)));
    }
    return writes;
  }

  /** A client with a router's own account. */
  KubernetesClient as(String router) {
    Config config =
        new io.fabric8.kubernetes.client.ConfigBuilder(client().getConfiguration())
            .withClientCertData(null)
            .withClientKeyData(null)
            .withClientCertFile(null)
            .withClientKeyFile(null)
            .withOauthToken(token(router))
            .withNamespace(NAMESPACE)
            .withRequestRetryBackoffLimit(0)
            .build();
    return new io.fabric8.kubernetes.client.KubernetesClientBuilder().withConfig(config).build();
  }

  @Override
  public void close() {
    for (Process agent : agents) {
      agent.descendants().forEach(ProcessHandle::destroyForcibly);
      agent.destroyForcibly();
    }
    relay.close();
    server.close();
    network.close();
  }
}
