package dev.holdfast.lab;

import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.lab.fault.Fault;
import dev.holdfast.lab.measure.judge.ProbeTrace;
import dev.holdfast.lab.measure.traffic.Origin;
import dev.holdfast.lab.measure.traffic.Prober;
import dev.holdfast.lab.net.Namespace;
import dev.holdfast.lab.net.Programs;
import dev.holdfast.lab.net.Router;
import dev.holdfast.lab.net.Topology;
import dev.holdfast.lab.stack.RouterSoftware;
import dev.holdfast.lab.stack.Stack;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/** A lab with whole agents, as tests use it: who reaches whom, and by which rules. */
final class PolicyLab implements AutoCloseable {

  /** Which of the two iptables a router's other programs use; the agent follows them. */
  enum BackEnd {
    NFT("nft"),
    LEGACY("legacy");

    private final String text;

    BackEnd(String text) {
      this.text = text;
    }

    @Override
    public String toString() {
      return text;
    }
  }

  /** The article's network with fixed own addresses; more fields of {@code spec} follow. */
  static final String ARTICLE =
      """
      apiVersion: holdfast.dev/v1alpha1
      kind: GatewayCluster
      metadata: {name: home, namespace: default}
      spec:
        routers:
          - {node: router-a, priority: 100}
          - {node: router-b, priority: 50}
        networks:
          - {name: wan, role: WAN, interface: eth0, virtualRouterId: 10, virtualAddresses: [10.0.0.10/24], gateways: [10.0.0.1]}
          - {name: lan, role: LAN, interface: eth1, virtualRouterId: 11, virtualAddresses: [192.168.0.3/24]}
          - {name: direct, role: Sync, interface: eth2}
      """;

  private static final Path PROGRAM = Path.of("../node-agent/bin/holdfast").toAbsolutePath();
  private static final int PATIENCE_MILLIS = 1_500;
  private static final long SETTLED_MILLIS = 90_000;

  private final Path folder;
  private final Lab lab;
  private final List<AutoCloseable> opened = new ArrayList<>();

  /**
   * Builds it and waits until the best router is active and traffic passes.
   *
   * @param resource a GatewayCluster as YAML
   * @param others what other programs have loaded on each router before the agent starts, as
   *     iptables-restore reads it
   */
  PolicyLab(Path folder, String resource, Map<BackEnd, String> others) {
    this.folder = folder;
    lab =
        Lab.build(
            new LabRegistry(folder.resolve("registry")),
            LabOptions.of(read(resource), Stack.HOLDFAST, null, true, PROGRAM),
            topology ->
                topology
                    .routers()
                    .forEach(
                        router ->
                            others.forEach(
                                (backEnd, text) -> restore(router, backEnd, Family.IPV4, text))));
    try {
      lab.awaitSettled(SETTLED_MILLIS);
    } catch (RuntimeException e) {
      lab.close();
      throw e;
    }
  }

  private ClusterFile read(String resource) {
    try {
      Path file = Files.createTempFile(folder, "resource", ".yaml");
      Files.writeString(file, resource);
      return ClusterFile.read(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Topology topology() {
    return lab.topology();
  }

  Router a() {
    return topology().router("router-a");
  }

  Router b() {
    return topology().router("router-b");
  }

  Namespace lanHost() {
    return topology().lanHost().namespace();
  }

  Namespace internetHost() {
    return topology().internetHost().namespace();
  }

  /** The modem has no {@link dev.holdfast.lab.net.Host}: its namespace's name is known. */
  Namespace modem() {
    return new Namespace(lanHost().name().replace("lab_lan-host", "lab_modem"));
  }

  RouterSoftware agent(Router router) {
    return lab.software(router);
  }

  String log(Router router) {
    try {
      return Files.readString(agent(router).logFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Its kernel has every virtual address: hosts that ask for their gateway are answered. */
  boolean isActive(Router router) {
    return lab.observer().holders().contains(router);
  }

  void awaitSettled() {
    lab.awaitSettled(SETTLED_MILLIS);
  }

  /** Nothing is given back: the lab ends with it. */
  void fault(String text, Router target) {
    lab.injector().prepare(Fault.parseList(text).getFirst(), target).fire();
  }

  // The resource and the agents.

  /** Writes the resource's file anew, for all routers; nobody is told. */
  void write(String resource) {
    read(resource).write(lab.folder().resolve("cluster.json"));
  }

  /** Asks a router's agent to read its file again. */
  void reload(Router router) {
    signal(router, "HUP");
  }

  private void signal(Router router, String name) {
    Programs.run("kill", "-" + name, Long.toString(process(router).pid()));
  }

  /** The agent itself, not a program that it runs just now. */
  private ProcessHandle process(Router router) {
    return agent(router).processes().getFirst();
  }

  /** Kills the agent as a crash would, and waits until it and what it had started have ended. */
  void kill(Router router) {
    ProcessHandle process = process(router);
    List<ProcessHandle> children = process.descendants().toList();
    process.destroyForcibly();
    process.onExit().join();
    // An iptables-restore that it had started ends by itself.
    children.forEach(child -> child.onExit().join());
  }

  /** Starts the agent and waits until it hears signals; before that they would end it. */
  void start(Router router) {
    int started = log(router).split("agent started", -1).length;
    agent(router).start();
    await(
        router,
        "started",
        SETTLED_MILLIS,
        () -> log(router).split("agent started", -1).length > started);
  }

  /** What {@code holdfast status --output json} says of a router. */
  String status(Router router) {
    return agent(router).command("status", List.of("--output", "json"));
  }

  /** What {@code holdfast status} shows a person. */
  String screen(Router router) {
    return agent(router).command("status", List.of());
  }

  /** What a Prometheus on that router would read. */
  String metrics(Router router) {
    return router
        .namespace()
        .call(
            () -> {
              try (Socket socket = new Socket(InetAddress.ofLiteral("127.0.0.1"), 9477)) {
                socket.setSoTimeout(PATIENCE_MILLIS);
                socket
                    .getOutputStream()
                    .write("GET /metrics HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
              }
            });
  }

  static void await(String what, long millis, BooleanSupplier condition) {
    if (!Lab.await(millis, condition)) {
      throw new AssertionError("not within " + millis + " ms: " + what);
    }
  }

  /** As {@link #await}, with what a router's agent said when it does not come true. */
  void await(Router router, String what, long millis, BooleanSupplier condition) {
    if (!Lab.await(millis, condition)) {
      throw new AssertionError("not within " + millis + " ms: " + what + "\n" + log(router));
    }
  }

  /** Lets time pass in which something must not happen, or may. */
  static void pause(long millis) {
    Pause.millis(millis);
  }

  /** Numbered datagrams from the LAN host to the internet host and back, one a millisecond. */
  Probes probes() {
    return new Probes(topology());
  }

  /** Counts what is lost of a flow through the gateway, both ways. */
  static final class Probes implements AutoCloseable {

    /** What came of them. */
    record Count(int sent, int lost) {}

    private final Prober lan;
    private final Prober internet;

    private Probes(Topology topology) {
      Origin origin = Origin.now();
      int stream = ThreadLocalRandom.current().nextInt();
      IpAddress target = topology.internetHost().address(Family.IPV4).orElseThrow();
      lan = new Prober(topology.lanHost(), Family.IPV4, 7000, stream, target, origin);
      internet = new Prober(topology.internetHost(), Family.IPV4, 7000, stream, null, origin);
      internet.begin();
      lan.begin();
      await("probes pass", 5_000, () -> lan.lastReceivedNanos() > 0);
    }

    /** Stops, waits for what is on its way, and counts. */
    Count end() {
      lan.check();
      internet.check();
      lan.stopSending();
      internet.stopSending();
      pause(500);
      close();
      var count = new Count(0, 0);
      for (ProbeTrace trace : List.of(lan.traceTo("up", internet), internet.traceTo("down", lan))) {
        int lost = 0;
        for (int i = 0; i < trace.count(); i++) {
          lost += trace.lost(i) ? 1 : 0;
        }
        count = new Count(count.sent() + trace.count(), count.lost() + lost);
      }
      return count;
    }

    @Override
    public void close() {
      lan.close();
      internet.close();
    }
  }

  // Rules.

  static String program(BackEnd backEnd, Family family, String suffix) {
    return (family == Family.IPV4 ? "iptables-" : "ip6tables-") + backEnd + suffix;
  }

  String iptables(Router router, BackEnd backEnd, Family family, String arguments) {
    return router
        .namespace()
        .run(
            Stream.concat(
                    Stream.of(program(backEnd, family, ""), "-w"),
                    Stream.of(arguments.split(" ", -1)))
                .toArray(String[]::new));
  }

  static void restore(Router router, BackEnd backEnd, Family family, String text) {
    Programs.feed(
        text,
        List.of(
            "ip",
            "netns",
            "exec",
            router.namespace().name(),
            program(backEnd, family, "-restore"),
            "-w",
            "--noflush"));
  }

  /** What iptables-save prints, without comments and counters. */
  static String saved(Router router, BackEnd backEnd, Family family) {
    return router
        .namespace()
        .run(program(backEnd, family, "-save"))
        .lines()
        .filter(line -> !line.startsWith("#"))
        .map(line -> line.replaceAll("\\[[0-9]+:[0-9]+]", "[0:0]"))
        .reduce("", (all, line) -> all + line + "\n");
  }

  /** Of both families, what is ours. */
  static String ours(Router router, BackEnd backEnd) {
    return Stream.of(Family.values())
        .flatMap(
            family ->
                Stream.concat(Stream.of(family.toString()), saved(router, backEnd, family).lines()))
        .filter(line -> line.contains("HOLDFAST-") || line.startsWith("*") || line.startsWith("I"))
        .reduce("", (all, line) -> all + line + "\n");
  }

  /** Of IPv4, what is not ours, in the order in which it stands. */
  static String others(Router router, BackEnd backEnd) {
    return saved(router, backEnd, Family.IPV4)
        .lines()
        .filter(line -> !line.contains("HOLDFAST-"))
        .reduce("", (all, line) -> all + line + "\n");
  }

  // Who reaches whom.

  /** Tells everyone who asks on this port, by TCP or UDP, the address that it sees. */
  void serve(Namespace namespace, int port) {
    ServerSocket tcp = namespace.call(() -> new ServerSocket(port, 50));
    DatagramSocket udp = namespace.call(() -> new DatagramSocket(port));
    opened.add(tcp);
    opened.add(udp);
    Thread.ofPlatform().daemon().name("tells-tcp").start(() -> tell(tcp));
    Thread.ofPlatform().daemon().name("tells-udp").start(() -> tell(udp));
  }

  private static byte[] seen(InetAddress address) {
    return address.getHostAddress().replaceAll("%.*", "").getBytes(StandardCharsets.US_ASCII);
  }

  private static void tell(ServerSocket server) {
    while (!server.isClosed()) {
      try (Socket socket = server.accept()) {
        socket.getOutputStream().write(seen(socket.getInetAddress()));
      } catch (IOException e) {
        // The client went away, or we end: the loop looks which.
      }
    }
  }

  private static void tell(DatagramSocket socket) {
    while (!socket.isClosed()) {
      try {
        DatagramPacket packet = new DatagramPacket(new byte[64], 64);
        socket.receive(packet);
        byte[] answer = seen(packet.getAddress());
        socket.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
      } catch (IOException e) {
        // The client went away, or we end: the loop looks which.
      }
    }
  }

  /** The address that a TCP server sees us with, or why it did not answer. */
  static String seenByTcp(Namespace from, String address, int port) {
    return seenByTcp(from, "", address, port);
  }

  static String seenByTcp(Namespace from, String source, String address, int port) {
    return from.call(
        () -> {
          try (Socket socket = new Socket()) {
            if (!source.isEmpty()) {
              socket.bind(new InetSocketAddress(source, 0));
            }
            socket.connect(new InetSocketAddress(address, port), PATIENCE_MILLIS);
            socket.setSoTimeout(PATIENCE_MILLIS);
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
          } catch (SocketTimeoutException e) {
            return "silence";
          } catch (SocketException e) {
            return String.valueOf(e.getMessage());
          }
        });
  }

  /** The address that a UDP server sees us with, or "silence". */
  static String seenByUdp(Namespace from, int ownPort, String address, int port) {
    return from.call(
        () -> {
          try (DatagramSocket socket = new DatagramSocket(ownPort)) {
            socket.setSoTimeout(PATIENCE_MILLIS);
            socket.send(new DatagramPacket(new byte[1], 1, InetAddress.getByName(address), port));
            DatagramPacket answer = new DatagramPacket(new byte[64], 64);
            socket.receive(answer);
            return new String(answer.getData(), 0, answer.getLength(), StandardCharsets.US_ASCII);
          } catch (SocketTimeoutException e) {
            return "silence";
          } catch (IOException e) {
            return String.valueOf(e.getMessage());
          }
        });
  }

  static String seenByUdp(Namespace from, String address, int port) {
    return seenByUdp(from, 0, address, port);
  }

  @Override
  public void close() {
    for (AutoCloseable one : opened) {
      try {
        one.close();
      } catch (Exception e) {
        System.err.println("not closed: " + e);
      }
    }
    lab.close();
  }
}
