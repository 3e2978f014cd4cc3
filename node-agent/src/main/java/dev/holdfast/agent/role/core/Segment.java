package dev.holdfast.agent.role.core;

import dev.holdfast.api.addr.Family;
import java.util.Comparator;

/** One network in one address family: the place of one virtual router. */
public record Segment(String network, Family family) implements Comparable<Segment> {

  private static final Comparator<Segment> ORDER =
      Comparator.comparing(Segment::network).thenComparing(Segment::family);

  @Override
  public int compareTo(Segment other) {
    return ORDER.compare(this, other);
  }

  @Override
  public String toString() {
    return network + (family == Family.IPV4 ? "/ipv4" : "/ipv6");
  }
}
