package dev.holdfast.agent.vrrp.wire;

/**
 * What a checksum covers.
 *
 * <p>Version 2 is always {@link #PLAIN}, IPv6 always {@link #PSEUDO}. For version 3 over IPv4 the
 * field disagrees with itself: RFC 5798 could be read both ways, Linux speakers add the
 * pseudo-header, RFC 9568 section 5.2.8 says that there is none.
 */
public enum ChecksumForm {
  /** The VRRP packet alone. */
  PLAIN,
  /** A pseudo-header with the packet's own addresses, then the VRRP packet. */
  PSEUDO,
  /** The same, but with 224.0.0.18 as destination although the packet went to one peer. */
  PSEUDO_GROUP
}
