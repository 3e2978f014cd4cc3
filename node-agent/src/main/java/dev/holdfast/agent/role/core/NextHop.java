package dev.holdfast.agent.role.core;

import dev.holdfast.api.addr.IpAddress;
import java.util.Comparator;

/** Where a network's traffic goes on to, and whether it is there decides about the role. */
public record NextHop(String network, IpAddress address) implements Comparable<NextHop> {
  private static final Comparator<NextHop> ORDER =
      Comparator.comparing(NextHop::network).thenComparing(hop -> hop.address().toString());

  @Override
  public int compareTo(NextHop other) {
    return ORDER.compare(this, other);
  }
}
