package dev.holdfast.agent.flow;

import java.util.Arrays;

/**
 * One flow, spread out: the form in which codecs read it from the wire or the kernel and in which
 * {@link FlowTable} takes it and gives it back. Mutable and reused by its one owner, so that no
 * event makes garbage; copy what must outlive the next call.
 *
 * <p>{@link #has} says which attributes are known. What is not known is zero (whoever fills an
 * entry begins with {@link #clear}), and merging leaves the older value in place. {@link #original}
 * is always known. {@link #reply} always holds something: what the kernel said, or what the NAT
 * attributes make of the inverse of the original ({@code HAS_REPLY}), or the plain inverse.
 */
public final class FlowEntry {
  public static final int HAS_STATUS = 1;
  public static final int HAS_TIMEOUT = 1 << 1;
  public static final int HAS_MARK = 1 << 2;
  public static final int HAS_TCP_STATE = 1 << 3;
  public static final int HAS_SCTP_STATE = 1 << 4;
  public static final int HAS_DCCP_STATE = 1 << 5;
  public static final int HAS_DCCP_ROLE = 1 << 6;
  public static final int HAS_SCALE_ORIGINAL = 1 << 7;
  public static final int HAS_SCALE_REPLY = 1 << 8;
  public static final int HAS_TCP_FLAGS = 1 << 9;
  public static final int HAS_VTAG_ORIGINAL = 1 << 10;
  public static final int HAS_VTAG_REPLY = 1 << 11;
  public static final int HAS_SEQ_ORIGINAL = 1 << 12;
  public static final int HAS_SEQ_REPLY = 1 << 13;
  public static final int HAS_HELPER = 1 << 14;
  public static final int HAS_LABELS = 1 << 15;
  public static final int HAS_SYNPROXY = 1 << 16;
  public static final int HAS_MASTER = 1 << 17;

  /** The reply tuple is more than a guess. */
  public static final int HAS_REPLY = 1 << 18;

  /** Source translated: the reply's destination differs from the original's source. */
  public static final int HAS_SOURCE_NAT = 1 << 19;

  /** Destination translated: the reply's source differs from the original's destination. */
  public static final int HAS_DESTINATION_NAT = 1 << 20;

  public static final int HAS_SOURCE_PORT_NAT = 1 << 21;
  public static final int HAS_DESTINATION_PORT_NAT = 1 << 22;

  /** The kernel's identifier of the entry; never on the wire. */
  public static final int HAS_ID = 1 << 23;

  static final int NAT_BITS =
      HAS_SOURCE_NAT | HAS_DESTINATION_NAT | HAS_SOURCE_PORT_NAT | HAS_DESTINATION_PORT_NAT;

  /** What only makes sense for one protocol. */
  private static final int TCP_BITS =
      HAS_TCP_STATE | HAS_SCALE_ORIGINAL | HAS_SCALE_REPLY | HAS_TCP_FLAGS;

  private static final int SCTP_BITS = HAS_SCTP_STATE | HAS_VTAG_ORIGINAL | HAS_VTAG_REPLY;
  private static final int DCCP_BITS = HAS_DCCP_STATE | HAS_DCCP_ROLE;
  static final int STATE_BITS = HAS_TCP_STATE | HAS_SCTP_STATE | HAS_DCCP_STATE;

  public static final int LABEL_WORDS = 4;

  public final FlowTuple original = new FlowTuple();
  public final FlowTuple reply = new FlowTuple();
  public final FlowTuple master = new FlowTuple();

  /** {@code HAS_...} bits. */
  public int has;

  /** Conntrack zone, 0 to 65535; 0 is the default zone. Part of the key. */
  public int zone;

  /** {@link FlowStatus} bits. */
  public int status;

  /** Seconds that were left when the attribute was made; unsigned 32 bits. */
  public int timeoutSeconds;

  public int mark;

  /** TCP, SCTP or DCCP state, as the kernel numbers them; {@link #has} tells of which protocol. */
  public int state;

  /** 0 client, 1 server. */
  public int dccpRole;

  /** Window scales, 0 to 14 (RFC 7323 section 2.3). */
  public int scaleOriginal;

  public int scaleReply;

  /** {@code IP_CT_TCP_FLAG_*} of each direction, 8 bits. */
  public int tcpFlagsOriginal;

  public int tcpFlagsReply;

  /** SCTP verification tags. */
  public int vtagOriginal;

  public int vtagReply;

  /** Sequence adjustment: position of the last change, offset before and after it. */
  public int seqPositionOriginal;

  public int seqBeforeOriginal;
  public int seqAfterOriginal;
  public int seqPositionReply;
  public int seqBeforeReply;
  public int seqAfterReply;

  /** Name of the helper, at most 15 bytes in the kernel. */
  public final ShortName helper = new ShortName();

  /** Connection labels; word 0 holds labels 0 to 31. */
  public final int[] labels = new int[LABEL_WORDS];

  /** How many words of {@link #labels} were given, 0 to 4. */
  public int labelWords;

  public int synproxyIsn;
  public int synproxyIts;
  public int synproxyTsoff;

  public int kernelId;

  public boolean has(int bits) {
    return (has & bits) == bits;
  }

  public boolean hasAny(int bits) {
    return (has & bits) != 0;
  }

  /** Forgets everything, before a codec or the table fills it anew. */
  public void clear() {
    original.clear();
    reply.clear();
    master.clear();
    has = 0;
    zone = 0;
    status = 0;
    timeoutSeconds = 0;
    mark = 0;
    state = 0;
    dccpRole = 0;
    scaleOriginal = 0;
    scaleReply = 0;
    tcpFlagsOriginal = 0;
    tcpFlagsReply = 0;
    vtagOriginal = 0;
    vtagReply = 0;
    clearSequenceAdjustment();
    helper.clear();
    labelWords = 0;
    Arrays.fill(labels, 0);
    synproxyIsn = 0;
    synproxyIts = 0;
    synproxyTsoff = 0;
    kernelId = 0;
  }

  private void clearSequenceAdjustment() {
    seqPositionOriginal = 0;
    seqBeforeOriginal = 0;
    seqAfterOriginal = 0;
    seqPositionReply = 0;
    seqBeforeReply = 0;
    seqAfterReply = 0;
  }

  public void copyFrom(FlowEntry other) {
    original.copyFrom(other.original);
    reply.copyFrom(other.reply);
    master.copyFrom(other.master);
    has = other.has;
    zone = other.zone;
    status = other.status;
    timeoutSeconds = other.timeoutSeconds;
    mark = other.mark;
    state = other.state;
    dccpRole = other.dccpRole;
    scaleOriginal = other.scaleOriginal;
    scaleReply = other.scaleReply;
    tcpFlagsOriginal = other.tcpFlagsOriginal;
    tcpFlagsReply = other.tcpFlagsReply;
    vtagOriginal = other.vtagOriginal;
    vtagReply = other.vtagReply;
    seqPositionOriginal = other.seqPositionOriginal;
    seqBeforeOriginal = other.seqBeforeOriginal;
    seqAfterOriginal = other.seqAfterOriginal;
    seqPositionReply = other.seqPositionReply;
    seqBeforeReply = other.seqBeforeReply;
    seqAfterReply = other.seqAfterReply;
    helper.copyFrom(other.helper);
    labelWords = other.labelWords;
    System.arraycopy(other.labels, 0, labels, 0, LABEL_WORDS);
    synproxyIsn = other.synproxyIsn;
    synproxyIts = other.synproxyIts;
    synproxyTsoff = other.synproxyTsoff;
    kernelId = other.kernelId;
  }

  /** Forgets what does not belong to the flow's protocol: attributes come in any order. */
  public void dropForeignAttributes() {
    int own =
        switch (original.protocol) {
          case IpProtocol.TCP -> TCP_BITS;
          case IpProtocol.SCTP -> SCTP_BITS;
          case IpProtocol.DCCP -> DCCP_BITS;
          default -> 0;
        };
    int foreign = has & (TCP_BITS | SCTP_BITS | DCCP_BITS) & ~own;
    if (foreign == 0) {
      return;
    }
    has &= ~foreign;
    if (!hasAny(STATE_BITS)) {
      state = 0;
    }
    if (own != TCP_BITS) {
      scaleOriginal = 0;
      scaleReply = 0;
      tcpFlagsOriginal = 0;
      tcpFlagsReply = 0;
    }
    if (own != SCTP_BITS) {
      vtagOriginal = 0;
      vtagReply = 0;
    }
    if (own != DCCP_BITS) {
      dccpRole = 0;
    }
  }

  /**
   * Sets the NAT bits from the two tuples the way a conntrackd sender does: a part counts as
   * translated when the status says that this side was set up and the tuples differ there. Without
   * a status the tuples alone decide.
   */
  public void markTranslations() {
    has &= ~NAT_BITS;
    boolean statusKnown = has(HAS_STATUS);
    if (!statusKnown || (status & FlowStatus.SRC_NAT_DONE) != 0) {
      markSourceTranslation();
    }
    if (!statusKnown || (status & FlowStatus.DST_NAT_DONE) != 0) {
      markDestinationTranslation();
    }
  }

  private void markSourceTranslation() {
    if (reply.destinationLow != original.sourceLow
        || reply.destinationHigh != original.sourceHigh) {
      has |= HAS_SOURCE_NAT;
    }
    if (IpProtocol.hasPorts(original.protocol)
        && reply.destinationPort() != original.sourcePort()) {
      has |= HAS_SOURCE_PORT_NAT;
    }
  }

  private void markDestinationTranslation() {
    if (reply.sourceLow != original.destinationLow
        || reply.sourceHigh != original.destinationHigh) {
      has |= HAS_DESTINATION_NAT;
    }
    if (IpProtocol.hasPorts(original.protocol)
        && reply.sourcePort() != original.destinationPort()) {
      has |= HAS_DESTINATION_PORT_NAT;
    }
  }

  /** As conntrack(8) would list it, for people; allocates. */
  @Override
  public String toString() {
    var text = new StringBuilder(IpProtocol.name(original.protocol));
    if (has(HAS_TIMEOUT)) {
      text.append(' ').append(Integer.toUnsignedString(timeoutSeconds));
    }
    if (hasAny(STATE_BITS)) {
      text.append(' ').append(FlowState.name(original.protocol, state));
    }
    text.append(' ').append(original);
    if (has(HAS_STATUS) && (status & FlowStatus.SEEN_REPLY) == 0) {
      text.append(" [UNREPLIED]");
    }
    text.append(' ').append(reply);
    if (has(HAS_STATUS) && (status & FlowStatus.ASSURED) != 0) {
      text.append(" [ASSURED]");
    }
    if (has(HAS_MARK)) {
      text.append(" mark=").append(Integer.toUnsignedString(mark));
    }
    if (zone != 0) {
      text.append(" zone=").append(zone);
    }
    if (has(HAS_HELPER)) {
      text.append(" helper=").append(helper);
    }
    return text.toString();
  }
}
