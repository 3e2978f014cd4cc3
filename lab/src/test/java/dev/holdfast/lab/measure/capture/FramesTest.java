package dev.holdfast.lab.measure.capture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Ipv4Address;
import dev.holdfast.api.addr.Ipv6Address;
import dev.holdfast.api.addr.MacAddress;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The adverts are frames that keepalived 2.2.7 sent. */
@DisplayName("Frames at a switch port")
class FramesTest {

  private static final String VERSION_2 =
      "01005e000012020000000002080045c0002800010000ff70d05e0a320002e0000012"
          + "21336401000170340a3200640000000000000000";
  private static final String VERSION_3 =
      "01005e000012020000000002080045c0002400010000ff70d0620a320002e0000012"
          + "31336402000a6acc0a3200640a320065";
  private static final String VERSION_3_IPV6 =
      "33330000001202000000000286dd6c0069cd002870fffe800000000000000000"
          + "00fffe000002ff0200000000000000000000000000123133640200326f46fe80"
          + "0000000000000000000000500100fd000050000000000000000000000100";

  private static ByteBuffer frame(String hex) {
    return ByteBuffer.wrap(HexFormat.of().parseHex(hex));
  }

  private static Optional<Frames.Advert> advert(String hex) {
    return Frames.advert(frame(hex), hex.length() / 2);
  }

  private static Optional<Frames.Answer> answer(String hex) {
    return Frames.answer(frame(hex), hex.length() / 2);
  }

  @Test
  void readsAnAdvertOfVersion2() {
    assertThat(advert(VERSION_2))
        .contains(new Frames.Advert(Family.IPV4, 2, 51, 100, 1_000_000_000L));
  }

  @Test
  void readsAnAdvertOfVersion3() {
    assertThat(advert(VERSION_3))
        .contains(new Frames.Advert(Family.IPV4, 3, 51, 100, 100_000_000L));
  }

  @Test
  void readsAnAdvertOverIpv6() {
    assertThat(advert(VERSION_3_IPV6))
        .hasValueSatisfying(
            advert -> {
              assertThat(advert.family()).isEqualTo(Family.IPV6);
              assertThat(advert.vrid()).isEqualTo(51);
              assertThat(advert.priority()).isEqualTo(100);
            });
  }

  @Test
  void seesNoAdvertInOtherTraffic() {
    assertThat(advert(VERSION_2.replace("ff70", "ff11"))).isEmpty();
    assertThat(advert(VERSION_2.replace("21336401", "22336401"))).isEmpty();
    assertThat(advert(VERSION_2.replace("21336401", "41336401"))).isEmpty();
  }

  @Test
  void aFrameThatIsCutAnywhereIsNoAdvertAndNoError() {
    for (String whole : new String[] {VERSION_2, VERSION_3_IPV6}) {
      for (int length = 0; length < 42; length++) {
        assertThat(Frames.advert(frame(whole), length)).as("%d bytes", length).isEmpty();
        assertThat(Frames.answer(frame(whole), length)).as("%d bytes", length).isEmpty();
      }
    }
  }

  @Test
  void readsAnArpReply() {
    assertThat(
            answer(
                "0668666c6162"
                    + "020000000001"
                    + "0806"
                    + "0001080006040002"
                    + "020000000001"
                    + "c0a80003"
                    + "0668666c6162"
                    + "00000000"))
        .contains(
            new Frames.Answer(
                IpAddress.parse("192.168.0.3"),
                MacAddress.parse("02:00:00:00:00:01"),
                AddressProber.ASKER));
  }

  @ParameterizedTest
  @ValueSource(strings = {"0001", "0002"})
  void readsAGratuitousArpOfEitherKind(String operation) {
    assertThat(
            answer(
                "ffffffffffff"
                    + "020000000001"
                    + "0806"
                    + "000108000604"
                    + operation
                    + "020000000001"
                    + "c0a80003"
                    + "ffffffffffff"
                    + "c0a80003"))
        .hasValueSatisfying(
            answer -> assertThat(answer.destination()).isEqualTo(MacAddress.BROADCAST));
  }

  @Test
  void aQuestionIsNoAnswer() {
    var target = new Ipv4Address(0xc0a80003);

    byte[] question = Frames.arpQuestion(target, AddressProber.ASKER);

    assertThat(question).hasSize(42);
    assertThat(Frames.answer(ByteBuffer.wrap(question), question.length)).isEmpty();
  }

  @Test
  void readsANeighbourAdvertisementWithAndWithoutItsOption() {
    String head =
        "0668666c616202000000000186dd"
            + "60000000%s3aff"
            + "fe800000000000000000000000000001"
            + "fe8000000000000004 6866fffe6c6162".replace(" ", "")
            + "8800000060000000"
            + "fd000000000000000000000000000003";

    for (String hex :
        new String[] {
          head.formatted("0020") + "0201020000000009", head.formatted("0018"),
        }) {
      assertThat(answer(hex))
          .hasValueSatisfying(
              answer -> {
                assertThat(answer.address()).isEqualTo(IpAddress.parse("fd00::3"));
                assertThat(answer.destination()).isEqualTo(AddressProber.ASKER);
              });
    }
    assertThat(answer(head.formatted("0020") + "0201020000000009").orElseThrow().mac())
        .isEqualTo(MacAddress.parse("02:00:00:00:00:09"));
    assertThat(answer(head.formatted("0018")).orElseThrow().mac())
        .isEqualTo(MacAddress.parse("02:00:00:00:00:01"));
  }

  @Test
  void aNeighbourQuestionGoesToTheSolicitedNodeGroupWithAValidChecksum() {
    byte[] question =
        Frames.neighbourQuestion(
            (Ipv6Address) IpAddress.parse("fd00::12:3456"),
            (Ipv6Address) IpAddress.parse("fe80::1"),
            AddressProber.ASKER);

    ByteBuffer frame = ByteBuffer.wrap(question);
    assertThat(HexFormat.of().formatHex(question, 0, 6)).isEqualTo("3333ff123456");
    assertThat(HexFormat.of().formatHex(question, 38, 54))
        .isEqualTo("ff0200000000000000000001ff123456");
    assertThat(question).hasSize(86);
    long sum = 32 + 58;
    for (int at = 22; at < 86; at += 2) {
      sum += Short.toUnsignedInt(frame.getShort(at));
    }
    while (sum >> 16 != 0) {
      sum = (sum & 0xffff) + (sum >> 16);
    }
    assertThat(sum).isEqualTo(0xffff);
  }
}
