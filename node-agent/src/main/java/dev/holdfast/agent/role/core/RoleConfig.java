package dev.holdfast.agent.role.core;

import dev.holdfast.api.addr.IpAddress;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the group of virtual routers is configured to be.
 *
 * @param node this router
 * @param routers all of the cluster, this one included; the same list in the same order everywhere
 * @param segments those that have a virtual router
 * @param virtualAddresses everything that moves with the role
 * @param intervalNanos between two adverts
 * @param stableNanos how long a better router must have been well, and must have heard the active
 *     one, before it takes the role: its own down interval
 * @param patienceNanos the shortest time after which another router may take over from a silent one
 * @param reserveNanos how long a router that is not well lets everybody else go first: longer than
 *     the longest down interval of any router
 * @param commitNanos how long a takeover waits for the flows
 * @param planned how planned changes go
 */
public record RoleConfig(
    String node,
    List<Router> routers,
    List<Segment> segments,
    List<VirtualAddress> virtualAddresses,
    Speakers speakers,
    Preempt preempt,
    long intervalNanos,
    long stableNanos,
    long patienceNanos,
    long reserveNanos,
    long commitNanos,
    Planned planned) {

  public RoleConfig {
    routers = List.copyOf(routers);
    segments = List.copyOf(segments);
    virtualAddresses = List.copyOf(virtualAddresses);
  }

  /**
   * The same with a router's address on a segment as it was learned. What was configured outright
   * stays.
   */
  public RoleConfig withLearned(String name, Segment segment, IpAddress address) {
    List<Router> changed =
        routers.stream()
            .map(
                router ->
                    router.node().equals(name) && !router.isKnownOn(segment)
                        ? router.withAddress(segment, address)
                        : router)
            .toList();
    return new RoleConfig(
        node,
        changed,
        segments,
        virtualAddresses,
        speakers,
        preempt,
        intervalNanos,
        stableNanos,
        patienceNanos,
        reserveNanos,
        commitNanos,
        planned);
  }

  /** One missed advert: enough when the link to the active router is silent too. */
  public static long missedNanos(long intervalNanos) {
    return intervalNanos * 6 / 5;
  }

  Router self() {
    return routers.stream()
        .filter(router -> router.node().equals(node))
        .findFirst()
        .orElseThrow(
            () -> new IllegalStateException(node + " is not one of the cluster's routers"));
  }

  /** True when the router is before the other in the order in which the role is taken. */
  private boolean isBetter(Router one, Router other) {
    return one.priority() != other.priority()
        ? one.priority() > other.priority()
        : routers.indexOf(one) < routers.indexOf(other);
  }

  /** True for a router that is better than this one. */
  boolean isBetter(String other) {
    return routers.stream()
        .filter(router -> router.node().equals(other))
        .anyMatch(router -> isBetter(router, self()));
  }

  /**
   * How many routers go before this one when the role is free.
   *
   * @param gone the router that no longer counts; null when it is not known which one it was: then
   *     the best of the others is taken for it
   */
  int routersBefore(@Nullable String gone) {
    Router self = self();
    long better =
        routers.stream()
            .filter(router -> !router.node().equals(node) && isBetter(router, self))
            .filter(router -> !router.node().equals(gone))
            .count();
    return (int) (gone == null ? Math.max(0, better - 1) : better);
  }

  /**
   * Which router an advert comes from; empty when no known address says so. If all other routers'
   * addresses on the segment are known but one, an unknown address is that one's.
   */
  Optional<Router> router(Segment segment, IpAddress source) {
    for (Router router : routers) {
      if (router.speaksFrom(segment, source)) {
        return Optional.of(router);
      }
    }
    if (speakers == Speakers.ANY) {
      return Optional.empty();
    }
    List<Router> unknown =
        routers.stream()
            .filter(router -> !router.node().equals(node) && !router.isKnownOn(segment))
            .toList();
    return unknown.size() == 1 ? Optional.of(unknown.getFirst()) : Optional.empty();
  }
}
