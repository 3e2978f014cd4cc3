package dev.holdfast.lab.net;

import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Ipv4Address;
import dev.holdfast.api.addr.Ipv6Address;
import dev.holdfast.api.addr.Prefix;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongFunction;

/**
 * Gives addresses out of prefixes, none twice. What the resource says is taken first; the rest
 * follows the habits of people, so that the article's network gets the article's addresses.
 */
final class AddressPlan {

  /** A prefix is searched this far; more machines than that do not stand on one segment. */
  private static final int SEARCHED = 4096;

  private final Set<IpAddress> taken = new HashSet<>();

  /** Marks an address that somebody has already. */
  void take(IpAddress address) {
    taken.add(address);
  }

  /** The lowest free address, as routers on a LAN have it: .1, .2. */
  Optional<Prefix> lowest(Prefix segment) {
    return search(segment, step -> plus(segment.network().address(), step), 1);
  }

  /** The next free one above another, as routers beside their virtual address: .10, .11, .12. */
  Optional<Prefix> above(Prefix virtual) {
    return search(virtual, step -> plus(virtual.address(), step), 1).or(() -> lowest(virtual));
  }

  /** The hundredth where that is free, as hosts on a LAN have it, else the lowest. */
  Optional<Prefix> host(Prefix segment) {
    return numbered(segment, 100).or(() -> lowest(segment));
  }

  /** The first free one from a number upward. */
  Optional<Prefix> numbered(Prefix segment, int number) {
    return search(segment, step -> plus(segment.network().address(), step), number);
  }

  /**
   * The first candidate that touches no prefix in use.
   *
   * @throws IllegalStateException when all do
   */
  static Prefix unused(List<Prefix> candidates, List<Prefix> inUse) {
    return candidates.stream()
        .filter(candidate -> inUse.stream().noneMatch(candidate::overlaps))
        .findFirst()
        .orElseThrow(
            () -> new IllegalStateException("the cluster uses every prefix of " + candidates));
  }

  private Optional<Prefix> search(Prefix segment, LongFunction<IpAddress> address, long first) {
    for (long step = first; step < first + SEARCHED; step++) {
      IpAddress candidate = address.apply(step);
      if (!segment.contains(candidate)) {
        return Optional.empty();
      }
      if (isHost(segment, candidate) && taken.add(candidate)) {
        return Optional.of(new Prefix(candidate, segment.length()));
      }
    }
    return Optional.empty();
  }

  /** Neither the segment's own address nor, in IPv4, its broadcast address. */
  private static boolean isHost(Prefix segment, IpAddress candidate) {
    if (segment.length() >= segment.family().bits() - 1) {
      return true;
    }
    if (candidate.equals(segment.network().address())) {
      return false;
    }
    return segment.family() == Family.IPV6 || segment.contains(plus(candidate, 1));
  }

  private static IpAddress plus(IpAddress address, long step) {
    return switch (address) {
      case Ipv4Address a -> new Ipv4Address(a.bits() + (int) step);
      case Ipv6Address a -> {
        long low = a.low() + step;
        boolean carry = Long.compareUnsigned(low, a.low()) < 0;
        yield new Ipv6Address(carry ? a.high() + 1 : a.high(), low);
      }
    };
  }
}
