package dev.holdfast.agent.command;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where an agent keeps its things; several agents can share one file system. */
final class Folders {

  @Option(
      names = "--run-dir",
      paramLabel = "DIR",
      defaultValue = "/run/holdfast",
      description =
          "Folder for the control socket and what only this boot needs (${DEFAULT-VALUE}).")
  Path runDir = Path.of("/run/holdfast");

  @Option(
      names = "--state-dir",
      paramLabel = "DIR",
      defaultValue = "/var/lib/holdfast",
      description = "Folder for what survives a reboot (${DEFAULT-VALUE}).")
  Path stateDir = Path.of("/var/lib/holdfast");

  @Option(
      names = "--link-key",
      paramLabel = "FILE",
      defaultValue = "/etc/holdfast/link.key",
      description = "Key of the sealed link between routers (${DEFAULT-VALUE}); see 'keygen'.")
  Path linkKey = Path.of("/etc/holdfast/link.key");

  @Option(
      names = "--node",
      paramLabel = "NODE",
      description =
          "This router's name in the GatewayCluster; other commands default to the only agent here.")
  @Nullable String node;
}
