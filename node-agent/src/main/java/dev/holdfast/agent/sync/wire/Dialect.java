package dev.holdfast.agent.sync.wire;

/** What the receiver of our messages understands. Reading is the same for both. */
public enum Dialect {
  /**
   * Exactly what conntrackd 1.4.7 knows: an attribute beyond it would cost the whole message, and a
   * helper's name of more than eleven characters too, so both stay at home.
   */
  CONNTRACKD,
  /**
   * Between our own routers, inside the sealed link: also what conntrackd leaves out. Unknown
   * attributes are skipped, so an older router understands a newer one.
   */
  HOLDFAST
}
