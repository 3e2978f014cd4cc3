package dev.holdfast.agent.command;

import dev.holdfast.agent.ops.ControlClient;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code holdfast maintenance}: keeps the role off this router. */
@Command(
    name = "maintenance",
    description = {
      "on: this router gives the role up, to a router that holds every flow, and takes none until 'off'; also after"
          + " a restart of the agent or the machine.",
      "",
      "When no other router may take the role, this one keeps it, and gives it up as soon as one may: the command then"
          + " ends with exit code 1 and says why, and maintenance is on all the same."
    },
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:done; this router is not active (on), or may be again (off)",
      "1:this router keeps the role for now, or it could not be written down; one sentence says why",
      "2:wrong usage",
      "3:no agent there"
    })
public final class MaintenanceCommand implements Callable<Integer> {

  /** As on the command line. */
  enum Wanted {
    on,
    off
  }

  @Mixin Folders folders = new Folders();

  @Parameters(paramLabel = "on|off", description = "${COMPLETION-CANDIDATES}.")
  Wanted wanted = Wanted.on;

  @Override
  public Integer call() throws IOException {
    return AskingCommand.ask(
        folders, ControlClient.request("maintenance").put("on", wanted == Wanted.on));
  }
}
