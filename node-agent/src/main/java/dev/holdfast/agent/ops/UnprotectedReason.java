package dev.holdfast.agent.ops;

/** Why a flow is not on another router, in the words of status, metrics and {@code flows}. */
public final class UnprotectedReason {

  /** Told or about to be, and no peer has said yet that it holds it. */
  public static final String NOT_YET_ACKNOWLEDGED = "NotYetAcknowledged";

  /** No other router is heard on the link, and none has said that it holds it as it is now. */
  public static final String NO_PEER = "NoPeer";

  /** A router that is not heard now has said that it holds it: kept if that router still runs. */
  public static final String PEER_SILENT = "PeerSilent";

  /** Told to a conntrackd in NOTRACK mode, which confirms nothing. */
  public static final String UNCONFIRMED = "Unconfirmed";

  /** A router that was told it says that its kernel refused it. */
  public static final String REFUSED_BY_PEER = "RefusedByPeer";

  /** Our table had no room for it. */
  public static final String TABLE_FULL = "TableFull";

  /** {@code flowSync.ignore} leaves it out: the router's own, a pod's, a service's. Not tracked. */
  public static final String IGNORED_BY_RULE = "IgnoredByRule";

  /** Its protocol is not among those that are replicated. Not tracked. */
  public static final String IGNORED_PROTOCOL = "IgnoredProtocol";

  /** To a group or to everybody: it ends at this router. Not tracked. */
  public static final String NOT_UNICAST = "NotUnicast";

  private UnprotectedReason() {}

  /** The same for a person, at most 80 characters; a reason of a newer Holdfast as it is. */
  static String inWords(String reason) {
    String words =
        switch (reason) {
          case NOT_YET_ACKNOWLEDGED -> "told, and no router has confirmed them yet";
          case NO_PEER -> "no other router holds them";
          case PEER_SILENT -> "a router that is silent now holds them, if it still runs";
          case UNCONFIRMED -> "told to a conntrackd that confirms nothing";
          case REFUSED_BY_PEER -> "the other router's kernel refused them";
          case TABLE_FULL -> "the agent's table had no room";
          case IGNORED_BY_RULE -> "left out by flowSync.ignore";
          case IGNORED_PROTOCOL -> "their protocol is not copied";
          case NOT_UNICAST -> "multicast and broadcast end at this router";
          default -> "";
        };
    return words.isEmpty() ? reason : words + " (" + reason + ")";
  }
}
