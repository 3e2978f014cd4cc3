package dev.holdfast.agent.firewall.core;

import dev.holdfast.api.addr.Prefix;
import java.util.List;
import java.util.Map;

/**
 * What only this router's kernel knows.
 *
 * @param interfaces by name; an interface that is not there yet is missing
 */
public record RouterFacts(Map<String, Interface> interfaces) {

  /** Nothing is known, as for {@code holdfast render} on another machine. */
  public static final RouterFacts NONE = new RouterFacts(Map.of());

  public RouterFacts {
    interfaces = Map.copyOf(interfaces);
  }

  /**
   * @param mtuBytes its MTU
   * @param addresses the router's own addresses on it, with their prefix lengths; virtual ones may
   *     be among them
   */
  public record Interface(int mtuBytes, List<Prefix> addresses) {
    public Interface {
      addresses = List.copyOf(addresses);
    }
  }
}
