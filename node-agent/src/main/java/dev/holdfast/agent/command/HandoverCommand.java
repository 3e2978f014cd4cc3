package dev.holdfast.agent.command;

import dev.holdfast.agent.ops.ControlClient;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code holdfast handover}: moves the role, as planned. */
@Command(
    name = "handover",
    description = {
      "Moves the role to another router, and returns when that one is active. Works on any router of the cluster: a"
          + " backup asks the active one over the link.",
      "",
      "Without --to: to the best other router that holds every flow; a better one then takes it back as"
          + " vrrp.preempt says.",
      "--to NODE: to that router, where the role stays until it fails or '--to auto' is asked.",
      "--to auto: to the best router, by the usual rules from now on.",
      "",
      "A router that does not hold every flow is waited for, for handover.timeout at the longest."
    },
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:done; one sentence says where the role is",
      "1:refused or failed; one sentence says why",
      "2:wrong usage",
      "3:no agent there"
    })
public final class HandoverCommand implements Callable<Integer> {

  @Mixin Folders folders = new Folders();

  @Option(names = "--to", paramLabel = "NODE|auto", description = "Where the role shall go.")
  String to = "";

  @Override
  public Integer call() throws IOException {
    return AskingCommand.ask(folders, ControlClient.request("handover").put("to", to));
  }
}
