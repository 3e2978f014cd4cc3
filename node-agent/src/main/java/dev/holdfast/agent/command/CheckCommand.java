package dev.holdfast.agent.command;

import dev.holdfast.agent.config.ClusterFile;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code holdfast check}: is this file right? */
@Command(
    name = "check",
    description =
        "Says everything that is wrong with a GatewayCluster file, a line each: path and sentence.",
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:nothing is wrong", "1:violations", "2:wrong usage"})
public final class CheckCommand implements Callable<Integer> {

  @Option(
      names = "--config",
      required = true,
      paramLabel = "FILE",
      description = "The GatewayCluster, YAML or JSON.")
  Path config = Path.of("");

  @Override
  public Integer call() {
    return switch (ConfigFile.read(config)) {
      case ClusterFile.Result.Accepted accepted -> Exit.DONE;
      case ClusterFile.Result.Refused(var problems) -> {
        problems.forEach(problem -> System.out.println(problem));
        yield Exit.REFUSED;
      }
    };
  }
}
