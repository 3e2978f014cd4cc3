package dev.holdfast.agent.fuzz;

import dev.holdfast.agent.vrrp.wire.AdvertCodec;
import dev.holdfast.agent.vrrp.wire.AdvertRules;
import dev.holdfast.agent.vrrp.wire.ArpFrame;
import dev.holdfast.agent.vrrp.wire.Authentication;
import dev.holdfast.agent.vrrp.wire.Decoded;
import dev.holdfast.agent.vrrp.wire.NeighborAdvertFrame;
import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Ipv6Address;
import java.nio.ByteBuffer;
import java.util.Set;

/** Adverts, ARP and neighbour advertisements from anybody on the segment. */
public final class AdvertsFuzz {
  private static final AdvertRules RULES2 = rules(Family.IPV4, 2, false);
  private static final AdvertRules RULES3 = rules(Family.IPV4, 3, true);
  private static final AdvertRules RULES6 = rules(Family.IPV6, 3, false);

  private AdvertsFuzz() {}

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

  public static void fuzzerTestOneInput(byte[] input) {
    Object _ = ArpFrame.decode(ByteBuffer.wrap(input));
    Object _ = NeighborAdvertFrame.decode(ByteBuffer.wrap(input));
    judge(AdvertCodec.decodeIpv4(ByteBuffer.wrap(input), _ -> RULES2));
    judge(AdvertCodec.decodeIpv4(ByteBuffer.wrap(input), vrid -> vrid < 200 ? RULES3 : null));
    judge(
        AdvertCodec.decodeIpv6(
            ByteBuffer.wrap(input),
            new Ipv6Address(0xfe80L << 48, 1),
            AdvertCodec.GROUP6,
            255,
            _ -> RULES6));
  }

  private static void judge(Decoded decoded) {
    if (decoded instanceof Decoded.Ok ok
        && (ok.advert().version() < 2
            || ok.advert().version() > 3
            || ok.advert().intervalCentis() < 1
            || ok.advert().priority() > 255)) {
      throw new IllegalStateException("an advert out of range counted: " + ok);
    }
  }
}
