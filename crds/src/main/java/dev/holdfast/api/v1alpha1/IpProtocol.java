package dev.holdfast.api.v1alpha1;

import dev.holdfast.api.addr.Family;

/** A transport protocol, by the name that rules use for it. */
public enum IpProtocol {
  TCP(6, 6, true),
  UDP(17, 17, true),
  /** ICMP in IPv4, ICMPv6 in IPv6. */
  ICMP(1, 58, false),
  SCTP(132, 132, true),
  DCCP(33, 33, true),
  UDPLITE(136, 136, true),
  GRE(47, 47, false),
  ESP(50, 50, false),
  AH(51, 51, false);

  private final int ipv4Number;
  private final int ipv6Number;
  private final boolean hasPorts;

  IpProtocol(int ipv4Number, int ipv6Number, boolean hasPorts) {
    this.ipv4Number = ipv4Number;
    this.ipv6Number = ipv6Number;
    this.hasPorts = hasPorts;
  }

  /** The number that IANA gave it: the protocol field of IPv4, the next header of IPv6. */
  public int number(Family family) {
    return switch (family) {
      case IPV4 -> ipv4Number;
      case IPV6 -> ipv6Number;
    };
  }

  /** True when its packets have source and destination ports. */
  public boolean hasPorts() {
    return hasPorts;
  }
}
