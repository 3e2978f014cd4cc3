package dev.holdfast.agent.vrrp.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Ipv6Address;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Damaged captures. {@code -Dholdfast.seed=N -Dholdfast.rounds=N} repeats or prolongs a run. */
@DisplayName("Whatever bytes arrive")
class WireFuzzTest {

  private static final long SEED = Long.getLong("holdfast.seed", 20_260_101L);
  private static final int ROUNDS = Integer.getInteger("holdfast.rounds", 200_000);

  private static final AdvertRules RULES2 = rules(Family.IPV4, 2, false);
  private static final AdvertRules RULES3 = rules(Family.IPV4, 3, true);
  private static final AdvertRules RULES6 = rules(Family.IPV6, 3, false);

  private static AdvertRules rules(Family family, int version, boolean unicast) {
    return new AdvertRules(
        family,
        version,
        51,
        100,
        Authentication.none(),
        Set.of(IpAddress.parse("10.50.0.100")),
        unicast,
        false);
  }

  @Test
  void noDecoderThrowsAndWhatIsAcceptedIsInRange() {
    var random = new Random(SEED);
    List<byte[]> seeds = Captures.all().stream().map(Captures.Frame::toBytes).distinct().toList();
    var reasons = EnumSet.noneOf(DropReason.class);
    for (int round = 0; round < ROUNDS; round++) {
      byte[] frame = mutated(seeds.get(random.nextInt(seeds.size())), random);
      try {
        ArpFrame.decode(ByteBuffer.wrap(frame));
        NeighborAdvertFrame.decode(ByteBuffer.wrap(frame));
        int from = Math.min(14, frame.length);
        ByteBuffer ip = ByteBuffer.wrap(frame, from, frame.length - from);
        judge(AdvertCodec.decodeIpv4(ip, _ -> RULES2), reasons);
        judge(AdvertCodec.decodeIpv4(ip, vrid -> vrid < 200 ? RULES3 : null), reasons);
        int payload = Math.min(54, frame.length);
        judge(
            AdvertCodec.decodeIpv6(
                ByteBuffer.wrap(frame, payload, frame.length - payload),
                new Ipv6Address(0xfe80L << 48, random.nextInt(3)),
                AdvertCodec.GROUP6,
                random.nextInt(8) == 0 ? 64 : 255,
                _ -> RULES6),
            reasons);
      } catch (RuntimeException e) {
        fail("seed " + SEED + " round " + round + " " + HexFormat.of().formatHex(frame), e);
      }
    }
    // The damage reaches every check that no exact length stands before.
    var hidden = EnumSet.of(DropReason.ADDRESS_COUNT, DropReason.AUTHENTICATION_FAILED);
    var reachable = EnumSet.range(DropReason.IP_HEADER, DropReason.DESTINATION);
    reachable.removeAll(hidden);
    assertThat(reasons).containsAll(reachable);
  }

  private static void judge(Decoded decoded, Set<DropReason> reasons) {
    switch (decoded) {
      case Decoded.Dropped(DropReason reason) -> reasons.add(reason);
      case Decoded.Ok ok -> {
        assertThat(ok.advert().version()).isBetween(2, 3);
        assertThat(ok.advert().intervalCentis()).isBetween(1, 25_500);
        assertThat(ok.advert().priority()).isBetween(0, 255);
      }
    }
  }

  private static byte[] mutated(byte[] seed, Random random) {
    byte[] bytes =
        random.nextInt(4) == 0
            ? Arrays.copyOf(seed, random.nextInt(seed.length + 12))
            : seed.clone();
    for (int i = random.nextInt(4); i > 0 && bytes.length > 0; i--) {
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
    }
    if (random.nextBoolean()) {
      repair(bytes);
    }
    return bytes;
  }

  /**
   * Makes the IPv4 length and a version 2 checksum right again, so that later checks are reached.
   */
  private static void repair(byte[] frame) {
    if (frame.length < 14 + 20 + 8) {
      return;
    }
    ByteBuffer ip = ByteBuffer.wrap(frame, 14, frame.length - 14).slice();
    int header = (ip.get(0) & 0xf) * 4;
    ip.putShort(2, (short) ip.capacity());
    if (header < 20 || header + 8 > ip.capacity()) {
      return;
    }
    ByteBuffer vrrp = ip.slice(header, ip.capacity() - header);
    vrrp.putShort(6, (short) 0);
    vrrp.putShort(6, (short) Checksum.ofSum(Checksum.sum(vrrp, 0, vrrp.capacity())));
  }
}
