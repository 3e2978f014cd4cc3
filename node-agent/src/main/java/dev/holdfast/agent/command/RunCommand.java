package dev.holdfast.agent.command;

import dev.holdfast.agent.Agent;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
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
      "Runs this router's agent in the foreground, from a GatewayCluster file.",
      "",
      "SIGTERM or SIGINT gives the role up, withdraws the virtual addresses and ends; SIGHUP reads the file again."
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
      required = true,
      paramLabel = "FILE",
      description = "The GatewayCluster, YAML or JSON; the same file on every router.")
  @Nullable Path config;

  @Option(
      names = "--listen",
      paramLabel = "ADDRESS:PORT",
      description = "Where /metrics, /livez and /readyz answer; repeatable (127.0.0.1:9477).")
  List<String> listen = List.of("127.0.0.1:9477");

  @Override
  public Integer call() {
    CommandSpec spec = command;
    Path file = config;
    if (folders.node == null || file == null || spec == null) {
      throw new ParameterException(
          spec == null ? new picocli.CommandLine(this) : spec.commandLine(),
          "Missing required option: '--node=NODE', this router's name in the GatewayCluster");
    }
    List<InetSocketAddress> addresses = listen.stream().map(text -> address(spec, text)).toList();
    return Agent.run(
        new Agent.Options(
            file, folders.node, folders.runDir, folders.stateDir, folders.linkKey, addresses));
  }

  private static InetSocketAddress address(CommandSpec spec, String text) {
    int colon = text.lastIndexOf(':');
    String host = colon < 0 ? "" : text.substring(0, colon).replaceAll("^\\[|\\]$", "");
    String port = text.substring(colon + 1);
    if (host.isEmpty() || !port.matches("[0-9]{1,5}") || Integer.parseInt(port) > 65_535) {
      throw new ParameterException(
          spec.commandLine(),
          "--listen " + text + " is not ADDRESS:PORT; write for example 127.0.0.1:9477");
    }
    return new InetSocketAddress(host, Integer.parseInt(port));
  }
}
