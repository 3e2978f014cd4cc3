package dev.holdfast.agent.shell;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.linux.Names;
import dev.holdfast.agent.linux.PacketSocket;
import dev.holdfast.agent.linux.SocketFilter;
import dev.holdfast.agent.linux.SyscallException;
import dev.holdfast.agent.netns.TestNetwork;
import dev.holdfast.agent.vrrp.wire.Advert;
import dev.holdfast.agent.vrrp.wire.AdvertCodec;
import dev.holdfast.agent.vrrp.wire.Authentication;
import dev.holdfast.agent.vrrp.wire.ChecksumForm;
import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Ipv4Address;
import dev.holdfast.api.addr.Ipv6Address;
import dev.holdfast.api.addr.MacAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@DisplayName("Adverts on the wire")
class AdvertsOnTheWireNetnsIT {
  private static final Ipv4Address LEFT4 = Ipv4Address.parse("10.50.0.2");
  private static final Ipv6Address LEFT6 = Ipv6Address.parse("fe80::2");
  private static final Advert ADVERT4 =
      new Advert(3, 51, 100, 10, List.of(IpAddress.parse("10.50.0.100")));
  private static final Advert ADVERT6 =
      new Advert(3, 51, 100, 10, List.of(IpAddress.parse("fe80::50:100")));

  private final TestNetwork network = TestNetwork.open();
  private final BlockingQueue<Heard> heard = new ArrayBlockingQueue<>(1000);
  private String left = "";
  private String right = "";

  private record Heard(
      ByteBuffer packet, IpAddress source, IpAddress destination, int hopLimit, long ageNanos) {}

  private final VrrpReceiver.Sink sink =
      new VrrpReceiver.Sink() {
        @Override
        public void received(
            ByteBuffer packet,
            IpAddress source,
            IpAddress destination,
            int hopLimit,
            long arrivedNanos) {
          ByteBuffer copy = ByteBuffer.allocate(packet.remaining()).put(packet.duplicate()).flip();
          long ageNanos = System.nanoTime() - arrivedNanos;
          heard.add(new Heard(copy, source, destination, hopLimit, ageNanos));
        }

        @Override
        public void failed(SyscallException why) {
          throw why;
        }
      };

  @BeforeEach
  void cable() {
    left = network.namespace("left");
    right = network.namespace("right");
    network.cable(left, "eth0", right, "eth0");
    network.ip(left, "addr add 10.50.0.2/24 dev eth0");
    network.ip(left, "addr add fe80::2/64 dev eth0 nodad");
    network.ip(right, "addr add 10.50.0.3/24 dev eth0");
    network.ip(right, "addr add fe80::3/64 dev eth0 nodad");
  }

  @AfterEach
  void close() {
    network.close();
  }

  private static IpAddress left(Family family) {
    return family == Family.IPV4 ? LEFT4 : LEFT6;
  }

  private static ByteBuffer advert(Family family) {
    return ByteBuffer.wrap(
        switch (family) {
          case IPV4 ->
              AdvertCodec.encodeIpv4(
                  ADVERT4,
                  Authentication.none(),
                  ChecksumForm.PSEUDO,
                  LEFT4,
                  AdvertCodec.GROUP4,
                  1);
          case IPV6 -> AdvertCodec.encodeIpv6(ADVERT6, LEFT6, AdvertCodec.GROUP6);
        });
  }

  private VrrpReceiver receiver(String namespace, String interfaceName, Family family) {
    return network.call(
        namespace,
        () ->
            VrrpReceiver.start(
                interfaceName,
                Names.interfaceIndex(interfaceName),
                AdvertCodec.group(family),
                () -> {},
                sink));
  }

  private Heard next() throws InterruptedException {
    Heard next = heard.poll(2, TimeUnit.SECONDS);
    assertThat(next).as("an advert within two seconds").isNotNull();
    return next;
  }

  @ParameterizedTest
  @EnumSource
  void arriveAsTheyWereSent(Family family) throws InterruptedException {
    try (var _ = receiver(right, "eth0", family);
        var sender =
            network.call(
                left, () -> VrrpSender.open(family, "eth0", Names.interfaceIndex("eth0")))) {
      sender.send(advert(family), left(family), AdvertCodec.group(family));

      Heard advert = next();
      assertThat(advert.packet()).isEqualTo(advert(family));
      assertThat(advert.source()).isEqualTo(left(family));
      assertThat(advert.destination()).isEqualTo(AdvertCodec.group(family));
      assertThat(advert.hopLimit()).isEqualTo(255);
      assertThat(advert.ageNanos()).isBetween(0L, 1_000_000_000L);
    }
  }

  @ParameterizedTest
  @EnumSource
  void carryTheVirtualMacWithoutAnyInterfaceOfThatMac(Family family) throws InterruptedException {
    MacAddress mac = MacAddress.ofVirtualRouter(family, 51);
    var promiscuous =
        new PacketSocket.Options(true, true, 0, SocketFilter.ipProtocol(AdvertCodec.PROTOCOL));
    try (var _ = receiver(right, "eth0", family);
        var wire =
            network.call(
                right,
                () ->
                    PacketSocket.receiver(
                        Names.interfaceIndex("eth0"), PacketSocket.ETHERTYPE_ALL, promiscuous));
        var sender =
            network.call(left, () -> VrrpSender.openVirtual(Names.interfaceIndex("eth0"), mac))) {
      sender.send(advert(family), left(family), AdvertCodec.group(family));

      Heard advert = next();
      assertThat(advert.packet()).isEqualTo(advert(family));
      assertThat(advert.source()).isEqualTo(left(family));
      assertThat(advert.hopLimit()).isEqualTo(255);
      assertThat(wire.receive(1_000_000_000)).isPositive();
      byte[] macs = new byte[12];
      wire.frame().get(0, macs);
      assertThat(MacAddress.ofBytes(macs, 6)).isEqualTo(mac);
      assertThat(MacAddress.ofBytes(macs, 0).toString())
          .isEqualTo(family == Family.IPV4 ? "01:00:5e:00:00:12" : "33:33:00:00:00:12");
    }
  }

  @Test
  void tellHowLongTheyWaitedForASlowReader() throws InterruptedException {
    var slow =
        new VrrpReceiver.Sink() {
          @Override
          public void received(
              ByteBuffer packet,
              IpAddress source,
              IpAddress destination,
              int hopLimit,
              long arrivedNanos) {
            sink.received(packet, source, destination, hopLimit, arrivedNanos);
            try {
              TimeUnit.MILLISECONDS.sleep(150);
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          }

          @Override
          public void failed(SyscallException why) {
            throw why;
          }
        };
    try (var _ =
            network.call(
                right,
                () ->
                    VrrpReceiver.start(
                        "eth0", Names.interfaceIndex("eth0"), AdvertCodec.GROUP4, () -> {}, slow));
        var sender =
            network.call(
                left, () -> VrrpSender.open(Family.IPV4, "eth0", Names.interfaceIndex("eth0")))) {
      sender.send(advert(Family.IPV4), LEFT4, AdvertCodec.GROUP4);
      sender.send(advert(Family.IPV4), LEFT4, AdvertCodec.GROUP4);

      assertThat(next().ageNanos()).isLessThan(140_000_000);
      assertThat(next().ageNanos()).isGreaterThan(140_000_000);
    }
  }

  @Test
  void reachTheReaderQuickly() throws InterruptedException {
    int count = 500;
    long[] ages = new long[count];
    long[] sends = new long[count];
    try (var _ = receiver(right, "eth0", Family.IPV4);
        var sender =
            network.call(
                left, () -> VrrpSender.open(Family.IPV4, "eth0", Names.interfaceIndex("eth0")))) {
      for (int i = 0; i < count; i++) {
        ByteBuffer advert = advert(Family.IPV4);
        long before = System.nanoTime();
        sender.send(advert, LEFT4, AdvertCodec.GROUP4);
        sends[i] = System.nanoTime() - before;
        ages[i] = next().ageNanos();
        TimeUnit.MILLISECONDS.sleep(2);
      }
    }
    Arrays.sort(ages);
    Arrays.sort(sends);
    System.out.printf(
        "advert: send p50 %d us, p99 %d us; from the kernel's stamp to our code p50 %d us, p99 %d"
            + " us, max %d us%n",
        sends[count / 2] / 1000,
        sends[count * 99 / 100] / 1000,
        ages[count / 2] / 1000,
        ages[count * 99 / 100] / 1000,
        ages[count - 1] / 1000);
    assertThat(ages[count / 2]).isLessThan(Duration.ofMillis(50).toNanos());
  }
}
