package dev.holdfast.agent.rtnetlink;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.MacAddress;
import dev.holdfast.api.addr.Prefix;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * The messages marked as seen were taken by a 6.18 kernel with errno 0; interface 3 is eth0, 4 is
 * vrrp.51.
 */
@DisplayName("rtnetlink messages")
class RtCodecTest {
  private static final String SEQUENCE = "01332211";

  private static ByteBuffer bytes(String hex) {
    byte[] bytes = HexFormat.of().parseHex(hex.replace(" ", ""));
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static RtMessage decode(String hex) {
    ByteBuffer message = bytes(hex);
    return RtCodec.decode(message, 0, message.limit());
  }

  /** What NetlinkSocket adds before it sends. */
  private static ByteBuffer sent(ByteBuffer request) {
    int flags = request.getShort(6) | Rt.NLM_F_ACK;
    return request.putShort(6, (short) flags).putInt(8, 0x11223301);
  }

  @Test
  void removesAnAddressWithTheBytesTheKernelTook() {
    assertThat(sent(RtRequest.removeAddress(3, Prefix.parse("10.50.0.100/24"))))
        .isEqualTo(
            bytes(
                "28000000 1500 0500"
                    + SEQUENCE
                    + "00000000 02 18 00 00 03000000"
                    + "0800 0200 0a320064 0800 0100 0a320064"));
  }

  @Test
  void createsAPrivateMacvlanWithTheBytesTheKernelTook() {
    var mac = MacAddress.parse("00:00:5e:00:01:33");
    assertThat(sent(RtRequest.addPrivateMacvlan("vrrp.51", 3, mac)))
        .isEqualTo(
            bytes(
                "5c000000 1000 0506"
                    + SEQUENCE
                    + "00000000"
                    + "00 00 0000 00000000 00000000 00000000"
                    + "1c00 1200 0b00 0100 6d6163766c616e 00 0c00 0200 0800 0100 01000000"
                    + "0800 0500 03000000 0c00 0300 767272702e353100 0a00 0100 00005e000133 0000"));
  }

  @Test
  void switchesOffLinkLocalAddressesWithTheBytesTheKernelTook() {
    assertThat(sent(RtRequest.withoutLinkLocalAddress(4)))
        .isEqualTo(
            bytes(
                "30000000 1000 0500"
                    + SEQUENCE
                    + "00000000"
                    + "00 00 0000 04000000 00000000 00000000"
                    + "1000 1a00 0c00 0a00 0500 0800 01 000000"));
  }

  @Test
  void switchesALinkOnAndRemovesIt() {
    assertThat(sent(RtRequest.setUp(4, true)))
        .isEqualTo(
            bytes(
                "20000000 1000 0500"
                    + SEQUENCE
                    + "00000000"
                    + "00 00 0000 04000000 01000000 01000000"));
    assertThat(sent(RtRequest.removeLink(4)))
        .isEqualTo(
            bytes(
                "20000000 1100 0500"
                    + SEQUENCE
                    + "00000000"
                    + "00 00 0000 04000000 00000000 00000000"));
  }

  @Test
  void readsAddressesThatOthersWrote() {
    assertThat(
            decode(
                "3c000000 1400 0506"
                    + SEQUENCE
                    + "00000000 02 18 00 00 03000000"
                    + "0800 0200 0a320064 0800 0100 0a320064 0800 0400 0a3200ff"
                    + "0c00 0300 657468303a763100"))
        .isEqualTo(
            new RtMessage.AddressIs(
                new InterfaceAddress(
                    3,
                    Prefix.parse("10.50.0.100/24"),
                    0,
                    InterfaceAddress.FOREVER,
                    InterfaceAddress.FOREVER,
                    0)));
    assertThat(
            decode(
                "28000000 1400 0500"
                    + SEQUENCE
                    + "00000000 02 20 00 00 03000000"
                    + "0800 0200 0a320065 0800 0800 00020000"))
        .isEqualTo(
            new RtMessage.AddressIs(
                new InterfaceAddress(
                    3,
                    Prefix.parse("10.50.0.101/32"),
                    Rt.IFA_F_NOPREFIXROUTE,
                    InterfaceAddress.FOREVER,
                    InterfaceAddress.FOREVER,
                    0)));
    assertThat(
            decode(
                "48000000 1400 0505"
                    + SEQUENCE
                    + "00000000 0a 40 00 00 03000000"
                    + "1400 0200 fd000050000000000000000000000100"
                    + "1400 0100 fd000050000000000000000000000100 0800 0800 02000000"))
        .isEqualTo(
            new RtMessage.AddressIs(
                new InterfaceAddress(
                    3,
                    Prefix.parse("fd00:50::100/64"),
                    Rt.IFA_F_NODAD,
                    InterfaceAddress.FOREVER,
                    InterfaceAddress.FOREVER,
                    0)));
  }

  @Test
  void writesAnAddressThatItReadsBack() {
    var four = new RtRequest.NewAddress(3, Prefix.parse("10.50.0.101/32"), false, 3, 3);
    var six = new RtRequest.NewAddress(4, Prefix.parse("fd00:50::101/64"), true, 0, 3);

    assertThat(decoded(RtRequest.putAddress(four)))
        .isEqualTo(
            new RtMessage.AddressIs(
                new InterfaceAddress(
                    3, four.prefix(), Rt.IFA_F_NOPREFIXROUTE, 3, 3, InterfaceAddress.OURS)));
    assertThat(decoded(RtRequest.putAddress(six)))
        .isEqualTo(
            new RtMessage.AddressIs(
                new InterfaceAddress(
                    4, six.prefix(), Rt.IFA_F_NODAD, 0, 3, InterfaceAddress.OURS)));
  }

  @Test
  void writesARouteThatItReadsBack() {
    var defaultRoute =
        new Route(
            Prefix.parse("0.0.0.0/0"),
            IpAddress.parse("10.0.0.1"),
            3,
            0,
            InterfaceAddress.OURS,
            null);
    var inner =
        new Route(
            Prefix.parse("fd00:77::/32"),
            IpAddress.parse("fe80::1"),
            4,
            16,
            InterfaceAddress.OURS,
            IpAddress.parse("fd00:50::1"));
    assertThat(decoded(RtRequest.addRoute(defaultRoute)))
        .isEqualTo(new RtMessage.RouteIs(defaultRoute));
    assertThat(decoded(RtRequest.addRoute(inner))).isEqualTo(new RtMessage.RouteIs(inner));
  }

  private static RtMessage decoded(ByteBuffer message) {
    assertThat(message.getInt(0)).isEqualTo(message.limit());
    return RtCodec.decode(message, 0, message.limit());
  }

  @Test
  void usableNeedsTheSwitchAndTheCable() {
    int all = Rt.IFF_UP | Rt.IFF_RUNNING | Rt.IFF_LOWER_UP;
    assertThat(new Link(3, "eth0", all, 1500, null, "", 0).isUsable()).isTrue();
    for (int missing : new int[] {Rt.IFF_UP, Rt.IFF_RUNNING, Rt.IFF_LOWER_UP}) {
      assertThat(new Link(3, "eth0", all & ~missing, 1500, null, "", 0).isUsable()).isFalse();
    }
  }

  @Test
  void skipsWhatItDoesNotKnow() {
    assertThat(decode("10000000 0300 0200 00000000 00000000")).isEqualTo(new RtMessage.Other());
    assertThat(decode("14000000 1400 0000 00000000 00000000 02180000"))
        .as("an address message without its body")
        .isEqualTo(new RtMessage.Other());
    assertThat(
            decode(
                "20000000 1000 0000"
                    + SEQUENCE
                    + "00000000"
                    + "07 00 0000 04000000 01000000 01000000"))
        .as("a bridge port")
        .isEqualTo(new RtMessage.Other());
  }

  @Test
  void damagedMessagesNeverThrow() {
    var random = new Random(1);
    ByteBuffer[] good = {
      RtRequest.putAddress(
          new RtRequest.NewAddress(3, Prefix.parse("10.50.0.101/32"), false, 3, 3)),
      RtRequest.addPrivateMacvlan("vrrp.51", 3, MacAddress.BROADCAST),
      RtRequest.addRoute(
          new Route(Prefix.parse("fd00:77::/32"), IpAddress.parse("fe80::1"), 4, 16, 1, null)),
    };
    for (int i = 0; i < 100_000; i++) {
      ByteBuffer message = good[random.nextInt(good.length)].duplicate();
      byte[] bytes = new byte[message.limit()];
      message.get(0, bytes);
      for (int hits = random.nextInt(4); hits >= 0; hits--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      }
      int length = random.nextInt(Rt.NLMSG_HEADER, bytes.length + 1);
      ByteBuffer damaged = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
      assertThat(RtCodec.decode(damaged, 0, length)).isNotNull();
    }
  }
}
