package dev.holdfast.agent.flow;

import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Ipv4Address;
import dev.holdfast.api.addr.Ipv6Address;

/**
 * One direction of a flow: addresses, protocol and what that protocol tells flows apart by. Mutable
 * and reused; the owner of the {@link FlowEntry} around it owns it too.
 *
 * <pre>
 * address, IPv4    low 32 bits of ...Low, the rest zero; first octet highest
 * address, IPv6    ...High: first eight bytes, ...Low: last eight, network order
 * l4, ports        source port << 16 | destination port
 * l4, ICMP         identifier << 16 | type << 8 | code
 * l4, GRE (PPTP)   source key << 16 | destination key
 * l4, any other    0
 * </pre>
 *
 * The layout of {@code l4} is that of the kernel's own tuple, four bytes in network order.
 */
public final class FlowTuple {
  private static final long LOW_32 = 0xffff_ffffL;

  public boolean ipv6;
  public long sourceHigh;
  public long sourceLow;
  public long destinationHigh;
  public long destinationLow;

  /** IP protocol number, 0 to 255. */
  public int protocol;

  public int l4;

  /** Back to an IPv4 tuple of zeros. */
  public void clear() {
    ipv6 = false;
    sourceHigh = 0;
    sourceLow = 0;
    destinationHigh = 0;
    destinationLow = 0;
    protocol = 0;
    l4 = 0;
  }

  public void copyFrom(FlowTuple other) {
    ipv6 = other.ipv6;
    sourceHigh = other.sourceHigh;
    sourceLow = other.sourceLow;
    destinationHigh = other.destinationHigh;
    destinationLow = other.destinationLow;
    protocol = other.protocol;
    l4 = other.l4;
  }

  /** Becomes what answers {@code other} when nothing is translated. */
  public void invert(FlowTuple other) {
    long high = other.sourceHigh;
    long low = other.sourceLow;
    ipv6 = other.ipv6;
    sourceHigh = other.destinationHigh;
    sourceLow = other.destinationLow;
    destinationHigh = high;
    destinationLow = low;
    protocol = other.protocol;
    l4 = invertL4(other.protocol, other.l4);
  }

  /** The {@code l4} of the answer to a tuple with this {@code l4}, untranslated. */
  public static int invertL4(int protocol, int l4) {
    if (IpProtocol.isIcmp(protocol)) {
      return l4 & 0xffff_00ff | answerType(protocol, l4 >>> 8 & 0xff) << 8;
    }
    return Integer.rotateLeft(l4, 16);
  }

  /** RFC 792, RFC 950, RFC 4443 section 4, RFC 4620: request and answer come in pairs of types. */
  private static int answerType(int protocol, int type) {
    if (protocol == IpProtocol.ICMP) {
      return switch (type) {
        case 8 -> 0;
        case 0 -> 8;
        case 13, 15, 17 -> type + 1;
        case 14, 16, 18 -> type - 1;
        default -> type;
      };
    }
    return switch (type) {
      case 128, 139 -> type + 1;
      case 129, 140 -> type - 1;
      default -> type;
    };
  }

  public int sourcePort() {
    return l4 >>> 16;
  }

  public int destinationPort() {
    return l4 & 0xffff;
  }

  public void ports(int source, int destination) {
    l4 = source << 16 | destination & 0xffff;
  }

  public int icmpId() {
    return l4 >>> 16;
  }

  public int icmpType() {
    return l4 >>> 8 & 0xff;
  }

  public int icmpCode() {
    return l4 & 0xff;
  }

  public void icmp(int id, int type, int code) {
    l4 = id << 16 | (type & 0xff) << 8 | code & 0xff;
  }

  /** Sets both addresses of an IPv4 tuple, first octet in the highest bits. */
  public void ipv4(int source, int destination) {
    ipv6 = false;
    sourceHigh = 0;
    sourceLow = source & LOW_32;
    destinationHigh = 0;
    destinationLow = destination & LOW_32;
  }

  /** For views and logs; allocates. */
  public IpAddress source() {
    return address(sourceHigh, sourceLow);
  }

  /** For views and logs; allocates. */
  public IpAddress destination() {
    return address(destinationHigh, destinationLow);
  }

  private IpAddress address(long high, long low) {
    return ipv6 ? new Ipv6Address(high, low) : new Ipv4Address((int) low);
  }

  /** Same addresses, protocol and {@code l4}. */
  public boolean sameAs(FlowTuple other) {
    return l4 == other.l4
        && sourceLow == other.sourceLow
        && destinationLow == other.destinationLow
        && sourceHigh == other.sourceHigh
        && destinationHigh == other.destinationHigh
        && protocol == other.protocol
        && ipv6 == other.ipv6;
  }

  /** As conntrack(8) writes it; allocates. */
  @Override
  public String toString() {
    String ends = "src=" + source() + " dst=" + destination();
    if (IpProtocol.hasPorts(protocol)) {
      return ends + " sport=" + sourcePort() + " dport=" + destinationPort();
    }
    if (IpProtocol.isIcmp(protocol)) {
      return ends + " type=" + icmpType() + " code=" + icmpCode() + " id=" + icmpId();
    }
    if (protocol == IpProtocol.GRE) {
      return ends
          + (" srckey=0x" + Integer.toHexString(sourcePort()))
          + (" dstkey=0x" + Integer.toHexString(destinationPort()));
    }
    return ends;
  }
}
