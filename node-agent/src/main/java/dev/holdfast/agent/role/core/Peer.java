package dev.holdfast.agent.role.core;

/**
 * What another router says of itself over the link.
 *
 * @param alive the link to it is not silent
 * @param faults how many faults it has
 * @param inSync it holds every flow of the active router
 * @param successor to whom it gives the role, or has just given it; empty: to nobody
 * @param stays the role shall stay with the successor, or with this peer while there is none
 */
public record Peer(
    boolean alive, Role role, int faults, boolean inSync, String successor, boolean stays) {

  /** Heard, but has not said anything of itself yet. */
  static final Peer UNKNOWN = new Peer(true, Role.INITIALIZE, 0, false, "", false);

  /** Whoever is silent gives nothing away. */
  Peer withAlive(boolean alive) {
    return new Peer(alive, role, faults, inSync, alive ? successor : "", alive && stays);
  }
}
