package dev.holdfast.agent.shell;

/** Why a flow is not on another router, in the words of status, metrics and {@code flows}. */
final class UnprotectedReason {

  /** Told or about to be, and no peer has said yet that it holds it. */
  static final String NOT_YET_ACKNOWLEDGED = "NotYetAcknowledged";

  /** No other router is heard on the link. */
  static final String NO_PEER = "NoPeer";

  /** Told to a conntrackd in NOTRACK mode, which confirms nothing. */
  static final String UNCONFIRMED = "Unconfirmed";

  /** Our table had no room for it. */
  static final String TABLE_FULL = "TableFull";

  /** {@code flowSync.ignore} leaves it out: the router's own, a pod's, a service's. Not tracked. */
  static final String IGNORED_BY_RULE = "IgnoredByRule";

  /** Its protocol is not among those that are replicated. Not tracked. */
  static final String IGNORED_PROTOCOL = "IgnoredProtocol";

  /** To a group or to everybody: it ends at this router. Not tracked. */
  static final String NOT_UNICAST = "NotUnicast";

  private UnprotectedReason() {}
}
