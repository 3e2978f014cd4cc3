package dev.holdfast.agent.vrrp.wire;

import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Ipv4Address;
import dev.holdfast.api.addr.Ipv6Address;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Adverts: bytes to values and back.
 *
 * <pre>
 *  Version 3 (RFC 9568 section 5.1)
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |version| type  |     VRID      |   priority    |     count     |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  | rsvd  | max advertise interval|           checksum            |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |              count addresses of 4 or 16 bytes                 |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 *  Version 2 (RFC 3768 section 5.1): the second word is
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |   auth type   | interval (s)  |           checksum            |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  and eight bytes of authentication data follow the addresses, always.
 * </pre>
 */
public final class AdvertCodec {

  /** The IP protocol number of VRRP. */
  public static final int PROTOCOL = 112;

  /** Where adverts go over IPv4. */
  public static final Ipv4Address GROUP4 = new Ipv4Address(0xe0000012);

  /** Where adverts go over IPv6. */
  public static final Ipv6Address GROUP6 = new Ipv6Address(0xff02L << 48, 0x12);

  /** DSCP CS6, "internetwork control": adverts go before other traffic in a full queue. */
  public static final int TRAFFIC_CLASS = 0xc0;

  /** The hop limit of everything that is sent, and demanded of what comes from the group. */
  public static final int HOP_LIMIT = 255;

  private static final int PROTOCOL_AUTHENTICATION_HEADER = 51;
  private static final int IPV4_HEADER_BYTES = 20;
  private static final int HEADER_BYTES = 8;
  private static final int AUTHENTICATION_BYTES = 8;
  private static final int TYPE_ADVERTISEMENT = 1;
  private static final int CHECKSUM_OFFSET = 6;
  private static final int HIGHEST_AUTHENTICATION_TYPE = 2;

  private AdvertCodec() {}

  /**
   * Reads what a raw IPv4 socket delivers.
   *
   * @param datagram from the first byte of the IPv4 header to the end of what was received,
   *     big-endian; its position does not move
   * @param rulesByVrid what is expected of a VRID on this network; null for a VRID that is not ours
   */
  public static Decoded decodeIpv4(
      ByteBuffer datagram, IntFunction<@Nullable AdvertRules> rulesByVrid) {
    int start = datagram.position();
    int received = datagram.remaining();
    if (received < IPV4_HEADER_BYTES || unsignedByte(datagram, start) >>> 4 != 4) {
      return dropped(DropReason.IP_HEADER);
    }
    int headerBytes = (unsignedByte(datagram, start) & 0xf) * 4;
    int totalBytes = Short.toUnsignedInt(datagram.getShort(start + 2));
    if (headerBytes < IPV4_HEADER_BYTES || headerBytes > received || totalBytes != received) {
      return dropped(DropReason.IP_HEADER);
    }
    int protocol = unsignedByte(datagram, start + 9);
    if (protocol == PROTOCOL_AUTHENTICATION_HEADER) {
      return dropped(DropReason.AUTHENTICATION_HEADER);
    }
    if (protocol != PROTOCOL) {
      return dropped(DropReason.IP_HEADER);
    }
    var envelope =
        new Envelope(
            new Ipv4Address(datagram.getInt(start + 12)),
            new Ipv4Address(datagram.getInt(start + 16)),
            unsignedByte(datagram, start + 8));
    ByteBuffer payload = datagram.slice(start + headerBytes, received - headerBytes);
    return decode(payload, envelope, rulesByVrid);
  }

  /**
   * Reads what a raw IPv6 socket delivers: the payload alone, its envelope beside it.
   *
   * @param payload from the first VRRP byte to the end of what was received, big-endian; its
   *     position does not move
   * @param rulesByVrid what is expected of a VRID on this network; null for a VRID that is not ours
   */
  public static Decoded decodeIpv6(
      ByteBuffer payload,
      Ipv6Address source,
      Ipv6Address destination,
      int hopLimit,
      IntFunction<@Nullable AdvertRules> rulesByVrid) {
    return decode(payload.slice(), new Envelope(source, destination, hopLimit), rulesByVrid);
  }

  /** What the IP header said. */
  private record Envelope(IpAddress source, IpAddress destination, int hopLimit) {
    int addressBytes() {
      return source.family().bits() / 8;
    }
  }

  /** The checks of a receiver, in the order of {@link DropReason}. */
  private static Decoded decode(
      ByteBuffer vrrp, Envelope envelope, IntFunction<@Nullable AdvertRules> rulesByVrid) {
    if (vrrp.remaining() < HEADER_BYTES) {
      return dropped(DropReason.LENGTH);
    }
    AdvertRules rules = rulesByVrid.apply(unsignedByte(vrrp, 1));
    if (rules == null) {
      return dropped(DropReason.UNKNOWN_VRID);
    }
    int version = unsignedByte(vrrp, 0) >>> 4;
    if (version != 2 && version != 3) {
      return dropped(DropReason.VERSION);
    }
    int count = unsignedByte(vrrp, 3);
    int trailerBytes = version == 2 ? AUTHENTICATION_BYTES : 0;
    if (vrrp.remaining() != HEADER_BYTES + count * envelope.addressBytes() + trailerBytes) {
      return dropped(DropReason.LENGTH);
    }
    if (!rules.unicast() && envelope.hopLimit() != HOP_LIMIT) {
      return dropped(DropReason.HOP_LIMIT);
    }
    if (version != rules.version()) {
      return dropped(DropReason.VERSION);
    }
    DropReason bad = version == 2 ? checkVersion2(vrrp, rules) : checkVersion3(vrrp);
    if (bad != null) {
      return dropped(bad);
    }
    ChecksumForm form = checksumForm(vrrp, version, envelope);
    if (form == null) {
      return dropped(DropReason.CHECKSUM);
    }
    if (!isDestinationRight(envelope.destination(), rules)) {
      return dropped(DropReason.DESTINATION);
    }
    List<IpAddress> addresses = addresses(vrrp, count, envelope.addressBytes());
    boolean match =
        addresses.size() == rules.addresses().size()
            && new HashSet<>(addresses).equals(rules.addresses());
    if (!match && rules.strictAddresses()) {
      return dropped(DropReason.ADDRESSES);
    }
    var advert =
        new Advert(
            version,
            unsignedByte(vrrp, 1),
            unsignedByte(vrrp, 2),
            intervalCentis(vrrp, version),
            addresses);
    return new Decoded.Ok(advert, envelope.source(), form, match);
  }

  private static @Nullable DropReason checkVersion2(ByteBuffer vrrp, AdvertRules rules) {
    int authenticationType = unsignedByte(vrrp, 4);
    if (authenticationType > HIGHEST_AUTHENTICATION_TYPE) {
      return DropReason.AUTHENTICATION_TYPE;
    }
    if (authenticationType != rules.authentication().type()) {
      return DropReason.AUTHENTICATION_MISMATCH;
    }
    if (rules.authentication() instanceof Authentication.SimplePassword(long key)
        && vrrp.getLong(vrrp.limit() - AUTHENTICATION_BYTES) != key) {
      return DropReason.AUTHENTICATION_FAILED;
    }
    if (intervalCentis(vrrp, 2) != rules.intervalCentis()) {
      return DropReason.INTERVAL;
    }
    return isAdvertisement(vrrp) ? null : DropReason.TYPE;
  }

  private static @Nullable DropReason checkVersion3(ByteBuffer vrrp) {
    if (intervalCentis(vrrp, 3) == 0) {
      return DropReason.INTERVAL;
    }
    if (!isAdvertisement(vrrp)) {
      return DropReason.TYPE;
    }
    return unsignedByte(vrrp, 3) == 0 ? DropReason.ADDRESS_COUNT : null;
  }

  private static boolean isAdvertisement(ByteBuffer vrrp) {
    return (unsignedByte(vrrp, 0) & 0xf) == TYPE_ADVERTISEMENT;
  }

  private static int intervalCentis(ByteBuffer vrrp, int version) {
    return version == 2
        ? unsignedByte(vrrp, 5) * 100
        : Short.toUnsignedInt(vrrp.getShort(4)) & 0x0fff; // RFC 9568 section 5.2.7: 12 bits
  }

  /** The form that makes the checksum right; null when none does. */
  private static @Nullable ChecksumForm checksumForm(
      ByteBuffer vrrp, int version, Envelope envelope) {
    long plain = Checksum.sum(vrrp, 0, vrrp.limit());
    IpAddress source = envelope.source();
    IpAddress destination = envelope.destination();
    if (version == 2) {
      return Checksum.isIntact(plain) ? ChecksumForm.PLAIN : null;
    }
    if (Checksum.isIntact(
        plain + Checksum.pseudoHeader(source, destination, PROTOCOL, vrrp.limit()))) {
      return ChecksumForm.PSEUDO;
    }
    if (source.family() == Family.IPV6) {
      return null;
    }
    if (Checksum.isIntact(plain)) {
      return ChecksumForm.PLAIN;
    }
    return Checksum.isIntact(plain + Checksum.pseudoHeader(source, GROUP4, PROTOCOL, vrrp.limit()))
        ? ChecksumForm.PSEUDO_GROUP
        : null;
  }

  private static boolean isDestinationRight(IpAddress destination, AdvertRules rules) {
    return rules.unicast()
        ? !destination.isMulticast()
        : destination.equals(group(destination.family()));
  }

  /** The multicast group of adverts. */
  public static IpAddress group(Family family) {
    return switch (family) {
      case IPV4 -> GROUP4;
      case IPV6 -> GROUP6;
    };
  }

  private static List<IpAddress> addresses(ByteBuffer vrrp, int count, int addressBytes) {
    var addresses = new ArrayList<IpAddress>(count);
    for (int i = 0; i < count; i++) {
      int at = HEADER_BYTES + i * addressBytes;
      addresses.add(
          addressBytes == 4
              ? new Ipv4Address(vrrp.getInt(at))
              : new Ipv6Address(vrrp.getLong(at), vrrp.getLong(at + 8)));
    }
    return addresses;
  }

  /**
   * Writes an advert with its IPv4 header, for a socket that takes headers.
   *
   * @param advert all of its addresses IPv4
   * @param authentication what stands in a version 2 advert; version 3 has none
   * @param form how a version 3 checksum is made; version 2 is always plain
   * @param destination the group or one peer
   * @param identification the 16 bits of the IPv4 header; one number per advert, the same for all
   *     unicast peers; 0 would let the kernel choose
   */
  public static byte[] encodeIpv4(
      Advert advert,
      Authentication authentication,
      ChecksumForm form,
      Ipv4Address source,
      Ipv4Address destination,
      int identification) {
    byte[] payload = encodePayload(advert, authentication, form, source, destination);
    int totalBytes = IPV4_HEADER_BYTES + payload.length;
    ByteBuffer out = ByteBuffer.allocate(totalBytes);
    out.put((byte) 0x45).put((byte) TRAFFIC_CLASS).putShort((short) totalBytes);
    out.putShort((short) identification).putShort((short) 0);
    out.put((byte) HOP_LIMIT).put((byte) PROTOCOL).putShort((short) 0);
    out.putInt(source.bits()).putInt(destination.bits());
    out.putShort(10, (short) Checksum.ofSum(Checksum.sum(out, 0, IPV4_HEADER_BYTES)));
    return out.put(payload).array();
  }

  /**
   * Writes an advert without an IPv6 header: that one is the kernel's. The checksum is complete.
   *
   * @param advert all of its addresses IPv6, the link-local one first (RFC 9568 section 5.2.9)
   * @param source the interface's link-local address, or the unicast one
   */
  public static byte[] encodeIpv6(Advert advert, Ipv6Address source, Ipv6Address destination) {
    return encodePayload(advert, Authentication.none(), ChecksumForm.PSEUDO, source, destination);
  }

  private static byte[] encodePayload(
      Advert advert,
      Authentication authentication,
      ChecksumForm form,
      IpAddress source,
      IpAddress destination) {
    boolean version2 = advert.version() == 2;
    int addressBytes = source.family().bits() / 8;
    int payloadBytes =
        HEADER_BYTES
            + advert.addresses().size() * addressBytes
            + (version2 ? AUTHENTICATION_BYTES : 0);
    ByteBuffer out = ByteBuffer.allocate(payloadBytes);
    out.put((byte) (advert.version() << 4 | TYPE_ADVERTISEMENT));
    out.put((byte) advert.vrid()).put((byte) advert.priority());
    out.put((byte) advert.addresses().size());
    if (version2) {
      out.put((byte) authentication.type()).put((byte) (advert.intervalCentis() / 100));
    } else {
      out.putShort((short) (advert.intervalCentis() & 0x0fff));
    }
    out.putShort((short) 0);
    advert.addresses().forEach(address -> out.put(address.toBytes()));
    if (version2) {
      out.putLong(authentication.data());
    }
    long sum = Checksum.sum(out, 0, payloadBytes);
    if (!version2) {
      sum +=
          switch (form) {
            case PLAIN -> 0;
            case PSEUDO -> Checksum.pseudoHeader(source, destination, PROTOCOL, payloadBytes);
            case PSEUDO_GROUP -> Checksum.pseudoHeader(source, GROUP4, PROTOCOL, payloadBytes);
          };
    }
    return out.putShort(CHECKSUM_OFFSET, (short) Checksum.ofSum(sum)).array();
  }

  private static int unsignedByte(ByteBuffer buffer, int index) {
    return Byte.toUnsignedInt(buffer.get(index)); // Java bytes are signed; wire bytes are not
  }

  private static Decoded dropped(DropReason reason) {
    return new Decoded.Dropped(reason);
  }
}
