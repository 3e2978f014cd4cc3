package dev.holdfast.lab.stack;

import dev.holdfast.api.v1alpha1.GatewayNodeNames;
import dev.holdfast.lab.LabException;
import dev.holdfast.lab.kube.KubeCluster;
import dev.holdfast.lab.net.Router;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Our agent as a host service beside the kubelet ({@code agent.mode: Host}): it reads its
 * GatewayNode with a kubeconfig, and boots from what it kept on disk.
 */
public final class HostSoftware implements NodeSoftware {

  private final Router router;
  private final KubeCluster cluster;
  private final Path program;
  private final String gatewayNode;
  private final Path folder;
  private @Nullable Process agent;

  /**
   * @param cluster is up, with the resource applied
   * @param program that starts the agent
   * @param gateway the GatewayCluster's name
   * @param folder the router's own, its disk; exists
   */
  public HostSoftware(
      Router router, KubeCluster cluster, Path program, String gateway, Path folder) {
    this.router = router;
    this.cluster = cluster;
    this.program = program;
    this.gatewayNode = GatewayNodeNames.of(gateway, router.node());
    this.folder = folder;
    try {
      write(linkKey(), cluster.linkKey(gateway));
      write(kubeconfig(), cluster.kubeconfigOf(gatewayNode));
    } catch (IOException e) {
      throw new LabException("cannot write the agent's files: " + e.getMessage(), e);
    }
  }

  private static void write(Path secret, String text) throws IOException {
    Files.createFile(
        secret, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(secret, text);
  }

  private Path linkKey() {
    return folder.resolve("link.key");
  }

  private Path kubeconfig() {
    return folder.resolve("kubeconfig");
  }

  private Path runFolder() {
    return folder.resolve("run");
  }

  @Override
  public String name() {
    return "kubernetes:host";
  }

  @Override
  public KubeCluster cluster() {
    return cluster;
  }

  /** Powers the node on, if it is off; the agent waits for nothing of it. */
  @Override
  public void start() {
    restartSpeaker();
    if (cluster.processes(router.node()).isEmpty()) {
      cluster.powerOn(router.node());
    }
  }

  @Override
  public void restartSpeaker() {
    if (!speakers().isEmpty()) {
      return;
    }
    try {
      Files.createDirectories(runFolder());
      Files.createDirectories(folder.resolve("state"));
    } catch (IOException e) {
      throw new LabException("cannot make the agent's folders: " + e.getMessage(), e);
    }
    var command = command("run", "--kubeconfig", kubeconfig(), "--gateway-node", gatewayNode);
    agent =
        router
            .namespace()
            .start(
                logFile().toFile(),
                Stream.concat(
                        command,
                        Stream.of("--link-key", linkKey(), "--state-dir", folder.resolve("state")))
                    .map(Object::toString)
                    .toList());
  }

  @Override
  public String command(String name, List<String> arguments) {
    return router
        .namespace()
        .run(
            Stream.concat(command(name), arguments.stream())
                .map(Object::toString)
                .toArray(String[]::new));
  }

  private Stream<Object> command(String name, Object... arguments) {
    return Stream.concat(
        Stream.of(program, name, "--node", router.node(), "--run-dir", runFolder()),
        Stream.of(arguments));
  }

  /** The agent's last, so that it goes first when the power does. */
  @Override
  public List<ProcessHandle> processes() {
    return Stream.concat(cluster.processes(router.node()).stream(), speakers().stream()).toList();
  }

  @Override
  public List<ProcessHandle> speakers() {
    return Processes.of(agent);
  }

  @Override
  public void stop(long limitMillis) {
    Processes.terminate(speakers(), limitMillis);
  }

  @Override
  public void powerLost() {
    HoldfastSoftware.empty(runFolder());
  }

  @Override
  public Path logFile() {
    return folder.resolve("agent.log");
  }
}
