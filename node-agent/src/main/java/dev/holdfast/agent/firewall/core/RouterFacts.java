package dev.holdfast.agent.firewall.core;

import java.util.Map;

/**
 * What only this router's kernel knows of its networks.
 *
 * @param interfaces by name; one that is not there yet is missing
 */
public record RouterFacts(Map<String, Interface> interfaces) {

  /** Nothing is known, as for {@code holdfast render} on another machine. */
  public static final RouterFacts NONE = new RouterFacts(Map.of());

  public RouterFacts {
    interfaces = Map.copyOf(interfaces);
  }

  /**
   * An interface as the kernel has it.
   *
   * @param index its number, which the names of macvlans above it contain
   */
  public record Interface(int index, int mtuBytes) {}
}
