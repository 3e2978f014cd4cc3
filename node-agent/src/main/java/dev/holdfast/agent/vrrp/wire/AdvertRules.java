package dev.holdfast.agent.vrrp.wire;

import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import java.util.Set;

/**
 * What a virtual router expects of the adverts that it receives.
 *
 * @param family the family of the carrying IP header and of the addresses
 * @param version 2 or 3; IPv6 is always 3
 * @param vrid 1 to 255
 * @param intervalCentis our own interval in hundredths of a second; version 2 demands the same one
 * @param authentication version 2 only
 * @param addresses the virtual addresses of our configuration
 * @param unicast true when adverts are sent to each peer instead of the group: they may then come
 *     from afar, and the hop limit says nothing
 * @param strictAddresses true to drop an advert with other addresses than ours. Off by default:
 *     while a configuration changes on one router after the other, both would become active
 */
public record AdvertRules(
    Family family,
    int version,
    int vrid,
    int intervalCentis,
    Authentication authentication,
    Set<IpAddress> addresses,
    boolean unicast,
    boolean strictAddresses) {

  public AdvertRules {
    addresses = Set.copyOf(addresses);
  }
}
