package dev.holdfast.agent.ops;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Asks a running agent through its control socket: the other end of {@link ControlServer}. */
public final class ControlClient {

  /** No agent answers there; the message says where we looked and what to do. */
  public static final class NoAgent extends Exception {
    private static final long serialVersionUID = 1;

    NoAgent(String sentence) {
      super(sentence);
    }
  }

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path socket;

  private ControlClient(Path socket) {
    this.socket = socket;
  }

  /**
   * Finds the agent's socket in {@code runDir}.
   *
   * @param node the router's name; null for the only one there
   */
  public static ControlClient find(Path runDir, @Nullable String node) throws NoAgent {
    if (node != null) {
      return new ControlClient(runDir.resolve(node + ".sock"));
    }
    List<Path> sockets = sockets(runDir);
    if (sockets.size() > 1) {
      throw new NoAgent(
          "several agents run here ("
              + String.join(", ", sockets.stream().map(ControlClient::nodeOf).toList())
              + "); say which one with --node");
    }
    if (sockets.isEmpty()) {
      throw new NoAgent(
          "no agent runs here: there is no socket in "
              + runDir
              + ". Start one with 'holdfast run', or say --run-dir");
    }
    return new ControlClient(sockets.getFirst());
  }

  private static List<Path> sockets(Path runDir) {
    try (Stream<Path> files = Files.list(runDir)) {
      return files.filter(f -> f.toString().endsWith(".sock")).sorted().toList();
    } catch (IOException e) {
      return List.of();
    }
  }

  private static String nodeOf(Path socket) {
    String name = String.valueOf(socket.getFileName());
    return name.substring(0, name.length() - ".sock".length());
  }

  /** A request to fill; {@code command} is set. */
  public static ObjectNode request(String command) {
    return JSON.createObjectNode().put("command", command);
  }

  /**
   * Sends {@code request} and hands over each line of the answer.
   *
   * @throws NoAgent when nobody listens there
   * @throws ControlServer.Refused with the agent's sentence
   */
  public void ask(ObjectNode request, Consumer<String> lines)
      throws NoAgent, ControlServer.Refused, IOException {
    try (SocketChannel channel = connect()) {
      channel.write(ByteBuffer.wrap((request + "\n").getBytes(StandardCharsets.UTF_8)));
      BufferedReader in = new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8));
      String first = in.readLine();
      if (first == null) {
        throw new NoAgent("the agent behind " + socket + " ended without an answer");
      }
      JsonNode head = JSON.readTree(first);
      if (!head.path("ok").asBoolean()) {
        throw new ControlServer.Refused(head.path("error").asText("the agent gave no reason"));
      }
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        lines.accept(line);
      }
    }
  }

  private SocketChannel connect() throws NoAgent {
    try {
      return SocketChannel.open(UnixDomainSocketAddress.of(socket));
    } catch (IOException e) {
      throw new NoAgent(
          "no agent answers at "
              + socket
              + " ("
              + e.getMessage()
              + "). Is 'holdfast run' running?");
    }
  }
}
