package dev.holdfast.lab.stack;

import dev.holdfast.api.v1alpha1.GatewayNodeNames;
import dev.holdfast.lab.kube.KubeCluster;
import dev.holdfast.lab.net.Router;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Our agent as a pod on a node of a real cluster; kubelet and operator see to it. */
public final class KubeSoftware implements NodeSoftware {

  /** In the command line of an agent, and of no other Java program. */
  private static final String AGENT = "@/opt/holdfast/lib/java.arguments";

  private final Router router;
  private final KubeCluster cluster;

  /**
   * @param cluster is up, with the chart installed
   */
  public KubeSoftware(Router router, KubeCluster cluster) {
    this.router = router;
    this.cluster = cluster;
  }

  @Override
  public String name() {
    return "kubernetes";
  }

  @Override
  public KubeCluster cluster() {
    return cluster;
  }

  /** Powers the node on, if it is off. */
  @Override
  public void start() {
    if (processes().isEmpty()) {
      cluster.powerOn(router.node());
    }
  }

  /** The kubelet does it. */
  @Override
  public void restartSpeaker() {}

  @Override
  public String command(String name, List<String> arguments) {
    var command = new ArrayList<>(List.of("-n", KubeCluster.NAMESPACE, "exec", pod(), "--"));
    command.addAll(List.of("/opt/holdfast/bin/holdfast", name));
    command.addAll(arguments);
    return cluster.kubectl(command.toArray(String[]::new));
  }

  private String pod() {
    return cluster
        .kubectl(
            "-n",
            KubeCluster.NAMESPACE,
            "get",
            "pods",
            "-l",
            GatewayNodeNames.NODE_LABEL + "=" + GatewayNodeNames.label(router.node()),
            "-o",
            "name")
        .strip();
  }

  @Override
  public List<ProcessHandle> processes() {
    return cluster.processes(router.node());
  }

  @Override
  public List<ProcessHandle> speakers() {
    return processes().stream().filter(KubeSoftware::isAgent).toList();
  }

  private static boolean isAgent(ProcessHandle process) {
    return process.info().arguments().map(List::of).orElse(List.of()).contains(AGENT);
  }

  /** Deletes the pod and waits until its process has ended; the DaemonSet makes a new one. */
  @Override
  public void stop(long limitMillis) {
    List<ProcessHandle> agents = speakers();
    cluster.kubectl("-n", KubeCluster.NAMESPACE, "delete", pod(), "--wait=false");
    Processes.ended(agents, limitMillis);
  }

  /** The node's /run went with its processes. */
  @Override
  public void powerLost() {}

  @Override
  public Path logFile() {
    return Path.of("/dev/null");
  }

  @Override
  public String logTail() {
    return cluster
        .tryKubectl(
            "-n",
            KubeCluster.NAMESPACE,
            "logs",
            "--tail=5",
            "-l",
            GatewayNodeNames.NODE_LABEL + "=" + GatewayNodeNames.label(router.node()))
        .output();
  }
}
