package dev.holdfast.agent.ctnetlink;

import static dev.holdfast.agent.flow.FlowEntry.HAS_DCCP_ROLE;
import static dev.holdfast.agent.flow.FlowEntry.HAS_DCCP_STATE;
import static dev.holdfast.agent.flow.FlowEntry.HAS_DESTINATION_NAT;
import static dev.holdfast.agent.flow.FlowEntry.HAS_DESTINATION_PORT_NAT;
import static dev.holdfast.agent.flow.FlowEntry.HAS_HELPER;
import static dev.holdfast.agent.flow.FlowEntry.HAS_MARK;
import static dev.holdfast.agent.flow.FlowEntry.HAS_MASTER;
import static dev.holdfast.agent.flow.FlowEntry.HAS_SCALE_ORIGINAL;
import static dev.holdfast.agent.flow.FlowEntry.HAS_SCALE_REPLY;
import static dev.holdfast.agent.flow.FlowEntry.HAS_SCTP_STATE;
import static dev.holdfast.agent.flow.FlowEntry.HAS_SOURCE_NAT;
import static dev.holdfast.agent.flow.FlowEntry.HAS_SOURCE_PORT_NAT;
import static dev.holdfast.agent.flow.FlowEntry.HAS_STATUS;
import static dev.holdfast.agent.flow.FlowEntry.HAS_TCP_FLAGS;
import static dev.holdfast.agent.flow.FlowEntry.HAS_TCP_STATE;
import static dev.holdfast.agent.flow.FlowEntry.HAS_VTAG_ORIGINAL;
import static dev.holdfast.agent.flow.FlowEntry.HAS_VTAG_REPLY;

import dev.holdfast.agent.flow.ExpectEntry;
import dev.holdfast.agent.flow.FlowEntry;
import dev.holdfast.agent.flow.FlowState;
import dev.holdfast.agent.flow.FlowStatus;
import dev.holdfast.agent.flow.FlowTuple;
import dev.holdfast.agent.flow.IpProtocol;
import java.nio.ByteBuffer;

/**
 * Requests to the kernel, one behind the other in one buffer. Each method appends one whole message
 * at the buffer's position, or returns false and writes nothing when fewer than {@link
 * #REQUEST_BYTES_MAX} bytes are left. Sequence, port id and the ACK flag are zero: the socket sets
 * them.
 *
 * <p>The kernel works on the requests in order and goes on after an error; errors are told without
 * being asked for, so ask for an ACK with the last request only. 50 to 200 requests are a good
 * batch.
 *
 * <p>One owner; no garbage.
 */
public final class CtRequests {
  /** No request is longer. */
  public static final int REQUEST_BYTES_MAX = 768;

  /** What to leave out of a create or update, when the kernel refused it before. */
  public static final int WITHOUT_HELPER = 1;

  public static final int WITHOUT_LABELS = 2;
  public static final int WITHOUT_MASTER = 4;

  /**
   * Not for us to set: EXPECTED comes with the master, DYING never. FIXED_TIMEOUT would forbid to
   * set the true timeout later: {@link #update} sets it.
   */
  private static final int STATUS_NOT_AT_BIRTH =
      FlowStatus.EXPECTED | FlowStatus.DYING | FlowStatus.FIXED_TIMEOUT;

  private final FlowTuple inverse = new FlowTuple();

  // -------------------------------------------------------------------------------------- flows

  /**
   * A new flow. Errors to expect: EEXIST (a flow with this original tuple, or another one with this
   * reply), ENOENT (no such master), EOPNOTSUPP (unknown helper, no NAT), ENOMEM (table full).
   *
   * @param timeoutSeconds the lifetime to give it, unsigned; the kernel clamps it
   * @param leftOut {@code WITHOUT_...} bits, or 0
   */
  public boolean create(ByteBuffer out, FlowEntry flow, int timeoutSeconds, int leftOut) {
    if (out.remaining() < REQUEST_BYTES_MAX) {
      return false;
    }
    int flags = Ct.NLM_F_REQUEST | Ct.NLM_F_CREATE | Ct.NLM_F_EXCL;
    int start = begin(out, Ct.IPCTNL_MSG_CT_NEW, flags, family(flow.original));
    inverse.invert(flow.original);
    tuple(out, Ct.CTA_TUPLE_ORIG, flow.original);
    tuple(out, Ct.CTA_TUPLE_REPLY, inverse);
    int status = flow.has(HAS_STATUS) ? flow.status & ~STATUS_NOT_AT_BIRTH : 0;
    Nla.putInt(out, Ct.CTA_STATUS, status | FlowStatus.CONFIRMED);
    Nla.putInt(out, Ct.CTA_TIMEOUT, timeoutSeconds);
    protocolInfo(out, flow);
    translations(out, flow);
    if (flow.has(HAS_HELPER) && !flow.helper.isEmpty() && (leftOut & WITHOUT_HELPER) == 0) {
      helper(out, flow);
    }
    if (flow.has(HAS_MASTER) && (leftOut & WITHOUT_MASTER) == 0) {
      tuple(out, Ct.CTA_TUPLE_MASTER, flow.master);
    }
    extensions(out, flow, leftOut);
    zone(out, Ct.CTA_ZONE, flow.zone);
    end(out, start);
    return true;
  }

  /**
   * Everything of a flow that can be changed: timeout, status, state, mark, labels, sequence
   * adjustment. Not its translation, helper and master. Errors to expect: ENOENT; EBUSY when the
   * kernel's entry knows more than ours (an answer seen, assured) or has no master: delete and
   * create it; EPERM (fixed timeout).
   *
   * @param leftOut {@code WITHOUT_LABELS} or 0
   */
  public boolean update(ByteBuffer out, FlowEntry flow, int timeoutSeconds, int leftOut) {
    if (out.remaining() < REQUEST_BYTES_MAX) {
      return false;
    }
    int start = begin(out, Ct.IPCTNL_MSG_CT_NEW, Ct.NLM_F_REQUEST, family(flow.original));
    tuple(out, Ct.CTA_TUPLE_ORIG, flow.original);
    Nla.putInt(out, Ct.CTA_TIMEOUT, timeoutSeconds);
    if (flow.has(HAS_STATUS)) {
      int expected = flow.has(HAS_MASTER) ? FlowStatus.EXPECTED : 0;
      int status = flow.status & ~(FlowStatus.EXPECTED | FlowStatus.DYING) | expected;
      Nla.putInt(out, Ct.CTA_STATUS, status | FlowStatus.CONFIRMED);
    }
    protocolInfo(out, flow);
    extensions(out, flow, leftOut);
    zone(out, Ct.CTA_ZONE, flow.zone);
    end(out, start);
    return true;
  }

  /** Only a flow's lifetime. Errors to expect: ENOENT, EPERM (fixed timeout). */
  public boolean updateTimeout(ByteBuffer out, FlowTuple original, int zone, int timeoutSeconds) {
    if (out.remaining() < REQUEST_BYTES_MAX) {
      return false;
    }
    int start = begin(out, Ct.IPCTNL_MSG_CT_NEW, Ct.NLM_F_REQUEST, family(original));
    tuple(out, Ct.CTA_TUPLE_ORIG, original);
    Nla.putInt(out, Ct.CTA_TIMEOUT, timeoutSeconds);
    zone(out, Ct.CTA_ZONE, zone);
    end(out, start);
    return true;
  }

  /** Deletes the flow with this original tuple. Errors to expect: ENOENT. */
  public boolean delete(ByteBuffer out, FlowTuple original, int zone) {
    return byTuple(out, Ct.IPCTNL_MSG_CT_DELETE, Ct.CTA_TUPLE_ORIG, original, zone);
  }

  /**
   * Deletes the flow with this original tuple unless it was born again meanwhile. Errors to expect:
   * ENOENT, also when the identifier is another one.
   */
  public boolean deleteIfSame(ByteBuffer out, FlowTuple original, int zone, int kernelId) {
    if (out.remaining() < REQUEST_BYTES_MAX) {
      return false;
    }
    int start = begin(out, Ct.IPCTNL_MSG_CT_DELETE, Ct.NLM_F_REQUEST, family(original));
    tuple(out, Ct.CTA_TUPLE_ORIG, original);
    zone(out, Ct.CTA_ZONE, zone);
    Nla.putInt(out, Ct.CTA_ID, kernelId);
    end(out, start);
    return true;
  }

  /**
   * Deletes the flow whose answers look like this: the one that stands in the way when a create
   * with a free original tuple says EEXIST.
   */
  public boolean deleteByReply(ByteBuffer out, FlowTuple reply, int zone) {
    return byTuple(out, Ct.IPCTNL_MSG_CT_DELETE, Ct.CTA_TUPLE_REPLY, reply, zone);
  }

  /** Asks for one flow by its original tuple. Errors to expect: ENOENT. */
  public boolean get(ByteBuffer out, FlowTuple original, int zone) {
    return byTuple(out, Ct.IPCTNL_MSG_CT_GET, Ct.CTA_TUPLE_ORIG, original, zone);
  }

  private static boolean byTuple(
      ByteBuffer out, int type, int attribute, FlowTuple tuple, int zone) {
    if (out.remaining() < REQUEST_BYTES_MAX) {
      return false;
    }
    int start = begin(out, type, Ct.NLM_F_REQUEST, family(tuple));
    tuple(out, attribute, tuple);
    zone(out, Ct.CTA_ZONE, zone);
    end(out, start);
    return true;
  }

  /** Asks for the whole table, both families, all zones. */
  public boolean dump(ByteBuffer out) {
    return bare(out, Ct.IPCTNL_MSG_CT_GET, Ct.NLM_F_REQUEST | Ct.NLM_F_DUMP, Ct.AF_UNSPEC);
  }

  /** Asks for all flows of one family. */
  public boolean dump(ByteBuffer out, boolean ipv6) {
    int family = ipv6 ? Ct.AF_INET6 : Ct.AF_INET;
    return bare(out, Ct.IPCTNL_MSG_CT_GET, Ct.NLM_F_REQUEST | Ct.NLM_F_DUMP, family);
  }

  /**
   * Empties the whole table: everybody's flows. Filters are not offered, because a kernel that does
   * not know one flushes more than it was asked to.
   */
  public boolean flush(ByteBuffer out) {
    return bare(out, Ct.IPCTNL_MSG_CT_DELETE, Ct.NLM_F_REQUEST, Ct.AF_UNSPEC);
  }

  // ------------------------------------------------------------------------------- expectations

  /**
   * A new expectation, its translation, class and function included. Errors to expect: ENOENT (no
   * master), EOPNOTSUPP (the master has no helper), EEXIST, EINVAL (unknown function).
   */
  public boolean create(ByteBuffer out, ExpectEntry expectation, int timeoutSeconds) {
    if (out.remaining() < REQUEST_BYTES_MAX) {
      return false;
    }
    int flags = Ct.NLM_F_REQUEST | Ct.NLM_F_CREATE | Ct.NLM_F_EXCL;
    int start = begin(out, Ct.IPCTNL_MSG_EXP_NEW, flags, family(expectation.expected));
    tuple(out, Ct.CTA_EXPECT_TUPLE, expectation.expected);
    tuple(out, Ct.CTA_EXPECT_MASTER, expectation.master);
    int saved = expectation.mask.protocol;
    // The mask's ports are read as those of the expected protocol.
    expectation.mask.protocol = expectation.expected.protocol;
    tuple(out, Ct.CTA_EXPECT_MASK, expectation.mask);
    expectation.mask.protocol = saved;
    Nla.putInt(out, Ct.CTA_EXPECT_TIMEOUT, timeoutSeconds);
    if (expectation.has(ExpectEntry.HAS_FLAGS)) {
      Nla.putInt(out, Ct.CTA_EXPECT_FLAGS, expectation.flags);
    }
    if (expectation.has(ExpectEntry.HAS_CLASS)) {
      Nla.putInt(out, Ct.CTA_EXPECT_CLASS, expectation.expectClass);
    }
    if (expectation.has(ExpectEntry.HAS_HELPER) && !expectation.helper.isEmpty()) {
      Nla.putName(out, Ct.CTA_EXPECT_HELP_NAME, expectation.helper);
    }
    if (expectation.has(ExpectEntry.HAS_NAT) && isTranslation(expectation.nat)) {
      int nest = Nla.open(out, Ct.CTA_EXPECT_NAT);
      Nla.putInt(out, Ct.CTA_EXPECT_NAT_DIR, expectation.natDirection);
      tuple(out, Ct.CTA_EXPECT_NAT_TUPLE, expectation.nat);
      Nla.close(out, nest);
    }
    if (expectation.has(ExpectEntry.HAS_FUNCTION) && !expectation.function.isEmpty()) {
      Nla.putName(out, Ct.CTA_EXPECT_FN, expectation.function);
    }
    zone(out, Ct.CTA_EXPECT_ZONE, expectation.zone);
    end(out, start);
    return true;
  }

  private static boolean isTranslation(FlowTuple nat) {
    return (nat.sourceHigh | nat.sourceLow | nat.l4) != 0;
  }

  /** Deletes the expectation of this tuple. Errors to expect: ENOENT. */
  public boolean deleteExpectation(ByteBuffer out, FlowTuple expected, int zone) {
    if (out.remaining() < REQUEST_BYTES_MAX) {
      return false;
    }
    int start = begin(out, Ct.IPCTNL_MSG_EXP_DELETE, Ct.NLM_F_REQUEST, family(expected));
    tuple(out, Ct.CTA_EXPECT_TUPLE, expected);
    zone(out, Ct.CTA_EXPECT_ZONE, zone);
    end(out, start);
    return true;
  }

  /** Asks for all expectations, both families. */
  public boolean dumpExpectations(ByteBuffer out) {
    return bare(out, Ct.IPCTNL_MSG_EXP_GET, Ct.NLM_F_REQUEST | Ct.NLM_F_DUMP, Ct.AF_UNSPEC);
  }

  // --------------------------------------------------------------------------------------- parts

  private static boolean bare(ByteBuffer out, int type, int flags, int family) {
    if (out.remaining() < REQUEST_BYTES_MAX) {
      return false;
    }
    end(out, begin(out, type, flags, family));
    return true;
  }

  private static int begin(ByteBuffer out, int type, int flags, int family) {
    int start = out.position();
    out.putInt(0).putShort((short) type).putShort((short) flags).putLong(0);
    out.put((byte) family).put((byte) 0).putShort((short) 0);
    return start;
  }

  private static void end(ByteBuffer out, int start) {
    out.putInt(start, out.position() - start);
  }

  private static int family(FlowTuple tuple) {
    return tuple.ipv6 ? Ct.AF_INET6 : Ct.AF_INET;
  }

  private static void tuple(ByteBuffer out, int type, FlowTuple tuple) {
    int nest = Nla.open(out, type);
    int addresses = Nla.open(out, Ct.CTA_TUPLE_IP);
    if (tuple.ipv6) {
      Nla.putIpv6(out, Ct.CTA_IP_V6_SRC, tuple.sourceHigh, tuple.sourceLow);
      Nla.putIpv6(out, Ct.CTA_IP_V6_DST, tuple.destinationHigh, tuple.destinationLow);
    } else {
      Nla.putInt(out, Ct.CTA_IP_V4_SRC, (int) tuple.sourceLow);
      Nla.putInt(out, Ct.CTA_IP_V4_DST, (int) tuple.destinationLow);
    }
    Nla.close(out, addresses);
    int protocol = Nla.open(out, Ct.CTA_TUPLE_PROTO);
    Nla.putByte(out, Ct.CTA_PROTO_NUM, tuple.protocol);
    l4(out, tuple);
    Nla.close(out, protocol);
    Nla.close(out, nest);
  }

  private static void l4(ByteBuffer out, FlowTuple tuple) {
    switch (tuple.protocol) {
      case IpProtocol.ICMP -> {
        Nla.putShort(out, Ct.CTA_PROTO_ICMP_ID, tuple.icmpId());
        Nla.putByte(out, Ct.CTA_PROTO_ICMP_TYPE, tuple.icmpType());
        Nla.putByte(out, Ct.CTA_PROTO_ICMP_CODE, tuple.icmpCode());
      }
      case IpProtocol.ICMPV6 -> {
        Nla.putShort(out, Ct.CTA_PROTO_ICMPV6_ID, tuple.icmpId());
        Nla.putByte(out, Ct.CTA_PROTO_ICMPV6_TYPE, tuple.icmpType());
        Nla.putByte(out, Ct.CTA_PROTO_ICMPV6_CODE, tuple.icmpCode());
      }
      default -> {
        if (IpProtocol.hasPorts(tuple.protocol) || tuple.protocol == IpProtocol.GRE) {
          Nla.putShort(out, Ct.CTA_PROTO_SRC_PORT, tuple.sourcePort());
          Nla.putShort(out, Ct.CTA_PROTO_DST_PORT, tuple.destinationPort());
        }
      }
    }
  }

  private static void protocolInfo(ByteBuffer out, FlowEntry flow) {
    switch (flow.original.protocol) {
      case IpProtocol.TCP -> tcp(out, flow);
      case IpProtocol.SCTP -> sctp(out, flow);
      case IpProtocol.DCCP -> dccp(out, flow);
      default -> {}
    }
  }

  /** State, both scales where they count, and liberal in both directions. */
  private static void tcp(ByteBuffer out, FlowEntry flow) {
    int info = Nla.open(out, Ct.CTA_PROTOINFO);
    int tcp = Nla.open(out, Ct.CTA_PROTOINFO_TCP);
    if (flow.has(HAS_TCP_STATE)) {
      Nla.putByte(out, Ct.CTA_PROTOINFO_TCP_STATE, answered(flow.state));
    }
    int flags = Ct.IP_CT_TCP_FLAG_BE_LIBERAL;
    int sack = flow.tcpFlagsOriginal & flow.tcpFlagsReply & Ct.IP_CT_TCP_FLAG_SACK_PERM;
    if (scales(flow)) {
      flags |= Ct.IP_CT_TCP_FLAG_WINDOW_SCALE;
      Nla.putByte(out, Ct.CTA_PROTOINFO_TCP_WSCALE_ORIGINAL, flow.scaleOriginal);
      Nla.putByte(out, Ct.CTA_PROTOINFO_TCP_WSCALE_REPLY, flow.scaleReply);
    }
    flags |= sack;
    Nla.putValueAndMask(out, Ct.CTA_PROTOINFO_TCP_FLAGS_ORIGINAL, flags, flags);
    Nla.putValueAndMask(out, Ct.CTA_PROTOINFO_TCP_FLAGS_REPLY, flags, flags);
    Nla.close(out, tcp);
    Nla.close(out, info);
  }

  /**
   * The answer to a SYN may have passed the other router after that told the flow. In SYN_SENT this
   * kernel would call everything that follows invalid, until the entry ends; in SYN_RECV it takes
   * whatever comes next: the SYN again, its answer, the client's ACK or the server's data.
   */
  private static int answered(int state) {
    return state == FlowState.TCP_SYN_SENT ? FlowState.TCP_SYN_RECV : state;
  }

  /**
   * The kernel stores scales only when both directions are flagged as scaling. A peer that tells no
   * flags (conntrackd) tells scales of zero for a flow that does not scale.
   */
  private static boolean scales(FlowEntry flow) {
    if (!flow.has(HAS_SCALE_ORIGINAL | HAS_SCALE_REPLY)) {
      return false;
    }
    return flow.has(HAS_TCP_FLAGS)
        ? (flow.tcpFlagsOriginal & flow.tcpFlagsReply & Ct.IP_CT_TCP_FLAG_WINDOW_SCALE) != 0
        : (flow.scaleOriginal | flow.scaleReply) != 0;
  }

  /** State and both tags, or nothing: the kernel refuses a part. */
  private static void sctp(ByteBuffer out, FlowEntry flow) {
    if (!flow.has(HAS_SCTP_STATE | HAS_VTAG_ORIGINAL | HAS_VTAG_REPLY)) {
      return;
    }
    int info = Nla.open(out, Ct.CTA_PROTOINFO);
    int sctp = Nla.open(out, Ct.CTA_PROTOINFO_SCTP);
    Nla.putByte(out, Ct.CTA_PROTOINFO_SCTP_STATE, flow.state);
    Nla.putInt(out, Ct.CTA_PROTOINFO_SCTP_VTAG_ORIGINAL, flow.vtagOriginal);
    Nla.putInt(out, Ct.CTA_PROTOINFO_SCTP_VTAG_REPLY, flow.vtagReply);
    Nla.close(out, sctp);
    Nla.close(out, info);
  }

  private static void dccp(ByteBuffer out, FlowEntry flow) {
    if (!flow.has(HAS_DCCP_STATE | HAS_DCCP_ROLE)) {
      return;
    }
    int info = Nla.open(out, Ct.CTA_PROTOINFO);
    int dccp = Nla.open(out, Ct.CTA_PROTOINFO_DCCP);
    Nla.putByte(out, Ct.CTA_PROTOINFO_DCCP_STATE, flow.state);
    Nla.putByte(out, Ct.CTA_PROTOINFO_DCCP_ROLE, flow.dccpRole);
    Nla.close(out, dccp);
    Nla.close(out, info);
  }

  /** Address and exact port, also when one alone is translated: nothing is left to choose. */
  private static void translations(ByteBuffer out, FlowEntry flow) {
    FlowTuple reply = flow.reply;
    boolean hasPorts = IpProtocol.hasPorts(reply.protocol);
    boolean newIcmpId =
        IpProtocol.isIcmp(reply.protocol) && reply.icmpId() != flow.original.icmpId();
    if (flow.has(HAS_SOURCE_NAT) || hasPorts && flow.has(HAS_SOURCE_PORT_NAT) || newIcmpId) {
      // The kernel takes a translated ICMP identifier in the place of a port.
      int port = newIcmpId ? reply.icmpId() : reply.destinationPort();
      translation(
          out,
          Ct.CTA_NAT_SRC,
          reply.ipv6,
          reply.destinationHigh,
          reply.destinationLow,
          hasPorts || newIcmpId,
          port);
    }
    if (flow.has(HAS_DESTINATION_NAT) || hasPorts && flow.has(HAS_DESTINATION_PORT_NAT)) {
      translation(
          out,
          Ct.CTA_NAT_DST,
          reply.ipv6,
          reply.sourceHigh,
          reply.sourceLow,
          hasPorts,
          reply.sourcePort());
    }
  }

  private static void translation(
      ByteBuffer out, int type, boolean ipv6, long high, long low, boolean hasPorts, int port) {
    int nest = Nla.open(out, type);
    if (ipv6) {
      Nla.putIpv6(out, Ct.CTA_NAT_V6_MINIP, high, low);
    } else {
      Nla.putInt(out, Ct.CTA_NAT_V4_MINIP, (int) low);
    }
    if (hasPorts) {
      int ports = Nla.open(out, Ct.CTA_NAT_PROTO);
      Nla.putShort(out, Ct.CTA_PROTONAT_PORT_MIN, port);
      Nla.putShort(out, Ct.CTA_PROTONAT_PORT_MAX, port);
      Nla.close(out, ports);
    }
    Nla.close(out, nest);
  }

  private static void helper(ByteBuffer out, FlowEntry flow) {
    int nest = Nla.open(out, Ct.CTA_HELP);
    Nla.putName(out, Ct.CTA_HELP_NAME, flow.helper);
    Nla.close(out, nest);
  }

  private static void extensions(ByteBuffer out, FlowEntry flow, int leftOut) {
    if (flow.has(HAS_MARK)) {
      Nla.putInt(out, Ct.CTA_MARK, flow.mark);
    }
    if ((flow.seqPositionOriginal | flow.seqBeforeOriginal | flow.seqAfterOriginal) != 0) {
      sequenceAdjustment(
          out,
          Ct.CTA_SEQ_ADJ_ORIG,
          flow.seqPositionOriginal,
          flow.seqBeforeOriginal,
          flow.seqAfterOriginal);
    }
    if ((flow.seqPositionReply | flow.seqBeforeReply | flow.seqAfterReply) != 0) {
      sequenceAdjustment(
          out,
          Ct.CTA_SEQ_ADJ_REPLY,
          flow.seqPositionReply,
          flow.seqBeforeReply,
          flow.seqAfterReply);
    }
    if ((flow.synproxyIsn | flow.synproxyIts | flow.synproxyTsoff) != 0) {
      int nest = Nla.open(out, Ct.CTA_SYNPROXY);
      Nla.putInt(out, Ct.CTA_SYNPROXY_ISN, flow.synproxyIsn);
      Nla.putInt(out, Ct.CTA_SYNPROXY_ITS, flow.synproxyIts);
      Nla.putInt(out, Ct.CTA_SYNPROXY_TSOFF, flow.synproxyTsoff);
      Nla.close(out, nest);
    }
    if ((leftOut & WITHOUT_LABELS) == 0) {
      labels(out, flow);
    }
  }

  private static void sequenceAdjustment(
      ByteBuffer out, int direction, int position, int before, int after) {
    int nest = Nla.open(out, direction);
    Nla.putInt(out, Ct.CTA_SEQADJ_CORRECTION_POS, position);
    Nla.putInt(out, Ct.CTA_SEQADJ_OFFSET_BEFORE, before);
    Nla.putInt(out, Ct.CTA_SEQADJ_OFFSET_AFTER, after);
    Nla.close(out, nest);
  }

  /** Words of the machine, as they lie in the kernel; a flow without a label sends none. */
  private static void labels(ByteBuffer out, FlowEntry flow) {
    int any = 0;
    for (int i = 0; i < flow.labelWords; i++) {
      any |= flow.labels[i];
    }
    if (any == 0) {
      return;
    }
    int start = out.position();
    out.putShort((short) 0).putShort((short) Ct.CTA_LABELS);
    for (int i = 0; i < flow.labelWords; i++) {
      out.putInt(flow.labels[i]);
    }
    Nla.close(out, start);
  }

  private static void zone(ByteBuffer out, int type, int zone) {
    if (zone != 0) {
      Nla.putShort(out, type, zone);
    }
  }
}
