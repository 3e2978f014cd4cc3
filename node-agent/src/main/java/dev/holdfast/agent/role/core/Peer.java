package dev.holdfast.agent.role.core;

/**
 * What another router says of itself over the link.
 *
 * @param alive the link to it is not silent
 * @param faults how many faults it has
 * @param inSync it holds every flow of the active router
 */
public record Peer(boolean alive, Role role, int faults, boolean inSync) {

  /** Heard, but has not said anything of itself yet. */
  static final Peer UNKNOWN = new Peer(true, Role.INITIALIZE, 0, false);

  Peer withAlive(boolean alive) {
    return new Peer(alive, role, faults, inSync);
  }
}
