package dev.holdfast.agent.sync.core;

import dev.holdfast.agent.flow.FlowEntry;
import dev.holdfast.agent.flow.FlowState;
import dev.holdfast.agent.flow.FlowStatus;
import dev.holdfast.agent.flow.FlowTable;
import dev.holdfast.agent.flow.FlowTuple;
import dev.holdfast.agent.flow.IpProtocol;
import dev.holdfast.agent.flow.Replication;
import dev.holdfast.agent.flow.ReplicationRules;
import dev.holdfast.agent.flow.Stored;
import dev.holdfast.agent.flow.Telling;
import dev.holdfast.agent.sync.wire.ConntrackdCodec;
import dev.holdfast.agent.sync.wire.Dialect;
import dev.holdfast.agent.sync.wire.MessageDrop;
import dev.holdfast.agent.sync.wire.SyncMessage;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Ipv4Address;
import dev.holdfast.api.addr.Ipv6Address;
import java.nio.ByteBuffer;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;

/**
 * What outlives the table: the flows that are worth keeping, as pieces of bytes, and which of them
 * may come back into another table.
 *
 * <p>Kept are long-lived flows that answer, whoever's they are: established TCP, SCTP and DCCP, and
 * assured flows of every other protocol. No expectations, nothing half open or closing: it would be
 * over before a router has booted.
 *
 * <p>What comes back is a guess of some age and enters the table as if a peer had told it, the
 * owner {@link #OWNER}: whatever is known of the flow already wins, its end too, and a peer's later
 * word replaces it. See {@link Fate} for what does not come back.
 *
 * <p>A lifetime is kept as it was last told. The kernel tells nothing when a flow is merely used,
 * so more is not known than that the flow lived when it was written; hence its age counts from
 * then, and what would have run out since stays away.
 *
 * <p>Owner: the table's. Copying makes no garbage, taking back a little for each translated flow.
 */
public final class KeptFlows {
  /** The owner of what comes from the disk: the last number, which no peer has. */
  public static final int OWNER = FlowTable.PEERS_MAX;

  /** No piece is longer. */
  public static final int PIECE_BYTES_MAX = 32 << 10;

  private static final int LOOKED_AT_MAX = 4_096;

  /** What becomes of a flow that was kept. One counter per name. */
  public enum Fate {
    /** It is in the table. */
    RESTORED,
    /** It would have ended by itself since. */
    EXPIRED,
    /** The rules leave it out now. */
    LEFT_OUT,
    /** It is translated with an address that is not ours any more. */
    OTHER_ADDRESS,
    /** The table knows better: the flow, or its end. */
    KNOWN,
    /** The table is full. */
    NO_ROOM,
    /** A message that cannot be read, or a flow that would not have been kept. */
    UNREADABLE
  }

  /**
   * By what it is judged who comes back.
   *
   * @param rules of now
   * @param addresses that flows may be translated with: ours, of now
   * @param ageSeconds of what was kept, 0 or more
   */
  public record Judge(ReplicationRules rules, Set<IpAddress> addresses, long ageSeconds) {
    public Judge {
      addresses = Set.copyOf(addresses);
    }
  }

  private final FlowTable table;
  private final ConntrackdCodec codec = new ConntrackdCodec(Dialect.HOLDFAST);
  private final SyncMessage message = new SyncMessage();
  private final FlowEntry flow = new FlowEntry();

  public KeptFlows(FlowTable table) {
    this.table = table;
  }

  /** How old something is; by a clock that is behind, as if it had just been written. */
  public static long ageSeconds(long writtenAtSeconds, long nowSeconds) {
    return Math.max(0, nowSeconds - writtenAtSeconds);
  }

  /** Changes with every flow that comes, goes or changes. */
  public long changes() {
    return table.ours().newestPosition() + table.theirs().newestPosition();
  }

  // ------------------------------------------------------------------------------------- keeping

  /**
   * Copies the next piece. What is there from the first to the last call is copied once; what comes
   * and goes meanwhile may be missing.
   *
   * @param after what the last call gave, {@link FlowTable#NONE} to begin
   * @param into with room for {@value #PIECE_BYTES_MAX} bytes; may stay empty
   * @return where to go on, {@link FlowTable#NONE} at the end
   */
  public int copy(int after, ByteBuffer into) {
    int at = after;
    int end = Math.min(table.handlesEnd(), after + 1 + LOOKED_AT_MAX);
    while (at + 1 < end && into.remaining() >= ConntrackdCodec.MESSAGE_BYTES_MAX) {
      at++;
      if (table.isLive(at) && !table.isExpectation(at)) {
        table.read(at, flow);
        if (isWorthKeeping(flow)) {
          codec.writeFlow(into, SyncMessage.FLOW_NEW, 0, 0, flow);
        }
      }
    }
    return at + 1 >= table.handlesEnd() ? FlowTable.NONE : at;
  }

  static boolean isWorthKeeping(FlowEntry flow) {
    if (!flow.has(FlowEntry.HAS_STATUS | FlowEntry.HAS_TIMEOUT)
        || (flow.status & FlowStatus.ASSURED) == 0
        || (flow.status & FlowStatus.DYING) != 0) {
      return false;
    }
    return switch (flow.original.protocol) {
      case IpProtocol.TCP -> isIn(flow, FlowEntry.HAS_TCP_STATE, FlowState.TCP_ESTABLISHED);
      case IpProtocol.SCTP -> isIn(flow, FlowEntry.HAS_SCTP_STATE, FlowState.SCTP_ESTABLISHED);
      case IpProtocol.DCCP -> isIn(flow, FlowEntry.HAS_DCCP_STATE, FlowState.DCCP_OPEN);
      default -> true;
    };
  }

  private static boolean isIn(FlowEntry flow, int known, int state) {
    return flow.has(known) && flow.state == state;
  }

  // -------------------------------------------------------------------------------- taking back

  /**
   * Takes a piece back into the table.
   *
   * @param piece big endian; read to its end
   * @param nowSeconds as in {@link FlowTable#store}
   * @param fates counted on
   */
  public void take(ByteBuffer piece, Judge judge, int nowSeconds, EnumMap<Fate, Integer> fates) {
    while (piece.hasRemaining()) {
      MessageDrop drop = codec.next(piece, message);
      if (drop == null && message.type == SyncMessage.FLOW_NEW) {
        drop = codec.readFlow(piece, message, flow);
        count(fates, drop == null ? takeFlow(judge, nowSeconds) : Fate.UNREADABLE);
      } else {
        count(fates, Fate.UNREADABLE);
      }
      if (drop != null && drop.endsDatagram()) {
        return;
      }
    }
  }

  private static void count(Map<Fate, Integer> fates, Fate fate) {
    fates.merge(fate, 1, Integer::sum);
  }

  private Fate takeFlow(Judge judge, int nowSeconds) {
    if (!isWorthKeeping(flow)) {
      return Fate.UNREADABLE;
    }
    long leftSeconds = Integer.toUnsignedLong(flow.timeoutSeconds) - judge.ageSeconds();
    if (leftSeconds <= 0) {
      return Fate.EXPIRED;
    }
    if (judge.rules().judge(flow) != Replication.REPLICATED) {
      return Fate.LEFT_OUT;
    }
    if (!isTranslatedWith(judge.addresses())) {
      return Fate.OTHER_ADDRESS;
    }
    if (table.find(flow.original, flow.zone) != FlowTable.NONE) {
      return Fate.KNOWN;
    }
    flow.timeoutSeconds = (int) leftSeconds;
    Stored stored = table.store(OWNER, Telling.BORN, flow, false, nowSeconds);
    return stored == Stored.INSERTED ? Fate.RESTORED : Fate.NO_ROOM;
  }

  /** True too when it is not translated at all. */
  private boolean isTranslatedWith(Set<IpAddress> addresses) {
    FlowTuple original = flow.original;
    FlowTuple reply = flow.reply;
    boolean source =
        original.sourceHigh != reply.destinationHigh || original.sourceLow != reply.destinationLow;
    boolean destination =
        original.destinationHigh != reply.sourceHigh || original.destinationLow != reply.sourceLow;
    return (!source
            || addresses.contains(address(reply.ipv6, reply.destinationHigh, reply.destinationLow)))
        && (!destination
            || addresses.contains(
                address(original.ipv6, original.destinationHigh, original.destinationLow)));
  }

  private static IpAddress address(boolean ipv6, long high, long low) {
    return ipv6 ? new Ipv6Address(high, low) : new Ipv4Address((int) low);
  }
}
