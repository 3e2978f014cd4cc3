package dev.holdfast.agent.sync.wire;

/**
 * Why a message of a conntrackd datagram does not count. One counter per name; the names of
 * conntrackd's own counters stand beside ours.
 */
public enum MessageDrop {
  /** Fewer bytes than a header (or a range) left: "Truncated message". */
  TRUNCATED(true, false),
  /** Length zero, beyond the datagram or below a header: "Bad message size". */
  BAD_LENGTH(true, false),
  /** Not version 1: "Wrong protocol version". */
  BAD_VERSION(false, false),
  /** No such type: "Malformed header". */
  BAD_TYPE(false, false),
  /** Flags that this type never carries: "Malformed header". */
  BAD_FLAGS(false, false),
  /** A range whose last comes before its first: "Malformed header". */
  BAD_RANGE(false, false),
  /** An attribute shorter than its header or longer than the message: "Malformed payload". */
  BAD_ATTRIBUTE_LENGTH(false, true),
  /** A known attribute of another size than its own: "Malformed payload". */
  BAD_ATTRIBUTE_SIZE(false, true),
  /** A state, scale or name that no kernel takes. */
  BAD_VALUE(false, true),
  /** Addresses, protocol, or what the protocol tells flows apart by is missing. */
  INCOMPLETE_KEY(false, true),
  /** IPv4 and IPv6 attributes in one message. */
  MIXED_FAMILIES(false, true);

  private final boolean endsDatagram;
  private final boolean countsAsReceived;

  MessageDrop(boolean endsDatagram, boolean countsAsReceived) {
    this.endsDatagram = endsDatagram;
    this.countsAsReceived = countsAsReceived;
  }

  /** The rest of the datagram cannot be read; otherwise reading goes on with the next message. */
  public boolean endsDatagram() {
    return endsDatagram;
  }

  /** Its header was good: the sequence number counts as received and is acknowledged. */
  public boolean countsAsReceived() {
    return countsAsReceived;
  }
}
