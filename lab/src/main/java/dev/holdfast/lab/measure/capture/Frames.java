package dev.holdfast.lab.measure.capture;

import dev.holdfast.agent.linux.SocketFilter;
import dev.holdfast.agent.linux.SocketFilter.Instruction;
import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Ipv4Address;
import dev.holdfast.api.addr.Ipv6Address;
import dev.holdfast.api.addr.MacAddress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

/**
 * Reads and makes the few kinds of frames that the judge looks at. Pure; anything else is empty.
 */
final class Frames {

  static final int ETHERTYPE_IPV4 = 0x0800;
  static final int ETHERTYPE_ARP = 0x0806;
  static final int ETHERTYPE_IPV6 = 0x86dd;

  private static final int ETHERNET_BYTES = 14;
  private static final int ARP_BYTES = 28;
  private static final int IPV6_BYTES = 40;
  private static final int PROTOCOL_VRRP = 112;
  private static final int PROTOCOL_ICMPV6 = 58;
  private static final int ARP_REQUEST = 1;
  private static final int ARP_REPLY = 2;
  private static final int NEIGHBOUR_SOLICITATION = 135;
  private static final int NEIGHBOUR_ADVERTISEMENT = 136;
  private static final int OPTION_TARGET_LINK_ADDRESS = 2;
  private static final long CENTI_NANOS = 10_000_000;
  private static final long SECOND_NANOS = 1_000_000_000;

  private Frames() {}

  /**
   * What an advert says about itself.
   *
   * @param intervalNanos until its next
   */
  record Advert(Family family, int version, int vrid, int priority, long intervalNanos) {}

  /**
   * Somebody says where an address is.
   *
   * @param mac where
   * @param destination of the frame: a question's sender, or everybody
   */
  record Answer(IpAddress address, MacAddress mac, MacAddress destination) {}

  /**
   * @param frame big-endian, from its Ethernet header at 0
   * @param length of the frame
   */
  static Optional<Advert> advert(ByteBuffer frame, int length) {
    if (length < ETHERNET_BYTES + 20) {
      return Optional.empty();
    }
    return switch (etherType(frame)) {
      case ETHERTYPE_IPV4 -> {
        int header = (frame.get(ETHERNET_BYTES) & 0x0f) * 4;
        boolean vrrp = unsigned(frame, ETHERNET_BYTES + 9) == PROTOCOL_VRRP;
        yield vrrp && header >= 20
            ? advert(Family.IPV4, frame, ETHERNET_BYTES + header, length)
            : Optional.empty();
      }
      case ETHERTYPE_IPV6 ->
          length >= ETHERNET_BYTES + IPV6_BYTES
                  && unsigned(frame, ETHERNET_BYTES + 6) == PROTOCOL_VRRP
              ? advert(Family.IPV6, frame, ETHERNET_BYTES + IPV6_BYTES, length)
              : Optional.empty();
      default -> Optional.empty();
    };
  }

  private static Optional<Advert> advert(Family family, ByteBuffer frame, int at, int length) {
    if (length < at + 8 || (frame.get(at) & 0x0f) != 1) {
      return Optional.empty();
    }
    int vrid = unsigned(frame, at + 1);
    int priority = unsigned(frame, at + 2);
    return switch (unsigned(frame, at) >> 4) {
      case 2 ->
          Optional.of(
              new Advert(family, 2, vrid, priority, unsigned(frame, at + 5) * SECOND_NANOS));
      case 3 ->
          Optional.of(
              new Advert(
                  family, 3, vrid, priority, (frame.getShort(at + 4) & 0x0fff) * CENTI_NANOS));
      default -> Optional.empty();
    };
  }

  /** An ARP reply, a gratuitous ARP of either kind, or a neighbour advertisement. */
  static Optional<Answer> answer(ByteBuffer frame, int length) {
    return switch (length < ETHERNET_BYTES + ARP_BYTES ? 0 : etherType(frame)) {
      case ETHERTYPE_ARP -> arp(frame);
      case ETHERTYPE_IPV6 -> neighbourAdvertisement(frame, length);
      default -> Optional.empty();
    };
  }

  private static Optional<Answer> arp(ByteBuffer frame) {
    int at = ETHERNET_BYTES;
    boolean ipv4OverEthernet = frame.getInt(at) == 0x0001_0800 && frame.getShort(at + 4) == 0x0604;
    int operation = frame.getShort(at + 6);
    int sender = frame.getInt(at + 14);
    boolean gratuitous = operation == ARP_REQUEST && sender == frame.getInt(at + 24);
    if (!ipv4OverEthernet || sender == 0 || operation != ARP_REPLY && !gratuitous) {
      return Optional.empty();
    }
    return Optional.of(new Answer(new Ipv4Address(sender), mac(frame, at + 8), mac(frame, 0)));
  }

  private static Optional<Answer> neighbourAdvertisement(ByteBuffer frame, int length) {
    int at = ETHERNET_BYTES + IPV6_BYTES;
    if (length < at + 24
        || unsigned(frame, ETHERNET_BYTES + 6) != PROTOCOL_ICMPV6
        || unsigned(frame, at) != NEIGHBOUR_ADVERTISEMENT) {
      return Optional.empty();
    }
    var target = new Ipv6Address(frame.getLong(at + 8), frame.getLong(at + 16));
    boolean option =
        length >= at + 32
            && unsigned(frame, at + 24) == OPTION_TARGET_LINK_ADDRESS
            && unsigned(frame, at + 25) == 1;
    // RFC 4861 section 4.4: an answer to a unicast question may leave the option out.
    MacAddress mac = mac(frame, option ? at + 26 : 6);
    return Optional.of(new Answer(target, mac, mac(frame, 0)));
  }

  /** Adverts, ARP and neighbour advertisements: the kernel keeps everything else from us. */
  static SocketFilter filter() {
    return new SocketFilter(
        List.of(
            new Instruction(0x28, 0, 0, 12),
            new Instruction(0x15, 7, 0, ETHERTYPE_ARP),
            new Instruction(0x15, 0, 2, ETHERTYPE_IPV4),
            new Instruction(0x30, 0, 0, ETHERNET_BYTES + 9),
            new Instruction(0x15, 4, 5, PROTOCOL_VRRP),
            new Instruction(0x15, 0, 4, ETHERTYPE_IPV6),
            new Instruction(0x30, 0, 0, ETHERNET_BYTES + 6),
            new Instruction(0x15, 1, 0, PROTOCOL_VRRP),
            new Instruction(0x15, 0, 1, PROTOCOL_ICMPV6),
            new Instruction(0x06, 0, 0, 0x40000),
            new Instruction(0x06, 0, 0, 0)));
  }

  /**
   * A question for an IPv4 address. Its sender address is 0.0.0.0 (RFC 5227 section 1.1): whoever
   * has the address answers to our MAC, and nobody learns anything from the question.
   */
  static byte[] arpQuestion(Ipv4Address target, MacAddress asker) {
    ByteBuffer frame = ByteBuffer.allocate(ETHERNET_BYTES + ARP_BYTES);
    frame.put(MacAddress.BROADCAST.toBytes()).put(asker.toBytes()).putShort((short) ETHERTYPE_ARP);
    frame.putInt(0x0001_0800).putShort((short) 0x0604).putShort((short) ARP_REQUEST);
    frame.put(asker.toBytes()).putInt(0).put(new byte[6]).putInt(target.bits());
    return frame.array();
  }

  /**
   * A question for an IPv6 address, from a link-local address that nobody else has. (Asked from the
   * unspecified address, the owner would tell everybody, and all caches would learn.)
   */
  static byte[] neighbourQuestion(Ipv6Address target, Ipv6Address asker, MacAddress askerMac) {
    byte[] last = new byte[] {target.toBytes()[13], target.toBytes()[14], target.toBytes()[15]};
    var group = new Ipv6Address(0xff02_0000_0000_0000L, 0x0000_0001_ff00_0000L | number(last));
    ByteBuffer frame = ByteBuffer.allocate(ETHERNET_BYTES + IPV6_BYTES + 32);
    frame.put(new byte[] {0x33, 0x33, (byte) 0xff}).put(last).put(askerMac.toBytes());
    frame.putShort((short) ETHERTYPE_IPV6);
    frame.putInt(0x6000_0000).putShort((short) 32).put((byte) PROTOCOL_ICMPV6).put((byte) 255);
    frame.put(asker.toBytes()).put(group.toBytes());
    int icmp = frame.position();
    frame.put((byte) NEIGHBOUR_SOLICITATION).put((byte) 0).putShort((short) 0).putInt(0);
    frame.put(target.toBytes()).put((byte) 1).put((byte) 1).put(askerMac.toBytes());
    frame.putShort(icmp + 2, checksum(frame, ETHERNET_BYTES + 8, icmp));
    return frame.array();
  }

  /** RFC 8200 section 8.1: over both addresses, the length, the next header and the message. */
  private static short checksum(ByteBuffer frame, int addresses, int message) {
    long sum = (long) frame.capacity() - message + PROTOCOL_ICMPV6;
    for (int at = addresses; at < addresses + 32; at += 2) {
      sum += Short.toUnsignedInt(frame.getShort(at));
    }
    for (int at = message; at < frame.capacity(); at += 2) {
      sum += Short.toUnsignedInt(frame.getShort(at));
    }
    while (sum >> 16 != 0) {
      sum = (sum & 0xffff) + (sum >> 16);
    }
    return (short) ~sum;
  }

  private static long number(byte[] three) {
    return (three[0] & 0xffL) << 16 | (three[1] & 0xffL) << 8 | three[2] & 0xffL;
  }

  private static int etherType(ByteBuffer frame) {
    return Short.toUnsignedInt(frame.getShort(12));
  }

  private static int unsigned(ByteBuffer frame, int at) {
    return Byte.toUnsignedInt(frame.get(at));
  }

  private static MacAddress mac(ByteBuffer frame, int at) {
    long bits = (long) Short.toUnsignedInt(frame.getShort(at)) << 32;
    return new MacAddress(bits | Integer.toUnsignedLong(frame.getInt(at + 2)));
  }
}
