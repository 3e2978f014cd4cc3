package dev.holdfast.agent.shell;

import dev.holdfast.api.addr.Prefix;

/**
 * A virtual address of this router.
 *
 * @param interfaceName where it is put
 * @param baseName where the router's own addresses of that network are: the same interface, or the
 *     one below a virtual MAC
 * @param prefix the address with the length of its network's prefix
 */
public record VirtualAddress(String interfaceName, String baseName, Prefix prefix) {

  /** On the interface that has the own addresses too. */
  public VirtualAddress(String interfaceName, Prefix prefix) {
    this(interfaceName, interfaceName, prefix);
  }

  @Override
  public String toString() {
    return prefix + " on " + interfaceName;
  }
}
