package dev.holdfast.agent.flow;

/** IP protocol numbers (IANA) that connection tracking treats each in its own way. */
public final class IpProtocol {
  public static final int ICMP = 1;
  public static final int TCP = 6;
  public static final int UDP = 17;
  public static final int DCCP = 33;
  public static final int GRE = 47;
  public static final int ICMPV6 = 58;
  public static final int SCTP = 132;
  public static final int UDPLITE = 136;

  private IpProtocol() {}

  /** True when the kernel's tuple of this protocol holds a source and a destination port. */
  public static boolean hasPorts(int protocol) {
    return switch (protocol) {
      case TCP, UDP, SCTP, DCCP, UDPLITE -> true;
      default -> false;
    };
  }

  /** True for ICMP and ICMPv6, whose tuples hold an identifier, a type and a code. */
  public static boolean isIcmp(int protocol) {
    return protocol == ICMP || protocol == ICMPV6;
  }

  /** The name that conntrack(8) prints, or the number. */
  public static String name(int protocol) {
    return switch (protocol) {
      case ICMP -> "icmp";
      case TCP -> "tcp";
      case UDP -> "udp";
      case DCCP -> "dccp";
      case GRE -> "gre";
      case ICMPV6 -> "icmpv6";
      case SCTP -> "sctp";
      case UDPLITE -> "udplite";
      default -> Integer.toString(protocol);
    };
  }
}
