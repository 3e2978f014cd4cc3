package dev.holdfast.agent.shell;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.linux.Names;
import dev.holdfast.agent.linux.PacketSocket;
import dev.holdfast.agent.netns.TestNetwork;
import dev.holdfast.agent.vrrp.wire.ArpFrame;
import dev.holdfast.agent.vrrp.wire.NeighborSolicitFrame;
import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Ipv4Address;
import dev.holdfast.api.addr.Ipv6Address;
import dev.holdfast.api.addr.MacAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A question after a next hop")
class NextHopProbeNetnsIT {
  private static final MacAddress ROUTER = MacAddress.parse("02:00:00:00:00:02");
  private static final Duration SOON = Duration.ofSeconds(3);

  private final TestNetwork network = TestNetwork.open();
  private final List<IpAddress> answers = new CopyOnWriteArrayList<>();
  private String router = "";
  private String modem = "";

  @BeforeEach
  void cable() {
    router = network.namespace("router");
    modem = network.namespace("modem");
    network.cable(router, "eth0", modem, "eth0");
    network.ip(router, "link set eth0 address " + ROUTER);
    network.ip(router, "addr add 10.50.0.2/24 dev eth0");
    network.ip(router, "addr add fe80::2/64 dev eth0 nodad");
    network.ip(modem, "addr add 10.50.0.1/24 dev eth0");
    network.ip(modem, "addr add fe80::1/64 dev eth0 nodad");
    network.ip(modem, "addr add fd00:50::1/64 dev eth0 nodad");
  }

  @AfterEach
  void remove() {
    network.close();
  }

  /** Asks until it is answered: a question that leaves before all is up is one without answer. */
  private void ask(Family family, byte[] frame) {
    network.call(
        router,
        () -> {
          int index = Names.interfaceIndex("eth0");
          var place = new NextHopReceiver.Place(family, "eth0", index, ROUTER);
          try (var receiver = NextHopReceiver.start(place, answers::add);
              var sender = PacketSocket.sender()) {
            assertThat(receiver).isNotNull();
            TestNetwork.await(
                "an answer",
                SOON,
                () -> {
                  sender.send(index, frame);
                  return !answers.isEmpty();
                });
          }
          return null;
        });
  }

  private static byte[] arp(String target, String sender) {
    return ArpFrame.question(Ipv4Address.parse(target), Ipv4Address.parse(sender), ROUTER).encode();
  }

  private static byte[] solicit(String target) {
    return new NeighborSolicitFrame(Ipv6Address.parse(target), Ipv6Address.parse("fe80::2"), ROUTER)
        .encode();
  }

  @Test
  void isAnsweredByArp() {
    ask(Family.IPV4, arp("10.50.0.1", "10.50.0.2"));
    assertThat(answers).contains(IpAddress.parse("10.50.0.1"));
  }

  @Test
  void isAnsweredByArpAlsoToARouterWithoutAddress() {
    network.ip(router, "addr del 10.50.0.2/24 dev eth0");
    ask(Family.IPV4, arp("10.50.0.1", "0.0.0.0"));
    assertThat(answers).contains(IpAddress.parse("10.50.0.1"));
  }

  @Test
  void isAnsweredByNeighbourDiscoveryForGlobalAndLinkLocalAddresses() {
    ask(Family.IPV6, solicit("fd00:50::1"));
    assertThat(answers).contains(IpAddress.parse("fd00:50::1"));
    answers.clear();
    ask(Family.IPV6, solicit("fe80::1"));
    assertThat(answers).contains(IpAddress.parse("fe80::1"));
  }

  @Test
  void isNotAnsweredByWhateverElseTheNextHopSays() {
    network.call(
        modem,
        () -> {
          try (var sender = PacketSocket.sender()) {
            int index = Names.interfaceIndex("eth0");
            MacAddress mac = MacAddress.parse("02:00:00:00:00:01");
            network.call(
                router,
                () -> {
                  var place =
                      new NextHopReceiver.Place(
                          Family.IPV4, "eth0", Names.interfaceIndex("eth0"), ROUTER);
                  try (var receiver = NextHopReceiver.start(place, answers::add)) {
                    assertThat(receiver).isNotNull();
                    sender.send(
                        index, ArpFrame.announcement(Ipv4Address.parse("10.50.0.1"), mac).encode());
                    // Frames keep their order: what comes last tells that the others were judged.
                    sender.send(
                        index,
                        new ArpFrame(
                                ROUTER,
                                mac,
                                2,
                                mac,
                                Ipv4Address.parse("10.50.0.9"),
                                ROUTER,
                                Ipv4Address.parse("10.50.0.2"))
                            .encode());
                    TestNetwork.await("the last frame", SOON, () -> !answers.isEmpty());
                  }
                  return null;
                });
          }
          return null;
        });
    assertThat(answers).containsExactly(IpAddress.parse("10.50.0.9"));
  }
}
