package dev.holdfast.agent.command;

import dev.holdfast.agent.ops.ControlClient;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code holdfast withdraw}: leaves this machine as it was. */
@Command(
    name = "withdraw",
    description = {
      "Takes the gateway off this machine: the running agent gives the role up, to a router that holds every flow if"
          + " there is one; takes away virtual addresses, virtual MACs, routes, chains and jumps, and the flows that it"
          + " wrote for other routers; puts the kernel settings back; and ends.",
      "",
      "A new start of the agent undoes it. A SIGTERM, by contrast, leaves policy and kernel settings as they are, so"
          + " that a restart changes nothing."
    },
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:nothing is left, the agent has ended",
      "1:something could not be taken away; one sentence says what. The agent still runs, and may be asked again",
      "3:no agent there"
    })
public final class WithdrawCommand implements Callable<Integer> {

  @Mixin Folders folders = new Folders();

  @Override
  public Integer call() throws IOException {
    return AskingCommand.ask(folders, ControlClient.request("withdraw"));
  }
}
