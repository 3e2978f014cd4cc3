package dev.holdfast.api.v1alpha1;

/** The reliability of the conntrackd protocol. */
public enum ConntrackdMode {
  /** Numbered, acknowledged, resent. */
  FTFW,
  /** Numbered only: a lost message is gone until the next resync. */
  NOTRACK
}
