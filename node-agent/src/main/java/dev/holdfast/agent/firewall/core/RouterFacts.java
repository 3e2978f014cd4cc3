package dev.holdfast.agent.firewall.core;

import java.util.Map;

/**
 * What only this router's kernel knows of its networks.
 *
 * @param mtuBytes MTU by interface; an interface that is not there yet is missing
 */
public record RouterFacts(Map<String, Integer> mtuBytes) {

  /** Nothing is known, as for {@code holdfast render} on another machine. */
  public static final RouterFacts NONE = new RouterFacts(Map.of());

  public RouterFacts {
    mtuBytes = Map.copyOf(mtuBytes);
  }
}
