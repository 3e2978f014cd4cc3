package dev.holdfast.agent.shell;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.firewall.core.BackEnd;
import dev.holdfast.agent.linux.PacketSocket;
import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.MacAddress;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@DisplayName("A scan of the WAN addresses from outside")
class FirewallScanNetnsIT {

  private static final int TCP = 6;
  private static final int UDP = 17;
  private static final List<String> ADDRESSES =
      List.of(
          FirewallWorld.WAN_OWN, FirewallWorld.WAN_VIRTUAL, "2001:db8:0:1::11", "2001:db8:0:1::10");

  /** Behind the policy: this table's hook comes after filter's. */
  @ParameterizedTest
  @EnumSource
  void findsWhatThePolicyOpensAndNothingElse(BackEnd backEnd) {
    try (FirewallWorld world = new FirewallWorld()) {
      world.apply(
          world.runner(backEnd),
          Rulesets.article(
              """
              firewall:
                input:
                  - {name: ssh, from: LAN, protocol: TCP, ports: [22]}
                  - {name: https, from: WAN, protocol: TCP, ports: [443]}
                  - {name: wireguard, from: WAN, protocol: UDP, ports: [51820]}
              """));
      for (Family family : Family.values()) {
        for (String match :
            List.of("-p tcp --dport 443", "-p udp --dport 51820", "-p tcp", "-p udp")) {
          world.iptables(backEnd, family, "-t security -A INPUT -i eth0 " + match + " -j ACCEPT");
        }
      }
      long begin = System.nanoTime();
      scan(world);

      for (Family family : Family.values()) {
        assertThat(counters(world, backEnd, family))
            .as("%s: two addresses, each port that is open once; then any other port", family)
            .containsExactly(2L, 2L, 0L, 0L);
      }
      System.out.printf(
          "scan: %s, %d packets, %d s%n",
          backEnd.text(),
          65535 * 2 * ADDRESSES.size(),
          (System.nanoTime() - begin) / 1_000_000_000);
    }
  }

  private static List<Long> counters(FirewallWorld world, BackEnd backEnd, Family family) {
    return world
        .network
        .in(world.router, FirewallWorld.program(backEnd, family, "-save"), "-c", "-t", "security")
        .lines()
        .filter(line -> line.contains("-A INPUT"))
        .map(line -> Long.parseLong(line.substring(1, line.indexOf(':'))))
        .toList();
  }

  private static void scan(FirewallWorld world) {
    MacAddress router = mac(world, world.router);
    MacAddress modem = mac(world, world.modem);
    int index =
        Integer.parseInt(
            world.network.in(world.modem, "cat", "/sys/class/net/eth0/ifindex").trim());
    world.network.call(
        world.modem,
        () -> {
          try (PacketSocket socket = PacketSocket.sender()) {
            for (String target : ADDRESSES) {
              IpAddress to = IpAddress.parse(target);
              IpAddress from =
                  IpAddress.parse(to.family() == Family.IPV4 ? "10.0.0.1" : "2001:db8:0:1::1");
              for (int port = 1; port <= 65535; port++) {
                socket.send(index, frame(router, modem, from, to, TCP, port));
                socket.send(index, frame(router, modem, from, to, UDP, port));
              }
            }
          }
          return true;
        });
  }

  private static MacAddress mac(FirewallWorld world, String namespace) {
    return MacAddress.parse(
        world.network.in(namespace, "cat", "/sys/class/net/eth0/address").trim());
  }

  /** A SYN or a datagram from port 40000; connection tracking looks at the checksums. */
  private static byte[] frame(
      MacAddress to, MacAddress from, IpAddress source, IpAddress target, int protocol, int port) {
    int segmentBytes = protocol == TCP ? 20 : 8;
    boolean ipv4 = source.family() == Family.IPV4;
    ByteBuffer frame = ByteBuffer.allocate(14 + (ipv4 ? 20 : 40) + segmentBytes);
    frame.put(to.toBytes()).put(from.toBytes()).putShort((short) (ipv4 ? 0x0800 : 0x86dd));
    if (ipv4) {
      int header = frame.position();
      frame.putShort((short) 0x4500).putShort((short) (20 + segmentBytes)).putInt(0);
      frame.put((byte) 64).put((byte) protocol).putShort((short) 0);
      frame.put(source.toBytes()).put(target.toBytes());
      frame.putShort(header + 10, (short) ~folded(sum(frame, header, 20)));
    } else {
      frame.putInt(0x60000000).putShort((short) segmentBytes).put((byte) protocol).put((byte) 64);
      frame.put(source.toBytes()).put(target.toBytes());
    }
    int segment = frame.position();
    frame.putShort((short) 40000).putShort((short) port);
    if (protocol == TCP) {
      frame.putInt(1).putInt(0).putShort((short) 0x5002).putShort((short) 1024).putInt(0);
    } else {
      frame.putShort((short) segmentBytes).putShort((short) 0);
    }
    int addressBytes = ipv4 ? 8 : 32;
    long sum = sum(frame, segment - addressBytes, addressBytes + segmentBytes);
    frame.putShort(
        segment + (protocol == TCP ? 16 : 6), (short) ~folded(sum + protocol + segmentBytes));
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
