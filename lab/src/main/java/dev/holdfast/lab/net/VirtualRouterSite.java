package dev.holdfast.lab.net;

import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.Prefix;
import java.util.List;

/**
 * One VRRP instance, as an observer at the switch needs it.
 *
 * @param vrid 1 to 255
 * @param addresses the virtual addresses of that family, with the prefix length of the resource
 */
public record VirtualRouterSite(Family family, int vrid, List<Prefix> addresses) {

  public VirtualRouterSite {
    addresses = List.copyOf(addresses);
  }
}
