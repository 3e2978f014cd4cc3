package dev.holdfast.agent.shell;

import dev.holdfast.agent.firewall.core.BackEnd;
import dev.holdfast.agent.firewall.core.Ruleset;
import dev.holdfast.agent.linux.Clocks;
import dev.holdfast.agent.netns.TestNetwork;
import dev.holdfast.agent.shell.IptablesRunner.Outcome;
import dev.holdfast.api.addr.Family;
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
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;

/**
 * The article's router in a namespace of its own, with what is around it.
 *
 * <pre>
 *   internet 198.51.100.10 - modem 10.0.0.1, 2001:db8:0:1::1
 *                              |
 *                            eth0  10.0.0.11, virtual 10.0.0.10; 2001:db8:0:1::11, ::10
 *   peer 10.10.1.2 --- eth2  router  cni0 10.42.0.1 --- pod 10.42.0.5
 *                            eth1  192.168.0.1, virtual 192.168.0.3; 2001:db8:0:2::1
 *                              |
 *                            host 192.168.0.50, 2001:db8:0:2::50
 * </pre>
 */
final class FirewallWorld implements AutoCloseable {

  static final String INTERNET = "198.51.100.10";

  /** Answers to UDP come from here, the address nearest to the asker. */
  static final String MODEM = "10.0.0.1";

  static final String INTERNET6 = "2001:db8:ffff::10";
  static final String WAN_VIRTUAL = "10.0.0.10";
  static final String WAN_OWN = "10.0.0.11";
  static final String LAN_VIRTUAL = "192.168.0.3";
  static final String HOST = "192.168.0.50";
  static final String HOST2 = "192.168.0.51";
  static final String HOST6 = "2001:db8:0:2::50";
  static final String POD = "10.42.0.5";
  static final String NODE_PORT = "30080";

  private static final int PATIENCE_MILLIS = 400;

  final TestNetwork network;
  final String router;
  final String modem;
  final String host;
  final String host2;
  final String pod;
  final String peer;
  final Path stateDir;

  private final List<AutoCloseable> opened = new ArrayList<>();

  FirewallWorld() {
    network = TestNetwork.open();
    try {
      stateDir = Files.createTempDirectory("holdfast-firewall");
      router = network.namespace("r");
      modem = network.namespace("m");
      host = network.namespace("h");
      host2 = network.namespace("g");
      pod = network.namespace("p");
      peer = network.namespace("q");
      String lan = network.namespace("s");
      build(lan);
    } catch (IOException e) {
      network.close();
      throw new UncheckedIOException(e);
    } catch (AssertionError e) {
      network.close();
      throw e;
    }
  }

  private void build(String lan) {
    for (String name : List.of(router, modem)) {
      network.sysctl(name, "net.ipv4.ip_forward", "1");
      network.sysctl(name, "net.ipv6.conf.all.forwarding", "1");
    }
    network.cable(router, "eth0", modem, "eth0");
    network.cable(router, "eth2", peer, "eth0");
    network.cable(router, "cni0", pod, "eth0");
    network.ip(lan, "link add br0 type bridge");
    network.ip(lan, "link set br0 up");
    network.cable(router, "eth1", lan, "port-router");
    network.cable(host, "eth0", lan, "port-host");
    network.cable(host2, "eth0", lan, "port-host2");
    for (String port : List.of("port-router", "port-host", "port-host2")) {
      network.ip(lan, "link set " + port + " master br0");
    }
    addresses();
    routes();
  }

  private void addresses() {
    address(router, "eth0", WAN_OWN + "/24", WAN_VIRTUAL + "/32");
    address(router, "eth0", "2001:db8:0:1::11/64", "2001:db8:0:1::10/128");
    address(router, "eth1", "192.168.0.1/24", LAN_VIRTUAL + "/32", "2001:db8:0:2::1/64");
    address(router, "eth2", "10.10.1.1/24");
    address(router, "cni0", "10.42.0.1/24");
    address(modem, "eth0", "10.0.0.1/24", "2001:db8:0:1::1/64");
    address(modem, "lo", INTERNET + "/32", INTERNET6 + "/128");
    address(host, "eth0", HOST + "/24", HOST6 + "/64");
    address(host2, "eth0", HOST2 + "/24");
    address(pod, "eth0", POD + "/24");
    address(peer, "eth0", "10.10.1.2/24");
  }

  private void routes() {
    network.ip(router, "route add default via 10.0.0.1");
    network.ip(router, "-6 route add default via 2001:db8:0:1::1");
    network.ip(modem, "-6 route add 2001:db8:0:2::/64 via 2001:db8:0:1::11");
    // Pods' sources are Kubernetes' to translate; here the modem knows the way back.
    network.ip(modem, "route add 10.42.0.0/16 via " + WAN_OWN);
    network.ip(host, "route add default via " + LAN_VIRTUAL);
    network.ip(host, "-6 route add default via 2001:db8:0:2::1");
    network.ip(host2, "route add default via " + LAN_VIRTUAL);
    network.ip(pod, "route add default via 10.42.0.1");
    network.ip(peer, "route add default via 10.10.1.1");
  }

  private void address(String namespace, String device, String... prefixes) {
    for (String prefix : prefixes) {
      network.ip(
          namespace,
          "address add " + prefix + " dev " + device + (prefix.contains(":") ? " nodad" : ""));
    }
  }

  /** A runner in the router, as after a start of the agent. */
  IptablesRunner runner(BackEnd backEnd, IptablesRunner.Steps steps) {
    return inRouter(
        () -> {
          IptablesRunner runner =
              new IptablesRunner(
                  IptablesPrograms.find(backEnd).orElseThrow(),
                  new FirewallStore(new DiskStore(stateDir)),
                  Clocks::bootNanos,
                  steps);
          runner.repairAfterCrash();
          return runner;
        });
  }

  IptablesRunner runner(BackEnd backEnd) {
    return runner(backEnd, IptablesRunner.Steps.NONE);
  }

  Outcome apply(IptablesRunner runner, Ruleset ruleset) {
    return inRouter(() -> runner.apply(ruleset, Map.of()));
  }

  <T> T inRouter(Callable<T> body) {
    return network.call(router, body);
  }

  /** What iptables-save prints of others, in the order in which it stands. */
  String savedOfOthers(BackEnd backEnd, Family family) {
    return saved(backEnd, family)
        .lines()
        .filter(line -> !line.contains("HOLDFAST-"))
        .reduce("", (a, b) -> a + b + "\n");
  }

  /** What iptables-save prints of ours. */
  String savedOfOurs(BackEnd backEnd) {
    return Stream.of(Family.values())
        .map(family -> family + "\n" + saved(backEnd, family))
        .flatMap(String::lines)
        .filter(line -> line.contains("HOLDFAST-") || line.startsWith("*") || line.startsWith("I"))
        .reduce("", (a, b) -> a + b + "\n");
  }

  /** Loads a text with the programs of a back end, as another program on the router would. */
  void restoreByOthers(BackEnd backEnd, Family family, String text) {
    inRouter(
        () -> {
          ChildProgram.Ended ended =
              ChildProgram.run(
                  List.of(
                      ChildProgram.find(program(backEnd, family, "-restore"))
                          .orElseThrow()
                          .toString(),
                      "--noflush",
                      "-w"),
                  text,
                  20);
          if (ended.exit() != 0) {
            throw new AssertionError(ended.errors() + text);
          }
          return true;
        });
  }

  /** The packet counter of the first rule of a chain whose text contains this. */
  long packets(BackEnd backEnd, Family family, String table, String chain, String containing) {
    return network
        .in(router, program(backEnd, family, "-save"), "-c", "-t", table)
        .lines()
        .filter(line -> line.contains("-A " + chain + " ") && line.contains(containing))
        .mapToLong(line -> Long.parseLong(line.substring(1, line.indexOf(':'))))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no such rule: " + chain + " " + containing));
  }

  /** Runs one of the iptables programs of a back end in the router. */
  String iptables(BackEnd backEnd, Family family, String arguments) {
    List<String> words = new ArrayList<>();
    words.add(program(backEnd, family, ""));
    words.add("-w");
    words.addAll(List.of(arguments.split(" ", -1)));
    return network.in(router, words.toArray(String[]::new));
  }

  static String program(BackEnd backEnd, Family family, String suffix) {
    return (family == Family.IPV4 ? "iptables-" : "ip6tables-") + backEnd.text() + suffix;
  }

  /** What iptables-save prints in the router, without comments. */
  String saved(BackEnd backEnd, Family family) {
    return network
        .in(router, program(backEnd, family, "-save"))
        .lines()
        .filter(line -> !line.startsWith("#"))
        .map(line -> line.replaceAll("\\[[0-9]+:[0-9]+]", "[0:0]"))
        .reduce("", (a, b) -> a + b + "\n");
  }

  /** Echoes and tells the address that it sees, by TCP and UDP, until the world ends. */
  void serve(String namespace, int port) {
    ServerSocket tcp = network.call(namespace, () -> new ServerSocket(port, 50));
    DatagramSocket udp = network.call(namespace, () -> new DatagramSocket(port));
    opened.add(tcp);
    opened.add(udp);
    Thread.ofPlatform().daemon().name("serve-tcp").start(() -> acceptAll(tcp));
    Thread.ofPlatform().daemon().name("serve-udp").start(() -> answerAll(udp));
  }

  private static void acceptAll(ServerSocket server) {
    while (!server.isClosed()) {
      try (Socket client = server.accept()) {
        client
            .getOutputStream()
            .write(client.getInetAddress().getHostAddress().getBytes(StandardCharsets.US_ASCII));
      } catch (IOException e) {
        // The client went away, or we end: the loop looks which.
      }
    }
  }

  private static void answerAll(DatagramSocket socket) {
    while (!socket.isClosed()) {
      try {
        DatagramPacket packet = new DatagramPacket(new byte[64], 64);
        socket.receive(packet);
        byte[] answer = packet.getAddress().getHostAddress().getBytes(StandardCharsets.US_ASCII);
        socket.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
      } catch (IOException e) {
        // The client went away, or we end: the loop looks which.
      }
    }
  }

  /** Gives back every datagram to any port of the modem. */
  void echoEverything() {
    network.in(
        modem, "iptables-nft -t nat -A PREROUTING -p udp -j REDIRECT --to-ports 7".split(" ", -1));
    DatagramSocket udp = network.call(modem, () -> new DatagramSocket(7));
    opened.add(udp);
    Thread.ofPlatform().daemon().name("echo").start(() -> echoAll(udp));
  }

  private static void echoAll(DatagramSocket socket) {
    DatagramPacket packet = new DatagramPacket(new byte[64], 64);
    while (!socket.isClosed()) {
      try {
        socket.setReceiveBufferSize(1 << 20);
        packet.setLength(64);
        socket.receive(packet);
        socket.send(packet);
      } catch (IOException e) {
        // We end: the loop looks.
      }
    }
  }

  /** A flow through the gateway, one datagram a millisecond. */
  Probe probe() {
    try {
      return new Probe(this, host, MODEM, 7000, 1, 1000);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The address that a TCP server sees us with, or why it did not answer. */
  String seenByTcp(String from, String address, int port) {
    return seenByTcp(from, "", address, port);
  }

  String seenByTcp(String from, String source, String address, int port) {
    return network.call(
        from,
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
            return e.getMessage() + "";
          }
        });
  }

  /** The address that a UDP server sees us with, or "silence". */
  String seenByUdp(String from, String address, int port) {
    return network.call(
        from,
        () -> {
          try (DatagramSocket socket = new DatagramSocket()) {
            socket.setSoTimeout(PATIENCE_MILLIS);
            socket.send(new DatagramPacket(new byte[1], 1, InetAddress.getByName(address), port));
            DatagramPacket answer = new DatagramPacket(new byte[64], 64);
            socket.receive(answer);
            return new String(answer.getData(), 0, answer.getLength(), StandardCharsets.US_ASCII);
          } catch (SocketTimeoutException e) {
            return "silence";
          } catch (IOException e) {
            return e.getMessage() + "";
          }
        });
  }

  /** True when one echo comes back. */
  boolean pings(String from, String address) {
    try {
      network.in(from, "ping", "-c", "1", "-W", "1", address);
      return true;
    } catch (AssertionError e) {
      return false;
    }
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
    network.close();
    try (Stream<Path> files = Files.walk(stateDir)) {
      files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
    } catch (IOException e) {
      System.err.println("left behind: " + stateDir);
    }
  }
}
