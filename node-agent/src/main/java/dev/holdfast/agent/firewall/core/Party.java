package dev.holdfast.agent.firewall.core;

import dev.holdfast.api.addr.IpAddress;

/**
 * Somebody whom a policy could cut off, by one way of being heard: a policy may stop the adverts of
 * a router and let its link pass.
 *
 * @param sign by what it is heard
 * @param who a router's name or address, or a name like {@code the API server}
 * @param network where it is heard; empty when it may come by any
 */
public record Party(Sign sign, String who, String network) implements Comparable<Party> {

  /** By what somebody is heard. */
  public enum Sign {
    /** VRRP adverts: from who is active only. */
    ADVERTS,
    /** Heartbeats of the sealed link: from every peer, at all times. */
    LINK,
    /** Answers to what we ask for ourselves. */
    ANSWERS
  }

  /** The router that sends adverts from there. */
  public static Party advertsOf(IpAddress source, String network) {
    return new Party(Sign.ADVERTS, source.toString(), network);
  }

  /** A peer's link, by one of its networks. */
  public static Party linkOf(String peer, String network) {
    return new Party(Sign.LINK, peer, network);
  }

  /** Somebody who answers, like the API server. */
  public static Party answering(String who) {
    return new Party(Sign.ANSWERS, who, "");
  }

  @Override
  public int compareTo(Party other) {
    return toString().compareTo(other.toString());
  }

  @Override
  public String toString() {
    return switch (sign) {
      case ADVERTS -> "adverts of " + who + " on " + network;
      case LINK -> "the link of " + who + " on " + network;
      case ANSWERS -> who;
    };
  }
}
