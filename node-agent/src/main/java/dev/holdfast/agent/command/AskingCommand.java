package dev.holdfast.agent.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.agent.ops.ControlClient;
import dev.holdfast.agent.ops.ControlServer;
import java.io.IOException;

/** What the commands have in common that ask a running agent to do something. */
final class AskingCommand {
  private AskingCommand() {}

  /** Sends the request, prints the agent's sentence, and returns the exit code. */
  static int ask(Folders folders, ObjectNode request) throws IOException {
    try (Waiting _ = new Waiting("the agent answers when it is done")) {
      ControlClient.find(folders.runDir, folders.node).ask(request, System.out::println);
      return Exit.DONE;
    } catch (ControlClient.NoAgent e) {
      System.err.println("holdfast: " + e.getMessage());
      return Exit.NO_AGENT;
    } catch (ControlServer.Refused e) {
      System.err.println("holdfast: " + e.getMessage());
      return Exit.REFUSED;
    }
  }
}
