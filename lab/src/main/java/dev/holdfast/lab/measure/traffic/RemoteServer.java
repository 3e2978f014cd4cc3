package dev.holdfast.lab.measure.traffic;

import dev.holdfast.lab.LabException;
import dev.holdfast.lab.measure.judge.FlowKind;
import dev.holdfast.lab.net.Namespace;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A {@link TcpServer} in a process of its own, for machines that allow one process fewer open files
 * than both ends of all flows need. It ends with its standard input, and so with us, and then
 * prints {@code ID NANOS} for each connection that was reset. Both processes read the same
 * monotonic clock.
 */
public final class RemoteServer implements FarEnd {

  private static final String READY = "ready";
  private static final long PATIENCE_SECONDS = 20;

  private final Namespace namespace;
  private final List<TcpServer.Listener> listeners;
  private final Origin origin;
  private final Map<Integer, Long> resets = new HashMap<>();
  private @Nullable Process process;
  private @Nullable BufferedReader output;

  public RemoteServer(Namespace namespace, List<TcpServer.Listener> listeners, Origin origin) {
    this.namespace = namespace;
    this.listeners = List.copyOf(listeners);
    this.origin = origin;
  }

  @Override
  public void begin() {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:+UseSerialGC", "-Xmx128m", "--enable-native-access=ALL-UNNAMED"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(RemoteServer.class.getName());
    command.addAll(List.of(namespace.name(), "" + origin.nanoTime()));
    listeners.forEach(l -> command.add(l.port() + ":" + l.kind() + ":" + l.intervalMillis()));
    try {
      Process started =
          new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
      process = started;
      output = started.inputReader(StandardCharsets.UTF_8);
      if (!READY.equals(output.readLine())) {
        throw LabException.ofMachine("the far end of the flows did not start");
      }
    } catch (IOException e) {
      throw LabException.ofMachine("cannot start the far end of the flows: " + e.getMessage(), e);
    }
  }

  @Override
  public void check() {
    if (process != null && !process.isAlive()) {
      throw LabException.ofMachine("the far end of the flows broke off");
    }
  }

  @Override
  public void close() {
    Process running = process;
    BufferedReader answers = output;
    if (running == null || answers == null) {
      return;
    }
    process = null;
    try {
      running.getOutputStream().close();
      String line;
      while ((line = answers.readLine()) != null) {
        int space = line.indexOf(' ');
        resets.put(
            Integer.valueOf(line.substring(0, space)), Long.valueOf(line.substring(space + 1)));
      }
      if (!running.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        running.destroyForcibly();
      }
    } catch (IOException e) {
      running.destroyForcibly();
    } catch (InterruptedException e) {
      running.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public boolean wasReset(int id, long untilNanos) {
    Long at = resets.get(id);
    return at != null && at < untilNanos;
  }

  /**
   * The process itself.
   *
   * @param args namespace, origin, then {@code PORT:KIND:MILLIS} for each listener
   */
  public static void main(String[] args) throws IOException {
    var listeners = new ArrayList<TcpServer.Listener>();
    for (String text : List.of(args).subList(2, args.length)) {
      String[] parts = text.split(":", -1);
      listeners.add(
          new TcpServer.Listener(
              Integer.parseInt(parts[0]), FlowKind.valueOf(parts[1]), Integer.parseInt(parts[2])));
    }
    var origin = new Origin(Long.parseLong(args[1]));
    var server = new TcpServer(new Namespace(args[0]), "far-end", listeners, origin);
    server.begin();
    System.out.println(READY);
    var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    while (input.readLine() != null) {
      // Nothing is asked; the end of input is the end.
    }
    server.close();
    server.check();
    server.resets().forEach((id, nanos) -> System.out.println(id + " " + nanos));
  }
}
