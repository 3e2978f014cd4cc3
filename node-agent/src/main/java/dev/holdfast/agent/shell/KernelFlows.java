package dev.holdfast.agent.shell;

import dev.holdfast.agent.flow.FlowTable;
import dev.holdfast.agent.flow.Replication;
import dev.holdfast.agent.flow.ReplicationRules;
import dev.holdfast.agent.linux.Scheduling;
import dev.holdfast.agent.linux.SyscallException;
import dev.holdfast.agent.ops.UnprotectedReason;
import dev.holdfast.agent.sync.core.TableFlows;
import dev.holdfast.api.v1alpha1.FailedFlow;
import dev.holdfast.api.v1alpha1.FlowCommitStatus;
import dev.holdfast.api.v1alpha1.FlowTableStatus;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This kernel's flows and the table, kept alike: the kernel's events → the table, the peers' flows
 * → the kernel, and what has to be done when the role changes hands.
 *
 * <pre>
 * | this router          | what the kernel tracks | what a peer tells        | goes on to           |
 * |----------------------|------------------------|--------------------------|----------------------|
 * | not active           | is not ours            | theirs, into the kernel  | in sync: leftovers   |
 * |                      |                        |                          | of before are purged |
 * | becomes active       | is ours from now on    | the rest into the kernel | theirs become ours,  |
 * |                      |                        |                          | true lifetimes, dump |
 * | active, table exact  | is ours                | only what we do not know |                      |
 * | gives the role away  | is not ours            | everything is asked for  | not active           |
 * </pre>
 *
 * <p>Owner: the loop's thread. The threads around it only move buffers; their number is fixed.
 */
final class KernelFlows implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(KernelFlows.class);

  private static final long MILLI = 1_000_000L;
  private static final long DUMP_AGAIN_NANOS = 200 * MILLI;
  private static final long DUMP_AGAIN_MAX_NANOS = 30_000 * MILLI;

  /** Events of the time before the role was given away are read by then. */
  private static final long LINGER_NANOS = 200 * MILLI;

  private static final long RESTS_MAX_NANOS = 10 * MILLI;
  private static final long REWRITE_SECONDS = 30;
  private static final int STEP_ENTRIES = 1_000;
  private static final int BATCHES = 4;
  private static final int BATCH_BYTES = 128 << 10;

  /** How far the kernel's own table is known. */
  private enum Dump {
    NONE,
    WANTED,
    FLOWS,
    EXPECTATIONS,
    SWEEPING
  }

  private final FlowTable table;
  private final TableFlows flows;
  private final FlowWatch watch;
  private final FlowCommitter committer;
  private final ConntrackListener listener;
  private final ConntrackWriter writer;
  private final ConntrackDumper dumper;
  private final Consumer<Runnable> post;
  private final long startedAtNanos = System.nanoTime();

  private boolean continuous;
  private boolean active;
  private boolean lingering;
  private long lingersUntilNanos;
  private boolean adopting;
  private boolean commitWanted;
  private long commitUntil;
  private final Rests writing = new Rests(RESTS_MAX_NANOS);
  private final Rests reading = new Rests(RESTS_MAX_NANOS);
  private final Queue<Runnable> fromDumper = new ArrayDeque<>();
  private boolean moreToCome;
  private Dump dump = Dump.NONE;
  private int roles;
  private int readInRole;
  private boolean cleans;
  private boolean exact;
  private long dumpNotBeforeNanos = startedAtNanos;
  private long dumpAgainNanos = DUMP_AGAIN_NANOS;
  private FlowTable.@Nullable Sweep sweep;
  private boolean purgeWanted = true;
  private int purgeAt = FlowTable.NONE;
  private boolean purging;
  private int purgesFor = FlowTable.NONE;
  private boolean lostWhileReading;
  private boolean otherRulesWhileReading;
  private boolean rewriteWanted;
  private boolean rewriting;
  private int rewriteAt = FlowTable.NONE;
  private long rewriteNotBeforeNanos;
  private long lost;
  private long refusedBeforeReading;
  private long withoutPlaceBefore;

  /**
   * @param flows the table as the peers see it
   * @param continuous theirs are written as they come, not only when they are wanted
   * @param post brings what other threads have to say to the loop's thread
   */
  KernelFlows(
      FlowTable table,
      TableFlows flows,
      ReplicationRules rules,
      boolean continuous,
      Consumer<Runnable> post) {
    this(table, flows, rules, continuous, ConntrackListener.Options.DEFAULT, post);
  }

  /**
   * The same.
   *
   * @param heard how much of the kernel's events waits where
   */
  KernelFlows(
      FlowTable table,
      TableFlows flows,
      ReplicationRules rules,
      boolean continuous,
      ConntrackListener.Options heard,
      Consumer<Runnable> post) {
    this.table = table;
    this.flows = flows;
    this.continuous = continuous;
    this.post = post;
    watch = new FlowWatch(table, rules);
    writer = ConntrackWriter.start(BATCHES, BATCH_BYTES, KernelFlows::realTime, new Written());
    committer = new FlowCommitter(table, writer);
    listener = ConntrackListener.start(heard, new int[] {writer.portId()}, () -> {}, new Heard());
    dumper = ConntrackDumper.open(new Dumped());
  }

  /** The role waits at a takeover for what is written, adverts never do: hence below the loop. */
  private static void realTime() {
    Scheduling.Outcome _ =
        Scheduling.realTime(Scheduling.Policy.ROUND_ROBIN, RunningAgent.REAL_TIME_PRIORITY - 1);
  }

  // -------------------------------------------------------------------------- from other threads

  private final class Heard implements ConntrackListener.Sink {
    @Override
    public void events(FlowBatch batch) {
      post.accept(() -> take(batch));
    }

    @Override
    public void lost() {
      post.accept(KernelFlows.this::eventsLost);
    }

    @Override
    public void failed(SyscallException why) {
      // Without the kernel's word the peers would trust a table that is wrong.
      post.accept(
          () -> {
            throw new IllegalStateException("the kernel's flow events ended", why);
          });
    }
  }

  private final class Dumped implements ConntrackDumper.Sink {
    /** In this order, but each only when its rest is over. */
    private void later(Runnable task) {
      post.accept(() -> fromDumper.add(task));
    }

    @Override
    public void seen(FlowBatch batch) {
      later(
          () -> {
            if (roles == readInRole) {
              take(batch);
            } else {
              batch.release(); // Asked for in another role, and older than what happened since.
            }
          });
    }

    @Override
    public void restarted() {
      later(
          () -> {
            if (active && dump == Dump.FLOWS) {
              sweep = table.beginSweep(FlowTable.OURS);
            }
          });
    }

    @Override
    public void complete() {
      later(KernelFlows.this::dumpComplete);
    }

    @Override
    public void failed(SyscallException why) {
      later(
          () -> {
            LOG.warn("flows could not be read, trying again why=\"{}\"", why.getMessage());
            dump = Dump.WANTED;
            dumpNotBeforeNanos = System.nanoTime() + DUMP_AGAIN_NANOS;
          });
    }
  }

  private final class Written implements ConntrackWriter.Sink {
    @Override
    public void written(ConntrackWriter.Batch batch) {
      post.accept(
          () -> {
            committer.answered(batch);
            writing.ended(System.nanoTime());
          });
    }

    @Override
    public void failed(ConntrackWriter.Batch batch, SyscallException why) {
      post.accept(
          () -> {
            LOG.warn("a batch of flows got no answer why=\"{}\"", why.getMessage());
            committer.unanswered(batch);
            writing.ended(System.nanoTime());
          });
    }
  }

  // ------------------------------------------------------------------------------ from the owner

  /** Other rules: what they let in or leave out from now on is found by reading the table anew. */
  void rules(ReplicationRules changed) {
    if (watch.rules(changed) && active) {
      otherRulesWhileReading = dump != Dump.NONE && dump != Dump.WANTED;
      if (dump == Dump.NONE) {
        dump = Dump.WANTED;
      }
    }
  }

  void continuous(boolean changed) {
    continuous = changed;
  }

  private void take(FlowBatch batch) {
    watch.take(batch.messages(), seconds());
    batch.release();
  }

  /** Seconds since the start, which stand beside each entry of the table. */
  int seconds() {
    return seconds(System.nanoTime());
  }

  private int seconds(long nowNanos) {
    return (int) ((nowNanos - startedAtNanos) / (1_000 * MILLI));
  }

  /** From now on what the kernel tracks is ours; first the rest of theirs is written. */
  void becomeActive() {
    if (active) {
      return;
    }
    active = true;
    roles++;
    lingering = false;
    adopting = true;
    commitWanted = true;
    exact = false;
    cleans = false;
    purging = false;
    dumpAgainNanos = DUMP_AGAIN_NANOS;
    refusedBeforeReading = table.refused();
    withoutPlaceBefore = 0;
    flows.setActive(true);
    watch.active(true);
  }

  void giveUp(long nowNanos) {
    active = false;
    roles++;
    lingering = true;
    lingersUntilNanos = nowNanos + LINGER_NANOS;
    adopting = false;
    commitWanted = false;
    sweep = null;
    otherRulesWhileReading = false;
    purgeLater();
    flows.setActive(false);
    watch.active(false);
    watch.lingers(true);
    committer.keep();
  }

  /** Two routers were active, and one of them is no more: what it told beyond the other goes. */
  void purgeLater() {
    purgeWanted = true;
    purgesFor = FlowTable.NONE;
  }

  /** A peer waits for what it told to be in the kernel. */
  void commitNow() {
    commitWanted = true;
    commitUntil = table.theirs().newestPosition();
  }

  /** More flows are on their way into the table: what follows a takeover waits for them. */
  void moreToCome(boolean more) {
    moreToCome = more;
  }

  boolean active() {
    return active;
  }

  /**
   * The table says what there is: true of a router that is not active, whose word is its peer's.
   */
  boolean tableExact() {
    return !active || exact;
  }

  /** The kernel's table is read, or will be. */
  boolean reads() {
    return dump != Dump.NONE;
  }

  /** Everything that the peers told is in the kernel, or kept for a takeover. */
  boolean holdsTheirs() {
    return !continuous || committer.done();
  }

  /** Everything that the peers told is in the kernel. */
  boolean committedAll() {
    return committer.done() && !moreToCome;
  }

  /** This kernel holds everything of theirs up to this ticket. */
  long committed() {
    return committer.committed();
  }

  /** Work that waits for nobody but us. */
  private boolean hasMore() {
    return dump == Dump.SWEEPING || purging || rewriting || (adopting && committedAll());
  }

  /** When it wants a turn even if nothing happens until then. */
  long deadlineNanos(long nowNanos) {
    if (hasMore()) {
      return nowNanos;
    }
    if (commitWanted && committer.wantsToWrite() && !committer.busy()) {
      return nowNanos;
    }
    boolean writes =
        (committer.restores() && dump == Dump.NONE)
            || (continuous ? committer.wantsToWrite() : !commitWanted && committer.hasEnds());
    return Math.min(
        writes && !committer.busy() ? writing.untilNanos() : Long.MAX_VALUE,
        fromDumper.isEmpty() ? Long.MAX_VALUE : reading.untilNanos());
  }

  /** Times that the kernel dropped events. */
  long lost() {
    return lost;
  }

  /** What the kernel refused for good, by errno. */
  Map<String, Long> refusals() {
    return committer.refusals();
  }

  /** Flows of the peers that this kernel refused and does not hold. */
  int refusedNow() {
    return committer.refusedNow();
  }

  /** Adds the flows in our kernel that have no place in the table or are left out, by reason. */
  void countLeftOut(Map<String, Long> unprotected) {
    putIfAny(unprotected, UnprotectedReason.TABLE_FULL, withoutPlace());
    putIfAny(
        unprotected,
        UnprotectedReason.IGNORED_BY_RULE,
        watch.leftOut(Replication.IGNORED_SOURCE)
            + watch.leftOut(Replication.IGNORED_REPLY_SOURCE));
    putIfAny(
        unprotected,
        UnprotectedReason.IGNORED_PROTOCOL,
        watch.leftOut(Replication.IGNORED_PROTOCOL));
    putIfAny(unprotected, UnprotectedReason.NOT_UNICAST, watch.leftOut(Replication.NOT_UNICAST));
  }

  /** As of the last reading of the kernel's table, and what was refused since. */
  private long withoutPlace() {
    if (!active) {
      return 0;
    }
    return dump == Dump.NONE || dump == Dump.WANTED
        ? table.refused() - refusedBeforeReading
        : withoutPlaceBefore;
  }

  private static void putIfAny(Map<String, Long> counts, String reason, long count) {
    if (count > 0) {
      counts.put(reason, count);
    }
  }

  /** What became of the peers' flows in this kernel. */
  FlowCommitStatus commitStatus() {
    Map<String, Long> clashes = new TreeMap<>();
    committer.clashes().forEach((clash, count) -> clashes.put(EnumWord.of(clash), count));
    return new FlowCommitStatus(
        committer.written(),
        clashes,
        committer.leftOut(),
        committer.refusals(),
        committer.lastRefused().stream()
            .map(refusal -> new FailedFlow(refusal.flow(), refusal.errno()))
            .toList(),
        watch.putBack(),
        watch.purged(),
        committer.refusedNow());
  }

  FlowTableStatus tableStatus() {
    return new FlowTableStatus(
        table.used(),
        table.entriesMax(),
        table.bytes(),
        table.refused(),
        listener.kernelBufferBytes(),
        lost,
        watch.malformed());
  }

  /** What a person should look at, a sentence each. */
  List<String> problems() {
    List<String> problems = new ArrayList<>();
    if (lost > 0 && active && !exact) {
      problems.add("the kernel dropped flow events, " + lost + " times; the table is read again");
    }
    if (table.overflowed()) {
      problems.add(
          "the flow table is full at " + table.entriesMax() + ": not every flow is replicated");
    }
    if (committer.refusedNow() > 0) {
      problems.add(
          "this kernel refused flows of the peers and lacks "
              + committer.refusedNow()
              + " of them; refused since the start: "
              + committer.refusals());
    }
    return problems;
  }

  // ------------------------------------------------------------------------------------ each turn

  /** Goes on with everything, a piece at a time. */
  void turn(long nowNanos, IntSupplier activePeer) {
    flows.setNowSeconds(seconds(nowNanos));
    flows.sweepSome(STEP_ENTRIES);
    if (lingering && nowNanos - lingersUntilNanos >= 0) {
      lingering = false;
      watch.lingers(false);
    }
    committer.yields(active && !adopting);
    commitSome(nowNanos);
    afterTakeover(nowNanos);
    readKernel(nowNanos);
    rewrite(nowNanos);
    purge(activePeer, seconds(nowNanos));
  }

  private void commitSome(long nowNanos) {
    if (committer.takeKernelWasFull()) {
      rewriteWanted = true;
    }
    if (commitWanted) {
      for (int i = 0; i < BATCHES && committer.commitSome(); i++) {
        // Until there is no more, or no batch is free.
      }
      commitWanted = active || committer.committed() < commitUntil;
    } else if (mayWrite(nowNanos)) {
      long began = System.nanoTime();
      if (continuous) {
        committer.commitSome();
      } else {
        committer.endSome();
      }
      if (committer.busy()) {
        writing.began(began);
      }
    }
    if (committer.missedEnds()) {
      // Their ends were forgotten before the kernel was told: what is there too much is looked for.
      purgeWanted = true;
    }
  }

  /** For what nobody waits for: one batch at a time, and a rest after each. */
  private boolean mayWrite(long nowNanos) {
    return !committer.busy() && writing.over(nowNanos);
  }

  /** Once their flows are in the kernel, theirs become ours; then the table is made exact. */
  private void afterTakeover(long nowNanos) {
    // While the table is read, what the peers told late would count as younger than the reading.
    if (!active || !committedAll() || (dump != Dump.NONE && !adopting)) {
      return;
    }
    int adopted = table.adopt(STEP_ENTRIES);
    if (adopting && adopted < STEP_ENTRIES) {
      adopting = false;
      committer.restore();
      return;
    }
    if (committer.restores()) {
      if (mayWrite(nowNanos)) {
        long began = System.nanoTime();
        committer.restoreSome();
        if (committer.busy()) {
          writing.began(began);
        }
      }
      return;
    }
    // Some found no place: others may have ended since.
    if (!adopting && (!exact || table.overflowed()) && dump == Dump.NONE) {
      dump = Dump.WANTED;
    }
  }

  private void eventsLost() {
    lost++;
    if (active) {
      exact = false;
      lostWhileReading = dump != Dump.NONE;
    } else {
      // What ended here unheard would not be put back: everything is written once more.
      rewriteWanted = true;
    }
  }

  private void readKernel(long nowNanos) {
    Runnable read = reading.over(nowNanos) ? fromDumper.poll() : null;
    if (read != null) {
      long began = System.nanoTime();
      read.run();
      reading.worked(began, System.nanoTime());
    }
    if (dump == Dump.WANTED && nowNanos - dumpNotBeforeNanos >= 0) {
      if (dumper.begin(watch.dumpRequest(false))) {
        withoutPlaceBefore = withoutPlace();
        dump = Dump.FLOWS;
        readInRole = roles;
        watch.dumpBegins();
        table.clearOverflow();
        refusedBeforeReading = table.refused();
        sweep = active ? table.beginSweep(FlowTable.OURS) : null;
      }
    } else if (dump == Dump.SWEEPING) {
      FlowTable.Sweep current = sweep;
      if (current == null || current.step(4 * STEP_ENTRIES)) {
        dumped(nowNanos);
      }
    }
  }

  private void dumpComplete() {
    if (dump == Dump.FLOWS) {
      dump = Dump.EXPECTATIONS;
      if (!dumper.begin(watch.dumpRequest(true))) {
        dump = Dump.WANTED;
      }
    } else if (dump == Dump.EXPECTATIONS) {
      dump = Dump.SWEEPING;
    }
  }

  private void dumped(long nowNanos) {
    dump = otherRulesWhileReading && active ? Dump.WANTED : Dump.NONE;
    otherRulesWhileReading = false;
    boolean remembered = watch.dumpEnds();
    if (active) {
      boolean full = table.overflowed() || !remembered;
      exact = sweep != null && !full && !lostWhileReading;
      // A full table will not have room in a moment: reading it over and over would cost a core.
      dumpAgainNanos = full ? Math.min(2 * dumpAgainNanos, DUMP_AGAIN_MAX_NANOS) : DUMP_AGAIN_NANOS;
      lostWhileReading = false;
    } else if (cleans) {
      cleans = false;
      watch.cleaned();
    }
    dumpNotBeforeNanos = nowNanos + dumpAgainNanos;
    sweep = null;
  }

  /** Not more often than every {@value #REWRITE_SECONDS} s: all of the table is written. */
  private void rewrite(long nowNanos) {
    if (active) {
      rewriteWanted = false;
      rewriting = false;
    } else if (rewriting) {
      for (int i = 0; rewriting && i < STEP_ENTRIES; i++) {
        rewriteAt = table.nextLive(rewriteAt);
        rewriting = rewriteAt != FlowTable.NONE;
        if (rewriting && table.ownerOf(rewriteAt) != FlowTable.OURS) {
          table.tellAgain(rewriteAt);
        }
      }
    } else if (rewriteWanted && nowNanos - rewriteNotBeforeNanos >= 0) {
      rewriteWanted = false;
      rewriting = true;
      rewriteAt = FlowTable.NONE;
      rewriteNotBeforeNanos = nowNanos + REWRITE_SECONDS * 1_000 * MILLI;
    }
  }

  /**
   * In sync with the active router: what we hold beyond its word is of an earlier life, and its
   * windows are stale.
   */
  private void purge(IntSupplier activePeer, int nowSeconds) {
    if (active || lingering || !purgeWanted || cleans) {
      return;
    }
    int owner = activePeer.getAsInt();
    purging = owner != FlowTable.NONE && holdsTheirs() && dump == Dump.NONE;
    if (!purging) {
      return; // Under load there is often a change under way: it goes on where it was.
    }
    if (owner != purgesFor) {
      purgesFor = owner;
      purgeAt = FlowTable.NONE;
    }
    purgeAt = watch.purgeSome(purgeAt, owner, STEP_ENTRIES, nowSeconds);
    if (purgeAt == FlowTable.NONE) {
      purging = false;
      purgeWanted = false;
      purgesFor = FlowTable.NONE;
      cleans = true;
      watch.cleanFor(owner);
      dump = Dump.WANTED;
    }
  }

  /** Deletes from the kernel what was written for peers; nobody else uses the table any more. */
  void deleteWritten() {
    committer.deleteWritten();
  }

  @Override
  public void close() {
    dumper.close();
    listener.close();
    writer.close();
  }
}
