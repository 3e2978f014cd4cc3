package dev.holdfast.agent.role.core;

import dev.holdfast.api.addr.IpAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * One router of the cluster.
 *
 * @param priority 1 to 254, as configured
 * @param addresses its own addresses, from which its adverts come; a segment that is missing is not
 *     known (yet)
 */
public record Router(String node, int priority, Map<Segment, Set<IpAddress>> addresses) {

  public Router {
    addresses = Map.copyOf(addresses);
  }

  Router withAddress(Segment segment, IpAddress address) {
    var changed = new HashMap<>(addresses);
    changed.put(segment, Set.of(address));
    return new Router(node, priority, changed);
  }

  /** True when something is known of where its adverts on this segment come from. */
  boolean isKnownOn(Segment segment) {
    return !addresses.getOrDefault(segment, Set.of()).isEmpty();
  }

  boolean speaksFrom(Segment segment, IpAddress source) {
    return addresses.getOrDefault(segment, Set.of()).contains(source);
  }
}
