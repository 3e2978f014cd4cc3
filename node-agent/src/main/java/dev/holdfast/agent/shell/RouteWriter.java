package dev.holdfast.agent.shell;

import dev.holdfast.agent.linux.Errno;
import dev.holdfast.agent.rtnetlink.InterfaceAddress;
import dev.holdfast.agent.rtnetlink.Link;
import dev.holdfast.agent.rtnetlink.Route;
import dev.holdfast.agent.rtnetlink.RtRequest;
import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Prefix;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Adds and removes routes, marked as ours by their protocol number. The kernel drops routes without
 * a word when their interface goes down or the last address goes that made the gateway reachable:
 * claim again after either.
 *
 * <p>Owner: the loop thread.
 */
public final class RouteWriter {
  /**
   * Metric of an IPv6 default route when none is asked for: before those that the kernel learns
   * (1024), because equal ones would share the traffic.
   */
  static final long IPV6_METRIC = 64;

  private final Rtnetlink rtnetlink;
  private final Map<WantedRoute, Route> held = new LinkedHashMap<>();

  /**
   * A route that somebody wants.
   *
   * @param destination length 0 for a default route
   * @param gateway null when the destination is on the link
   * @param metric 0 leaves it to us
   */
  public record WantedRoute(
      String interfaceName, Prefix destination, @Nullable IpAddress gateway, long metric) {
    @Override
    public String toString() {
      return destination + " by " + (gateway == null ? interfaceName : gateway);
    }
  }

  public RouteWriter(Rtnetlink rtnetlink) {
    this.rtnetlink = rtnetlink;
  }

  /** Makes these routes be there. */
  public Outcome<WantedRoute> claim(Collection<WantedRoute> wanted) {
    Map<String, Integer> indexes = new HashMap<>();
    for (Link link : rtnetlink.links()) {
      indexes.put(link.name(), link.index());
    }
    var refused = new ArrayList<Outcome.Refused<WantedRoute>>();
    var asked = new ArrayList<WantedRoute>();
    var requests = new ArrayList<ByteBuffer>();
    for (WantedRoute one : wanted) {
      Integer index = indexes.get(one.interfaceName());
      if (index == null) {
        refused.add(new Outcome.Refused<>(one, Errno.ENODEV));
        continue;
      }
      Route route = route(one, index);
      held.put(one, route);
      asked.add(one);
      requests.add(RtRequest.addRoute(route));
    }
    Outcome<WantedRoute> outcome = Requests.doAll(rtnetlink, asked, requests, Errno.EEXIST);
    outcome.refused().forEach(r -> held.remove(r.what()));
    refused.addAll(outcome.refused());
    return new Outcome<>(outcome.done(), refused);
  }

  private static Route route(WantedRoute wanted, int interfaceIndex) {
    boolean ours = wanted.metric() == 0 && wanted.destination().family() == Family.IPV6;
    return new Route(
        wanted.destination().network(),
        wanted.gateway(),
        interfaceIndex,
        ours ? IPV6_METRIC : wanted.metric(),
        InterfaceAddress.OURS,
        null);
  }

  /** Takes away everything that we hold. Gone already counts as done. */
  public Outcome<WantedRoute> release() {
    List<WantedRoute> wanted = List.copyOf(held.keySet());
    List<ByteBuffer> requests = held.values().stream().map(RtRequest::removeRoute).toList();
    held.clear();
    return Requests.doAll(rtnetlink, wanted, requests, Errno.ESRCH, Errno.ENODEV);
  }

  /**
   * Removes routes with our mark that we do not hold: an earlier run left them behind.
   *
   * @return what was removed
   */
  public List<Route> removeLeftovers() {
    var leftovers = new ArrayList<Route>();
    for (Family family : Family.values()) {
      for (Route route : rtnetlink.ourRoutes(family)) {
        if (!held.containsValue(route)) {
          leftovers.add(route);
        }
      }
    }
    List<ByteBuffer> requests = leftovers.stream().map(RtRequest::removeRoute).toList();
    return Requests.doAll(rtnetlink, leftovers, requests, Errno.ESRCH, Errno.ENODEV).done();
  }
}
