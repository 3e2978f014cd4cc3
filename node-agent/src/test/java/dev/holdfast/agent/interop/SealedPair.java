package dev.holdfast.agent.interop;

import dev.holdfast.agent.netns.TestNetwork;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Two routers of ours with a cable between them, a client in the LAN, a server in the WAN, both
 * families. Looked at from outside only: what the two kernels hold.
 */
final class SealedPair implements AutoCloseable {

  static final String WAN = "10.50.0.100";
  static final String SERVER = "10.50.0.9";
  static final String SERVER_6 = "fd00:50::9";
  private static final Duration SOON = Duration.ofSeconds(40);

  /** What a kernel says of a flow, without what changes by the second. */
  private static final Pattern FLOW =
      Pattern.compile(
          "^(?:ipv[46] +\\d+ )?(\\S+) +\\d+ (?:\\d+ )?(?:[A-Z_0-9]+ )?(src=.*?)(?: \\[ASSURED])?"
              + "(?: mark=.*| use=.*)$");

  final InteropSegment segment;
  final TestNetwork network;
  final String first;
  final String second;
  final String client;
  final String server;
  private final String resource;

  SealedPair(Path folder, String flowSync) throws IOException {
    segment = new InteropSegment(folder, 2);
    network = segment.network;
    first = segment.us;
    second = segment.them;
    connectDirectly();
    client = segment.host("client", 1, 9, "10.51.0.100");
    server = segment.host("server", 0, 9, WAN);
    resource =
        """
        apiVersion: holdfast.dev/v1alpha1
        kind: GatewayCluster
        metadata: {name: pair, namespace: test}
        spec:
          routers:
            - {node: us, priority: 200}
            - {node: them, priority: 100}
          networks:
            - {name: wan, role: WAN, interface: eth0, virtualRouterId: 10, virtualAddresses: [10.50.0.100/24, "fe80::50:100/64", "fd00:50::100/64"]}
            - {name: lan, role: LAN, interface: eth1, virtualRouterId: 11, virtualAddresses: [10.51.0.100/24, "fe80::51:100/64", "fd00:51::100/64"]}
            - {name: direct, role: Sync, interface: eth2}
          vrrp: {advertisementInterval: 200ms}
          flowSync: {%s}
        """
            .formatted(flowSync);
  }

  private void connectDirectly() {
    network.cable(first, "eth2", second, "eth2");
    network.ip(first, "addr add 10.52.0.1/24 dev eth2");
    network.ip(second, "addr add 10.52.0.2/24 dev eth2");
  }

  /** Both lost their power and have it again; their agents were killed before and do not run. */
  void powerCycleBoth() throws IOException {
    segment.powerCycleBoth();
    connectDirectly();
  }

  Process startFirst() throws IOException {
    return segment.startOurs(resource);
  }

  Process startSecond() throws IOException {
    return segment.startOursInTheirPlace(resource);
  }

  /** Both run, the first is active, and the second has begun to follow. */
  Process startBoth() throws IOException {
    Process active = startFirst();
    Process follower = startSecond();
    awaitActive(first);
    TestNetwork.await(
        "the two agents hear each other",
        SOON,
        () -> follower.isAlive() && says(second, "state", "\"up\""));
    return active;
  }

  /** Whether a router's status has this field with this value anywhere. */
  boolean says(String router, String field, String value) {
    Pattern pattern = Pattern.compile("\"" + field + "\"\\s*:\\s*" + value + "(?!\\d)");
    return segment.answers(router) && pattern.matcher(segment.status(router)).find();
  }

  void awaitActive(String router) {
    for (String address : new String[] {WAN, "10.51.0.100", "fd00:50::100", "fd00:51::100"}) {
      segment.awaitOnlyHolder(router, address, SOON.toMillis());
    }
  }

  /** The client's flows in a router's kernel, both families, both directions' tuples. */
  Set<String> flows(String router) {
    Set<String> flows = new TreeSet<>();
    for (String family : new String[] {"ipv4", "ipv6"}) {
      String text = network.in(router, "sh", "-c", "conntrack -L -f " + family + " 2>/dev/null");
      for (String line : text.lines().toList()) {
        Matcher flow = FLOW.matcher(line.replace(" [UNREPLIED]", ""));
        boolean closing = line.contains("TIME_WAIT") || line.contains("CLOSE");
        if (!closing
            && flow.matches()
            && flow.group(2).matches("src=(10\\.51\\.0\\.9|fd00:51::9) .*")) {
          flows.add(flow.group(1) + " " + flow.group(2));
        }
      }
    }
    return flows;
  }

  /** Waits until the second's kernel has what the first's has. */
  Set<String> awaitSame(int atLeast) {
    try {
      TestNetwork.await(
          "both kernels hold the same, " + atLeast + " flows at least",
          SOON,
          () -> {
            Set<String> active = flows(first);
            return active.size() >= atLeast && flows(second).equals(active);
          });
    } catch (AssertionError e) {
      Set<String> missing = flows(first);
      Set<String> surplus = flows(second);
      int count = missing.size();
      surplus.removeAll(missing);
      missing.removeAll(flows(second));
      throw new AssertionError(
          e.getMessage() + "\\nof " + count + "\\nmissing " + missing + "\\nsurplus " + surplus, e);
    }
    return flows(first);
  }

  NumberedFlows numbered(String address) {
    return new NumberedFlows(network, client, server, address);
  }

  /** So much of what arrives over the cable between the routers is lost, both ways. */
  void lose(double share) {
    for (String router : new String[] {first, second}) {
      String rule =
          "iptables -w -t raw -A PREROUTING -i eth2 -p udp -m statistic --mode random --probability "
              + share
              + " -j DROP";
      network.in(router, rule.split(" "));
    }
  }

  @Override
  public void close() {
    segment.close();
  }
}
