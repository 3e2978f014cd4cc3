package dev.holdfast.agent.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import dev.holdfast.agent.netns.TestNetwork;
import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@DisplayName("Raw sockets for VRRP on a real cable")
class RawSocketNetnsIT {
  private static final long SECOND = 1_000_000_000L;
  private static final int VRRP = 112;
  private static final IpAddress GROUP4 = IpAddress.parse("224.0.0.18");
  private static final IpAddress GROUP6 = IpAddress.parse("ff02::12");
  private static final IpAddress LEFT4 = IpAddress.parse("10.50.0.2");
  private static final IpAddress RIGHT4 = IpAddress.parse("10.50.0.3");
  private static final IpAddress LEFT6 = IpAddress.parse("fe80::2");
  private static final IpAddress RIGHT6 = IpAddress.parse("fe80::3");

  /** From 10.50.0.2 to the group, TTL 255, VRID 51; the header checksum is left to the kernel. */
  private static final String ADVERT4 =
      "45c0002400010000ff7000000a320002e000001231336402000a6acc0a3200640a320065";

  private static final byte[] PAYLOAD6 = HexFormat.of().parseHex("3133640100320000");

  private final TestNetwork network = TestNetwork.open();
  private String left = "";
  private String right = "";

  @BeforeEach
  void cable() {
    left = network.namespace("left");
    right = network.namespace("right");
    network.cable(left, "eth0", right, "eth0");
    network.ip(left, "addr add 10.50.0.2/24 dev eth0");
    network.ip(right, "addr add 10.50.0.3/24 dev eth0");
    network.ip(left, "addr add fe80::2/64 dev eth0 nodad");
    network.ip(right, "addr add fe80::3/64 dev eth0 nodad");
  }

  @AfterEach
  void close() {
    network.close();
  }

  private RawSocket receiver(IpAddress local) {
    return network.call(
        right, () -> RawSocket.receiver(VRRP, "eth0", Names.interfaceIndex("eth0"), local));
  }

  private RawSocket sender(Family family) {
    return network.call(
        left, () -> RawSocket.sender(family, VRRP, "eth0", Names.interfaceIndex("eth0")));
  }

  private static ByteBuffer bytes(String hex) {
    return ByteBuffer.wrap(HexFormat.of().parseHex(hex));
  }

  @Test
  void deliversAnIpv4AdvertWithItsHeader() {
    try (var receiver = receiver(GROUP4);
        var sender = sender(Family.IPV4)) {
      sender.send(bytes(ADVERT4), LEFT4, GROUP4);

      assertThat(receiver.receive(SECOND)).isEqualTo(36);
      assertThat(receiver.source()).isEqualTo(LEFT4);
      assertThat(receiver.destination()).isEqualTo(GROUP4);
      assertThat(receiver.hopLimit()).isEqualTo(255);
      assertThat(receiver.packet().getShort(10)).as("header checksum").isEqualTo((short) 0xd062);
      assertThat(receiver.packet().slice(20, 16)).isEqualTo(bytes(ADVERT4.substring(40)));
      assertThat(receiver.stampNanos()).isPositive();
    }
  }

  @Test
  void deliversAnIpv6AdvertWithWhatItsHeaderSaid() {
    try (var receiver = receiver(GROUP6);
        var sender = sender(Family.IPV6)) {
      sender.send(ByteBuffer.wrap(PAYLOAD6), LEFT6, GROUP6);

      assertThat(receiver.receive(SECOND)).isEqualTo(PAYLOAD6.length);
      assertThat(receiver.source()).isEqualTo(LEFT6);
      assertThat(receiver.destination()).isEqualTo(GROUP6);
      assertThat(receiver.hopLimit()).isEqualTo(255);
      assertThat(receiver.packet()).isEqualTo(ByteBuffer.wrap(PAYLOAD6));
    }
  }

  @ParameterizedTest
  @EnumSource
  void hearsOnlyWhomItIsToldUntilItHearsAllAgain(Family family) {
    boolean four = family == Family.IPV4;
    IpAddress group = four ? GROUP4 : GROUP6;
    IpAddress from = four ? LEFT4 : LEFT6;
    IpAddress other = IpAddress.parse(four ? "10.50.0.9" : "fe80::9");
    ByteBuffer packet = four ? bytes(ADVERT4) : ByteBuffer.wrap(PAYLOAD6);
    try (var receiver = receiver(group);
        var sender = sender(family)) {
      receiver.hearOnly(List.of(other));
      sender.send(packet.duplicate(), from, group);
      assertThat(receiver.receive(SECOND / 20)).isEqualTo(Receive.TIMEOUT);

      receiver.hearOnly(List.of(other, from));
      sender.send(packet.duplicate(), from, group);
      assertThat(receiver.receive(SECOND)).isEqualTo(packet.remaining());

      receiver.hearOnly(List.of(other));
      receiver.hearAll();
      sender.send(packet.duplicate(), from, group);
      assertThat(receiver.receive(SECOND)).isEqualTo(packet.remaining());
    }
  }

  @Test
  void keepsGroupAndUnicastApart() {
    try (var group = receiver(GROUP4);
        var unicast = receiver(RIGHT4);
        var sender = sender(Family.IPV4)) {
      sender.send(bytes(ADVERT4.replace("e0000012", "0a320003")), LEFT4, RIGHT4);
      assertThat(unicast.receive(SECOND)).isEqualTo(36);
      assertThat(unicast.destination()).isEqualTo(RIGHT4);
      assertThat(group.receive(SECOND / 20)).isEqualTo(Receive.TIMEOUT);

      sender.send(bytes(ADVERT4), LEFT4, GROUP4);
      assertThat(group.receive(SECOND)).isEqualTo(36);
      assertThat(unicast.receive(SECOND / 20)).isEqualTo(Receive.TIMEOUT);
    }
  }

  @Test
  void sendsUnicastOverIpv6() {
    try (var receiver = receiver(RIGHT6);
        var sender = sender(Family.IPV6)) {
      sender.send(ByteBuffer.wrap(PAYLOAD6), LEFT6, RIGHT6);

      assertThat(receiver.receive(SECOND)).isEqualTo(PAYLOAD6.length);
      assertThat(receiver.hopLimit()).isEqualTo(255);
    }
  }

  @Test
  void doesNotHearItself() {
    try (var sender = sender(Family.IPV4);
        var receiver =
            network.call(
                left,
                () -> RawSocket.receiver(VRRP, "eth0", Names.interfaceIndex("eth0"), GROUP4))) {
      sender.send(bytes(ADVERT4), LEFT4, GROUP4);
      assertThat(receiver.receive(SECOND / 20)).isEqualTo(Receive.TIMEOUT);
    }
  }

  @Test
  void hearsNothingFromOtherInterfaces() {
    network.cable(left, "eth1", right, "eth1");
    network.ip(left, "addr add 10.51.0.2/24 dev eth1");
    network.ip(right, "addr add 10.51.0.3/24 dev eth1");
    try (var receiver = receiver(GROUP4);
        var other =
            network.call(
                left,
                () -> RawSocket.sender(Family.IPV4, VRRP, "eth1", Names.interfaceIndex("eth1")))) {
      other.send(bytes(ADVERT4), LEFT4, GROUP4);
      assertThat(receiver.receive(SECOND / 20)).isEqualTo(Receive.TIMEOUT);
    }
  }

  @Test
  void saysThatTheInterfaceIsDownAndHearsAgainWhenItIsUp() {
    try (var receiver = receiver(GROUP4);
        var sender = sender(Family.IPV4)) {
      network.ip(left, "link set eth0 down");
      assertThatThrownBy(() -> sender.send(bytes(ADVERT4), LEFT4, GROUP4))
          .isInstanceOf(SyscallException.class)
          .hasMessageStartingWith("sendmsg(raw to 224.0.0.18 on interface ");
      network.ip(right, "link set eth0 down");
      network.ip(right, "link set eth0 up");
      network.ip(left, "link set eth0 up");
      sender.send(bytes(ADVERT4), LEFT4, GROUP4);
      assertThat(receiver.receive(SECOND)).isEqualTo(36);
    }
  }

  @Test
  void sendsAndReceivesWithoutGarbage() {
    try (var receiver = receiver(GROUP4);
        var sender = sender(Family.IPV4)) {
      ByteBuffer advert = bytes(ADVERT4);
      var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
      int rounds = 20_000;
      long sendNanos = 0;
      long garbageBefore = 0;
      for (int i = 0; i < 2 * rounds; i++) {
        if (i == rounds) { // The first half warms up.
          garbageBefore = threads.getCurrentThreadAllocatedBytes();
          sendNanos = 0;
        }
        long before = System.nanoTime();
        sender.send(advert, LEFT4, GROUP4);
        sendNanos += System.nanoTime() - before;
        assertReceived(receiver.receive(SECOND));
      }
      long bytes = (threads.getCurrentThreadAllocatedBytes() - garbageBefore) / rounds;
      System.out.printf(
          "advert: %d ns per send, %d bytes of garbage per send and receive%n",
          sendNanos / rounds, bytes);
      assertThat(bytes).isLessThan(64);
    }
  }

  private static void assertReceived(int length) {
    if (length != 36) {
      throw new AssertionError("received " + length);
    }
  }
}
