package dev.holdfast.agent.shell;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.linux.Names;
import dev.holdfast.agent.linux.PacketSocket;
import dev.holdfast.agent.linux.SyscallException;
import dev.holdfast.agent.netns.TestNetwork;
import dev.holdfast.agent.vrrp.wire.AdvertCodec;
import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.MacAddress;
import dev.holdfast.api.addr.Prefix;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A virtual router with its own MAC")
class VirtualMacNetnsIT {
  private static final String MAC4 = "00:00:5e:00:01:33";
  private static final String MAC6 = "00:00:5e:00:02:33";

  private final TestNetwork network = TestNetwork.open();
  private final String router = network.namespace("router");
  private final String host = network.namespace("host");
  private final Rtnetlink rtnetlink = network.call(router, Rtnetlink::open);
  private final AddressWriter writer = new AddressWriter(rtnetlink, 60);

  @BeforeEach
  void cable() {
    network.cable(router, "eth0", host, "eth0");
    network.ip(router, "addr add 10.50.0.2/24 dev eth0");
    network.ip(router, "addr add fd00:50::2/64 dev eth0 nodad");
    network.ip(host, "addr add 10.50.0.3/24 dev eth0");
    network.ip(host, "addr add fd00:50::3/64 dev eth0 nodad");
    // What the agent's kernel settings do on the interface below.
    network.sysctl(router, "net.ipv4.conf.all.rp_filter", "0");
    network.sysctl(router, "net.ipv4.conf.eth0.arp_ignore", "1");
    network.sysctl(router, "net.ipv4.conf.eth0.arp_announce", "2");
    network.sysctl(router, "net.ipv4.ip_forward", "1");
    network.sysctl(router, "net.ipv6.conf.all.forwarding", "1");
  }

  @AfterEach
  void close() {
    rtnetlink.close();
    network.close();
  }

  private VirtualMac create(Family family) {
    return network.call(
        router,
        () ->
            VirtualMac.create(
                rtnetlink,
                Sysctl.ofThisMachine(),
                rtnetlink.link("eth0").orElseThrow(),
                family,
                51));
  }

  private static VirtualAddress on(VirtualMac mac, String prefix) {
    return new VirtualAddress(mac.name(), "eth0", Prefix.parse(prefix));
  }

  private void ping(String from, String to) {
    network.in(from, "ping", "-c", "1", "-W", "2", to);
  }

  @Test
  void isWhereHostsFindTheVirtualAddress() {
    try (var mac = create(Family.IPV4)) {
      assertThat(mac.mac()).isEqualTo(MacAddress.parse(MAC4));
      long start = System.nanoTime();
      mac.up();
      assertThat(writer.claim(List.of(on(mac, "10.50.0.100/24"))).isComplete()).isTrue();
      System.out.printf("macvlan up and address: %d us%n", (System.nanoTime() - start) / 1000);

      for (int i = 0; i < 10; i++) {
        network.ip(host, "neigh flush all");
        ping(host, "10.50.0.100");
        ping(host, "10.50.0.2");
        assertThat(network.ip(host, "neigh show 10.50.0.100")).contains(MAC4);
        assertThat(network.ip(host, "neigh show 10.50.0.2")).doesNotContain(MAC4);
      }
    }
    assertThat(network.ip(router, "-o link")).doesNotContain("macvlan").doesNotContain("hf4-51");
  }

  @Test
  void isWhereHostsFindTheVirtualAddressOverIpv6() {
    try (var mac = create(Family.IPV6)) {
      mac.up();
      assertThat(writer.claim(List.of(on(mac, "fd00:50::100/64"))).isComplete()).isTrue();

      for (int i = 0; i < 5; i++) {
        network.ip(host, "-6 neigh flush all");
        ping(host, "fd00:50::100");
        ping(host, "fd00:50::2");
        assertThat(network.ip(host, "neigh show fd00:50::100")).contains(MAC6);
        assertThat(network.ip(host, "neigh show fd00:50::2")).doesNotContain(MAC6);
      }
    }
  }

  @Test
  void isNotSpoiltByWhatTheRouterItselfSendsFromTheAddress() {
    try (var mac = create(Family.IPV4)) {
      mac.up();
      writer.claim(List.of(on(mac, "10.50.0.100/24")));
      ping(host, "10.50.0.100");
      for (int i = 0; i < 3; i++) {
        network.ip(router, "neigh flush all");
        network.in(router, "ping", "-c", "1", "-W", "2", "-I", "10.50.0.100", "10.50.0.3");
        assertThat(network.ip(host, "neigh show 10.50.0.100")).contains(MAC4);
      }
    }
  }

  @Test
  void sendsNothingWhileItIsDown() {
    var everything = new PacketSocket.Options(true, true, 1 << 20, null);
    try (var wire =
        network.call(
            host,
            () ->
                PacketSocket.receiver(
                    Names.interfaceIndex("eth0"), PacketSocket.ETHERTYPE_ALL, everything))) {
      try (var four = create(Family.IPV4);
          var six = create(Family.IPV6)) {
        four.up();
        six.up();
        writer.claim(List.of(on(four, "10.50.0.100/24"), on(six, "fd00:50::100/64")));
        writer.release();
        four.down();
        six.down();
        while (wire.receive(0) >= 0) {} // What was sent while up does not count.
        long quietUntil = System.nanoTime() + Duration.ofSeconds(3).toNanos();
        ping(host, "10.50.0.2");
        while (System.nanoTime() - quietUntil < 0) {
          if (wire.receive(100_000_000) >= 14) {
            byte[] macs = new byte[12];
            wire.frame().get(0, macs);
            assertThat(MacAddress.ofBytes(macs, 6).toString()).isNotIn(MAC4, MAC6);
          }
        }
      }
    }
  }

  @Test
  void hearsAdvertsFromTheSameMacBelowWhileDownAndOnItselfWhileUp() {
    List<String> heardBy = new CopyOnWriteArrayList<>();
    ByteBuffer advert =
        ByteBuffer.wrap(
            HexFormat.of()
                .parseHex(
                    "45c0002400010000ff70d0610a320003e000001231336402000a6acb0a3200640a320065"));
    try (var mac = create(Family.IPV4);
        var _ = receiver("eth0", heardBy);
        var sender =
            network.call(
                host,
                () ->
                    VrrpSender.openVirtual(Names.interfaceIndex("eth0"), MacAddress.parse(MAC4)))) {
      sender.send(advert, IpAddress.parse("10.50.0.3"), AdvertCodec.GROUP4);
      TestNetwork.await("heard below", Duration.ofSeconds(2), () -> heardBy.contains("eth0"));

      mac.up();
      heardBy.clear();
      try (var _ = receiver(mac.name(), heardBy)) {
        sender.send(advert, IpAddress.parse("10.50.0.3"), AdvertCodec.GROUP4);
        TestNetwork.await(
            "heard on the macvlan", Duration.ofSeconds(2), () -> heardBy.contains(mac.name()));
        assertThat(heardBy).doesNotContain("eth0");
      }
    }
  }

  private VrrpReceiver receiver(String interfaceName, List<String> heardBy) {
    var sink =
        new VrrpReceiver.Sink() {
          @Override
          public void received(
              ByteBuffer packet, IpAddress from, IpAddress to, int hopLimit, long arrivedNanos) {
            heardBy.add(interfaceName);
          }

          @Override
          public void failed(SyscallException why) {
            throw why;
          }
        };
    return network.call(
        router,
        () ->
            VrrpReceiver.start(
                interfaceName,
                Names.interfaceIndex(interfaceName),
                AdvertCodec.GROUP4,
                () -> {},
                sink));
  }

  @Test
  void replacesAndRemovesWhatAnEarlierRunLeftBehind() {
    var first = create(Family.IPV4);
    first.up();
    try (var second = create(Family.IPV4)) {
      assertThat(second.name()).isEqualTo(first.name());
      assertThat(second.index()).isNotEqualTo(first.index());
    }
    create(Family.IPV4);
    create(Family.IPV6);
    assertThat(VirtualMac.removeLeftovers(rtnetlink)).hasSize(2);
    assertThat(network.ip(router, "-o link")).doesNotContain("hf4-").doesNotContain("hf6-");
  }
}
