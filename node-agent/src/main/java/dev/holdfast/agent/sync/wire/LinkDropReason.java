package dev.holdfast.agent.sync.wire;

/**
 * Why a datagram of the sealed link, or a message inside one, does not count. One counter per name;
 * no drop changes anything but its counter, so none disturbs a running link.
 */
public enum LinkDropReason {
  /** Shorter than a header, or than its own header says. */
  TRUNCATED,
  /** Longer than its own header says, or than any datagram of ours. */
  OVERSIZED,
  /** Does not begin as our datagrams do: some other program's. */
  NOT_OURS,
  /** An envelope older than any that we still open. */
  OLD_VERSION,
  /** An envelope that only a newer Holdfast knows. */
  NEW_VERSION,
  /** A kind of datagram that this version does not know. */
  UNKNOWN_KIND,
  /** Of another gateway cluster that shares the segment. */
  WRONG_CLUSTER,
  /** From a node that is no router of this cluster, or from ourselves. */
  WRONG_SENDER,
  /** For another router. */
  WRONG_RECEIVER,
  /** Sealed with a key that is not in our key file. */
  WRONG_KEY,
  /** Of a session that we do not hold: from before a restart, of a peer or of ours. */
  UNKNOWN_SESSION,
  /** Received before. */
  REPLAYED,
  /** So far behind the newest that we no longer know whether it was received before. */
  TOO_OLD,
  /** The seal does not fit: forged, damaged, or sealed with another key of the same identifier. */
  FORGED,
  /** More handshakes or hellos in a moment than honest routers send; they come again. */
  RATE_LIMITED,
  /** A handshake that belongs to none of ours, or that only the other side of the pair sends. */
  UNEXPECTED_HANDSHAKE,
  /** A message whose length passes the end of its datagram, or whose fields pass its own. */
  MALFORMED_MESSAGE,
  /** A known field of a size or value that it cannot have. */
  MALFORMED_FIELD
}
