package dev.holdfast.agent.flow;

import java.nio.ByteBuffer;

/**
 * The entries of a {@link FlowTable} in memory, without order or index. A handle is the slot's
 * index times two, plus one for IPv6.
 *
 * <pre>
 *  0 position (8)                          change log
 *  8 next (4)      12 previous (4)         change log: handles + 1, 0 is none
 * 16 has (4)       20 status (4)           expectation: has, flags
 * 24 timeout (4)   28 mark (4)             expectation: timeout, class
 * 32 told at (4)   36 kernel id (4)        tombstone: previous, next tombstone (handle + 1)
 * 40 extension (4) 44 hash (4)             extension: index + 1, 0 is none
 * 48 zone (2)      50 protocol (1)   51 owner (1)
 * 52 life (1)      53 note (1)       54 state (1)       55 scale original (1)
 * 56 scale reply   57 TCP flags original  58 TCP flags reply  59 helper (1 each)
 * 60 epoch (2)     62 unused (2)
 * 64 l4 original   68 l4 reply (4 each)    expectation: expected, mask
 * 72 addresses: original source, destination, reply source, destination, 4 or 16 bytes each
 * </pre>
 *
 * An IPv4 flow takes 88 bytes, an IPv6 one 136. What few flows have stands in an extension of 104
 * bytes; one of zeros is not stored.
 *
 * <pre>
 *   0 sequence adjustment (24)    24 labels (16)      40 label words (4)
 *  44 SYN proxy (12)              56 SCTP tags (8)
 *  expectation instead: 0 direction (4), 4 protocol (4), 8 l4 (4), 12 addresses (32), 44 function (4)
 *  64 master's protocol (4)       68 l4 (4)           72 addresses (32)
 * </pre>
 */
final class FlowStore implements FlowIndex.Matcher {
  static final int POSITION = 0;
  static final int NEXT = 8;
  static final int PREVIOUS = 12;
  private static final int HAS = 16;
  private static final int STATUS = 20;
  private static final int TIMEOUT = 24;
  private static final int MARK = 28;
  static final int TOLD_AT = 32;
  private static final int KERNEL_ID = 36;
  static final int EARLIER_TOMBSTONE = TOLD_AT;
  static final int LATER_TOMBSTONE = KERNEL_ID;
  private static final int EXTENSION = 40;
  static final int HASH = 44;
  private static final int ZONE = 48;
  private static final int PROTOCOL = 50;
  static final int OWNER = 51;
  static final int LIFE = 52;
  static final int NOTE = 53;
  private static final int STATE = 54;
  private static final int SCALE_ORIGINAL = 55;
  private static final int SCALE_REPLY = 56;
  private static final int FLAGS_ORIGINAL = 57;
  private static final int FLAGS_REPLY = 58;
  private static final int HELPER = 59;
  static final int EPOCH = 60;
  private static final int L4_ORIGINAL = 64;
  private static final int L4_REPLY = 68;
  private static final int ADDRESSES = 72;
  private static final int IPV4_SLOT = ADDRESSES + 16;
  private static final int IPV6_SLOT = ADDRESSES + 64;

  private static final int EXT_SEQUENCE = 0;
  private static final int EXT_LABELS = 24;
  private static final int EXT_LABEL_WORDS = 40;
  private static final int EXT_SYNPROXY = 44;
  private static final int EXT_VTAGS = 56;
  private static final int EXT_NAT_DIRECTION = 0;
  private static final int EXT_NAT_PROTOCOL = 4;
  private static final int EXT_NAT_L4 = 8;
  private static final int EXT_NAT_ADDRESSES = 12;
  private static final int EXT_FUNCTION = 44;
  private static final int EXT_MASTER_PROTOCOL = 64;
  private static final int EXT_MASTER_L4 = 68;
  private static final int EXT_MASTER_ADDRESSES = 72;
  private static final int EXTENSION_SLOT = 104;

  private static final int BLOCK_SHIFT = 12;

  // Bits of LIFE.
  /** In use; a free slot has none. */
  static final int LIVE = 1;

  /** Changed since it was born: told as an update. */
  static final int GROWN = 2;

  /** Ended: told as a delete. */
  static final int ENDED = 4;

  /** Not a flow. */
  static final int EXPECTATION = 8;

  private static final long MIX_A = 0x9e37_79b9_7f4a_7c15L;
  private static final long MIX_B = 0xc2b2_ae3d_27d4_eb4fL;

  private final Slab ipv4;
  private final Slab ipv6;
  private final Slab extensions;
  private final Names names = new Names();
  private final long seed;

  // What matches() looks for.
  private FlowTuple wanted = new FlowTuple();
  private int wantedZone;
  private int wantedKind;

  FlowStore(FlowMemory memory, long seed) {
    ipv4 = new Slab(memory, IPV4_SLOT, NEXT, BLOCK_SHIFT);
    ipv6 = new Slab(memory, IPV6_SLOT, NEXT, BLOCK_SHIFT);
    extensions = new Slab(memory, EXTENSION_SLOT, 0, BLOCK_SHIFT);
    this.seed = seed;
  }

  // -------------------------------------------------------------------------------------- slots

  int take(boolean isIpv6) {
    return isIpv6 ? ipv6.take() << 1 | 1 : ipv4.take() << 1;
  }

  void free(int handle) {
    dropExtension(handle);
    slab(handle).free(handle >>> 1);
  }

  private Slab slab(int handle) {
    return (handle & 1) == 0 ? ipv4 : ipv6;
  }

  private ByteBuffer block(int handle) {
    return slab(handle).block(handle >>> 1);
  }

  private int offset(int handle) {
    return slab(handle).offset(handle >>> 1);
  }

  int getInt(int handle, int field) {
    return block(handle).getInt(offset(handle) + field);
  }

  void setInt(int handle, int field, int value) {
    block(handle).putInt(offset(handle) + field, value);
  }

  int getByte(int handle, int field) {
    return block(handle).get(offset(handle) + field) & 0xff;
  }

  void setByte(int handle, int field, int value) {
    block(handle).put(offset(handle) + field, (byte) value);
  }

  int getShort(int handle, int field) {
    return block(handle).getShort(offset(handle) + field) & 0xffff;
  }

  void setShort(int handle, int field, int value) {
    block(handle).putShort(offset(handle) + field, (short) value);
  }

  long getLong(int handle, int field) {
    return block(handle).getLong(offset(handle) + field);
  }

  void setLong(int handle, int field, long value) {
    block(handle).putLong(offset(handle) + field, value);
  }

  /** True when the handle names a slot in use. */
  boolean isUsed(int handle) {
    return handle >= 0
        && handle >>> 1 < slab(handle).touched()
        && (getByte(handle, LIFE) & (LIVE | ENDED)) != 0;
  }

  int touchedIpv4() {
    return ipv4.touched();
  }

  int touchedIpv6() {
    return ipv6.touched();
  }

  int used() {
    return ipv4.used() + ipv6.used();
  }

  long bytes() {
    return ipv4.bytes() + ipv6.bytes() + extensions.bytes();
  }

  long namesRefused() {
    return names.refused();
  }

  void release() {
    ipv4.release();
    ipv6.release();
    extensions.release();
  }

  // ---------------------------------------------------------------------------------------- key

  /** Two rounds of multiplying; the secret seed keeps a sender from choosing who collides. */
  int hash(FlowTuple tuple, int zone, int kind) {
    long addresses = tuple.sourceLow << 32 ^ tuple.destinationLow;
    long rest = (long) tuple.l4 << 32 | (long) zone << 16 | tuple.protocol << 8 | kind;
    long hash = mix(addresses ^ seed, rest ^ MIX_A);
    if (tuple.ipv6) {
      hash ^= mix(tuple.sourceHigh ^ hash, tuple.destinationHigh ^ MIX_B);
      hash ^= mix(tuple.sourceLow ^ hash, tuple.destinationLow ^ MIX_A);
    }
    hash = mix(hash ^ MIX_B, seed ^ MIX_A);
    return (int) (hash ^ hash >>> 32);
  }

  private static long mix(long a, long b) {
    return a * b ^ Math.unsignedMultiplyHigh(a, b);
  }

  /** What {@link #matches} compares with, until the next call; not copied. */
  void look(FlowTuple tuple, int zone, int kind) {
    wanted = tuple;
    wantedZone = zone;
    wantedKind = kind;
  }

  @Override
  public boolean matches(int handle) {
    FlowTuple tuple = wanted;
    if ((handle & 1) != 0 != tuple.ipv6) {
      return false;
    }
    ByteBuffer in = block(handle);
    int at = offset(handle);
    if (in.getInt(at + L4_ORIGINAL) != tuple.l4
        || (in.getShort(at + ZONE) & 0xffff) != wantedZone
        || (in.get(at + PROTOCOL) & 0xff) != tuple.protocol
        || (in.get(at + LIFE) & EXPECTATION) != wantedKind) {
      return false;
    }
    if (!tuple.ipv6) {
      return in.getInt(at + ADDRESSES) == (int) tuple.sourceLow
          && in.getInt(at + ADDRESSES + 4) == (int) tuple.destinationLow;
    }
    return in.getLong(at + ADDRESSES) == tuple.sourceHigh
        && in.getLong(at + ADDRESSES + 8) == tuple.sourceLow
        && in.getLong(at + ADDRESSES + 16) == tuple.destinationHigh
        && in.getLong(at + ADDRESSES + 24) == tuple.destinationLow;
  }

  // -------------------------------------------------------------------------------------- flows

  /** Writes all but what the log, the index and the owner keep in the slot. */
  void write(int handle, FlowEntry flow) {
    ByteBuffer out = block(handle);
    int at = offset(handle);
    out.putInt(at + HAS, flow.has);
    out.putInt(at + STATUS, flow.status);
    out.putInt(at + TIMEOUT, flow.timeoutSeconds);
    out.putInt(at + MARK, flow.mark);
    out.putInt(at + KERNEL_ID, flow.kernelId);
    out.putShort(at + ZONE, (short) flow.zone);
    out.put(at + PROTOCOL, (byte) flow.original.protocol);
    out.put(at + STATE, (byte) flow.state);
    // DCCP has a role where TCP has a scale.
    out.put(at + SCALE_ORIGINAL, (byte) (flow.scaleOriginal | flow.dccpRole));
    out.put(at + SCALE_REPLY, (byte) flow.scaleReply);
    out.put(at + FLAGS_ORIGINAL, (byte) flow.tcpFlagsOriginal);
    out.put(at + FLAGS_REPLY, (byte) flow.tcpFlagsReply);
    out.put(at + HELPER, (byte) names.number(flow.helper));
    out.putInt(at + L4_ORIGINAL, flow.original.l4);
    out.putInt(at + L4_REPLY, flow.reply.l4);
    int size = writeAddresses(out, at + ADDRESSES, flow.original);
    writeAddresses(out, at + ADDRESSES + size, flow.reply);
    if (needsExtension(flow)) {
      writeExtension(extension(handle), flow);
    } else {
      dropExtension(handle);
    }
  }

  void read(int handle, FlowEntry into) {
    ByteBuffer in = block(handle);
    int at = offset(handle);
    boolean isIpv6 = (handle & 1) != 0;
    int protocol = in.get(at + PROTOCOL) & 0xff;
    into.clear();
    into.has = in.getInt(at + HAS);
    into.status = in.getInt(at + STATUS);
    into.timeoutSeconds = in.getInt(at + TIMEOUT);
    into.mark = in.getInt(at + MARK);
    into.zone = in.getShort(at + ZONE) & 0xffff;
    into.state = in.get(at + STATE) & 0xff;
    int scaleOrRole = in.get(at + SCALE_ORIGINAL) & 0xff;
    if (protocol == IpProtocol.DCCP) {
      into.dccpRole = scaleOrRole;
    } else {
      into.scaleOriginal = scaleOrRole;
    }
    into.scaleReply = in.get(at + SCALE_REPLY) & 0xff;
    into.tcpFlagsOriginal = in.get(at + FLAGS_ORIGINAL) & 0xff;
    into.tcpFlagsReply = in.get(at + FLAGS_REPLY) & 0xff;
    names.read(in.get(at + HELPER) & 0xff, into.helper);
    into.original.protocol = protocol;
    into.reply.protocol = protocol;
    into.original.l4 = in.getInt(at + L4_ORIGINAL);
    into.reply.l4 = in.getInt(at + L4_REPLY);
    int size = readAddresses(in, at + ADDRESSES, into.original, isIpv6);
    readAddresses(in, at + ADDRESSES + size, into.reply, isIpv6);
    if ((in.get(at + LIFE) & ENDED) == 0) {
      into.kernelId = in.getInt(at + KERNEL_ID);
    } else {
      into.has &= ~FlowEntry.HAS_ID;
    }
    int extension = in.getInt(at + EXTENSION) - 1;
    if (extension >= 0) {
      readExtension(extension, into, isIpv6);
    }
  }

  private static boolean needsExtension(FlowEntry flow) {
    return (flow.seqPositionOriginal
                | flow.seqBeforeOriginal
                | flow.seqAfterOriginal
                | flow.seqPositionReply
                | flow.seqBeforeReply
                | flow.seqAfterReply
                | flow.labelWords
                | flow.synproxyIsn
                | flow.synproxyIts
                | flow.synproxyTsoff
                | flow.vtagOriginal
                | flow.vtagReply)
            != 0
        || flow.has(FlowEntry.HAS_MASTER);
  }

  private void writeExtension(int extension, FlowEntry flow) {
    ByteBuffer out = extensions.block(extension);
    int at = extensions.offset(extension);
    int sequence = at + EXT_SEQUENCE;
    out.putInt(sequence, flow.seqPositionOriginal);
    out.putInt(sequence + 4, flow.seqBeforeOriginal);
    out.putInt(sequence + 8, flow.seqAfterOriginal);
    out.putInt(sequence + 12, flow.seqPositionReply);
    out.putInt(sequence + 16, flow.seqBeforeReply);
    out.putInt(sequence + 20, flow.seqAfterReply);
    for (int i = 0; i < FlowEntry.LABEL_WORDS; i++) {
      out.putInt(at + EXT_LABELS + 4 * i, flow.labels[i]);
    }
    out.putInt(at + EXT_LABEL_WORDS, flow.labelWords);
    out.putInt(at + EXT_SYNPROXY, flow.synproxyIsn);
    out.putInt(at + EXT_SYNPROXY + 4, flow.synproxyIts);
    out.putInt(at + EXT_SYNPROXY + 8, flow.synproxyTsoff);
    out.putInt(at + EXT_VTAGS, flow.vtagOriginal);
    out.putInt(at + EXT_VTAGS + 4, flow.vtagReply);
    writeMaster(out, at, flow.master);
  }

  private void readExtension(int extension, FlowEntry into, boolean isIpv6) {
    ByteBuffer in = extensions.block(extension);
    int at = extensions.offset(extension);
    int sequence = at + EXT_SEQUENCE;
    into.seqPositionOriginal = in.getInt(sequence);
    into.seqBeforeOriginal = in.getInt(sequence + 4);
    into.seqAfterOriginal = in.getInt(sequence + 8);
    into.seqPositionReply = in.getInt(sequence + 12);
    into.seqBeforeReply = in.getInt(sequence + 16);
    into.seqAfterReply = in.getInt(sequence + 20);
    for (int i = 0; i < FlowEntry.LABEL_WORDS; i++) {
      into.labels[i] = in.getInt(at + EXT_LABELS + 4 * i);
    }
    into.labelWords = in.getInt(at + EXT_LABEL_WORDS);
    into.synproxyIsn = in.getInt(at + EXT_SYNPROXY);
    into.synproxyIts = in.getInt(at + EXT_SYNPROXY + 4);
    into.synproxyTsoff = in.getInt(at + EXT_SYNPROXY + 8);
    into.vtagOriginal = in.getInt(at + EXT_VTAGS);
    into.vtagReply = in.getInt(at + EXT_VTAGS + 4);
    if (into.has(FlowEntry.HAS_MASTER)) {
      readMaster(in, at, into.master, isIpv6);
    }
  }

  // ------------------------------------------------------------------------------- expectations

  void write(int handle, ExpectEntry expectation) {
    ByteBuffer out = block(handle);
    int at = offset(handle);
    out.putInt(at + HAS, expectation.has);
    out.putInt(at + STATUS, expectation.flags);
    out.putInt(at + TIMEOUT, expectation.timeoutSeconds);
    out.putInt(at + MARK, expectation.expectClass);
    out.putInt(at + KERNEL_ID, expectation.kernelId);
    out.putShort(at + ZONE, (short) expectation.zone);
    out.put(at + PROTOCOL, (byte) expectation.expected.protocol);
    out.put(at + STATE, (byte) expectation.mask.protocol);
    out.put(at + HELPER, (byte) names.number(expectation.helper));
    out.putInt(at + L4_ORIGINAL, expectation.expected.l4);
    out.putInt(at + L4_REPLY, expectation.mask.l4);
    int size = writeAddresses(out, at + ADDRESSES, expectation.expected);
    writeAddresses(out, at + ADDRESSES + size, expectation.mask);
    int extension = extension(handle);
    ByteBuffer more = extensions.block(extension);
    int there = extensions.offset(extension);
    more.putInt(there + EXT_NAT_DIRECTION, expectation.natDirection);
    more.putInt(there + EXT_NAT_PROTOCOL, expectation.nat.protocol);
    more.putInt(there + EXT_NAT_L4, expectation.nat.l4);
    writeAddresses(more, there + EXT_NAT_ADDRESSES, expectation.nat);
    more.putInt(there + EXT_FUNCTION, names.number(expectation.function));
    writeMaster(more, there, expectation.master);
  }

  void read(int handle, ExpectEntry into) {
    ByteBuffer in = block(handle);
    int at = offset(handle);
    boolean isIpv6 = (handle & 1) != 0;
    into.clear();
    into.has = in.getInt(at + HAS);
    into.flags = in.getInt(at + STATUS);
    into.timeoutSeconds = in.getInt(at + TIMEOUT);
    into.expectClass = in.getInt(at + MARK);
    into.zone = in.getShort(at + ZONE) & 0xffff;
    into.expected.protocol = in.get(at + PROTOCOL) & 0xff;
    into.mask.protocol = in.get(at + STATE) & 0xff;
    names.read(in.get(at + HELPER) & 0xff, into.helper);
    into.expected.l4 = in.getInt(at + L4_ORIGINAL);
    into.mask.l4 = in.getInt(at + L4_REPLY);
    int size = readAddresses(in, at + ADDRESSES, into.expected, isIpv6);
    readAddresses(in, at + ADDRESSES + size, into.mask, isIpv6);
    if ((in.get(at + LIFE) & ENDED) == 0) {
      into.kernelId = in.getInt(at + KERNEL_ID);
    } else {
      into.has &= ~ExpectEntry.HAS_ID;
    }
    int extension = in.getInt(at + EXTENSION) - 1;
    ByteBuffer more = extensions.block(extension);
    int there = extensions.offset(extension);
    into.natDirection = more.getInt(there + EXT_NAT_DIRECTION);
    into.nat.protocol = more.getInt(there + EXT_NAT_PROTOCOL);
    into.nat.l4 = more.getInt(there + EXT_NAT_L4);
    readAddresses(
        more, there + EXT_NAT_ADDRESSES, into.nat, isIpv6 && into.has(ExpectEntry.HAS_NAT));
    names.read(more.getInt(there + EXT_FUNCTION), into.function);
    readMaster(more, there, into.master, isIpv6);
  }

  // -------------------------------------------------------------------------------------- parts

  private int extension(int handle) {
    int extension = getInt(handle, EXTENSION) - 1;
    if (extension < 0) {
      extension = extensions.take();
      setInt(handle, EXTENSION, extension + 1);
    }
    return extension;
  }

  private void dropExtension(int handle) {
    int extension = getInt(handle, EXTENSION) - 1;
    if (extension >= 0) {
      extensions.free(extension);
      setInt(handle, EXTENSION, 0);
    }
  }

  private static void writeMaster(ByteBuffer out, int at, FlowTuple master) {
    out.putInt(at + EXT_MASTER_PROTOCOL, master.protocol);
    out.putInt(at + EXT_MASTER_L4, master.l4);
    writeAddresses(out, at + EXT_MASTER_ADDRESSES, master);
  }

  private static void readMaster(ByteBuffer in, int at, FlowTuple into, boolean isIpv6) {
    into.protocol = in.getInt(at + EXT_MASTER_PROTOCOL);
    into.l4 = in.getInt(at + EXT_MASTER_L4);
    readAddresses(in, at + EXT_MASTER_ADDRESSES, into, isIpv6);
  }

  /** Bytes written: 8 or 32. */
  private static int writeAddresses(ByteBuffer out, int at, FlowTuple tuple) {
    if (!tuple.ipv6) {
      out.putInt(at, (int) tuple.sourceLow);
      out.putInt(at + 4, (int) tuple.destinationLow);
      return 8;
    }
    out.putLong(at, tuple.sourceHigh);
    out.putLong(at + 8, tuple.sourceLow);
    out.putLong(at + 16, tuple.destinationHigh);
    out.putLong(at + 24, tuple.destinationLow);
    return 32;
  }

  private static int readAddresses(ByteBuffer in, int at, FlowTuple into, boolean isIpv6) {
    if (!isIpv6) {
      into.ipv4(in.getInt(at), in.getInt(at + 4));
      return 8;
    }
    into.ipv6 = true;
    into.sourceHigh = in.getLong(at);
    into.sourceLow = in.getLong(at + 8);
    into.destinationHigh = in.getLong(at + 16);
    into.destinationLow = in.getLong(at + 24);
    return 32;
  }
}
