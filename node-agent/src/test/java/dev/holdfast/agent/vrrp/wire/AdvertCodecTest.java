package dev.holdfast.agent.vrrp.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.vrrp.wire.Captures.Frame;
import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Ipv4Address;
import dev.holdfast.api.addr.Ipv6Address;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayName("VRRP adverts on the wire")
class AdvertCodecTest {

  private static final Ipv4Address VIRTUAL = Ipv4Address.parse("10.50.0.100");

  /** Rules that fit a well-formed captured frame. */
  private static AdvertRules fitting(Frame frame) {
    boolean unicast = !frame.destination().isMulticast();
    Authentication authentication =
        frame.get("ver").equals("2") && frame.get("auth_or_rsvd").equals("1")
            ? Authentication.SimplePassword.of("S3cret-long-key")
            : Authentication.none();
    return new AdvertRules(
        frame.source().family(),
        frame.number("ver"),
        frame.number("vrid"),
        frame.intervalCentis(),
        authentication,
        new HashSet<>(frame.addresses()),
        unicast,
        false);
  }

  private static Decoded decode(Frame frame, AdvertRules rules) {
    ByteBuffer ip = frame.ip();
    return switch (rules.family()) {
      case IPV4 -> AdvertCodec.decodeIpv4(ip, vrid -> vrid == rules.vrid() ? rules : null);
      case IPV6 ->
          AdvertCodec.decodeIpv6(
              ip.slice(40, ip.capacity() - 40),
              (Ipv6Address) frame.source(),
              (Ipv6Address) frame.destination(),
              Byte.toUnsignedInt(ip.get(7)),
              vrid -> vrid == rules.vrid() ? rules : null);
    };
  }

  private static ChecksumForm form(Frame frame) {
    return switch (frame.get("ck_mode")) {
      case "plain" -> ChecksumForm.PLAIN;
      case "pseudo" -> ChecksumForm.PSEUDO;
      case "pseudo-mcast" -> ChecksumForm.PSEUDO_GROUP;
      default -> throw new AssertionError(frame);
    };
  }

  @Nested
  @DisplayName("that keepalived sent")
  class Captured {

    static Stream<Frame> wellFormed() {
      return Captures.all().stream()
          .filter(frame -> frame.isVrrp() && !frame.isCrafted())
          .filter(frame -> !frame.file().equals("v2-ah-auth"))
          .filter(frame -> !frame.get("ck_mode").equals("INVALID"));
    }

    @Test
    void decodeFieldByField() {
      assertThat(wellFormed()).hasSizeGreaterThan(700);
      assertThat(wellFormed())
          .allSatisfy(
              frame ->
                  assertThat(decode(frame, fitting(frame)))
                      .as(frame.toString())
                      .isEqualTo(
                          new Decoded.Ok(
                              new Advert(
                                  frame.number("ver"),
                                  frame.number("vrid"),
                                  frame.number("prio"),
                                  frame.intervalCentis(),
                                  frame.addresses()),
                              frame.source(),
                              form(frame),
                              true)));
    }

    @Test
    void areWrittenAgainByteForByte() {
      assertThat(wellFormed())
          .allSatisfy(
              frame -> {
                AdvertRules rules = fitting(frame);
                Decoded.Ok ok = (Decoded.Ok) decode(frame, rules);
                assertThat(encode(frame, ok, rules)).as(frame.toString()).isEqualTo(sent(frame));
              });
    }

    /** What our encoder makes: with the header for IPv4, the payload alone for IPv6. */
    private byte[] encode(Frame frame, Decoded.Ok ok, AdvertRules rules) {
      return switch (rules.family()) {
        case IPV4 ->
            AdvertCodec.encodeIpv4(
                ok.advert(),
                rules.authentication(),
                ok.checksumForm(),
                (Ipv4Address) ok.source(),
                (Ipv4Address) frame.destination(),
                frame.number("ip_id"));
        case IPV6 ->
            AdvertCodec.encodeIpv6(
                ok.advert(), (Ipv6Address) ok.source(), (Ipv6Address) frame.destination());
      };
    }

    private byte[] sent(Frame frame) {
      byte[] ip = new byte[frame.ip().remaining()];
      frame.ip().get(ip);
      return frame.source().family() == Family.IPV4 ? ip : Arrays.copyOfRange(ip, 40, ip.length);
    }

    @Test
    void withAnAuthenticationHeaderAreRefusedByName() {
      List<Frame> frames = Captures.of("v2-ah-auth").stream().filter(Frame::isVrrp).toList();

      assertThat(frames).isNotEmpty();
      assertThat(frames)
          .allSatisfy(
              frame ->
                  assertThat(decode(frame, fitting(frame)))
                      .isEqualTo(new Decoded.Dropped(DropReason.AUTHENTICATION_HEADER)));
    }

    @Test
    void withAChecksumOfNoFormAreDropped() {
      List<Frame> frames =
          Captures.of("v3-unicast-oldchecksum").stream()
              .filter(frame -> frame.get("ck_mode").equals("INVALID"))
              .toList();

      assertThat(frames).isNotEmpty();
      assertThat(frames)
          .allSatisfy(
              frame ->
                  assertThat(decode(frame, fitting(frame)))
                      .isEqualTo(new Decoded.Dropped(DropReason.CHECKSUM)));
    }

    @Test
    void fromUnicastPeersMayHaveAnyHopLimit() {
      List<Frame> frames = Captures.of("v3-ipv6-unicast").stream().filter(Frame::isVrrp).toList();

      assertThat(frames).isNotEmpty().allMatch(frame -> frame.number("ttl") == 64);
      assertThat(frames)
          .allSatisfy(
              frame -> assertThat(decode(frame, fitting(frame))).isInstanceOf(Decoded.Ok.class));
    }
  }

  @Nested
  @DisplayName("made by hand, with one defect each")
  class Injected {

    private static final AdvertRules VERSION_2 =
        new AdvertRules(
            Family.IPV4, 2, 51, 100, Authentication.none(), Set.of(VIRTUAL), false, false);
    private static final AdvertRules VERSION_3 =
        new AdvertRules(
            Family.IPV4, 3, 51, 30, Authentication.none(), Set.of(VIRTUAL), false, false);

    private Decoded injected(String file, int number, AdvertRules rules) {
      List<Frame> crafted =
          Captures.of(file).stream().filter(f -> f.isVrrp() && f.isCrafted()).toList();
      return decode(crafted.get(number - 1), rules);
    }

    @ParameterizedTest(name = "version 2, number {0}: {1}")
    @CsvSource({
      "2, HOP_LIMIT",
      "3, CHECKSUM",
      "4, LENGTH",
      "5, LENGTH",
      "7, INTERVAL",
      "8, AUTHENTICATION_MISMATCH",
      "9, AUTHENTICATION_TYPE",
      "13, TYPE",
      "14, VERSION",
      "15, UNKNOWN_VRID",
      "22, DESTINATION",
      "23, DESTINATION"
    })
    void areDroppedForExactlyThisReason(int number, DropReason reason) {
      assertThat(injected("v2-injection", number, VERSION_2))
          .isEqualTo(new Decoded.Dropped(reason));
    }

    @ParameterizedTest(name = "version 3, number {0}: {1}")
    @CsvSource({"6, INTERVAL", "7, HOP_LIMIT", "8, LENGTH", "9, VERSION"})
    void ofVersion3AreDroppedForExactlyThisReason(int number, DropReason reason) {
      assertThat(injected("v3-injection", number, VERSION_3))
          .isEqualTo(new Decoded.Dropped(reason));
    }

    @ParameterizedTest
    @CsvSource({
      "1, 200", "6, 200", "16, 200", "17, 100", "18, 100", "19, 50", "20, 0", "24, 200", "25, 255"
    })
    void countWhenOnlyUnusual(int number, int priority) {
      assertThat(injected("v2-injection", number, VERSION_2))
          .isInstanceOfSatisfying(
              Decoded.Ok.class,
              ok -> {
                assertThat(ok.advert().priority()).isEqualTo(priority);
                assertThat(ok.addressesMatch()).isTrue();
              });
    }

    /** RFC 9568 section 7.1: two routers that ignore each other would both be active. */
    @ParameterizedTest
    @CsvSource({"v2-injection, 10", "v2-injection, 11", "v2-injection, 12", "v3-injection, 10"})
    void countWithOtherAddressesAndAreMarked(String file, int number) {
      AdvertRules rules = file.startsWith("v2") ? VERSION_2 : VERSION_3;

      assertThat(injected(file, number, rules))
          .isInstanceOfSatisfying(
              Decoded.Ok.class, ok -> assertThat(ok.addressesMatch()).isFalse());
    }

    @ParameterizedTest
    @CsvSource({"10", "11", "12"})
    void withOtherAddressesAreDroppedWhereThatIsAsked(int number) {
      var strict =
          new AdvertRules(
              Family.IPV4, 2, 51, 100, Authentication.none(), Set.of(VIRTUAL), false, true);

      assertThat(injected("v2-injection", number, strict))
          .isEqualTo(new Decoded.Dropped(DropReason.ADDRESSES));
    }

    @Test
    void withTheChecksumOfRfc9568CountAndAreReported() {
      assertThat(injected("v3-injection", 2, VERSION_3))
          .isInstanceOfSatisfying(
              Decoded.Ok.class, ok -> assertThat(ok.checksumForm()).isEqualTo(ChecksumForm.PLAIN));
    }

    @Test
    void withReservedBitsSetCountWithTheLowTwelve() {
      assertThat(injected("v3-injection", 3, VERSION_3))
          .isInstanceOfSatisfying(
              Decoded.Ok.class, ok -> assertThat(ok.advert().intervalCentis()).isEqualTo(30));
    }

    @Test
    void ofAnotherIntervalCountInVersion3() {
      assertThat(injected("v3-injection", 4, VERSION_3))
          .isInstanceOfSatisfying(
              Decoded.Ok.class, ok -> assertThat(ok.advert().intervalCentis()).isEqualTo(100));
    }
  }

  @Nested
  @DisplayName("of our own")
  class Own {

    private static final Ipv4Address SELF = Ipv4Address.parse("10.50.0.1");

    private static byte[] packet(Advert advert, Authentication authentication, ChecksumForm form) {
      return AdvertCodec.encodeIpv4(advert, authentication, form, SELF, AdvertCodec.GROUP4, 7);
    }

    private static Decoded read(byte[] packet, AdvertRules rules) {
      return AdvertCodec.decodeIpv4(ByteBuffer.wrap(packet), _ -> rules);
    }

    private static AdvertRules rules(int version, Authentication authentication) {
      return new AdvertRules(
          Family.IPV4, version, 51, 100, authentication, Set.of(VIRTUAL), false, false);
    }

    private static final Advert VERSION_2 = new Advert(2, 51, 100, 100, List.of(VIRTUAL));
    private static final Advert VERSION_3 = new Advert(3, 51, 100, 100, List.of(VIRTUAL));

    @ParameterizedTest
    @MethodSource("forms")
    void comeBackAsTheyWereInEachForm(ChecksumForm form) {
      assertThat(
              read(packet(VERSION_3, Authentication.none(), form), rules(3, Authentication.none())))
          .isInstanceOfSatisfying(
              Decoded.Ok.class, ok -> assertThat(ok.advert()).isEqualTo(VERSION_3));
    }

    static Stream<ChecksumForm> forms() {
      return Stream.of(ChecksumForm.values());
    }

    @Test
    void needTheSamePasswordOnBothSides() {
      var ours = Authentication.SimplePassword.of("secret");
      byte[] packet = packet(VERSION_2, ours, ChecksumForm.PLAIN);

      assertThat(read(packet, rules(2, ours))).isInstanceOf(Decoded.Ok.class);
      assertThat(read(packet, rules(2, Authentication.SimplePassword.of("secret "))))
          .isEqualTo(new Decoded.Dropped(DropReason.AUTHENTICATION_FAILED));
      assertThat(read(packet, rules(2, Authentication.none())))
          .isEqualTo(new Decoded.Dropped(DropReason.AUTHENTICATION_MISMATCH));
    }

    @Test
    void useOnlyEightBytesOfAPassword() {
      assertThat(Authentication.SimplePassword.of("S3cret-long-key"))
          .isEqualTo(Authentication.SimplePassword.of("S3cret-l"));
    }

    @Test
    void neverShowTheirPassword() {
      assertThat(Authentication.SimplePassword.of("secret").toString()).doesNotContain("secret");
    }

    @Test
    void ofVersion3WithoutAnAddressAreDropped() {
      var empty = new Advert(3, 51, 100, 100, List.of());

      assertThat(
              read(
                  packet(empty, Authentication.none(), ChecksumForm.PSEUDO),
                  rules(3, Authentication.none())))
          .isEqualTo(new Decoded.Dropped(DropReason.ADDRESS_COUNT));
    }

    @Test
    void mayCarry255Addresses() {
      List<IpAddress> many =
          Stream.iterate(0, i -> i + 1)
              .limit(255)
              .<IpAddress>map(i -> new Ipv4Address(VIRTUAL.bits() + i))
              .toList();
      var advert = new Advert(3, 51, 100, 4095, many);

      assertThat(
              read(
                  packet(advert, Authentication.none(), ChecksumForm.PSEUDO),
                  rules(3, Authentication.none())))
          .isInstanceOfSatisfying(
              Decoded.Ok.class, ok -> assertThat(ok.advert()).isEqualTo(advert));
    }

    @Test
    void ofIpv6HaveTheirChecksumBrokenByEachSingleBit() {
      var source = Ipv6Address.parse("fe80::1");
      var advert = new Advert(3, 51, 100, 100, List.of(Ipv6Address.parse("fe80::50:100")));
      byte[] payload = AdvertCodec.encodeIpv6(advert, source, AdvertCodec.GROUP6);
      var rules =
          new AdvertRules(Family.IPV6, 3, 51, 100, Authentication.none(), Set.of(), false, false);

      for (int bit = 64; bit < payload.length * 8; bit++) {
        byte[] broken = payload.clone();
        broken[bit / 8] ^= (byte) (0x80 >> bit % 8);
        assertThat(
                AdvertCodec.decodeIpv6(
                    ByteBuffer.wrap(broken), source, AdvertCodec.GROUP6, 255, _ -> rules))
            .isEqualTo(new Decoded.Dropped(DropReason.CHECKSUM));
      }
    }
  }
}
