package dev.holdfast.agent.interop;

import dev.holdfast.agent.linux.Signals;
import dev.holdfast.agent.netns.TestNetwork;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Two routers that share their flows by conntrackd's protocol: our agent on one, keepalived,
 * conntrackd and a few rules of iptables on the other, as a distribution's example has them. A
 * client in the LAN, a server in the WAN, a cable between the routers.
 */
final class SharedFlows implements AutoCloseable {

  static final String WAN = "10.50.0.100";
  static final String LAN = "10.51.0.100";
  private static final Pattern TUPLE =
      Pattern.compile("(tcp|udp) .*?src=(\\S+) dst=(\\S+) sport=(\\d+) dport=7000");
  private static final Duration SOON = Duration.ofSeconds(20);

  /** One way in which the two speak. */
  enum Way {
    FTFW_MULTICAST("FTFW", true),
    FTFW_UNICAST("FTFW", false),
    NOTRACK_MULTICAST("NOTRACK", true);

    final String mode;
    final boolean multicast;

    Way(String mode, boolean multicast) {
      this.mode = mode;
      this.multicast = multicast;
    }
  }

  final InteropSegment segment;
  final NumberedFlows flows;
  private final TestNetwork network;
  private final String us;
  private final String them;
  private final Way way;
  private final Path conntrackdFile;
  private Process conntrackd;

  SharedFlows(Path folder, Way way) throws IOException {
    this.way = way;
    segment = new InteropSegment(folder, 2);
    network = segment.network;
    us = segment.us;
    them = segment.them;
    network.cable(us, "eth2", them, "eth2");
    network.ip(us, "addr add 10.52.0.1/24 dev eth2");
    network.ip(them, "addr add 10.52.0.2/24 dev eth2");
    String client = segment.host("client", 1, 9, LAN);
    String server = segment.host("server", 0, 9, WAN);
    rules();
    conntrackdFile = segment.write("conntrackd.conf", conntrackdText());
    conntrackd = startConntrackd();
    Path script = segment.write("role.sh", script());
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
    segment.startTheirs(keepalived(script));
    flows = new NumberedFlows(network, client, server, "10.50.0.9");
  }

  /** Packets of unknown flows are dropped, never answered: so a flow that lives was known. */
  private void rules() {
    network.sysctl(them, "net.ipv4.ip_forward", "1");
    iptables("-P FORWARD DROP");
    iptables("-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT");
    iptables("-A FORWARD -i eth1 -o eth0 -p tcp --syn -m conntrack --ctstate NEW -j ACCEPT");
    iptables("-A FORWARD -i eth1 -o eth0 -p udp -m conntrack --ctstate NEW -j ACCEPT");
    iptables("-t nat -A POSTROUTING -o eth0 -s 10.51.0.0/24 -j SNAT --to-source " + WAN);
  }

  private void iptables(String rule) {
    network.in(them, ("iptables -w " + rule).split(" "));
  }

  Process startOurs(int priority) throws IOException {
    return segment.startOurs(
        """
        apiVersion: holdfast.dev/v1alpha1
        kind: GatewayCluster
        metadata: {name: interop, namespace: test}
        spec:
          routers:
            - {node: us, priority: %d}
            - {node: them, priority: 100}
          networks:
            - {name: wan, role: WAN, interface: eth0, virtualRouterId: 10, virtualAddresses: [%s/24]}
            - {name: lan, role: LAN, interface: eth1, virtualRouterId: 11, virtualAddresses: [%s/24]}
            - {name: direct, role: Sync, interface: eth2}
          vrrp: {advertisementInterval: 200ms, preempt: WhenInSync, speakers: Any}
          flowSync:
            protocol: Conntrackd
            conntrackd: {%s, mode: %s, protocols: [TCP, UDP]}
        """
            .formatted(
                priority,
                WAN,
                LAN,
                way.multicast
                    ? "transport: Multicast"
                    : "transport: Unicast, peers: [10.52.0.1, 10.52.0.2]",
                way.mode));
  }

  private Process startConntrackd() throws IOException {
    Files.deleteIfExists(segment.folder().resolve("conntrackd.lock"));
    Files.deleteIfExists(segment.folder().resolve("conntrackd.ctl"));
    Process process = segment.start(them, "conntrackd", "-C", conntrackdFile.toString());
    TestNetwork.await(
        "conntrackd answers", SOON, () -> Files.exists(segment.folder().resolve("conntrackd.ctl")));
    return process;
  }

  /** Ends conntrackd at once and starts it again. */
  void restartConntrackd() throws IOException {
    segment.kill(conntrackd);
    conntrackd = startConntrackd();
  }

  /** conntrackd stands still: what is sent to it meanwhile fills its socket. */
  void freezeConntrackd(boolean still) {
    Signals.send(
        conntrackd.descendants().findFirst().orElse(conntrackd.toHandle()).pid(),
        still ? Signals.SIGSTOP : Signals.SIGCONT);
  }

  private String conntrackdText() {
    String channel =
        way.multicast
            ? """
              Multicast {
                IPv4_address 225.0.0.50
                Group 3780
                IPv4_interface 10.52.0.2
                Interface eth2
                Checksum on
              }
            """
            : """
              UDP {
                IPv4_address 10.52.0.2
                IPv4_Destination_Address 10.52.0.1
                Port 3780
                Interface eth2
                Checksum on
              }
            """;
    return """
        Sync {
          Mode %s {
          }
        %s}
        General {
          HashSize 32768
          HashLimit 131072
          LogFile %3$s/conntrackd.out
          LockFile %3$s/conntrackd.lock
          UNIX {
            Path %3$s/conntrackd.ctl
          }
          Filter From Userspace {
            Protocol Accept {
              TCP
              UDP
            }
            Address Ignore {
              IPv4_address 127.0.0.1
              IPv4_address 10.50.0.2
              IPv4_address 10.51.0.2
              IPv4_address 10.52.0.2
            }
          }
        }
        """
        .formatted(way.mode, channel, segment.folder());
  }

  /** What the documentation of conntrackd has keepalived call. */
  private String script() {
    return """
        #!/bin/sh
        ct() { conntrackd -C %s "$@" >>%s/role.out 2>&1; }
        case $1 in
          primary) ct -c; ct -f; ct -R; ct -B ;;
          backup) ct -t; ct -n ;;
          fault) ct -t ;;
        esac
        """
        .formatted(conntrackdFile, segment.folder());
  }

  private static String keepalived(Path script) {
    return """
        global_defs {
          router_id interop
          vrrp_version 3
          script_user root
        }
        vrrp_sync_group both {
          group {
            wan
            lan
          }
          notify_master "%1$s primary"
          notify_backup "%1$s backup"
          notify_fault "%1$s fault"
        }
        """
            .formatted(script)
        + instance("wan", 0, 10)
        + instance("lan", 1, 11);
  }

  private static String instance(String name, int segment, int vrid) {
    return """
        vrrp_instance %s {
          state BACKUP
          interface eth%d
          virtual_router_id %d
          priority 100
          advert_int 0.2
          virtual_ipaddress {
            10.5%d.0.100/24
          }
        }
        """
        .formatted(name, segment, vrid, segment);
  }

  // --------------------------------------------------------------------------------- from outside

  /** The kernel's flows to the server, by client port. */
  Set<String> kernelFlows(String router) {
    // Its count goes to standard error, and would stand in the middle of a line.
    return flowsIn(network.in(router, "sh", "-c", "conntrack -L 2>/dev/null"), true);
  }

  /** What conntrackd holds for its peer. */
  Set<String> conntrackdHolds() {
    return flowsIn(network.in(them, "conntrackd", "-C", conntrackdFile.toString(), "-e"), false);
  }

  private static Set<String> flowsIn(String text, boolean replies) {
    Set<String> flows = new TreeSet<>();
    for (String line : text.lines().toList()) {
      Matcher tuple = TUPLE.matcher(line);
      boolean alive = !line.contains("TIME_WAIT") && !line.contains("CLOSE");
      if (tuple.find() && tuple.group(2).startsWith("10.51.") && alive) {
        boolean whole = !replies || line.contains("dst=" + WAN);
        flows.add(tuple.group(1) + " " + tuple.group(4) + (whole ? "" : " without its NAT"));
      }
    }
    return flows;
  }

  /** Waits until conntrackd holds exactly what our kernel has. */
  void awaitConntrackdHoldsOurs(int atLeast) {
    awaitSame(() -> kernelFlows(us), this::conntrackdHolds, atLeast);
  }

  /** Waits until our kernel has exactly what theirs has. */
  void awaitWeHoldTheirs(int atLeast) {
    awaitSame(() -> kernelFlows(them), () -> kernelFlows(us), atLeast);
  }

  private static void awaitSame(
      Supplier<Set<String>> source, Supplier<Set<String>> copy, int atLeast) {
    try {
      TestNetwork.await(
          "the copy is like its source, of " + atLeast + " flows at least",
          SOON,
          () -> {
            Set<String> wanted = source.get();
            return wanted.size() >= atLeast && copy.get().equals(wanted);
          });
    } catch (AssertionError e) {
      throw new AssertionError(
          e.getMessage() + "\nsource " + source.get() + "\ncopy   " + copy.get(), e);
    }
  }

  void awaitActive(String router) {
    segment.awaitOnlyHolder(router, WAN, SOON.toMillis());
    segment.awaitOnlyHolder(router, LAN, SOON.toMillis());
  }

  /** So much of what arrives over the cable between the routers is lost, both ways. */
  void lose(double share) {
    for (String router : new String[] {us, them}) {
      String rule =
          "iptables -w -t raw -A PREROUTING -i eth2 -p udp -m statistic --mode random --probability "
              + share
              + " -j DROP";
      network.in(router, rule.split(" "));
    }
  }

  @Override
  public void close() throws IOException {
    flows.close();
    segment.close();
  }
}
