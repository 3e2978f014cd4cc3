package dev.holdfast.agent.sync.wire;

import static dev.holdfast.agent.flow.FlowEntry.HAS_DCCP_ROLE;
import static dev.holdfast.agent.flow.FlowEntry.HAS_DCCP_STATE;
import static dev.holdfast.agent.flow.FlowEntry.HAS_DESTINATION_NAT;
import static dev.holdfast.agent.flow.FlowEntry.HAS_DESTINATION_PORT_NAT;
import static dev.holdfast.agent.flow.FlowEntry.HAS_HELPER;
import static dev.holdfast.agent.flow.FlowEntry.HAS_LABELS;
import static dev.holdfast.agent.flow.FlowEntry.HAS_MARK;
import static dev.holdfast.agent.flow.FlowEntry.HAS_MASTER;
import static dev.holdfast.agent.flow.FlowEntry.HAS_REPLY;
import static dev.holdfast.agent.flow.FlowEntry.HAS_SCALE_ORIGINAL;
import static dev.holdfast.agent.flow.FlowEntry.HAS_SCALE_REPLY;
import static dev.holdfast.agent.flow.FlowEntry.HAS_SCTP_STATE;
import static dev.holdfast.agent.flow.FlowEntry.HAS_SEQ_ORIGINAL;
import static dev.holdfast.agent.flow.FlowEntry.HAS_SEQ_REPLY;
import static dev.holdfast.agent.flow.FlowEntry.HAS_SOURCE_NAT;
import static dev.holdfast.agent.flow.FlowEntry.HAS_SOURCE_PORT_NAT;
import static dev.holdfast.agent.flow.FlowEntry.HAS_STATUS;
import static dev.holdfast.agent.flow.FlowEntry.HAS_SYNPROXY;
import static dev.holdfast.agent.flow.FlowEntry.HAS_TCP_FLAGS;
import static dev.holdfast.agent.flow.FlowEntry.HAS_TCP_STATE;
import static dev.holdfast.agent.flow.FlowEntry.HAS_TIMEOUT;
import static dev.holdfast.agent.flow.FlowEntry.HAS_VTAG_ORIGINAL;
import static dev.holdfast.agent.flow.FlowEntry.HAS_VTAG_REPLY;

import dev.holdfast.agent.flow.FlowEntry;
import dev.holdfast.agent.flow.FlowState;
import dev.holdfast.agent.flow.FlowTuple;
import dev.holdfast.agent.flow.IpProtocol;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** The body of a flow message (types 0, 1 and 2) ↔ {@link FlowEntry}. One owner, no garbage. */
final class FlowAttributes {
  /** With its NUL: twelve bytes, so that the attribute's length is at most 16. */
  private static final int CONNTRACKD_HELPER_MAX = 11;

  /** The kernel's limit (NF_CT_HELPER_NAME_LEN counts the NUL). */
  private static final int HELPER_MAX = 15;

  private static final int LABEL_BYTES_MAX = 1024;

  private static final int IPV4 = 0;
  private static final int IPV6 = 1;
  private static final int L4PROTO = 2;
  private static final int PORT = 3;
  private static final int TCP_STATE = 4;
  private static final int STATUS = 5;
  private static final int TIMEOUT = 6;
  private static final int MARK = 7;
  private static final int MASTER_IPV4 = 8;
  private static final int MASTER_IPV6 = 9;
  private static final int MASTER_L4PROTO = 10;
  private static final int MASTER_PORT = 11;
  private static final int SNAT_IPV4 = 12;
  private static final int DNAT_IPV4 = 13;
  private static final int SPAT_PORT = 14;
  private static final int DPAT_PORT = 15;
  private static final int NAT_SEQ_ADJ = 16;
  private static final int SCTP_STATE = 17;
  private static final int SCTP_VTAG_ORIG = 18;
  private static final int SCTP_VTAG_REPL = 19;
  private static final int DCCP_STATE = 20;
  private static final int DCCP_ROLE = 21;
  private static final int ICMP_TYPE = 22;
  private static final int ICMP_CODE = 23;
  private static final int ICMP_ID = 24;
  private static final int TCP_WSCALE_ORIG = 25;
  private static final int TCP_WSCALE_REPL = 26;
  private static final int HELPER_NAME = 27;
  private static final int LABELS = 28;
  private static final int SNAT_IPV6 = 29;
  private static final int DNAT_IPV6 = 30;
  private static final int SYNPROXY = 31;
  private static final int ZONE = 32;

  /** Ours, two bytes: TCP flags of the original and of the reply direction. */
  private static final int OWN_TCP_FLAGS = 256;

  /**
   * Ours, eight bytes: {@code l4} of the original and of the reply tuple, for what has no place in
   * conntrackd's attributes: GRE keys, UDP-Lite ports, a translated ICMP identifier.
   */
  private static final int OWN_L4 = 257;

  private static final long SAW_OWN_L4 = 1L << 63;
  private static final long SAW_TRANSLATION =
      1L << SNAT_IPV4
          | 1L << DNAT_IPV4
          | 1L << SNAT_IPV6
          | 1L << DNAT_IPV6
          | 1L << SPAT_PORT
          | 1L << DPAT_PORT;

  private final Dialect dialect;

  // What one message said, until all of it is read: attributes come in any order.
  private long seen;
  private long sourceHigh;
  private long sourceLow;
  private long destinationHigh;
  private long destinationLow;
  private int sourcePort;
  private int destinationPort;
  private int ports;
  private int icmpType;
  private int icmpCode;
  private int icmpId;
  private int ownOriginalL4;
  private int ownReplyL4;

  FlowAttributes(Dialect dialect) {
    this.dialect = dialect;
  }

  // ------------------------------------------------------------------------------------ reading

  @Nullable MessageDrop read(ByteBuffer in, int offset, int end, FlowEntry into) {
    into.clear();
    seen = 0;
    while (end - offset > Attributes.HEADER_BYTES) {
      int length = in.getShort(offset) & 0xffff;
      if (length < Attributes.HEADER_BYTES || length > end - offset) {
        return MessageDrop.BAD_ATTRIBUTE_LENGTH;
      }
      int id = in.getShort(offset + 2) & 0xffff;
      int size = length - Attributes.HEADER_BYTES;
      int wanted = fixedSize(id);
      if (wanted >= 0 && size != wanted) {
        return MessageDrop.BAD_ATTRIBUTE_SIZE;
      }
      MessageDrop drop = attribute(in, id, offset + Attributes.HEADER_BYTES, size, into);
      if (drop != null) {
        return drop;
      }
      offset += Attributes.padded(length);
    }
    return complete(into);
  }

  /** Bytes of the value, or -1 where the size varies or is not ours to judge. */
  private static int fixedSize(int id) {
    return switch (id) {
      case L4PROTO,
          TCP_STATE,
          MASTER_L4PROTO,
          SCTP_STATE,
          DCCP_STATE,
          DCCP_ROLE,
          ICMP_TYPE,
          ICMP_CODE,
          TCP_WSCALE_ORIG,
          TCP_WSCALE_REPL ->
          1;
      case SPAT_PORT, DPAT_PORT, ICMP_ID, ZONE, OWN_TCP_FLAGS -> 2;
      case PORT,
          STATUS,
          TIMEOUT,
          MARK,
          MASTER_PORT,
          SNAT_IPV4,
          DNAT_IPV4,
          SCTP_VTAG_ORIG,
          SCTP_VTAG_REPL ->
          4;
      case IPV4, MASTER_IPV4, OWN_L4 -> 8;
      case SYNPROXY -> 12;
      case SNAT_IPV6, DNAT_IPV6 -> 16;
      case NAT_SEQ_ADJ -> 24;
      case IPV6, MASTER_IPV6 -> 32;
      default -> -1;
    };
  }

  private @Nullable MessageDrop attribute(ByteBuffer in, int id, int at, int size, FlowEntry into) {
    switch (id) {
      case HELPER_NAME -> {
        return helper(in, at, size, into);
      }
      case LABELS -> {
        return labels(in, at, size, into);
      }
      case OWN_TCP_FLAGS -> {
        into.tcpFlagsOriginal = in.get(at) & 0xff;
        into.tcpFlagsReply = in.get(at + 1) & 0xff;
        into.has |= HAS_TCP_FLAGS;
      }
      case OWN_L4 -> {
        ownOriginalL4 = in.getInt(at);
        ownReplyL4 = in.getInt(at + 4);
        seen |= SAW_OWN_L4;
      }
      default -> {
        // Above the numbers that we know: from a newer sender, skipped.
        if (id <= ZONE) {
          seen |= 1L << id;
          fixed(in, id, at, into);
        }
      }
    }
    return null;
  }

  private void fixed(ByteBuffer in, int id, int at, FlowEntry into) {
    switch (id) {
      case IPV4 -> Attributes.readIpv4(in, at, into.original);
      case IPV6 -> Attributes.readIpv6(in, at, into.original);
      case L4PROTO -> into.original.protocol = in.get(at) & 0xff;
      case PORT -> ports = in.getInt(at);
      case MASTER_IPV4 -> Attributes.readIpv4(in, at, into.master);
      case MASTER_IPV6 -> Attributes.readIpv6(in, at, into.master);
      case MASTER_L4PROTO -> into.master.protocol = in.get(at) & 0xff;
      case MASTER_PORT -> into.master.l4 = in.getInt(at);
      case ICMP_TYPE -> icmpType = in.get(at) & 0xff;
      case ICMP_CODE -> icmpCode = in.get(at) & 0xff;
      case ICMP_ID -> icmpId = Attributes.readSwapped(in, at);
      case ZONE -> into.zone = in.getShort(at) & 0xffff;
      case SNAT_IPV4, SNAT_IPV6, DNAT_IPV4, DNAT_IPV6, SPAT_PORT, DPAT_PORT ->
          translation(in, id, at);
      default -> state(in, id, at, into);
    }
  }

  private void translation(ByteBuffer in, int id, int at) {
    switch (id) {
      case SNAT_IPV4 -> {
        sourceHigh = 0;
        sourceLow = in.getInt(at) & 0xffff_ffffL;
      }
      case DNAT_IPV4 -> {
        destinationHigh = 0;
        destinationLow = in.getInt(at) & 0xffff_ffffL;
      }
      case SNAT_IPV6 -> {
        sourceHigh = in.getLong(at);
        sourceLow = in.getLong(at + 8);
      }
      case DNAT_IPV6 -> {
        destinationHigh = in.getLong(at);
        destinationLow = in.getLong(at + 8);
      }
      case SPAT_PORT -> sourcePort = Attributes.readSwapped(in, at);
      default -> destinationPort = Attributes.readSwapped(in, at);
    }
  }

  private static void state(ByteBuffer in, int id, int at, FlowEntry into) {
    switch (id) {
      case STATUS -> {
        into.status = in.getInt(at);
        into.has |= HAS_STATUS;
      }
      case TIMEOUT -> {
        into.timeoutSeconds = in.getInt(at);
        into.has |= HAS_TIMEOUT;
      }
      case MARK -> {
        into.mark = in.getInt(at);
        into.has |= HAS_MARK;
      }
      case TCP_STATE -> protocolState(in, at, HAS_TCP_STATE, into);
      case SCTP_STATE -> protocolState(in, at, HAS_SCTP_STATE, into);
      case DCCP_STATE -> protocolState(in, at, HAS_DCCP_STATE, into);
      case DCCP_ROLE -> {
        into.dccpRole = in.get(at) & 0xff;
        into.has |= HAS_DCCP_ROLE;
      }
      case SCTP_VTAG_ORIG -> {
        into.vtagOriginal = in.getInt(at);
        into.has |= HAS_VTAG_ORIGINAL;
      }
      case SCTP_VTAG_REPL -> {
        into.vtagReply = in.getInt(at);
        into.has |= HAS_VTAG_REPLY;
      }
      case TCP_WSCALE_ORIG -> {
        into.scaleOriginal = in.get(at) & 0xff;
        into.has |= HAS_SCALE_ORIGINAL;
      }
      case TCP_WSCALE_REPL -> {
        into.scaleReply = in.get(at) & 0xff;
        into.has |= HAS_SCALE_REPLY;
      }
      case NAT_SEQ_ADJ -> sequenceAdjustment(in, at, into);
      case SYNPROXY -> {
        into.synproxyIts = in.getInt(at);
        into.synproxyIsn = in.getInt(at + 4);
        into.synproxyTsoff = in.getInt(at + 8);
        into.has |= HAS_SYNPROXY;
      }
      default -> throw new IllegalStateException("attribute without a reader: " + id);
    }
  }

  private static void protocolState(ByteBuffer in, int at, int bit, FlowEntry into) {
    into.state = in.get(at) & 0xff;
    into.has |= bit;
  }

  private static void sequenceAdjustment(ByteBuffer in, int at, FlowEntry into) {
    into.seqPositionOriginal = in.getInt(at);
    into.seqBeforeOriginal = in.getInt(at + 4);
    into.seqAfterOriginal = in.getInt(at + 8);
    into.seqPositionReply = in.getInt(at + 12);
    into.seqBeforeReply = in.getInt(at + 16);
    into.seqAfterReply = in.getInt(at + 20);
    into.has |= HAS_SEQ_ORIGINAL | HAS_SEQ_REPLY;
  }

  private static @Nullable MessageDrop helper(ByteBuffer in, int at, int size, FlowEntry into) {
    if (!into.helper.read(in, at, size) || into.helper.length() > HELPER_MAX) {
      return MessageDrop.BAD_VALUE;
    }
    into.has |= HAS_HELPER;
    return null;
  }

  /** Words beyond the fourth are left: no kernel holds more than 128 labels. */
  private static @Nullable MessageDrop labels(ByteBuffer in, int at, int size, FlowEntry into) {
    if (size % 4 != 0 || size > LABEL_BYTES_MAX) {
      return MessageDrop.BAD_ATTRIBUTE_SIZE;
    }
    into.labelWords = Math.min(size / 4, FlowEntry.LABEL_WORDS);
    for (int i = 0; i < into.labelWords; i++) {
      into.labels[i] = in.getInt(at + 4 * i);
    }
    into.has |= HAS_LABELS;
    return null;
  }

  // --------------------------------------------------------------------------------- completing

  private @Nullable MessageDrop complete(FlowEntry into) {
    if (saw(IPV4) && saw(IPV6)) {
      return MessageDrop.MIXED_FAMILIES;
    }
    if (!saw(IPV4) && !saw(IPV6) || !saw(L4PROTO) || !completeKey(into.original)) {
      return MessageDrop.INCOMPLETE_KEY;
    }
    if (hasForeignFamily(into.original.ipv6)) {
      return MessageDrop.MIXED_FAMILIES;
    }
    if (saw(MASTER_IPV4) || saw(MASTER_IPV6)) {
      into.has |= HAS_MASTER;
    }
    completeReply(into);
    into.dropForeignAttributes();
    return valuesFit(into) ? null : MessageDrop.BAD_VALUE;
  }

  private boolean completeKey(FlowTuple original) {
    if (Attributes.carriesPorts(original.protocol)) {
      original.l4 = ports;
      return saw(PORT);
    }
    if (IpProtocol.isIcmp(original.protocol)) {
      original.icmp(icmpId, icmpType, icmpCode);
      return saw(ICMP_TYPE) && saw(ICMP_CODE) && saw(ICMP_ID);
    }
    original.l4 = sawOwnL4() ? ownOriginalL4 : 0;
    return true;
  }

  private boolean hasForeignFamily(boolean ipv6) {
    return ipv6
        ? saw(SNAT_IPV4) || saw(DNAT_IPV4) || saw(MASTER_IPV4)
        : saw(SNAT_IPV6) || saw(DNAT_IPV6) || saw(MASTER_IPV6);
  }

  /** The reply is not on the wire: it is the inverse of the original, bent by the translations. */
  private void completeReply(FlowEntry into) {
    FlowTuple reply = into.reply;
    reply.invert(into.original);
    if (saw(SNAT_IPV4) || saw(SNAT_IPV6)) {
      reply.destinationHigh = sourceHigh;
      reply.destinationLow = sourceLow;
      into.has |= HAS_SOURCE_NAT;
    }
    if (saw(DNAT_IPV4) || saw(DNAT_IPV6)) {
      reply.sourceHigh = destinationHigh;
      reply.sourceLow = destinationLow;
      into.has |= HAS_DESTINATION_NAT;
    }
    completeReplyPorts(into);
    if (sawOwnL4()) {
      reply.l4 = ownReplyL4;
    }
    if (sawOwnL4() || (seen & SAW_TRANSLATION) != 0) {
      into.has |= HAS_REPLY;
    }
  }

  /** For ICMP conntrackd compares the identifier's bytes as if they were ports: not meant. */
  private void completeReplyPorts(FlowEntry into) {
    FlowTuple reply = into.reply;
    boolean ported = IpProtocol.hasPorts(reply.protocol);
    if (saw(SPAT_PORT)) {
      into.has |= HAS_SOURCE_PORT_NAT;
      if (ported) {
        reply.ports(reply.sourcePort(), sourcePort);
      }
    }
    if (saw(DPAT_PORT)) {
      into.has |= HAS_DESTINATION_PORT_NAT;
      if (ported) {
        reply.ports(destinationPort, reply.destinationPort());
      }
    }
  }

  /** What the kernel would refuse (ERANGE) is not let into the table. */
  private static boolean valuesFit(FlowEntry flow) {
    return switch (flow.original.protocol) {
      case IpProtocol.TCP ->
          flow.state <= FlowState.TCP_MAX
              && flow.scaleOriginal <= FlowState.SCALE_MAX
              && flow.scaleReply <= FlowState.SCALE_MAX;
      case IpProtocol.SCTP -> flow.state <= FlowState.SCTP_MAX;
      case IpProtocol.DCCP -> flow.state <= FlowState.DCCP_MAX && flow.dccpRole <= 1;
      default -> true;
    };
  }

  private boolean saw(int id) {
    return (seen & 1L << id) != 0;
  }

  private boolean sawOwnL4() {
    return (seen & SAW_OWN_L4) != 0;
  }

  // ------------------------------------------------------------------------------------ writing

  /** Appends the body, at most {@link ConntrackdCodec#MESSAGE_BYTES_MAX} with the header. */
  void write(ByteBuffer out, FlowEntry flow) {
    Attributes.writeAddresses(out, IPV4, IPV6, flow.original);
    if (flow.has(HAS_STATUS)) {
      Attributes.writeInt(out, STATUS, flow.status);
    }
    Attributes.writeByte(out, L4PROTO, flow.original.protocol);
    writeProtocol(out, flow);
    if (flow.has(HAS_TIMEOUT)) {
      Attributes.writeInt(out, TIMEOUT, flow.timeoutSeconds);
    }
    if (flow.has(HAS_MARK)) {
      Attributes.writeInt(out, MARK, flow.mark);
    }
    if (flow.has(HAS_MASTER)) {
      writeMaster(out, flow.master);
    }
    writeTranslation(out, flow);
    writeExtensions(out, flow);
    if (dialect == Dialect.HOLDFAST) {
      writeOwn(out, flow);
    }
  }

  private static void writeProtocol(ByteBuffer out, FlowEntry flow) {
    FlowTuple original = flow.original;
    if (IpProtocol.isIcmp(original.protocol)) {
      Attributes.writeByte(out, ICMP_TYPE, original.icmpType());
      Attributes.writeByte(out, ICMP_CODE, original.icmpCode());
      Attributes.writeSwapped(out, ICMP_ID, original.icmpId());
    }
    if (Attributes.carriesPorts(original.protocol)) {
      Attributes.writeInt(out, PORT, original.l4);
    }
    switch (original.protocol) {
      case IpProtocol.TCP -> writeTcp(out, flow);
      case IpProtocol.SCTP -> writeSctp(out, flow);
      case IpProtocol.DCCP -> writeDccp(out, flow);
      default -> {}
    }
  }

  private static void writeTcp(ByteBuffer out, FlowEntry flow) {
    if (flow.has(HAS_TCP_STATE)) {
      Attributes.writeByte(out, TCP_STATE, flow.state);
    }
    if (flow.has(HAS_SCALE_ORIGINAL)) {
      Attributes.writeByte(out, TCP_WSCALE_ORIG, flow.scaleOriginal);
    }
    if (flow.has(HAS_SCALE_REPLY)) {
      Attributes.writeByte(out, TCP_WSCALE_REPL, flow.scaleReply);
    }
  }

  private static void writeSctp(ByteBuffer out, FlowEntry flow) {
    if (flow.has(HAS_SCTP_STATE)) {
      Attributes.writeByte(out, SCTP_STATE, flow.state);
    }
    if (flow.has(HAS_VTAG_ORIGINAL)) {
      Attributes.writeInt(out, SCTP_VTAG_ORIG, flow.vtagOriginal);
    }
    if (flow.has(HAS_VTAG_REPLY)) {
      Attributes.writeInt(out, SCTP_VTAG_REPL, flow.vtagReply);
    }
  }

  private static void writeDccp(ByteBuffer out, FlowEntry flow) {
    if (flow.has(HAS_DCCP_STATE)) {
      Attributes.writeByte(out, DCCP_STATE, flow.state);
    }
    if (flow.has(HAS_DCCP_ROLE)) {
      Attributes.writeByte(out, DCCP_ROLE, flow.dccpRole);
    }
  }

  private static void writeMaster(ByteBuffer out, FlowTuple master) {
    Attributes.writeAddresses(out, MASTER_IPV4, MASTER_IPV6, master);
    Attributes.writeByte(out, MASTER_L4PROTO, master.protocol);
    if (Attributes.carriesPorts(master.protocol)) {
      Attributes.writeInt(out, MASTER_PORT, master.l4);
    }
  }

  private static void writeTranslation(ByteBuffer out, FlowEntry flow) {
    FlowTuple reply = flow.reply;
    boolean ported = IpProtocol.hasPorts(reply.protocol);
    if (flow.has(HAS_SOURCE_NAT)) {
      writeAddress(out, SNAT_IPV4, SNAT_IPV6, reply.destinationHigh, reply.destinationLow, reply);
    }
    if (flow.has(HAS_DESTINATION_NAT)) {
      writeAddress(out, DNAT_IPV4, DNAT_IPV6, reply.sourceHigh, reply.sourceLow, reply);
    }
    if (flow.has(HAS_SOURCE_PORT_NAT)) {
      Attributes.writeSwapped(out, SPAT_PORT, ported ? reply.destinationPort() : 0);
    }
    if (flow.has(HAS_DESTINATION_PORT_NAT)) {
      Attributes.writeSwapped(out, DPAT_PORT, ported ? reply.sourcePort() : 0);
    }
  }

  private static void writeAddress(
      ByteBuffer out, int ipv4Id, int ipv6Id, long high, long low, FlowTuple family) {
    if (family.ipv6) {
      Attributes.open(out, ipv6Id, 16).putLong(high).putLong(low);
    } else {
      Attributes.writeInt(out, ipv4Id, (int) low);
    }
  }

  private void writeExtensions(ByteBuffer out, FlowEntry flow) {
    if (flow.has(HAS_SEQ_ORIGINAL | HAS_SEQ_REPLY)) {
      Attributes.open(out, NAT_SEQ_ADJ, 24)
          .putInt(flow.seqPositionOriginal)
          .putInt(flow.seqBeforeOriginal)
          .putInt(flow.seqAfterOriginal)
          .putInt(flow.seqPositionReply)
          .putInt(flow.seqBeforeReply)
          .putInt(flow.seqAfterReply);
    }
    if (flow.has(HAS_HELPER) && flow.helper.length() <= helperMax()) {
      Attributes.writeName(out, HELPER_NAME, flow.helper);
    }
    if (flow.has(HAS_LABELS) && hasLabel(flow)) {
      Attributes.open(out, LABELS, 4 * flow.labelWords);
      for (int i = 0; i < flow.labelWords; i++) {
        out.putInt(flow.labels[i]);
      }
    }
    if (flow.has(HAS_SYNPROXY)) {
      Attributes.open(out, SYNPROXY, 12)
          .putInt(flow.synproxyIts)
          .putInt(flow.synproxyIsn)
          .putInt(flow.synproxyTsoff);
    }
    if (flow.zone != 0) {
      Attributes.writeShort(out, ZONE, flow.zone);
    }
  }

  private int helperMax() {
    return dialect == Dialect.CONNTRACKD ? CONNTRACKD_HELPER_MAX : HELPER_MAX;
  }

  private static boolean hasLabel(FlowEntry flow) {
    int any = 0;
    for (int i = 0; i < flow.labelWords; i++) {
      any |= flow.labels[i];
    }
    return any != 0;
  }

  private static void writeOwn(ByteBuffer out, FlowEntry flow) {
    if (flow.has(HAS_TCP_FLAGS)) {
      Attributes.writeShort(
          out, OWN_TCP_FLAGS, flow.tcpFlagsOriginal << 8 | flow.tcpFlagsReply & 0xff);
    }
    if (needsOwnL4(flow)) {
      Attributes.open(out, OWN_L4, 8).putInt(flow.original.l4).putInt(flow.reply.l4);
    }
  }

  private static boolean needsOwnL4(FlowEntry flow) {
    FlowTuple original = flow.original;
    if (Attributes.carriesPorts(original.protocol)) {
      return false;
    }
    if (IpProtocol.isIcmp(original.protocol)) {
      return flow.reply.l4 != FlowTuple.invertL4(original.protocol, original.l4);
    }
    return original.l4 != 0 || flow.reply.l4 != 0;
  }
}
