package dev.holdfast.agent.ctnetlink;

import static dev.holdfast.agent.flow.FlowEntry.HAS_DCCP_ROLE;
import static dev.holdfast.agent.flow.FlowEntry.HAS_DCCP_STATE;
import static dev.holdfast.agent.flow.FlowEntry.HAS_HELPER;
import static dev.holdfast.agent.flow.FlowEntry.HAS_ID;
import static dev.holdfast.agent.flow.FlowEntry.HAS_LABELS;
import static dev.holdfast.agent.flow.FlowEntry.HAS_MARK;
import static dev.holdfast.agent.flow.FlowEntry.HAS_MASTER;
import static dev.holdfast.agent.flow.FlowEntry.HAS_REPLY;
import static dev.holdfast.agent.flow.FlowEntry.HAS_SCALE_ORIGINAL;
import static dev.holdfast.agent.flow.FlowEntry.HAS_SCALE_REPLY;
import static dev.holdfast.agent.flow.FlowEntry.HAS_SCTP_STATE;
import static dev.holdfast.agent.flow.FlowEntry.HAS_SEQ_ORIGINAL;
import static dev.holdfast.agent.flow.FlowEntry.HAS_SEQ_REPLY;
import static dev.holdfast.agent.flow.FlowEntry.HAS_STATUS;
import static dev.holdfast.agent.flow.FlowEntry.HAS_SYNPROXY;
import static dev.holdfast.agent.flow.FlowEntry.HAS_TCP_FLAGS;
import static dev.holdfast.agent.flow.FlowEntry.HAS_TCP_STATE;
import static dev.holdfast.agent.flow.FlowEntry.HAS_TIMEOUT;
import static dev.holdfast.agent.flow.FlowEntry.HAS_VTAG_ORIGINAL;
import static dev.holdfast.agent.flow.FlowEntry.HAS_VTAG_REPLY;

import dev.holdfast.agent.flow.ExpectEntry;
import dev.holdfast.agent.flow.FlowEntry;
import dev.holdfast.agent.flow.FlowTuple;
import dev.holdfast.agent.flow.IpProtocol;
import dev.holdfast.agent.flow.ShortName;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * What the kernel sends → flows and expectations. One owner, reused; no garbage. Buffers are in the
 * machine's byte order and are read by absolute positions only.
 *
 * <pre>
 * netlink header    length (4)  type (2)  flags (2)  sequence (4)  port id (4)
 * nfnetlink header  family (1)  version (1)  resource (2)
 * attributes        {@link Nla}
 * </pre>
 *
 * <p>Attributes that we do not replicate (counters, timestamps, use count, security context) and
 * those of newer kernels are skipped.
 */
public final class CtCodec {
  private static final int TYPE = 4;
  private static final int FLAGS = 6;
  private static final int SEQUENCE = 8;
  private static final int PORT_ID = 12;
  private static final int NLMSGERR_ATTR_MSG = 1;

  private static final int SAW_SOURCE = 1;
  private static final int SAW_DESTINATION = 2;
  private static final int SAW_PROTOCOL = 4;
  private static final int SAW_TUPLE = SAW_SOURCE | SAW_DESTINATION | SAW_PROTOCOL;

  // One message's tuples, in the same bits three times.
  private int sawOriginal;
  private int sawReply;
  private int sawMaster;

  // Parts of the tuple that is being read.
  private int saw;
  private int sourcePort;
  private int destinationPort;
  private int icmpId;
  private int icmpType;
  private int icmpCode;

  /**
   * Reads the headers of one message.
   *
   * @param offset of the netlink header
   * @param length of the message as its header says; the caller has checked that it is there
   * @return null when {@code message} is filled
   */
  public @Nullable CtDrop next(ByteBuffer in, int offset, int length, CtMessage message) {
    if (length < Ct.NLMSG_HDRLEN || length > in.limit() - offset || offset < 0) {
      return CtDrop.TRUNCATED;
    }
    int type = in.getShort(offset + TYPE) & 0xffff;
    int flags = in.getShort(offset + FLAGS) & 0xffff;
    message.sequence = in.getInt(offset + SEQUENCE);
    message.portId = in.getInt(offset + PORT_ID);
    message.end = offset + length;
    message.kind = kind(type, flags);
    message.errno = 0;
    int body = offset + Ct.NLMSG_HDRLEN;
    if (message.kind == CtKind.ANSWER || message.kind == CtKind.DONE) {
      if (message.end - body >= 4) {
        message.errno = -in.getInt(body);
      } else if (message.kind == CtKind.ANSWER) {
        return CtDrop.TRUNCATED;
      }
      message.bodyStart = body;
      return null;
    }
    if (!message.kind.isFlow() && !message.kind.isExpectation()) {
      return null;
    }
    message.bodyStart = body + Ct.NFGENMSG_LEN;
    if (message.bodyStart > message.end) {
      return CtDrop.TRUNCATED;
    }
    int family = in.get(body) & 0xff;
    message.ipv6 = family == Ct.AF_INET6;
    return family == Ct.AF_INET || family == Ct.AF_INET6 ? null : CtDrop.OTHER_FAMILY;
  }

  private static CtKind kind(int type, int flags) {
    return switch (type) {
      case Ct.IPCTNL_MSG_CT_NEW -> {
        if ((flags & Ct.NLM_F_MULTI) != 0) {
          yield CtKind.SEEN;
        }
        yield (flags & Ct.NLM_F_CREATE) != 0 ? CtKind.BORN : CtKind.UPDATED;
      }
      case Ct.IPCTNL_MSG_CT_DELETE -> CtKind.ENDED;
      case Ct.IPCTNL_MSG_EXP_NEW -> {
        if ((flags & Ct.NLM_F_MULTI) != 0) {
          yield CtKind.EXPECT_SEEN;
        }
        yield (flags & Ct.NLM_F_CREATE) != 0 ? CtKind.EXPECT_BORN : CtKind.EXPECT_UPDATED;
      }
      case Ct.IPCTNL_MSG_EXP_DELETE -> CtKind.EXPECT_ENDED;
      case Ct.NLMSG_ERROR -> CtKind.ANSWER;
      case Ct.NLMSG_DONE -> CtKind.DONE;
      case Ct.NLMSG_OVERRUN -> CtKind.OVERRUN;
      default -> CtKind.OTHER;
    };
  }

  /** The kernel's own words in a refusal, or empty; allocates. */
  public String explanation(ByteBuffer in, int offset, CtMessage message) {
    int flags = in.getShort(offset + FLAGS) & 0xffff;
    int echo = message.bodyStart + 4;
    if (message.kind != CtKind.ANSWER
        || (flags & Ct.NLM_F_ACK_TLVS) == 0
        || message.end - echo < Ct.NLMSG_HDRLEN) {
      return "";
    }
    boolean capped = (flags & Ct.NLM_F_CAPPED) != 0;
    int echoed = capped ? Ct.NLMSG_HDRLEN : in.getInt(echo);
    if (echoed < 0 || echoed > message.end - echo) {
      return "";
    }
    int at = echo + Nla.padded(echoed);
    while (message.end - at > Ct.NLA_HDRLEN) {
      int length = Nla.length(in, at);
      if (length < Ct.NLA_HDRLEN || length > message.end - at) {
        return "";
      }
      if (Nla.type(in, at) == NLMSGERR_ATTR_MSG) {
        byte[] text = new byte[length - Ct.NLA_HDRLEN];
        in.get(at + Ct.NLA_HDRLEN, text);
        return new String(text, StandardCharsets.UTF_8).replace("\0", "");
      }
      at += Nla.padded(length);
    }
    return "";
  }

  // -------------------------------------------------------------------------------------- flows

  /** Reads the body of a flow's message; {@code into} is garbage after a drop. */
  public @Nullable CtDrop readFlow(ByteBuffer in, CtMessage message, FlowEntry into) {
    into.clear();
    sawOriginal = 0;
    sawReply = 0;
    sawMaster = 0;
    for (int at = message.bodyStart; message.end - at >= Ct.NLA_HDRLEN; ) {
      int length = Nla.length(in, at);
      if (length < Ct.NLA_HDRLEN || length > message.end - at) {
        return CtDrop.BAD_ATTRIBUTE_LENGTH;
      }
      CtDrop drop =
          flowAttribute(in, Nla.type(in, at), at + Ct.NLA_HDRLEN, at + length, message, into);
      if (drop != null) {
        return drop;
      }
      at += Nla.padded(length);
    }
    if (sawOriginal != SAW_TUPLE || sawReply != SAW_TUPLE) {
      return CtDrop.INCOMPLETE_TUPLE;
    }
    if (into.original.protocol != into.reply.protocol) {
      return CtDrop.BAD_VALUE;
    }
    if (into.has(HAS_MASTER) && sawMaster != SAW_TUPLE) {
      return CtDrop.INCOMPLETE_TUPLE;
    }
    into.has |= HAS_REPLY;
    into.dropForeignAttributes();
    into.markTranslations();
    return null;
  }

  private @Nullable CtDrop flowAttribute(
      ByteBuffer in, int type, int at, int end, CtMessage message, FlowEntry into) {
    return switch (type) {
      case Ct.CTA_TUPLE_ORIG -> {
        CtDrop drop = tuple(in, at, end, message.ipv6, into.original);
        sawOriginal = saw;
        yield drop;
      }
      case Ct.CTA_TUPLE_REPLY -> {
        CtDrop drop = tuple(in, at, end, message.ipv6, into.reply);
        sawReply = saw;
        yield drop;
      }
      case Ct.CTA_TUPLE_MASTER -> {
        CtDrop drop = tuple(in, at, end, message.ipv6, into.master);
        sawMaster = saw;
        into.has |= HAS_MASTER;
        yield drop;
      }
      case Ct.CTA_PROTOINFO -> protocolInfo(in, at, end, into);
      case Ct.CTA_HELP -> help(in, at, end, into);
      case Ct.CTA_SEQ_ADJ_ORIG, Ct.CTA_SEQ_ADJ_REPLY -> sequenceAdjustment(in, type, at, end, into);
      case Ct.CTA_SYNPROXY -> synproxy(in, at, end, into);
      case Ct.CTA_LABELS -> labels(in, at, end, into);
      case Ct.CTA_ZONE -> zone(in, at, end, into);
      case Ct.CTA_STATUS, Ct.CTA_TIMEOUT, Ct.CTA_MARK, Ct.CTA_ID -> number(in, type, at, end, into);
      default -> null;
    };
  }

  private static @Nullable CtDrop zone(ByteBuffer in, int at, int end, FlowEntry into) {
    if (end - at < 2) {
      return CtDrop.BAD_ATTRIBUTE_SIZE;
    }
    into.zone = Nla.getShort(in, at);
    return null;
  }

  private static @Nullable CtDrop number(ByteBuffer in, int type, int at, int end, FlowEntry into) {
    if (end - at < 4) {
      return CtDrop.BAD_ATTRIBUTE_SIZE;
    }
    int value = Nla.getInt(in, at);
    switch (type) {
      case Ct.CTA_STATUS -> {
        into.status = value;
        into.has |= HAS_STATUS;
      }
      case Ct.CTA_TIMEOUT -> {
        into.timeoutSeconds = value;
        into.has |= HAS_TIMEOUT;
      }
      case Ct.CTA_MARK -> {
        into.mark = value;
        into.has |= HAS_MARK;
      }
      default -> {
        into.kernelId = value;
        into.has |= HAS_ID;
      }
    }
    return null;
  }

  /** One nest by protocol, in it the state. */
  private static @Nullable CtDrop protocolInfo(ByteBuffer in, int start, int end, FlowEntry into) {
    for (int at = start; end - at >= Ct.NLA_HDRLEN; ) {
      int length = Nla.length(in, at);
      if (length < Ct.NLA_HDRLEN || length > end - at) {
        return CtDrop.BAD_ATTRIBUTE_LENGTH;
      }
      int protocol = Nla.type(in, at);
      int inner = at + Ct.NLA_HDRLEN;
      int innerEnd = at + length;
      while (innerEnd - inner >= Ct.NLA_HDRLEN) {
        int size = Nla.length(in, inner);
        if (size < Ct.NLA_HDRLEN || size > innerEnd - inner) {
          return CtDrop.BAD_ATTRIBUTE_LENGTH;
        }
        int value = inner + Ct.NLA_HDRLEN;
        boolean fits =
            protocolState(in, protocol, Nla.type(in, inner), value, size - Ct.NLA_HDRLEN, into);
        if (!fits) {
          return CtDrop.BAD_ATTRIBUTE_SIZE;
        }
        inner += Nla.padded(size);
      }
      at += Nla.padded(length);
    }
    return null;
  }

  private static boolean protocolState(
      ByteBuffer in, int protocol, int type, int at, int size, FlowEntry into) {
    return switch (protocol) {
      case Ct.CTA_PROTOINFO_TCP -> size >= 1 && tcp(in, type, at, into);
      case Ct.CTA_PROTOINFO_SCTP -> sctp(in, type, at, size, into);
      case Ct.CTA_PROTOINFO_DCCP -> size >= 1 && dccp(in, type, at, into);
      default -> true;
    };
  }

  private static boolean tcp(ByteBuffer in, int type, int at, FlowEntry into) {
    int value = in.get(at) & 0xff;
    switch (type) {
      case Ct.CTA_PROTOINFO_TCP_STATE -> {
        into.state = value;
        into.has |= HAS_TCP_STATE;
      }
      case Ct.CTA_PROTOINFO_TCP_WSCALE_ORIGINAL -> {
        into.scaleOriginal = value;
        into.has |= HAS_SCALE_ORIGINAL;
      }
      case Ct.CTA_PROTOINFO_TCP_WSCALE_REPLY -> {
        into.scaleReply = value;
        into.has |= HAS_SCALE_REPLY;
      }
      case Ct.CTA_PROTOINFO_TCP_FLAGS_ORIGINAL -> {
        into.tcpFlagsOriginal = value;
        into.has |= HAS_TCP_FLAGS;
      }
      case Ct.CTA_PROTOINFO_TCP_FLAGS_REPLY -> {
        into.tcpFlagsReply = value;
        into.has |= HAS_TCP_FLAGS;
      }
      default -> {}
    }
    return true;
  }

  private static boolean sctp(ByteBuffer in, int type, int at, int size, FlowEntry into) {
    switch (type) {
      case Ct.CTA_PROTOINFO_SCTP_STATE -> {
        if (size < 1) {
          return false;
        }
        into.state = in.get(at) & 0xff;
        into.has |= HAS_SCTP_STATE;
      }
      case Ct.CTA_PROTOINFO_SCTP_VTAG_ORIGINAL -> {
        if (size < 4) {
          return false;
        }
        into.vtagOriginal = Nla.getInt(in, at);
        into.has |= HAS_VTAG_ORIGINAL;
      }
      case Ct.CTA_PROTOINFO_SCTP_VTAG_REPLY -> {
        if (size < 4) {
          return false;
        }
        into.vtagReply = Nla.getInt(in, at);
        into.has |= HAS_VTAG_REPLY;
      }
      default -> {}
    }
    return true;
  }

  private static boolean dccp(ByteBuffer in, int type, int at, FlowEntry into) {
    switch (type) {
      case Ct.CTA_PROTOINFO_DCCP_STATE -> {
        into.state = in.get(at) & 0xff;
        into.has |= HAS_DCCP_STATE;
      }
      case Ct.CTA_PROTOINFO_DCCP_ROLE -> {
        into.dccpRole = in.get(at) & 0xff;
        into.has |= HAS_DCCP_ROLE;
      }
      default -> {}
    }
    return true;
  }

  private static @Nullable CtDrop help(ByteBuffer in, int start, int end, FlowEntry into) {
    for (int at = start; end - at >= Ct.NLA_HDRLEN; ) {
      int length = Nla.length(in, at);
      if (length < Ct.NLA_HDRLEN || length > end - at) {
        return CtDrop.BAD_ATTRIBUTE_LENGTH;
      }
      if (Nla.type(in, at) == Ct.CTA_HELP_NAME) {
        if (!into.helper.read(in, at + Ct.NLA_HDRLEN, length - Ct.NLA_HDRLEN)) {
          return CtDrop.BAD_VALUE;
        }
        into.has |= HAS_HELPER;
      }
      at += Nla.padded(length);
    }
    return null;
  }

  private static @Nullable CtDrop sequenceAdjustment(
      ByteBuffer in, int direction, int start, int end, FlowEntry into) {
    int position = 0;
    int before = 0;
    int after = 0;
    for (int at = start; end - at >= Ct.NLA_HDRLEN; ) {
      int length = Nla.length(in, at);
      if (length < Ct.NLA_HDRLEN || length > end - at) {
        return CtDrop.BAD_ATTRIBUTE_LENGTH;
      }
      if (length < Ct.NLA_HDRLEN + 4) {
        return CtDrop.BAD_ATTRIBUTE_SIZE;
      }
      int value = Nla.getInt(in, at + Ct.NLA_HDRLEN);
      switch (Nla.type(in, at)) {
        case Ct.CTA_SEQADJ_CORRECTION_POS -> position = value;
        case Ct.CTA_SEQADJ_OFFSET_BEFORE -> before = value;
        case Ct.CTA_SEQADJ_OFFSET_AFTER -> after = value;
        default -> {}
      }
      at += Nla.padded(length);
    }
    if (direction == Ct.CTA_SEQ_ADJ_ORIG) {
      into.seqPositionOriginal = position;
      into.seqBeforeOriginal = before;
      into.seqAfterOriginal = after;
      into.has |= HAS_SEQ_ORIGINAL;
    } else {
      into.seqPositionReply = position;
      into.seqBeforeReply = before;
      into.seqAfterReply = after;
      into.has |= HAS_SEQ_REPLY;
    }
    return null;
  }

  private static @Nullable CtDrop synproxy(ByteBuffer in, int start, int end, FlowEntry into) {
    for (int at = start; end - at >= Ct.NLA_HDRLEN; ) {
      int length = Nla.length(in, at);
      if (length < Ct.NLA_HDRLEN || length > end - at) {
        return CtDrop.BAD_ATTRIBUTE_LENGTH;
      }
      if (length < Ct.NLA_HDRLEN + 4) {
        return CtDrop.BAD_ATTRIBUTE_SIZE;
      }
      int value = Nla.getInt(in, at + Ct.NLA_HDRLEN);
      switch (Nla.type(in, at)) {
        case Ct.CTA_SYNPROXY_ISN -> into.synproxyIsn = value;
        case Ct.CTA_SYNPROXY_ITS -> into.synproxyIts = value;
        case Ct.CTA_SYNPROXY_TSOFF -> into.synproxyTsoff = value;
        default -> {}
      }
      at += Nla.padded(length);
    }
    into.has |= HAS_SYNPROXY;
    return null;
  }

  /** Words of the machine, as they lie in the kernel. */
  private static @Nullable CtDrop labels(ByteBuffer in, int at, int end, FlowEntry into) {
    if ((end - at) % 4 != 0) {
      return CtDrop.BAD_ATTRIBUTE_SIZE;
    }
    into.labelWords = Math.min((end - at) / 4, FlowEntry.LABEL_WORDS);
    for (int i = 0; i < into.labelWords; i++) {
      into.labels[i] = in.getInt(at + 4 * i);
    }
    into.has |= HAS_LABELS;
    return null;
  }

  // ------------------------------------------------------------------------------- expectations

  /** Reads the body of an expectation's message; {@code into} is garbage after a drop. */
  public @Nullable CtDrop readExpectation(ByteBuffer in, CtMessage message, ExpectEntry into) {
    into.clear();
    sawOriginal = 0;
    sawReply = 0;
    sawMaster = 0;
    for (int at = message.bodyStart; message.end - at >= Ct.NLA_HDRLEN; ) {
      int length = Nla.length(in, at);
      if (length < Ct.NLA_HDRLEN || length > message.end - at) {
        return CtDrop.BAD_ATTRIBUTE_LENGTH;
      }
      CtDrop drop =
          expectAttribute(in, Nla.type(in, at), at + Ct.NLA_HDRLEN, at + length, message, into);
      if (drop != null) {
        return drop;
      }
      at += Nla.padded(length);
    }
    return sawOriginal == SAW_TUPLE && sawReply == SAW_TUPLE && sawMaster == SAW_TUPLE
        ? null
        : CtDrop.INCOMPLETE_TUPLE;
  }

  private @Nullable CtDrop expectAttribute(
      ByteBuffer in, int type, int at, int end, CtMessage message, ExpectEntry into) {
    return switch (type) {
      case Ct.CTA_EXPECT_MASTER -> {
        CtDrop drop = tuple(in, at, end, message.ipv6, into.master);
        sawMaster = saw;
        yield drop;
      }
      case Ct.CTA_EXPECT_TUPLE -> {
        CtDrop drop = tuple(in, at, end, message.ipv6, into.expected);
        sawOriginal = saw;
        yield drop;
      }
      case Ct.CTA_EXPECT_MASK -> {
        CtDrop drop = tuple(in, at, end, message.ipv6, into.mask);
        sawReply = saw;
        yield drop;
      }
      case Ct.CTA_EXPECT_NAT -> expectNat(in, at, end, message.ipv6, into);
      case Ct.CTA_EXPECT_HELP_NAME -> {
        into.has |= ExpectEntry.HAS_HELPER;
        yield name(in, at, end, into.helper);
      }
      case Ct.CTA_EXPECT_FN -> {
        into.has |= ExpectEntry.HAS_FUNCTION;
        yield name(in, at, end, into.function);
      }
      case Ct.CTA_EXPECT_ZONE -> expectZone(in, at, end, into);
      case Ct.CTA_EXPECT_TIMEOUT, Ct.CTA_EXPECT_ID, Ct.CTA_EXPECT_FLAGS, Ct.CTA_EXPECT_CLASS ->
          expectNumber(in, type, at, end, into);
      default -> null;
    };
  }

  private static @Nullable CtDrop name(ByteBuffer in, int at, int end, ShortName into) {
    return into.read(in, at, end - at) ? null : CtDrop.BAD_VALUE;
  }

  private static @Nullable CtDrop expectZone(ByteBuffer in, int at, int end, ExpectEntry into) {
    if (end - at < 2) {
      return CtDrop.BAD_ATTRIBUTE_SIZE;
    }
    into.zone = Nla.getShort(in, at);
    return null;
  }

  private static @Nullable CtDrop expectNumber(
      ByteBuffer in, int type, int at, int end, ExpectEntry into) {
    if (end - at < 4) {
      return CtDrop.BAD_ATTRIBUTE_SIZE;
    }
    int value = Nla.getInt(in, at);
    switch (type) {
      case Ct.CTA_EXPECT_TIMEOUT -> {
        into.timeoutSeconds = value;
        into.has |= ExpectEntry.HAS_TIMEOUT;
      }
      case Ct.CTA_EXPECT_FLAGS -> {
        into.flags = value;
        into.has |= ExpectEntry.HAS_FLAGS;
      }
      case Ct.CTA_EXPECT_CLASS -> {
        into.expectClass = value;
        into.has |= ExpectEntry.HAS_CLASS;
      }
      default -> {
        into.kernelId = value;
        into.has |= ExpectEntry.HAS_ID;
      }
    }
    return null;
  }

  private @Nullable CtDrop expectNat(
      ByteBuffer in, int start, int end, boolean ipv6, ExpectEntry into) {
    for (int at = start; end - at >= Ct.NLA_HDRLEN; ) {
      int length = Nla.length(in, at);
      if (length < Ct.NLA_HDRLEN || length > end - at) {
        return CtDrop.BAD_ATTRIBUTE_LENGTH;
      }
      int value = at + Ct.NLA_HDRLEN;
      switch (Nla.type(in, at)) {
        case Ct.CTA_EXPECT_NAT_DIR -> {
          if (length < Ct.NLA_HDRLEN + 4) {
            return CtDrop.BAD_ATTRIBUTE_SIZE;
          }
          into.natDirection = Nla.getInt(in, value);
        }
        case Ct.CTA_EXPECT_NAT_TUPLE -> {
          CtDrop drop = tuple(in, value, at + length, ipv6, into.nat);
          if (drop != null) {
            return drop;
          }
          if (saw != SAW_TUPLE) {
            return CtDrop.INCOMPLETE_TUPLE;
          }
          into.has |= ExpectEntry.HAS_NAT;
        }
        default -> {}
      }
      at += Nla.padded(length);
    }
    return null;
  }

  // ------------------------------------------------------------------------------------- tuples

  /** Leaves in {@link #saw} which parts were there. */
  private @Nullable CtDrop tuple(ByteBuffer in, int start, int end, boolean ipv6, FlowTuple into) {
    saw = 0;
    sourcePort = 0;
    destinationPort = 0;
    icmpId = 0;
    icmpType = 0;
    icmpCode = 0;
    into.ipv6 = ipv6;
    for (int at = start; end - at >= Ct.NLA_HDRLEN; ) {
      int length = Nla.length(in, at);
      if (length < Ct.NLA_HDRLEN || length > end - at) {
        return CtDrop.BAD_ATTRIBUTE_LENGTH;
      }
      CtDrop drop =
          switch (Nla.type(in, at)) {
            case Ct.CTA_TUPLE_IP -> addresses(in, at + Ct.NLA_HDRLEN, at + length, into);
            case Ct.CTA_TUPLE_PROTO -> protocol(in, at + Ct.NLA_HDRLEN, at + length, into);
            default -> null;
          };
      if (drop != null) {
        return drop;
      }
      at += Nla.padded(length);
    }
    if (IpProtocol.isIcmp(into.protocol)) {
      into.icmp(icmpId, icmpType, icmpCode);
    } else {
      into.ports(sourcePort, destinationPort);
    }
    return null;
  }

  private @Nullable CtDrop addresses(ByteBuffer in, int start, int end, FlowTuple into) {
    for (int at = start; end - at >= Ct.NLA_HDRLEN; ) {
      int length = Nla.length(in, at);
      if (length < Ct.NLA_HDRLEN || length > end - at) {
        return CtDrop.BAD_ATTRIBUTE_LENGTH;
      }
      int type = Nla.type(in, at);
      if (type >= Ct.CTA_IP_V4_SRC && type <= Ct.CTA_IP_V6_DST) {
        boolean isIpv6 = type >= Ct.CTA_IP_V6_SRC;
        if (isIpv6 != into.ipv6) {
          return CtDrop.OTHER_FAMILY;
        }
        if (length < Ct.NLA_HDRLEN + (isIpv6 ? 16 : 4)) {
          return CtDrop.BAD_ATTRIBUTE_SIZE;
        }
        address(in, type, at + Ct.NLA_HDRLEN, into);
      }
      at += Nla.padded(length);
    }
    return null;
  }

  private void address(ByteBuffer in, int type, int at, FlowTuple into) {
    switch (type) {
      case Ct.CTA_IP_V4_SRC -> {
        into.sourceLow = Nla.getInt(in, at) & 0xffff_ffffL;
        saw |= SAW_SOURCE;
      }
      case Ct.CTA_IP_V4_DST -> {
        into.destinationLow = Nla.getInt(in, at) & 0xffff_ffffL;
        saw |= SAW_DESTINATION;
      }
      case Ct.CTA_IP_V6_SRC -> {
        into.sourceHigh = Nla.getLong(in, at);
        into.sourceLow = Nla.getLong(in, at + 8);
        saw |= SAW_SOURCE;
      }
      default -> {
        into.destinationHigh = Nla.getLong(in, at);
        into.destinationLow = Nla.getLong(in, at + 8);
        saw |= SAW_DESTINATION;
      }
    }
  }

  private @Nullable CtDrop protocol(ByteBuffer in, int start, int end, FlowTuple into) {
    for (int at = start; end - at >= Ct.NLA_HDRLEN; ) {
      int length = Nla.length(in, at);
      if (length < Ct.NLA_HDRLEN || length > end - at) {
        return CtDrop.BAD_ATTRIBUTE_LENGTH;
      }
      if (!protocolPart(in, Nla.type(in, at), at + Ct.NLA_HDRLEN, length - Ct.NLA_HDRLEN, into)) {
        return CtDrop.BAD_ATTRIBUTE_SIZE;
      }
      at += Nla.padded(length);
    }
    return null;
  }

  /** False when the value is too short. */
  private boolean protocolPart(ByteBuffer in, int type, int at, int size, FlowTuple into) {
    switch (type) {
      case Ct.CTA_PROTO_NUM,
          Ct.CTA_PROTO_ICMP_TYPE,
          Ct.CTA_PROTO_ICMP_CODE,
          Ct.CTA_PROTO_ICMPV6_TYPE,
          Ct.CTA_PROTO_ICMPV6_CODE -> {
        if (size < 1) {
          return false;
        }
        protocolByte(type, in.get(at) & 0xff, into);
      }
      case Ct.CTA_PROTO_SRC_PORT,
          Ct.CTA_PROTO_DST_PORT,
          Ct.CTA_PROTO_ICMP_ID,
          Ct.CTA_PROTO_ICMPV6_ID -> {
        if (size < 2) {
          return false;
        }
        protocolShort(type, Nla.getShort(in, at));
      }
      default -> {}
    }
    return true;
  }

  private void protocolByte(int type, int value, FlowTuple into) {
    switch (type) {
      case Ct.CTA_PROTO_NUM -> {
        into.protocol = value;
        saw |= SAW_PROTOCOL;
      }
      case Ct.CTA_PROTO_ICMP_TYPE, Ct.CTA_PROTO_ICMPV6_TYPE -> icmpType = value;
      default -> icmpCode = value;
    }
  }

  private void protocolShort(int type, int value) {
    switch (type) {
      case Ct.CTA_PROTO_SRC_PORT -> sourcePort = value;
      case Ct.CTA_PROTO_DST_PORT -> destinationPort = value;
      default -> icmpId = value;
    }
  }
}
