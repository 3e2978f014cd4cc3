package dev.holdfast.agent.role.core;

import dev.holdfast.api.addr.IpAddress;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Whose adverts count, for the receiving threads: a flood of a stranger's adverts ends there and
 * does not reach the loop. Immutable; a new one is made when an address is learned.
 *
 * <p>An advert counts only from a listed router's address. While the address of one of the others
 * is still unknown on a segment, it counts from any.
 */
public final class SenderFilter {

  private final Map<Segment, Set<IpAddress>> known;

  private SenderFilter(Map<Segment, Set<IpAddress>> known) {
    this.known = Map.copyOf(known);
  }

  static SenderFilter of(RoleConfig config) {
    var known = new HashMap<Segment, Set<IpAddress>>();
    if (config.speakers() == Speakers.LISTED) {
      List<Router> others =
          config.routers().stream().filter(r -> !r.node().equals(config.node())).toList();
      for (Segment segment : config.segments()) {
        if (others.stream().allMatch(router -> router.isKnownOn(segment))) {
          var addresses = new HashSet<IpAddress>();
          others.forEach(r -> addresses.addAll(r.addresses().getOrDefault(segment, Set.of())));
          known.put(segment, Set.copyOf(addresses));
        }
      }
    }
    return new SenderFilter(known);
  }

  /** From which addresses alone adverts count; empty while they count from any. */
  public Set<IpAddress> listed(Segment segment) {
    return known.getOrDefault(segment, Set.of());
  }

  /** True when an advert from this address is looked at. */
  public boolean counts(Segment segment, IpAddress source) {
    Set<IpAddress> addresses = known.get(segment);
    return addresses == null || addresses.contains(source);
  }
}
