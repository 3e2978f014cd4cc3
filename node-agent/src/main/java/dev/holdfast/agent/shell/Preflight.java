package dev.holdfast.agent.shell;

import dev.holdfast.agent.linux.Names;
import dev.holdfast.agent.linux.NetlinkSocket;
import dev.holdfast.agent.linux.SyscallException;
import dev.holdfast.api.addr.Family;
import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Looks, before anything is opened, whether this machine has what the gateway needs: rights, kernel
 * modules, room in the connection tracking table, and nobody else who manages the same things. It
 * changes nothing.
 */
public final class Preflight {
  private static final int CAP_NET_ADMIN = 12;
  private static final int CAP_NET_RAW = 13;
  private static final int CAP_SYS_NICE = 23;
  private static final String CONNTRACK_MAX = "net/netfilter/nf_conntrack_max";

  /** Programs that do what we do. */
  private static final Map<String, String> RIVALS =
      Map.of(
          "keepalived", "it moves addresses between routers too",
          "conntrackd", "it writes flows of other routers into the kernel too",
          "vrrpd", "it moves addresses between routers too");

  private final Path proc;
  private final Path run;
  private final Sysctl sysctl;

  /** How bad it is. */
  public enum Severity {
    /** The gateway cannot work. */
    BLOCKING,
    /** It works, and somebody should look. */
    WARNING
  }

  /**
   * One thing that is not as it should be.
   *
   * @param subject a word to find it by: a capability, a module, a setting, an interface
   * @param sentence what is wrong and what to do
   */
  public record Finding(Severity severity, String subject, String sentence) {
    @Override
    public String toString() {
      return subject + ": " + sentence;
    }
  }

  /**
   * What the gateway needs.
   *
   * @param interfaces of its networks
   * @param tracksFlows flow sync, NAT or a stateful firewall
   * @param flowsMax entries that the connection tracking table must have room for; 0 for no wish
   */
  public record Needs(
      Set<Family> families, Set<String> interfaces, boolean tracksFlows, long flowsMax) {}

  /**
   * @param proc {@code /proc}
   * @param run {@code /run}
   */
  public Preflight(Path proc, Path run) {
    this.proc = proc;
    this.run = run;
    this.sysctl = new Sysctl(proc.resolve("sys"));
  }

  public static Preflight ofThisMachine() {
    return new Preflight(Path.of("/proc"), Path.of("/run"));
  }

  /** In the network namespace of the calling thread. */
  public List<Finding> check(Needs needs) {
    var findings = new ArrayList<Finding>();
    capabilities(findings);
    families(needs, findings);
    if (needs.tracksFlows()) {
      tracking(needs, findings);
    }
    interfaces(needs, findings);
    rivals(findings);
    return List.copyOf(findings);
  }

  private void capabilities(List<Finding> findings) {
    long effective = effectiveCapabilities();
    require(effective, CAP_NET_ADMIN, "CAP_NET_ADMIN", Severity.BLOCKING, findings);
    require(effective, CAP_NET_RAW, "CAP_NET_RAW", Severity.BLOCKING, findings);
    require(effective, CAP_SYS_NICE, "CAP_SYS_NICE", Severity.WARNING, findings);
  }

  private static void require(
      long effective, int bit, String name, Severity severity, List<Finding> findings) {
    if ((effective >>> bit & 1) == 0) {
      String without =
          severity == Severity.BLOCKING
              ? "without it the agent can neither speak VRRP nor set addresses"
              : "without it adverts are late when the machine is busy";
      findings.add(new Finding(severity, name, "the process lacks this capability; " + without));
    }
  }

  private long effectiveCapabilities() {
    return lines(proc.resolve("self/status"))
        .filter(line -> line.startsWith("CapEff:"))
        .map(line -> Long.parseUnsignedLong(line.substring(7).strip(), 16))
        .findFirst()
        .orElse(-1L); // A kernel that does not say: the first refused call will.
  }

  private void families(Needs needs, List<Finding> findings) {
    if (needs.families().contains(Family.IPV6)
        && sysctl.read("net/ipv6/conf/all/forwarding").isEmpty()) {
      findings.add(
          new Finding(
              Severity.BLOCKING,
              "IPv6",
              "the resource has IPv6 addresses and this kernel has no IPv6 (module ipv6, or"
                  + " ipv6.disable=1 at boot)"));
    }
  }

  private void tracking(Needs needs, List<Finding> findings) {
    Optional<String> max = sysctl.read(CONNTRACK_MAX);
    if (max.isEmpty()) {
      findings.add(
          new Finding(
              Severity.BLOCKING,
              "nf_conntrack",
              "connection tracking is not in this kernel: load the module nf_conntrack"));
      return;
    }
    if (!conntrackNetlinkWorks()) {
      findings.add(
          new Finding(
              Severity.BLOCKING,
              "nf_conntrack_netlink",
              "flows can be neither read nor written: load the module nf_conntrack_netlink"));
    }
    long room = Long.parseLong(max.get());
    if (room < needs.flowsMax()) {
      findings.add(
          new Finding(
              Severity.WARNING,
              "nf_conntrack_max",
              "the table has room for "
                  + room
                  + " flows, "
                  + needs.flowsMax()
                  + " are asked for; inside a network namespace only the host can raise it"));
    }
  }

  /** Asks for the table's statistics (nfnetlink message 0x105): refused without the module. */
  private static boolean conntrackNetlinkWorks() {
    ByteBuffer message = ByteBuffer.allocate(20).order(ByteOrder.nativeOrder());
    message.putInt(0, 20).putShort(4, (short) 0x105);
    try (var socket = NetlinkSocket.open(NetlinkSocket.NETFILTER, 0)) {
      return socket.query(message, (_, _, _) -> {}) == 0;
    } catch (SyscallException e) {
      return false;
    }
  }

  private void interfaces(Needs needs, List<Finding> findings) {
    for (String name : needs.interfaces().stream().sorted().toList()) {
      Optional<Integer> index = interfaceIndex(name);
      if (index.isEmpty()) {
        findings.add(
            new Finding(
                Severity.WARNING,
                name,
                "there is no such interface; the network is down until it appears"));
        continue;
      }
      managerOf(index.get())
          .ifPresent(
              manager ->
                  findings.add(
                      new Finding(
                          Severity.WARNING,
                          name,
                          manager
                              + " manages this interface too and may remove virtual addresses when"
                              + " it reconfigures it; the agent puts them back")));
    }
  }

  /**
   * Whether Kubernetes knows this machine by an address on a WAN. k3s does so by itself, as the
   * default route is there.
   *
   * @param nodeAddresses InternalIP of every node
   */
  List<Finding> nodeAddresses(Set<String> wanInterfaces, List<String> nodeAddresses) {
    Set<InetAddress> known =
        nodeAddresses.stream().map(InetAddress::ofLiteral).collect(Collectors.toSet());
    return wanInterfaces.stream()
        .sorted()
        .flatMap(
            name ->
                addresses(name)
                    .filter(known::contains)
                    .map(
                        address ->
                            new Finding(
                                Severity.WARNING,
                                name,
                                address.getHostAddress()
                                    + " is this node's InternalIP and on a WAN, so Kubernetes'"
                                    + " ports are open there; give the kubelet (k3s: node-ip,"
                                    + " flannel-iface) an address of a LAN")))
        .toList();
  }

  private static Stream<InetAddress> addresses(String name) {
    try {
      NetworkInterface found = NetworkInterface.getByName(name);
      return found == null ? Stream.empty() : found.inetAddresses();
    } catch (SocketException e) {
      return Stream.empty();
    }
  }

  private static Optional<Integer> interfaceIndex(String name) {
    try {
      return Optional.of(Names.interfaceIndex(name));
    } catch (SyscallException e) {
      return Optional.empty();
    }
  }

  /** By the notes that network managers keep of each interface under /run. */
  private Optional<String> managerOf(int index) {
    if (lines(run.resolve("systemd/netif/links/" + index))
        .anyMatch(line -> line.startsWith("ADMIN_STATE=") && !line.endsWith("=unmanaged"))) {
      return Optional.of("systemd-networkd");
    }
    if (lines(run.resolve("NetworkManager/devices/" + index))
        .anyMatch(line -> line.equals("managed-type=full"))) {
      return Optional.of("NetworkManager");
    }
    return Optional.empty();
  }

  private void rivals(List<Finding> findings) {
    Optional<Path> here = namespaceOf(proc.resolve("thread-self"));
    try (Stream<Path> processes = Files.list(proc)) {
      processes
          .filter(process -> process.getFileName().toString().matches("\\d+"))
          .forEach(
              process -> {
                String program = lines(process.resolve("comm")).findFirst().orElse("");
                String why = RIVALS.get(program);
                if (why != null && namespaceOf(process).equals(here)) {
                  findings.add(
                      new Finding(
                          Severity.WARNING,
                          program,
                          "runs here as process " + process.getFileName() + "; " + why));
                }
              });
    } catch (IOException e) {
      findings.add(new Finding(Severity.WARNING, "/proc", "cannot be read: " + e.getMessage()));
    }
  }

  private static Optional<Path> namespaceOf(Path process) {
    try {
      return Optional.of(Files.readSymbolicLink(process.resolve("ns/net")));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** The lines of a small file; none when it cannot be read. */
  private static Stream<String> lines(Path file) {
    try {
      return Files.readString(file).lines();
    } catch (IOException e) {
      return Stream.empty();
    }
  }
}
