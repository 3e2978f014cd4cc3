package dev.holdfast.agent.interop;

import dev.holdfast.agent.linux.Signals;
import dev.holdfast.agent.netns.TestNetwork;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A switch with two routers on it, the first with our agent, the second with keepalived or another
 * agent of ours; a cable can be cut at the switch. Closing it ends the programs and removes the
 * namespaces.
 */
final class InteropSegment implements AutoCloseable {

  private static final int END_SECONDS = 8;

  final TestNetwork network = TestNetwork.open();
  final String us;
  final String them;
  private final String bridge;
  private final Path folder;
  private final int segments;
  private final List<Process> programs = new ArrayList<>();
  private Optional<Process> ours = Optional.empty();
  private int starts;

  InteropSegment(Path folder, int segments) {
    this.folder = folder;
    us = network.namespace("us");
    them = network.namespace("them");
    bridge = network.namespace("switch");
    this.segments = segments;
    for (int i = 0; i < segments; i++) {
      network.ip(bridge, "link add br" + i + " type bridge mcast_snooping 0");
      network.ip(bridge, "link set br" + i + " up");
    }
    connectBoth();
  }

  private void connectBoth() {
    for (int i = 0; i < segments; i++) {
      connect(us, "us" + i, i, 1);
      connect(them, "them" + i, i, 2);
    }
  }

  /**
   * Two kernels that have just booted: no flow, address or rule, and nothing in the run folders.
   * What was on the disks is there. No program of theirs may run.
   */
  void powerCycleBoth() throws IOException {
    for (String router : new String[] {us, them}) {
      network.renew(router);
      if (Files.exists(runFolder(router))) {
        try (Stream<Path> files = Files.list(runFolder(router))) {
          for (Path file : files.toList()) {
            Files.delete(file);
          }
        }
      }
    }
    TestNetwork.await(
        "the cables of before are gone",
        Duration.ofSeconds(END_SECONDS),
        () -> !network.ip(bridge, "-o link show").matches("(?s).*\\b(us|them)\\d.*"));
    connectBoth();
  }

  private void connect(String router, String port, int segment, int host) {
    network.cable(router, "eth" + segment, bridge, port);
    network.ip(bridge, "link set " + port + " master br" + segment);
    network.ip(router, "addr add 10.5" + segment + ".0." + host + "/24 dev eth" + segment);
    network.ip(
        router, "addr add fd00:5" + segment + "::" + host + "/64 dev eth" + segment + " nodad");
  }

  /** Our agent; the program as it was built. */
  Process startOurs(String gatewayCluster) throws IOException {
    Process process = startAgent(us, gatewayCluster);
    ours = Optional.of(process);
    return process;
  }

  /** Our agent on the port that keepalived has in other tests. */
  Process startOursInTheirPlace(String gatewayCluster) throws IOException {
    return startAgent(them, gatewayCluster);
  }

  private Process startAgent(String router, String gatewayCluster) throws IOException {
    Path config = write("gateway.yaml", gatewayCluster);
    Path key = write("link.key", Base64.getEncoder().encodeToString(new byte[32]) + "\n");
    Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
    return start(
        router,
        "bin/holdfast",
        "run",
        "--config",
        config.toString(),
        "--node",
        portOf(router),
        "--run-dir",
        runFolder(router).toString(),
        "--state-dir",
        stateFolder(router).toString(),
        "--link-key",
        key.toString());
  }

  private Path runFolder(String router) {
    return folder.resolve("run-" + portOf(router));
  }

  private Path stateFolder(String router) {
    return folder.resolve("state-" + portOf(router));
  }

  /** The names of what an agent keeps on the disk; none when even its folder is gone. */
  List<String> stateFiles(String router) throws IOException {
    if (Files.notExists(stateFolder(router))) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(stateFolder(router))) {
      return files.map(file -> String.valueOf(file.getFileName())).toList();
    }
  }

  /** Bytes of a file that an agent keeps on the disk; 0 when there is none. */
  long stateBytes(String router, String name) {
    return stateFolder(router).resolve(name).toFile().length();
  }

  /** Runs a command of the program for the agent of this router; returns what it says. */
  String command(String router, String... words) {
    List<String> command = new ArrayList<>(List.of("bin/holdfast"));
    command.addAll(List.of(words));
    command.addAll(List.of("--run-dir", runFolder(router).toString()));
    return network.in(router, command.toArray(String[]::new));
  }

  /** Whether an agent on this router can be asked already. */
  boolean answers(String router) {
    return Files.exists(runFolder(router).resolve(portOf(router) + ".sock"));
  }

  /** What the agent says of itself, as JSON. */
  String status(String router) {
    return network.in(
        router,
        "bin/holdfast",
        "status",
        "--output",
        "json",
        "--run-dir",
        runFolder(router).toString());
  }

  /** A host on the first segment, which has no say in anything. */
  String stranger() {
    String name = network.namespace("stranger");
    connect(name, "stranger0", 0, 3);
    return name;
  }

  Process startTheirs(String configuration) throws IOException {
    Path config = write("keepalived.conf", configuration);
    return start(
        them,
        "keepalived",
        "--dont-fork",
        "--log-console",
        "--vrrp",
        "--use-file=" + config,
        "--pid=" + folder.resolve("keepalived.pid"),
        "--vrrp_pid=" + folder.resolve("vrrp.pid"));
  }

  Path write(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }

  Path folder() {
    return folder;
  }

  /** A machine on a segment, with a default route by way of the routers' address there. */
  String host(String name, int segment, int host, String gateway) {
    String namespace = network.namespace(name);
    network.cable(namespace, "eth0", bridge, name);
    network.ip(bridge, "link set " + name + " master br" + segment);
    network.ip(namespace, "addr add 10.5" + segment + ".0." + host + "/24 dev eth0");
    network.ip(namespace, "addr add fd00:5" + segment + "::" + host + "/64 dev eth0 nodad");
    network.ip(namespace, "route add default via " + gateway);
    network.ip(namespace, "-6 route add default via fd00:5" + segment + "::100");
    return namespace;
  }

  /** Any program, with its output in a log of its own. */
  Process start(String namespace, String... command) throws IOException {
    List<String> words = new ArrayList<>(List.of("ip", "netns", "exec", namespace));
    words.addAll(List.of(command));
    File log = folder.resolve(++starts + "-" + Path.of(command[0]).getFileName() + ".log").toFile();
    Process process =
        new ProcessBuilder(words).redirectErrorStream(true).redirectOutput(log).start();
    programs.add(process);
    return process;
  }

  /** Asks it to stop and waits until it has. */
  void stop(Process process) {
    Signals.send(process.pid(), Signals.SIGTERM);
    awaitEnd(process);
  }

  /** Ends it and its children at once. */
  void kill(Process process) {
    List<ProcessHandle> children = process.descendants().toList();
    process.destroyForcibly();
    children.forEach(ProcessHandle::destroyForcibly);
    awaitEnd(process);
  }

  private static void awaitEnd(Process process) {
    try {
      if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new AssertionError("a program did not end within " + END_SECONDS + " s");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Cuts or joins the cable at the switch, so that the router loses its carrier. */
  void cable(String router, int segment, boolean works) {
    network.ip(bridge, "link set " + portOf(router) + segment + (works ? " up" : " down"));
  }

  /** Frames of this router vanish in the switch, its carrier stays. */
  void silence(String router, int segment, boolean silent) {
    network.ip(
        bridge,
        "link set " + portOf(router) + segment + (silent ? " nomaster" : " master br" + segment));
  }

  private String portOf(String router) {
    return router.equals(us) ? "us" : "them";
  }

  boolean holds(String router, String address) {
    return network.ip(router, "-o addr show").contains(" " + address + "/");
  }

  /** Waits until exactly this router holds the address. */
  void awaitOnlyHolder(String router, String address, long withinMillis) {
    String other = router.equals(us) ? them : us;
    TestNetwork.await(
        (router.equals(us) ? "only our agent" : "only keepalived") + " holds " + address,
        Duration.ofMillis(withinMillis),
        () -> holds(router, address) && !holds(other, address));
  }

  /** Looks for so long that nothing changes: a router that would take the role takes it by then. */
  void staysOnlyHolder(String router, String address, long forMillis) {
    String other = router.equals(us) ? them : us;
    long end = System.nanoTime() + forMillis * 1_000_000;
    while (System.nanoTime() - end < 0) {
      if (!holds(router, address) || holds(other, address)) {
        throw new AssertionError(address + " did not stay where it was");
      }
    }
  }

  /** Ends our agent and starts it with another configuration. */
  Process restartOurs(String gatewayCluster) throws IOException {
    stop(ours.orElseThrow());
    return startOurs(gatewayCluster);
  }

  /** What the programs said, for a failed test. */
  String logs() throws IOException {
    StringBuilder all = new StringBuilder();
    try (var files = Files.list(folder)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".log")).sorted().toList()) {
        all.append("--- ").append(file.getFileName()).append('\n').append(Files.readString(file));
      }
    }
    return all.toString();
  }

  @Override
  public void close() {
    programs.stream().filter(Process::isAlive).forEach(this::kill);
    network.close();
  }
}
