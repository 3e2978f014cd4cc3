package dev.holdfast.lab.measure.judge;

import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.MacAddress;
import java.util.Set;

/**
 * What a host believed at the end about a virtual address.
 *
 * @param host for people
 * @param mac in its neighbour table
 * @param routers whose interfaces carry that MAC; empty when none does
 */
public record CacheEntry(
    String host, String network, IpAddress address, MacAddress mac, Set<String> routers) {

  public CacheEntry {
    routers = Set.copyOf(routers);
  }
}
