package dev.holdfast.lab;

import static dev.holdfast.lab.PolicyLab.seenByTcp;
import static dev.holdfast.lab.PolicyLab.seenByUdp;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.linux.PacketSocket;
import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.MacAddress;
import dev.holdfast.lab.PolicyLab.BackEnd;
import dev.holdfast.lab.net.Namespace;
import dev.holdfast.lab.net.PodNetwork;
import dev.holdfast.lab.net.Router;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** One lab for all tests here: none of them changes the policy. */
@DisplayName("What the policy of whole agents lets through, in the article's network")
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class GatewayPolicyNetnsIT {

  private static final String RESOURCE =
      PolicyLab.ARTICLE
              .replace("[10.0.0.10/24]", "[10.0.0.10/24, \"2001:db8:0:1::10/64\"]")
              .replace(
                  "[192.168.0.3/24]}",
                  "[192.168.0.3/24, \"2001:db8:0:2::3/64\"], routes: [192.168.64.0/24]}")
          + """
            nat:
              portForwards: [{port: 8080, to: "192.168.0.50:80"}]
          """;

  private static final String INTERNET = "198.51.100.10";
  private static final String MODEM = "10.0.0.1";
  private static final String WAN_VIRTUAL = "10.0.0.10";
  private static final String WAN_A = "10.0.0.11";
  private static final String LAN_VIRTUAL = "192.168.0.3";
  private static final String LAN_A = "192.168.0.1";
  private static final String HOST = "192.168.0.100";

  /** etcd, API server, VXLAN, kubelet, WireGuard: what k3s opens between its nodes. */
  private static final List<Integer> CLUSTER_PORTS = List.of(2379, 2380, 6443, 8472, 10250, 51820);

  private static final String A_KUBELETS_AND_A_USERS =
      """
      *mangle
      :KUBE-IPTABLES-HINT - [0:0]
      COMMIT
      *filter
      -A INPUT -s 203.0.113.9/32 -j DROP
      COMMIT
      """;

  private static final String ANOTHER_USERS =
      """
      *filter
      -A INPUT -s 203.0.113.10/32 -j DROP
      COMMIT
      """;

  @TempDir static Path folder;
  private static PolicyLab lab;

  @BeforeAll
  static void build() {
    lab =
        new PolicyLab(
            folder,
            RESOURCE,
            Map.of(BackEnd.NFT, A_KUBELETS_AND_A_USERS, BackEnd.LEGACY, ANOTHER_USERS));
    lab.serve(lab.internetHost(), 5000);
    lab.serve(lab.internetHost(), 443);
    for (int port : List.of(53, 67, 123)) {
      lab.serve(lab.modem(), port);
    }
    for (int port : List.of(53, 80, 123, 5000)) {
      lab.serve(lab.lanHost(), port);
    }
    for (int port : List.of(22, 8080)) {
      lab.serve(lab.a().namespace(), port);
    }
    for (int port : CLUSTER_PORTS) {
      lab.serve(lab.a().namespace(), port);
      lab.serve(lab.b().namespace(), port);
    }
  }

  @AfterAll
  static void remove() {
    if (lab != null) {
      lab.close();
    }
  }

  @Test
  void hostsOfTheLanGoOutUnderTheVirtualAddress() {
    assertThat(seenByTcp(lab.lanHost(), INTERNET, 5000)).isEqualTo(WAN_VIRTUAL);
    assertThat(seenByUdp(lab.lanHost(), INTERNET, 5000)).isEqualTo(WAN_VIRTUAL);
  }

  @Test
  void soDoHostsBehindAnInnerRouter() {
    Namespace routed = lab.topology().routedHosts().getFirst().namespace();

    assertThat(seenByTcp(routed, INTERNET, 5000)).isEqualTo(WAN_VIRTUAL);
    assertThat(seenByTcp(routed, HOST, 5000)).isEqualTo("192.168.64.100");
  }

  @Test
  void routersAndPodsKeepTheirOwnAddresses() {
    Namespace a = lab.a().namespace();
    assertThat(seenByTcp(a, INTERNET, 443)).isEqualTo(WAN_A);
    assertThat(seenByTcp(a, LAN_A, INTERNET, 443)).as("with a LAN source").isEqualTo(WAN_A);
    assertThat(seenByTcp(a, LAN_VIRTUAL, INTERNET, 443)).isEqualTo(WAN_A);
    assertThat(seenByTcp(lab.b().namespace(), INTERNET, 443)).isEqualTo("10.0.0.12");
    for (PodNetwork pod : lab.topology().pods()) {
      assertThat(seenByTcp(pod.namespace(), INTERNET, 5000)).isEqualTo(pod.pod().toString());
      assertThat(seenByTcp(pod.namespace(), HOST, 5000)).isEqualTo(pod.pod().toString());
    }
  }

  @Test
  void aPortForwardLeadsInAndFromTheLanToo() {
    assertThat(seenByTcp(lab.internetHost(), WAN_VIRTUAL, 8080)).isEqualTo(INTERNET);
    assertThat(seenByTcp(lab.lanHost(), WAN_VIRTUAL, 8080))
        .as("hidden behind the LAN's virtual address")
        .isEqualTo(LAN_VIRTUAL);
    assertThat(seenByTcp(lab.internetHost(), WAN_A, 8080)).isEqualTo("silence");
  }

  @Test
  void routersAreReachedBySshFromTheLanAndNotFromTheWan() {
    assertThat(seenByTcp(lab.lanHost(), LAN_A, 22)).isEqualTo(HOST);
    assertThat(seenByTcp(lab.lanHost(), LAN_VIRTUAL, 22)).isEqualTo(HOST);
    assertThat(seenByTcp(lab.lanHost(), LAN_A, 8080)).isEqualTo("silence");
    for (String address : List.of(WAN_A, WAN_VIRTUAL)) {
      assertThat(seenByTcp(lab.internetHost(), address, 22)).isEqualTo("silence");
    }
  }

  @Test
  void routersAskForNamesAndTimeOutsideAndInTheLan() {
    for (Namespace router : List.of(lab.a().namespace(), lab.b().namespace())) {
      for (int port : List.of(53, 123)) {
        assertThat(seenByUdp(router, MODEM, port)).startsWith("10.0.0.1");
        assertThat(seenByUdp(router, HOST, port)).startsWith("192.168.0.");
      }
      assertThat(seenByTcp(router, INTERNET, 5000)).isEqualTo("silence");
    }
  }

  @Test
  void routersGetTheirAddressByDhcp() {
    assertThat(seenByUdp(lab.a().namespace(), 68, MODEM, 67)).as("renewal").isEqualTo(WAN_A);
    assertThat(hearsAnOffer(68)).isTrue();
    assertThat(hearsAnOffer(6868)).as("on another port").isFalse();
  }

  /** What a DHCP server sends unasked; from its port, which is taken, hence as a raw frame. */
  private static boolean hearsAnOffer(int port) {
    return lab.a()
        .namespace()
        .call(
            () -> {
              try (DatagramSocket client = new DatagramSocket(port)) {
                client.setSoTimeout(1_000);
                frames(new int[] {port}, WAN_A, Protocol.UDP, 67);
                client.receive(new DatagramPacket(new byte[64], 64));
                return true;
              } catch (SocketTimeoutException e) {
                return false;
              }
            });
  }

  @Test
  void everythingPassesBetweenTheRoutersOnTheirOwnCable() {
    for (int port : CLUSTER_PORTS) {
      assertThat(seenByTcp(lab.b().namespace(), "10.10.1.1", port)).isEqualTo("10.10.1.2");
      assertThat(seenByUdp(lab.b().namespace(), "10.10.1.1", port)).isEqualTo("10.10.1.2");
      assertThat(seenByTcp(lab.a().namespace(), "10.10.1.2", port)).isEqualTo("10.10.1.1");
      assertThat(seenByUdp(lab.a().namespace(), "10.10.1.2", port)).isEqualTo("10.10.1.1");
    }
  }

  @Test
  void rulesOfOthersInBothBackEndsAreReported() {
    String sentence =
        "both iptables back ends hold rules of others, and every packet is judged by both; ours"
            + " are in nft";
    for (Router router : lab.topology().routers()) {
      assertThat(lab.status(router).replaceAll("\\s", ""))
          .contains("\"backend\":\"nft\",\"mixed\":true");
      assertThat(lab.screen(router)).contains("Degraded: ", sentence);
      assertThat(lab.metrics(router)).contains("\nholdfast_policy_mixed_back_ends 1");
      assertThat(lab.log(router)).contains("policy " + sentence);
    }
  }

  @Test
  void aScanOfAllPortsFromOutsideFindsThePortForwardAndNothingElse() throws Exception {
    for (Family family : Family.values()) {
      // This table's hooks come behind the policy's.
      for (String rule : List.of("INPUT -i eth0 -p tcp", "INPUT -i eth0 -p udp")) {
        lab.iptables(lab.a(), BackEnd.NFT, family, "-t security -A " + rule);
      }
      lab.iptables(lab.a(), BackEnd.NFT, family, "-t security -A FORWARD -i eth0 -p tcp --syn");
      lab.iptables(lab.a(), BackEnd.NFT, family, "-t security -A FORWARD -i eth0 -p udp");
    }
    int[] ports = new int[65535];
    for (int i = 0; i < ports.length; i++) {
      ports[i] = i + 1;
    }
    long begin = System.nanoTime();
    for (String address : List.of(WAN_A, WAN_VIRTUAL, ownIpv6(), "2001:db8:0:1::10")) {
      frames(ports, address, Protocol.TCP, 40_000);
      frames(ports, address, Protocol.UDP, 40_000);
    }
    assertThat(counters(Family.IPV4))
        .as("to the router by TCP, by UDP; through it by TCP, by UDP")
        .containsExactly(0L, 0L, 1L, 0L);
    assertThat(counters(Family.IPV6)).containsExactly(0L, 0L, 0L, 0L);
    System.out.printf(
        "scan of whole agents: %d packets in %d ms, the port forward alone was found%n",
        8 * ports.length, (System.nanoTime() - begin) / 1_000_000);
  }

  private static String ownIpv6() {
    return lab.a().attachment("wan").orElseThrow().address(Family.IPV6).orElseThrow().toString();
  }

  private static List<Long> counters(Family family) {
    return lab.a()
        .namespace()
        .run(PolicyLab.program(BackEnd.NFT, family, "-save"), "-c", "-t", "security")
        .lines()
        .filter(line -> line.contains(" -A "))
        .map(line -> Long.parseLong(line.substring(1, line.indexOf(':'))))
        .toList();
  }

  private enum Protocol {
    TCP(6, 20),
    UDP(17, 8);

    final int number;
    final int bytes;

    Protocol(int number, int bytes) {
      this.number = number;
      this.bytes = bytes;
    }
  }

  /** One SYN or datagram to each port, from the modem to the active router. */
  private static void frames(int[] ports, String target, Protocol protocol, int sourcePort) {
    MacAddress router = mac(lab.a().namespace());
    MacAddress modem = mac(lab.modem());
    IpAddress to = IpAddress.parse(target);
    IpAddress from = IpAddress.parse(to.family() == Family.IPV4 ? MODEM : "2001:db8:0:1::99");
    int index = Integer.parseInt(lab.modem().run("cat", "/sys/class/net/eth0/ifindex").strip());
    lab.modem()
        .call(
            () -> {
              try (PacketSocket socket = PacketSocket.sender()) {
                for (int port : ports) {
                  socket.send(index, frame(router, modem, from, to, protocol, sourcePort, port));
                }
              }
              return true;
            });
  }

  private static MacAddress mac(Namespace namespace) {
    return MacAddress.parse(namespace.run("cat", "/sys/class/net/eth0/address").strip());
  }

  private static byte[] frame(
      MacAddress to,
      MacAddress from,
      IpAddress source,
      IpAddress target,
      Protocol protocol,
      int sourcePort,
      int port) {
    boolean ipv4 = source.family() == Family.IPV4;
    ByteBuffer frame = ByteBuffer.allocate(14 + (ipv4 ? 20 : 40) + protocol.bytes);
    frame.put(to.toBytes()).put(from.toBytes()).putShort((short) (ipv4 ? 0x0800 : 0x86dd));
    if (ipv4) {
      int header = frame.position();
      frame.putShort((short) 0x4500).putShort((short) (20 + protocol.bytes)).putInt(0);
      frame.put((byte) 64).put((byte) protocol.number).putShort((short) 0);
      frame.put(source.toBytes()).put(target.toBytes());
      frame.putShort(header + 10, (short) ~folded(sum(frame, header, 20)));
    } else {
      frame.putInt(0x60000000).putShort((short) protocol.bytes);
      frame.put((byte) protocol.number).put((byte) 64);
      frame.put(source.toBytes()).put(target.toBytes());
    }
    int segment = frame.position();
    frame.putShort((short) sourcePort).putShort((short) port);
    if (protocol == Protocol.TCP) {
      frame.putInt(1).putInt(0).putShort((short) 0x5002).putShort((short) 1024).putInt(0);
    } else {
      frame.putShort((short) protocol.bytes).putShort((short) 0);
    }
    int addressBytes = ipv4 ? 8 : 32;
    long sum = sum(frame, segment - addressBytes, addressBytes + protocol.bytes);
    frame.putShort(
        segment + (protocol == Protocol.TCP ? 16 : 6),
        (short) ~folded(sum + protocol.number + protocol.bytes));
    return frame.array();
  }

  private static long sum(ByteBuffer frame, int from, int bytes) {
    long sum = 0;
    for (int at = from; at < from + bytes; at += 2) {
      sum += Short.toUnsignedInt(frame.getShort(at));
    }
    return sum;
  }

  private static int folded(long sum) {
    long folded = sum;
    while (folded > 0xffff) {
      folded = (folded & 0xffff) + (folded >>> 16);
    }
    return (int) folded;
  }
}
