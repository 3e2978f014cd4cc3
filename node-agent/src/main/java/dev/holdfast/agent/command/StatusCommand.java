package dev.holdfast.agent.command;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.holdfast.agent.ops.ControlClient;
import dev.holdfast.agent.ops.ControlServer;
import dev.holdfast.agent.ops.StatusScreen;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import dev.holdfast.api.v1alpha1.GatewayNodeStatus;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code holdfast status}: is my gateway safe now? */
@Command(
    name = "status",
    description = {
      "Shows a running agent on one screen: the role, the networks, the peers, the last changes and what is wrong.",
      "With --output json: the GatewayNode object, with the schema of its custom resource."
    },
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:an agent answered",
      "1:an agent is there and has nothing to say yet, with the reason",
      "3:no agent there"
    })
public final class StatusCommand implements Callable<Integer> {

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  @Mixin Folders folders = new Folders();

  @Option(names = "--output", description = "${COMPLETION-CANDIDATES} (${DEFAULT-VALUE}).")
  ViewOutput output = ViewOutput.text;

  @Override
  public Integer call() throws IOException {
    List<String> lines = new ArrayList<>();
    try {
      ControlClient.find(folders.runDir, folders.node)
          .ask(ControlClient.request("status"), lines::add);
    } catch (ControlClient.NoAgent e) {
      System.err.println("holdfast: " + e.getMessage());
      return Exit.NO_AGENT;
    } catch (ControlServer.Refused e) {
      System.err.println("holdfast: " + e.getMessage());
      return Exit.REFUSED;
    }
    JsonNode node = JSON.readTree(String.join("\n", lines));
    System.out.print(
        output == ViewOutput.json
            ? JSON.writeValueAsString(node) + "\n"
            : StatusScreen.render(
                JSON.treeToValue(node.get("spec"), GatewayNodeSpec.class),
                JSON.treeToValue(node.get("status"), GatewayNodeStatus.class),
                Instant.now()));
    return Exit.DONE;
  }
}
