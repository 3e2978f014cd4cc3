package dev.holdfast.lab;

import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import dev.holdfast.api.v1alpha1.NetworkRole;
import dev.holdfast.lab.fault.Fault;
import dev.holdfast.lab.fault.FaultKind;
import dev.holdfast.lab.kube.KubeCluster;
import dev.holdfast.lab.measure.MeasureOptions;
import dev.holdfast.lab.measure.judge.Timers;
import dev.holdfast.lab.report.Setting;
import dev.holdfast.lab.stack.SourceTranslation;
import dev.holdfast.lab.stack.Stack;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is the same for all runs of a lab.
 *
 * @param cluster with what the command line changes in it
 * @param translation whether and how LAN sources are translated
 * @param direct whether a Sync network is one cable or goes through a switch
 * @param program that starts our agent
 */
public record LabOptions(
    ClusterFile cluster, Stack stack, SourceTranslation translation, boolean direct, Path program) {

  /**
   * Makes them fit each other: the agents get the source NAT that was asked for, beside others'
   * software they behave as that needs, and three routers do not hang on one cable.
   *
   * @param translation null: as the resource says
   */
  public static LabOptions of(
      ClusterFile resource,
      Stack stack,
      @Nullable SourceTranslation translation,
      boolean direct,
      Path program) {
    ClusterFile cluster =
        switch (stack) {
          case MIXED, MIXED_REVERSED -> resource.besideOthers();
          case KUBERNETES -> resource.inNamespace(KubeCluster.NAMESPACE);
          case KUBERNETES_HOST -> resource.inNamespace(KubeCluster.NAMESPACE).onHosts();
          case HOLDFAST, KEEPALIVED -> resource;
        };
    SourceTranslation wanted =
        translation == null
            ? SourceTranslation.of(cluster.nodes().getFirst().nat().source())
            : translation;
    return new LabOptions(
        cluster.translating(wanted),
        stack,
        wanted,
        direct && cluster.spec().routers().size() == 2,
        program);
  }

  /**
   * What a report says of the runs.
   *
   * @param traffic long flows and further connections
   */
  public Setting setting(List<Fault> faults, MeasureOptions traffic) {
    List<GatewayNodeSpec> nodes = cluster.nodes();
    int least = nodes.stream().mapToInt(GatewayNodeSpec::priority).min().orElseThrow();
    return new Setting(
        cluster.name(),
        stack.toString(),
        translation.toString(),
        direct ? "direct" : "switched",
        faults.stream().filter(fault -> fault.kind() != FaultKind.NONE).toList(),
        traffic.flows(),
        traffic.udpFlows(),
        traffic.table(),
        new Timers(
            nodes.getFirst().vrrp().advertisementIntervalNanos(),
            least,
            isProbed(nodes.getFirst(), NetworkRole.WAN),
            isProbed(nodes.getFirst(), NetworkRole.LAN)));
  }

  /** Faults hit the first network of a role. */
  private static boolean isProbed(GatewayNodeSpec node, NetworkRole role) {
    return node.networks(role).stream()
        .findFirst()
        .map(network -> !network.gateways().isEmpty())
        .orElse(false);
  }

  /** The source tree that the program was built in. */
  Path project() {
    return project(program);
  }

  static Path project(Path program) {
    return program.toAbsolutePath().resolve("../../..").normalize();
  }

  /** Where the agent's program is: named, or beside the lab in a source tree or installation. */
  public static Path defaultProgram() {
    String named = System.getenv("HOLDFAST_PROGRAM");
    if (named == null) {
      named = System.getProperty("holdfast.program");
    }
    if (named != null) {
      return Path.of(named).toAbsolutePath();
    }
    return Path.of(System.getProperty("holdfast.home", "."), "node-agent", "bin", "holdfast")
        .toAbsolutePath()
        .normalize();
  }
}
