package dev.holdfast.lab.stack;

import dev.holdfast.lab.ClusterFile;
import dev.holdfast.lab.LabException;
import dev.holdfast.lab.net.Programs;
import dev.holdfast.lab.net.Router;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Our agent, as a program. */
public final class HoldfastSoftware implements RouterSoftware {

  private final Router router;
  private final Path program;
  private final Path config;
  private final Path linkKey;
  private final Path folder;
  private @Nullable Process agent;

  /**
   * @param program that starts the agent
   * @param config the GatewayCluster file, the same on all routers
   * @param linkKey the link's key file, the same on all routers
   * @param folder the router's own; exists
   */
  public HoldfastSoftware(Router router, Path program, Path config, Path linkKey, Path folder) {
    this.router = router;
    this.program = program;
    this.config = config;
    this.linkKey = linkKey;
    this.folder = folder;
  }

  @Override
  public String name() {
    return "holdfast";
  }

  public Path program() {
    return program;
  }

  public Path runFolder() {
    return folder.resolve("run");
  }

  @Override
  public void start() {
    try {
      Files.createDirectories(runFolder());
      Files.createDirectories(folder.resolve("state"));
    } catch (IOException e) {
      throw new LabException("cannot make the agent's folders: " + e.getMessage(), e);
    }
    var command = command("run", "--config", config.toString(), "--node", router.node());
    command.addAll(List.of("--state-dir", folder.resolve("state").toString()));
    command.addAll(List.of("--link-key", linkKey.toString()));
    agent = router.namespace().start(logFile().toFile(), command);
  }

  /** Changes the file, which all routers share, and has this router's agent read it. */
  public void reload(ClusterFile changed) {
    changed.write(config);
    Programs.run("kill", "-HUP", Long.toString(processes().getFirst().pid()));
  }

  @Override
  public void restartSpeaker() {
    if (speakers().isEmpty()) {
      start();
    }
  }

  @Override
  public String command(String name, List<String> arguments) {
    var command = command(name, "--node", router.node());
    command.addAll(arguments);
    return router.namespace().run(command.toArray(String[]::new));
  }

  private List<String> command(String name, String... arguments) {
    var command = new ArrayList<>(List.of(program.toString(), name));
    command.addAll(List.of(arguments));
    command.addAll(List.of("--run-dir", runFolder().toString()));
    return command;
  }

  @Override
  public List<ProcessHandle> processes() {
    return Processes.of(agent);
  }

  @Override
  public List<ProcessHandle> speakers() {
    return processes();
  }

  @Override
  public void stop(long limitMillis) {
    Processes.terminate(processes(), limitMillis);
  }

  @Override
  public void powerLost() {
    empty(runFolder());
  }

  /** Removes everything below a folder, and the folder. */
  static void empty(Path folder) {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    } catch (IOException e) {
      throw new LabException("cannot empty " + folder + ": " + e.getMessage(), e);
    }
  }

  @Override
  public Path logFile() {
    return folder.resolve("agent.log");
  }
}
