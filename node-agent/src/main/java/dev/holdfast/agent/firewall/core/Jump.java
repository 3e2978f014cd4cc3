package dev.holdfast.agent.firewall.core;

/**
 * A rule in a chain of others that leads to one of ours.
 *
 * @param chain the chain that it stands in; a built-in one when it is our own jump
 * @param text what follows {@code -A CHAIN }
 */
public record Jump(String chain, String text) {

  /** The jump that we put at the head of a built-in chain. */
  static Jump to(String builtIn, String ourChain) {
    return new Jump(builtIn, "-j " + ourChain);
  }
}
