package dev.holdfast.agent.command;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.agent.ops.ControlClient;
import dev.holdfast.agent.ops.ControlServer;
import dev.holdfast.agent.ops.FlowQuestion;
import dev.holdfast.agent.ops.FlowText;
import dev.holdfast.agent.ops.FlowView;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code holdfast flows}: what conntrackd's -i and -e show, and whether it is protected. */
@Command(
    name = "flows",
    sortOptions = false,
    description = {
      "Lists the flows that a running agent holds: its own and those that it holds for another router.",
      "",
      "OURS are tracked by this router's kernel because it is active; a flow of ours is protected when"
          + " another router holds it as it is now. THEIRS are held for a takeover.",
      "LEFT is what was left of the timeout at the last change, less the time since: the kernel does"
          + " not tell that a flow was merely used.",
      "(as A) is the address that the flow has towards its server, (to A) the server that really answers.",
      ""
    },
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Flows that flowSync.ignore leaves out (the router's own, pods', services') are not listed;"
          + " 'holdfast status' counts them."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:an agent answered", "1:refused", "2:usage", "3:no agent there"})
public final class FlowsCommand implements Callable<Integer> {

  private static final ObjectMapper JSON = new ObjectMapper();

  @ArgGroup @Nullable Whose whose;

  /** One of the two, or neither. */
  static final class Whose {
    @Option(names = "--ours", description = "Only what this router's kernel tracks.")
    boolean ours;

    @Option(names = "--theirs", description = "Only what is held for another router.")
    boolean theirs;

    FlowView.Owner owner() {
      return ours ? FlowView.Owner.ours : FlowView.Owner.theirs;
    }
  }

  @Option(names = "--protocol", paramLabel = "P", description = "tcp, udp, icmp, … or a number.")
  @Nullable String protocol;

  @Option(
      names = "--source",
      paramLabel = "A",
      description = "Who began: an address, or a prefix like 192.168.0.0/24.")
  @Nullable String source;

  @Option(
      names = "--destination",
      paramLabel = "A",
      description = "Whom the client spoke to, or who really answers.")
  @Nullable String destination;

  @Option(names = "--port", paramLabel = "N", description = "Any port of either direction.")
  @Nullable Integer port;

  @Option(
      names = "--output",
      description = "${COMPLETION-CANDIDATES} (${DEFAULT-VALUE}); JSON has one object a line.")
  ViewOutput output = ViewOutput.text;

  @Mixin Folders folders = new Folders();

  @Override
  public Integer call() throws IOException {
    ObjectNode request = ControlClient.request("flows");
    try {
      FlowQuestion.of(whose == null ? null : whose.owner(), protocol, source, destination, port)
          .write(request);
    } catch (IllegalArgumentException e) {
      System.err.println("holdfast: " + e.getMessage());
      return Exit.USAGE;
    }
    PrintWriter out =
        new PrintWriter(
            new BufferedWriter(new OutputStreamWriter(System.out, StandardCharsets.UTF_8)));
    try {
      print(request, out);
      return Exit.DONE;
    } catch (ControlClient.NoAgent e) {
      System.err.println("holdfast: " + e.getMessage());
      return Exit.NO_AGENT;
    } catch (ControlServer.Refused e) {
      System.err.println("holdfast: " + e.getMessage());
      return Exit.REFUSED;
    } finally {
      out.flush();
    }
  }

  private void print(ObjectNode request, PrintWriter out)
      throws ControlClient.NoAgent, ControlServer.Refused, IOException {
    ControlClient agent = ControlClient.find(folders.runDir, folders.node);
    if (output == ViewOutput.json) {
      agent.ask(request, out::println);
      return;
    }
    long[] count = new long[1];
    agent.ask(
        request,
        line -> {
          if (count[0]++ == 0) {
            out.println(FlowText.HEAD);
          }
          out.println(text(line));
        });
    out.flush();
    System.err.println(count[0] == 1 ? "1 flow" : count[0] + " flows");
  }

  private static String text(String line) {
    try {
      return FlowText.line(JSON.readTree(line));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("the agent's answer is not JSON: " + line, e);
    }
  }
}
