package dev.holdfast.agent.sync.core;

/**
 * A barrier that we ask a peer for: only when it holds everything that came before, once at once
 * and again with each heartbeat, until it answers. A later request takes the place of an earlier
 * one.
 */
final class OwnBarrier {
  private long number;
  private long position;
  private boolean open;

  /** The last one that was asked for without waiting for a heartbeat. */
  private long hurried;

  /**
   * Begins a new one.
   *
   * @param newestPosition of our flows: everything up to it must be in the peer's kernel
   * @return its number, from 1
   */
  long request(long newestPosition) {
    number++;
    position = newestPosition;
    open = true;
    return number;
  }

  /** It is to be asked for, given up to where the peer holds our flows. */
  boolean due(long acknowledgedPosition) {
    return open && acknowledgedPosition >= position;
  }

  /** True once for each when it is due: it does not wait for the next heartbeat. */
  boolean hurry(long acknowledgedPosition) {
    if (hurried == number || !due(acknowledgedPosition)) {
      return false;
    }
    hurried = number;
    return true;
  }

  /** Number of the last one, 0 before the first. */
  long number() {
    return number;
  }

  /** The peer answers that one; true when it is the open one, which ends with it. */
  boolean answered(long number) {
    if (!open || number != this.number) {
      return false;
    }
    open = false;
    return true;
  }

  /** The peer's process is another one and knows of no barrier. */
  void peerRestarted() {
    hurried = 0;
  }
}
