package dev.holdfast.agent.vrrp.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.vrrp.wire.Captures.Frame;
import dev.holdfast.api.addr.Ipv4Address;
import dev.holdfast.api.addr.Ipv6Address;
import dev.holdfast.api.addr.MacAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("ARP and neighbour advertisements on the wire")
class AnnouncementFramesTest {

  private static List<Frame> captured(String... kinds) {
    List<Frame> frames =
        Captures.all().stream()
            .filter(frame -> Arrays.asList(kinds).contains(frame.get("kind")))
            .toList();
    assertThat(frames).isNotEmpty();
    return frames;
  }

  private static MacAddress mac(Frame frame, String column) {
    return MacAddress.parse(frame.get(column));
  }

  @Test
  void anAnnouncementByArpIsTheBytesThatKeepalivedSends() {
    assertThat(captured("GARP"))
        .allSatisfy(
            frame -> {
              var ours = ArpFrame.announcement((Ipv4Address) frame.source(), mac(frame, "src_mac"));
              assertThat(ours.encode()).isEqualTo(frame.toBytes());
              assertThat(ArpFrame.decode(frame.ethernet())).contains(ours);
            });
  }

  @Test
  void everyArpPacketDecodesFieldByFieldAndIsWrittenAgain() {
    Pattern note = Pattern.compile("op=(\\d+) sha=(\\S+) tha=(\\S+)");
    assertThat(captured("GARP", "ARP-req", "ARP-rep"))
        .allSatisfy(
            frame -> {
              Matcher fields = note.matcher(frame.get("trailer_or_note"));
              assertThat(fields.matches()).isTrue();
              ArpFrame arp = ArpFrame.decode(frame.ethernet()).orElseThrow();
              assertThat(arp)
                  .isEqualTo(
                      new ArpFrame(
                          mac(frame, "dst_mac"),
                          mac(frame, "src_mac"),
                          Integer.parseInt(fields.group(1)),
                          MacAddress.parse(fields.group(2)),
                          (Ipv4Address) frame.source(),
                          MacAddress.parse(fields.group(3)),
                          (Ipv4Address) frame.destination()));
              assertThat(arp.encode()).isEqualTo(frame.toBytes());
            });
  }

  @Test
  void whoeverSendsArpFromAnAddressClaimsIt() {
    var address = Ipv4Address.parse("10.50.0.100");
    // The two in which a router asks with the virtual address but its own MAC.
    List<ArpFrame> poisoning =
        Captures.of("v2-vmac").stream()
            .filter(frame -> List.of("22", "34").contains(frame.get("frame")))
            .map(frame -> ArpFrame.decode(frame.ethernet()).orElseThrow())
            .toList();

    assertThat(poisoning)
        .hasSize(2)
        .allSatisfy(
            arp -> {
              assertThat(arp.claims(address)).isTrue();
              assertThat(arp.senderMac().toString()).startsWith("02:00:");
            });
  }

  @Test
  void anAnnouncementByNeighbourDiscoveryIsTheBytesThatARouterSends() {
    List<Frame> fromRouters =
        captured("NA").stream()
            .filter(frame -> frame.get("trailer_or_note").startsWith("flags=0xa0"))
            .toList();

    assertThat(fromRouters).isNotEmpty();
    assertThat(fromRouters)
        .allSatisfy(
            frame -> {
              var ours =
                  NeighborAdvertFrame.announcement(
                      (Ipv6Address) frame.source(), mac(frame, "src_mac"));
              assertThat(ours.encode()).isEqualTo(frame.toBytes());
            });
  }

  @Test
  void everyNeighbourAdvertisementDecodesFieldByFieldAndIsWrittenAgain() {
    Pattern note = Pattern.compile("flags=0x(..) target=(\\S+) opts=0201(\\w{12}) .*");
    assertThat(captured("NA"))
        .filteredOn(frame -> !frame.get("trailer_or_note").contains("opts= "))
        .hasSize(81)
        .allSatisfy(
            frame -> {
              Matcher fields = note.matcher(frame.get("trailer_or_note"));
              assertThat(fields.matches()).isTrue();
              int flags = Integer.parseInt(fields.group(1), 16);
              NeighborAdvertFrame na = NeighborAdvertFrame.decode(frame.ethernet()).orElseThrow();
              assertThat(na)
                  .isEqualTo(
                      new NeighborAdvertFrame(
                          mac(frame, "dst_mac"),
                          mac(frame, "src_mac"),
                          (Ipv6Address) frame.source(),
                          (Ipv6Address) frame.destination(),
                          (flags & 0x80) != 0,
                          (flags & 0x40) != 0,
                          (flags & 0x20) != 0,
                          Ipv6Address.parse(fields.group(2)),
                          new MacAddress(Long.parseLong(fields.group(3), 16))));
              assertThat(na.encode()).isEqualTo(frame.toBytes());
            });
  }

  /** An answer to a unicast question may leave it out (RFC 4861 section 4.4). */
  @Test
  void aNeighbourAdvertisementThatNamesNoMacClaimsNothing() {
    assertThat(captured("NA"))
        .filteredOn(frame -> frame.get("trailer_or_note").contains("opts= "))
        .singleElement()
        .satisfies(frame -> assertThat(NeighborAdvertFrame.decode(frame.ethernet())).isEmpty());
  }

  @Test
  void aNeighbourAdvertisementWithADamagedChecksumIsNone() {
    byte[] frame =
        NeighborAdvertFrame.announcement(Ipv6Address.parse("fe80::1"), new MacAddress(1)).encode();
    frame[70] ^= 1;

    assertThat(NeighborAdvertFrame.decode(ByteBuffer.wrap(frame))).isEmpty();
  }

  @Test
  void otherFramesAreNeither() {
    assertThat(captured("NS", "VRRP", "ICMPv6-param-problem"))
        .allSatisfy(
            frame -> {
              assertThat(ArpFrame.decode(frame.ethernet())).isEmpty();
              assertThat(NeighborAdvertFrame.decode(frame.ethernet())).isEmpty();
            });
  }
}
