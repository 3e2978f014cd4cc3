package dev.holdfast.agent.command;

import dev.holdfast.agent.Agent;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code holdfast run}: the agent. */
@Command(
    name = "run",
    description = {
      "Runs this router's agent in the foreground, from a GatewayCluster file or from its GatewayNode in Kubernetes.",
      "",
      "  holdfast run --config gateway.yaml --node router-a",
      "  holdfast run --kubeconfig FILE|in-cluster --node router-a --gateway-node home-router-a",
      "",
      "SIGTERM or SIGINT gives the role up, withdraws the virtual addresses and ends; SIGHUP reads the file again.",
      "With --kubeconfig the agent keeps the last configuration that it accepted in the state folder: it starts from there,",
      "and goes on, while the API server is away."
    },
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:stopped when asked to",
      "1:cannot run; one sentence says why",
      "2:wrong usage"
    })
public final class RunCommand implements Callable<Integer> {

  @Spec @Nullable CommandSpec command;

  @Mixin Folders folders = new Folders();

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "The GatewayCluster, YAML or JSON; the same file on every router.")
  @Nullable Path config;

  @Option(
      names = "--kubeconfig",
      paramLabel = "FILE|in-cluster",
      description = {
        "Instead of --config: where the API server is and who we are.",
        "in-cluster: the pod's own service account."
      })
  @Nullable String kubeconfig;

  @Option(
      names = "--namespace",
      paramLabel = "NAMESPACE",
      description = "Of the GatewayNode; by default the kubeconfig's, or the pod's own.")
  @Nullable String namespace;

  @Option(
      names = "--gateway-node",
      paramLabel = "NAME",
      description = {
        "Name of this router's GatewayNode: CLUSTER-NODE, as 'kubectl get gwn' shows.",
        "Without it: the one on disk, or the only one of that node that the account may list."
      })
  @Nullable String gatewayNode;

  @Option(
      names = "--listen",
      paramLabel = "ADDRESS:PORT",
      description = "Where /metrics, /livez and /readyz answer; repeatable (127.0.0.1:9477).")
  List<String> listen = List.of("127.0.0.1:9477");

  @Override
  public Integer call() {
    String node = folders.node;
    if (node == null) {
      throw usage(
          "Missing required option: '--node=NODE', this router's name in the GatewayCluster");
    }
    List<InetSocketAddress> addresses = listen.stream().map(this::address).toList();
    return Agent.run(
        new Agent.Options(
            source(), node, folders.runDir, folders.stateDir, folders.linkKey, addresses));
  }

  private Agent.Source source() {
    if ((config == null) == (kubeconfig == null)) {
      throw usage(
          "Say where the configuration is: either --config FILE or --kubeconfig FILE|in-cluster");
    }
    if (config != null) {
      if (namespace != null || gatewayNode != null) {
        throw usage("--namespace and --gateway-node go with --kubeconfig, not with --config");
      }
      return new Agent.Source.File(config);
    }
    return new Agent.Source.Kubernetes(Objects.requireNonNull(kubeconfig), namespace, gatewayNode);
  }

  private ParameterException usage(String sentence) {
    return new ParameterException(
        command == null ? new picocli.CommandLine(this) : command.commandLine(), sentence);
  }

  private InetSocketAddress address(String text) {
    int colon = text.lastIndexOf(':');
    String host = colon < 0 ? "" : text.substring(0, colon).replaceAll("^\\[|\\]$", "");
    String port = text.substring(colon + 1);
    if (host.isEmpty() || !port.matches("[0-9]{1,5}") || Integer.parseInt(port) > 65_535) {
      throw usage("--listen " + text + " is not ADDRESS:PORT; write for example 127.0.0.1:9477");
    }
    return new InetSocketAddress(host, Integer.parseInt(port));
  }
}
