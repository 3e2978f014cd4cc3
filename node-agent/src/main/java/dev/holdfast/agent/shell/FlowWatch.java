package dev.holdfast.agent.shell;

import dev.holdfast.agent.ctnetlink.CtCodec;
import dev.holdfast.agent.ctnetlink.CtKind;
import dev.holdfast.agent.ctnetlink.CtMessage;
import dev.holdfast.agent.ctnetlink.CtRequests;
import dev.holdfast.agent.flow.ExpectEntry;
import dev.holdfast.agent.flow.FlowEntry;
import dev.holdfast.agent.flow.FlowTable;
import dev.holdfast.agent.flow.Replication;
import dev.holdfast.agent.flow.ReplicationRules;
import dev.holdfast.agent.flow.Stored;
import dev.holdfast.agent.flow.Telling;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * What the kernel tells of its flows → the table.
 *
 * <p>While this router is active, what the kernel tracks is <em>ours</em>. Otherwise nothing is:
 * what a backup's kernel holds was written for a peer, or is the router's own. Then only one thing
 * counts: a flow of theirs that ended here without us (nothing refreshes it) is put back.
 *
 * <p>A role that moves in the middle of something (a stall, a split) leaves events behind that were
 * not read yet; hence {@link #lingers}.
 *
 * <p>A dump either makes the table exact (active: what it does not show has ended), or cleans up
 * (in sync with the active router: flows of an earlier life that nobody speaks of are taken out of
 * the kernel, because their windows are stale).
 *
 * <p>Owner: the loop's thread.
 */
final class FlowWatch {

  /** Some 6 MiB of a small heap. */
  private static final int ENDED_MAX = 100_000;

  private static final int EXPECTATIONS_ENDED_MAX = 10_000;

  private final FlowTable table;
  private final CtCodec codec = new CtCodec();
  private final CtMessage message = new CtMessage();
  private final FlowEntry flow = new FlowEntry();
  private final ExpectEntry expectation = new ExpectEntry();
  private final ByteBuffer request =
      ByteBuffer.allocate(2 * CtRequests.REQUEST_BYTES_MAX).order(ByteOrder.nativeOrder());
  private final CtRequests requests = new CtRequests();
  private ReplicationRules rules;
  private boolean active;
  private boolean lingers;

  /** The active peer's number as an owner while a dump cleans up; {@link FlowTable#NONE} else. */
  private int cleansFor = FlowTable.NONE;

  /** A dump is under way, whose messages are read later than events that are younger. */
  private boolean reading;

  private long readingSince;

  /** What ended meanwhile: a message of the dump would bring it back for ever. */
  private final Set<Long> endedWhileReading = new HashSet<>();

  /** The same of expectations, which have no lives: one that is born again tells it itself. */
  private final Set<String> expectationsEndedWhileReading = new HashSet<>();

  private long malformed;

  /** Flows in our kernel that the rules leave out, about. */
  private final Map<Replication, Long> leftOut = new EnumMap<>(Replication.class);

  private long putBack;
  private long purged;

  FlowWatch(FlowTable table, ReplicationRules rules) {
    this.table = table;
    this.rules = rules;
  }

  /**
   * @return whether they leave something else out than before
   */
  boolean rules(ReplicationRules changed) {
    boolean other = !changed.equals(rules);
    rules = changed;
    return other;
  }

  void active(boolean isActive) {
    active = isActive;
    lingers = false;
    cleansFor = FlowTable.NONE;
    leftOut.clear();
  }

  /**
   * The role was given away a moment ago: what the kernel told until then and nobody has read yet
   * is still ours, where no peer has told it meanwhile. The new active router hears of it from
   * nobody else.
   */
  void lingers(boolean does) {
    lingers = does;
  }

  /**
   * The dump that comes next takes out what the peer does not know.
   *
   * @param owner the active peer's number in the table
   */
  void cleanFor(int owner) {
    cleansFor = owner;
  }

  void cleaned() {
    cleansFor = FlowTable.NONE;
  }

  /** Messages that could not be read. */
  long malformed() {
    return malformed;
  }

  /**
   * Flows in our kernel that the rules leave out for this reason: those of the last dump and what
   * came and went since. What is born while a dump runs may count twice until the next one.
   */
  long leftOut(Replication reason) {
    return leftOut.getOrDefault(reason, 0L);
  }

  /** A dump of the flows begins: what is left out is counted anew. */
  void dumpBegins() {
    leftOut.clear();
    endedWhileReading.clear();
    expectationsEndedWhileReading.clear();
    reading = true;
    readingSince = table.ours().newestPosition();
  }

  /**
   * All of the dump has been taken.
   *
   * @return false when more flows ended meanwhile than could be remembered: some may be back
   */
  boolean dumpEnds() {
    boolean remembered =
        endedWhileReading.size() < ENDED_MAX
            && expectationsEndedWhileReading.size() < EXPECTATIONS_ENDED_MAX;
    endedWhileReading.clear();
    expectationsEndedWhileReading.clear();
    reading = false;
    return remembered;
  }

  /** Flows of theirs that had ended here and were put back. */
  long putBack() {
    return putBack;
  }

  /** Flows of an earlier life that were taken out. */
  long purged() {
    return purged;
  }

  /** A request for the flows, or for the expectations; until the next call. */
  ByteBuffer dumpRequest(boolean expectations) {
    request.clear();
    if (expectations) {
      requests.dumpExpectations(request);
    } else {
      requests.dump(request);
    }
    return request.flip();
  }

  /** Takes a buffer of messages; not kept. */
  void take(ByteBuffer messages, int nowSeconds) {
    int offset = messages.position();
    while (messages.limit() - offset >= 16) {
      int length = messages.getInt(offset);
      if (length < 16 || length > messages.limit() - offset) {
        malformed++;
        return;
      }
      takeOne(messages, offset, length, nowSeconds);
      offset += length + 3 & ~3;
    }
  }

  private void takeOne(ByteBuffer in, int offset, int length, int nowSeconds) {
    if (codec.next(in, offset, length, message) != null) {
      malformed++;
    } else if (message.kind.isFlow()) {
      if (codec.readFlow(in, message, flow) != null) {
        malformed++;
      } else {
        takeFlow(message.kind, nowSeconds);
      }
    } else if (message.kind.isExpectation()) {
      if (codec.readExpectation(in, message, expectation) != null) {
        malformed++;
      } else {
        takeExpectation(message.kind, nowSeconds);
      }
    }
  }

  private void takeFlow(CtKind kind, int nowSeconds) {
    Replication judged = rules.judge(flow);
    if (judged != Replication.REPLICATED) {
      countLeftOut(judged, kind);
    }
    if (kind == CtKind.ENDED) {
      if (reading
          && active
          && judged == Replication.REPLICATED
          && endedWhileReading.size() < ENDED_MAX) {
        endedWhileReading.add(life(flow));
      }
      ended(table.find(flow.original, flow.zone));
    } else if (judged != Replication.REPLICATED) {
      return;
    } else if (active && kind == CtKind.SEEN) {
      seen(nowSeconds);
    } else if (active) {
      table.store(FlowTable.OURS, telling(kind), flow, true, nowSeconds);
    } else if (lingers && kind != CtKind.SEEN) {
      table.store(FlowTable.OURS, telling(kind), flow, false, nowSeconds);
    } else if (kind == CtKind.SEEN && cleansFor != FlowTable.NONE) {
      clean(nowSeconds);
    }
  }

  /** Some peer may not have been told of it yet. */
  private boolean isOurEnd(int handle) {
    return table.isEnded(handle) && table.ownerOf(handle) == FlowTable.OURS;
  }

  /** What the active peer does not know goes; what it knows and we did not write is of before. */
  private void clean(int nowSeconds) {
    int handle = table.find(flow.original, flow.zone);
    if (handle != FlowTable.NONE && (table.note(handle) != 0 || isOurEnd(handle))) {
      return;
    }
    if (handle != FlowTable.NONE && table.isLive(handle)) {
      table.setNote(handle, FlowCommitter.STALE);
    } else if (table.store(cleansFor, Telling.SEEN, flow, true, nowSeconds) == Stored.INSERTED) {
      table.setNote(table.lastHandle(), FlowCommitter.STALE);
      table.end(table.lastHandle());
      purged++;
    }
  }

  private void seen(int nowSeconds) {
    if (endedWhileReading.contains(life(flow))) {
      return;
    }
    int handle = table.find(flow.original, flow.zone);
    boolean heardSince =
        handle != FlowTable.NONE
            && table.ownerOf(handle) == FlowTable.OURS
            && table.position(handle) > readingSince;
    table.store(
        FlowTable.OURS, heardSince ? Telling.SEEN_BEFORE : Telling.SEEN, flow, true, nowSeconds);
  }

  /** Which of the lives that a tuple may have had, by the kernel's number and the ports. */
  private static long life(FlowEntry flow) {
    return (long) flow.kernelId << Integer.SIZE | Integer.toUnsignedLong(flow.original.l4);
  }

  private void countLeftOut(Replication judged, CtKind kind) {
    if (!active) {
      return;
    }
    switch (kind) {
      case BORN, SEEN -> leftOut.merge(judged, 1L, Long::sum);
      case ENDED -> leftOut.computeIfPresent(judged, (_, count) -> Math.max(0, count - 1));
      default -> {}
    }
  }

  private void takeExpectation(CtKind kind, int nowSeconds) {
    if (kind == CtKind.EXPECT_ENDED) {
      if (reading && active && expectationsEndedWhileReading.size() < EXPECTATIONS_ENDED_MAX) {
        expectationsEndedWhileReading.add(key(expectation));
      }
      ended(table.findExpectation(expectation.expected, expectation.zone));
    } else if (kind == CtKind.EXPECT_SEEN
        && expectationsEndedWhileReading.contains(key(expectation))) {
      return;
    } else if (active && rules.judge(expectation) == Replication.REPLICATED) {
      Telling telling = kind == CtKind.EXPECT_BORN ? Telling.BORN : Telling.SEEN;
      table.store(FlowTable.OURS, telling, expectation, true, nowSeconds);
    }
  }

  private static String key(ExpectEntry expectation) {
    return expectation.expected + " zone=" + expectation.zone;
  }

  private static Telling telling(CtKind kind) {
    return switch (kind) {
      case BORN -> Telling.BORN;
      case SEEN -> Telling.SEEN;
      default -> Telling.UPDATED;
    };
  }

  private void ended(int handle) {
    if (handle == FlowTable.NONE || !table.isLive(handle)) {
      return;
    }
    if (active) {
      table.end(handle);
    } else if (table.ownerOf(handle) != FlowTable.OURS
        && table.note(handle) == FlowCommitter.WRITTEN) {
      table.setNote(handle, FlowCommitter.STALE);
      table.tellAgain(handle);
      putBack++;
    }
  }

  /**
   * Makes what is not that peer's end in its name, so that it is taken out of the kernel and told
   * to nobody: after a role was given away, when the new active router has told everything.
   *
   * @param after where the last call stopped, {@link FlowTable#NONE} to begin
   * @return where this one stopped, {@link FlowTable#NONE} when it came to the end
   */
  int purgeSome(int after, int owner, int most, int nowSeconds) {
    int handle = after;
    for (int i = 0; i < most; i++) {
      handle = table.nextLive(handle);
      if (handle == FlowTable.NONE) {
        return FlowTable.NONE;
      }
      if (table.ownerOf(handle) != owner) {
        if (table.isExpectation(handle)) {
          table.read(handle, expectation);
          table.store(owner, Telling.SEEN, expectation, true, nowSeconds);
        } else {
          table.read(handle, flow);
          table.store(owner, Telling.SEEN, flow, true, nowSeconds);
        }
        table.end(handle);
        purged++;
      }
    }
    return handle;
  }
}
