package dev.holdfast.agent.shell;

import dev.holdfast.agent.ctnetlink.CtRequests;
import dev.holdfast.agent.flow.ExpectEntry;
import dev.holdfast.agent.flow.FlowEntry;
import dev.holdfast.agent.flow.FlowTable;
import dev.holdfast.agent.linux.Errno;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings <em>theirs</em> into this kernel, in the order of their changes, a batch at a time, and
 * knows up to which position the kernel holds everything.
 *
 * <p>A flow that we have not written yet is created; one that we have is updated. A clash is
 * decided for the peer's flow, whoever made what is there (a packet that came before the flow, an
 * earlier life as the active router, the router itself): it is deleted and the peer's created anew,
 * so that no windows and no missing translation of an earlier life stay. Clashes are counted by
 * what was in the way, see {@link Clash}. What the kernel refuses for its helper, labels or master
 * is written without them, and counted too. Every refusal that remains is counted by errno, and the
 * last {@value #REFUSED_KEPT} are kept with their flow.
 *
 * <p>Lifetimes are {@value #LIFETIME_MIN_SECONDS} s at least: the active router's kernel makes no
 * event when a flow is merely used, so the true timeout would run out here. {@link #restore} gives
 * the true ones back after a takeover.
 *
 * <p>Owner: the loop's thread.
 */
final class FlowCommitter {

  private static final Logger LOG = LoggerFactory.getLogger(FlowCommitter.class);

  static final int LIFETIME_MIN_SECONDS = 900;

  // The table's note of an entry; 0: this kernel was never given it.
  /** This kernel was given it, as it was then. */
  static final int WRITTEN = 1;

  /** This kernel refused it, and does not hold it. */
  static final int REFUSED = 2;

  /** Something of before may stand there: the flow is created, and its end is told. */
  static final int STALE = FlowTable.MOVED;

  /** What was in the way of a peer's flow. */
  enum Clash {
    /** A flow of the same original tuple. */
    SAME_TUPLE,
    /** A flow of another original tuple with the same reply, like a translation to that port. */
    SAME_REPLY,
    /** Our own entry, in a state from which the kernel refuses to change it. */
    STALE_STATE
  }

  /** A flow that the kernel does not hold, and why. */
  record Refusal(String flow, String errno) {}

  static final int REFUSED_KEPT = 10;
  private static final int DELETE_BYTES = 64 << 10;
  private static final int DELETE_ROOM = 1 << 10;

  private static final int REQUESTS_PER_BATCH = 256;
  private static final int REQUEST_ROOM = 3 * CtRequests.REQUEST_BYTES_MAX;
  private static final int ATTEMPTS_MAX = 4;
  private static final int LOOKED_AT_MAX = 2_000;

  private enum Way {
    CREATE,
    UPDATE,
    /** Delete what is in the way, then create. */
    REPLACE,
    DELETE
  }

  /**
   * One entry on its way.
   *
   * @param position of the entry when it was read; when it has another one it comes again anyway
   * @param waited it has waited for its master once
   */
  private record Job(
      int handle, long position, Way way, int leftOut, int attempts, boolean waited) {
    Job again(Way next, int without) {
      return new Job(handle, position, next, leftOut | without, attempts + 1, waited);
    }

    Job afterAll() {
      return new Job(handle, position, way, leftOut, attempts, true);
    }
  }

  /** Deletes that clear the way: taken means that something stood there. No jobs of their own. */
  private static final Job CLEARS_TUPLE = new Job(FlowTable.NONE, 0, Way.DELETE, 0, 0, false);

  private static final Job CLEARS_REPLY = new Job(FlowTable.NONE, 0, Way.DELETE, 0, 1, false);

  /** A batch under way: which job each request belongs to; null where a refusal does not count. */
  private static final class UnderWay {
    final List<@Nullable Job> jobs = new ArrayList<>();
    long firstPosition = Long.MAX_VALUE;
    long endsUpTo;
    int tuplesCleared;
    int repliesCleared;

    void add(@Nullable Job job) {
      jobs.add(job);
      if (job != null) {
        firstPosition = Math.min(firstPosition, job.position());
      }
    }

    /** Counts on: {@code by} +1 when the request is made, -1 when nothing was there. */
    void clears(Job what, int by) {
      if (what.equals(CLEARS_TUPLE)) {
        tuplesCleared += by;
      } else {
        repliesCleared += by;
      }
    }

    void addClearing(Job what) {
      jobs.add(what);
      clears(what, 1);
    }
  }

  private final FlowTable table;
  private final ConntrackWriter writer;
  private final CtRequests requests = new CtRequests();
  private final FlowEntry flow = new FlowEntry();
  private final ExpectEntry expectation = new ExpectEntry();
  private final int cursor;
  private final Deque<UnderWay> underWay = new ArrayDeque<>();
  private final Deque<Job> again = new ArrayDeque<>();

  /** Their master was not there; it may come later in the order. */
  private final Deque<Job> afterAll = new ArrayDeque<>();

  private final Map<String, Long> refusals = new TreeMap<>();
  private long read;
  private long forgottenSeen;
  private long ended;
  private long written;
  private final Map<Clash, Long> clashes = new EnumMap<>(Clash.class);
  private final Map<String, Long> leftOut = new TreeMap<>();
  private final Deque<Refusal> lastRefused = new ArrayDeque<>();
  private boolean kernelWasFull;
  private boolean yields;
  private int restoring = FlowTable.NONE;
  private boolean restores;

  FlowCommitter(FlowTable table, ConntrackWriter writer) {
    this.table = table;
    this.writer = writer;
    cursor = table.theirs().openCursor();
  }

  /** This kernel holds everything of theirs up to this position of their log. */
  long committed() {
    long committed = read;
    for (UnderWay batch : underWay) {
      committed = Math.min(committed, batch.firstPosition - 1);
    }
    for (Job job : again) {
      committed = Math.min(committed, job.position() - 1);
    }
    for (Job job : afterAll) {
      committed = Math.min(committed, job.position() - 1);
    }
    return committed;
  }

  /** True when everything that is there now is written. */
  boolean done() {
    return !busy() && !wantsToWrite();
  }

  /** The kernel works on something. */
  boolean busy() {
    return !underWay.isEmpty();
  }

  /** There is something to write that is not under way. */
  boolean wantsToWrite() {
    return !again.isEmpty() || !afterAll.isEmpty() || read < table.theirs().newestPosition();
  }

  /**
   * Ends were forgotten, for want of room, before the kernel was told of them. True once for each
   * time that it happened.
   */
  boolean missedEnds() {
    long forgotten = table.theirs().forgottenPosition();
    boolean missed = forgotten > forgottenSeen && forgotten > Math.max(committed(), ended);
    forgottenSeen = forgotten;
    return missed;
  }

  /** Requests that the kernel took. */
  long written() {
    return written;
  }

  /** What was in the way, and was deleted. */
  Map<Clash, Long> clashes() {
    return Collections.unmodifiableMap(clashes);
  }

  /** What flows were written without, because this kernel does not have it. */
  Map<String, Long> leftOut() {
    return Collections.unmodifiableMap(leftOut);
  }

  /** The last flows that the kernel refused for good, oldest first. */
  List<Refusal> lastRefused() {
    return List.copyOf(lastRefused);
  }

  /** True once after the kernel had no room: what it refused is worth another try later. */
  boolean takeKernelWasFull() {
    boolean was = kernelWasFull;
    kernelWasFull = false;
    return was;
  }

  /** Flows of theirs that this kernel refused, and so does not hold. */
  int refusedNow() {
    return table.countNoted(REFUSED);
  }

  /** What the kernel refused for good, by errno. */
  Map<String, Long> refusals() {
    return new TreeMap<>(refusals);
  }

  /**
   * An active router that has taken everything over knows best what its kernel tracks: from then on
   * what stands there stays, and a peer's flow that clashes with it is not written.
   */
  void yields(boolean toOwn) {
    yields = toOwn;
  }

  /** Fills and submits one batch. False when there is nothing to do or no batch is free. */
  boolean commitSome() {
    if (!wantsToWrite()) {
      return false;
    }
    ConntrackWriter.Batch batch = writer.tryAcquire();
    if (batch == null) {
      return false;
    }
    var filling = new UnderWay();
    ByteBuffer out = batch.requests();
    for (int looked = 0; looked < LOOKED_AT_MAX && hasRoom(filling, out); looked++) {
      Job job = again.isEmpty() ? next() : again.poll();
      if (job == null) {
        break;
      }
      if (table.position(job.handle()) != job.position()) {
        overtaken(job);
      } else if (table.ownerOf(job.handle()) != FlowTable.OURS && !isForgottenAnyway(job)) {
        write(out, job, filling);
      }
    }
    if (filling.jobs.isEmpty()) {
      batch.release();
      table.theirs().forgetEnded(committed());
      return wantsToWrite();
    }
    underWay.add(filling);
    batch.submit(read);
    return true;
  }

  private static boolean hasRoom(UnderWay filling, ByteBuffer out) {
    return filling.jobs.size() < REQUESTS_PER_BATCH && out.remaining() >= REQUEST_ROOM;
  }

  /** It ended before this kernel was given it. */
  private boolean isForgottenAnyway(Job job) {
    return job.way() == Way.DELETE && table.note(job.handle()) == 0;
  }

  /**
   * The kernel does not hold it as it was read, and it has changed since: it comes again, and is
   * created then, since an update would change what stands in its way.
   */
  private void overtaken(Job job) {
    int handle = job.handle();
    if (job.way() == Way.DELETE || table.position(handle) == 0) {
      return;
    }
    table.setNote(handle, STALE);
    if (table.ownerOf(handle) != FlowTable.OURS && table.position(handle) <= read) {
      table.tellAgain(handle); // An update of it is on its way already.
    }
  }

  /**
   * For a backup that writes only at a takeover: takes out of the kernel what ended and may stand
   * there from before; what this kernel was never given is forgotten. One batch at a time.
   */
  void endSome() {
    if (busy() || !hasEnds()) {
      return;
    }
    ConntrackWriter.Batch batch = writer.tryAcquire();
    if (batch == null) {
      return;
    }
    var filling = new UnderWay();
    ByteBuffer out = batch.requests();
    int handle = FlowTable.NONE;
    for (int looked = 0; looked < LOOKED_AT_MAX && hasRoom(filling, out); looked++) {
      handle = table.theirs().nextTombstone(handle);
      if (handle == FlowTable.NONE) {
        break;
      }
      filling.endsUpTo = table.position(handle);
      if (table.note(handle) != 0) {
        delete(out, handle);
        filling.add(null);
      }
    }
    if (filling.jobs.isEmpty()) {
      batch.release();
      forgetEnded(filling.endsUpTo);
    } else {
      underWay.add(filling);
      batch.submit(read);
    }
  }

  /** What ended waits for {@link #endSome}. */
  boolean hasEnds() {
    return table.theirs().tombstones() > 0;
  }

  private void forgetEnded(long position) {
    ended = Math.max(ended, position);
    table.theirs().forgetEnded(position);
  }

  private @Nullable Job next() {
    int handle = table.theirs().next(cursor);
    if (handle == FlowTable.NONE) {
      read = table.theirs().newestPosition();
      again.addAll(afterAll);
      afterAll.clear();
      return again.poll();
    }
    read = table.theirs().position(handle);
    Way way =
        table.isEnded(handle)
            ? Way.DELETE
            : table.note(handle) == WRITTEN ? Way.UPDATE : Way.CREATE;
    return new Job(handle, read, way, 0, 0, false);
  }

  private void write(ByteBuffer out, Job job, UnderWay filling) {
    if (table.isExpectation(job.handle())) {
      table.read(job.handle(), expectation);
      writeExpectation(out, job, filling);
      return;
    }
    table.read(job.handle(), flow);
    int lifetime = lifetime(flow);
    switch (job.way()) {
      case CREATE -> {
        requests.create(out, flow, lifetime, job.leftOut());
        filling.add(job);
      }
      case UPDATE -> {
        requests.update(out, flow, lifetime, job.leftOut());
        filling.add(job);
      }
      case REPLACE -> {
        requests.delete(out, flow.original, flow.zone);
        filling.addClearing(CLEARS_TUPLE);
        requests.deleteByReply(out, flow.reply, flow.zone);
        filling.addClearing(CLEARS_REPLY);
        requests.create(out, flow, lifetime, job.leftOut());
        filling.add(job);
      }
      case DELETE -> {
        requests.delete(out, flow.original, flow.zone);
        filling.add(job);
      }
    }
    if (job.way() != Way.DELETE && table.note(job.handle()) != REFUSED) {
      table.setNote(job.handle(), WRITTEN);
    }
  }

  private void writeExpectation(ByteBuffer out, Job job, UnderWay filling) {
    requests.deleteExpectation(out, expectation.expected, expectation.zone);
    filling.add(null);
    if (job.way() == Way.DELETE) {
      return;
    }
    requests.create(out, expectation, expectation.timeoutSeconds);
    filling.add(job);
    table.setNote(job.handle(), WRITTEN);
  }

  /**
   * Deletes from the kernel what was written there for peers and has not become ours; for the end,
   * when nobody else uses the table any more.
   */
  void deleteWritten() {
    ByteBuffer out = ByteBuffer.allocateDirect(DELETE_BYTES).order(ByteOrder.nativeOrder());
    long deleted = 0;
    try (ConntrackSocket socket = ConntrackSocket.open()) {
      for (int at = table.nextLive(FlowTable.NONE); at != FlowTable.NONE; at = table.nextLive(at)) {
        if (table.ownerOf(at) == FlowTable.OURS || table.note(at) != WRITTEN) {
          continue;
        }
        if (out.remaining() < DELETE_ROOM) {
          deleted += socket.write(out.flip(), (index, errno) -> {});
          out.clear();
        }
        delete(out, at);
      }
      deleted += socket.write(out.flip(), (index, errno) -> {});
    }
    LOG.info("flows of the peers deleted count={}", deleted);
  }

  private void delete(ByteBuffer out, int handle) {
    if (table.isExpectation(handle)) {
      table.read(handle, expectation);
      requests.deleteExpectation(out, expectation.expected, expectation.zone);
    } else {
      table.read(handle, flow);
      requests.delete(out, flow.original, flow.zone);
    }
  }

  private static int lifetime(FlowEntry flow) {
    int told = flow.has(FlowEntry.HAS_TIMEOUT) ? flow.timeoutSeconds : 0;
    return Integer.compareUnsigned(told, LIFETIME_MIN_SECONDS) < 0 ? LIFETIME_MIN_SECONDS : told;
  }

  /** The oldest batch under way has been worked on. */
  void answered(ConntrackWriter.Batch batch) {
    UnderWay asked = underWay.remove();
    written += batch.taken();
    for (int i = 0; i < batch.refusals(); i++) {
      Job job = asked.jobs.set(batch.refusedIndex(i), null);
      if (job != null && job.handle() == FlowTable.NONE) {
        asked.clears(job, -1);
      } else if (job != null) {
        refused(job, batch.refusedErrno(i));
      }
    }
    asked.jobs.forEach(this::taken);
    count(Clash.SAME_TUPLE, asked.tuplesCleared);
    count(Clash.SAME_REPLY, asked.repliesCleared);
    batch.release();
    forgetEnded(Math.max(asked.endsUpTo, committed()));
  }

  /** What was refused before stays so until the kernel has taken it. */
  private void taken(@Nullable Job job) {
    if (job != null
        && job.way() != Way.DELETE
        && table.position(job.handle()) == job.position()
        && table.note(job.handle()) == REFUSED) {
      table.setNote(job.handle(), WRITTEN);
    }
  }

  private void count(Clash clash, int many) {
    if (many > 0) {
      clashes.merge(clash, (long) many, Long::sum);
    }
  }

  /** The kernel gave no answer about the oldest batch: all of it is written again. */
  void unanswered(ConntrackWriter.Batch batch) {
    UnderWay asked = underWay.remove();
    for (Job job : asked.jobs) {
      if (job != null && job.handle() != FlowTable.NONE && job.attempts() < ATTEMPTS_MAX) {
        again.add(job.again(job.way() == Way.DELETE ? Way.DELETE : Way.REPLACE, 0));
      }
    }
    batch.release();
  }

  private void refused(Job job, int errno) {
    if (job.way() == Way.DELETE && errno == Errno.ENOENT) {
      return; // It is gone as it should be.
    }
    if (table.position(job.handle()) != job.position()) {
      overtaken(job);
      return;
    }
    if (yields && (errno == Errno.EEXIST || errno == Errno.EBUSY)) {
      giveWay(job.handle(), errno);
      return;
    }
    Job next = nextTry(job, errno);
    if (next == null) {
      givenUp(job, errno);
    } else if (next.waited() && !job.waited()) {
      afterAll.add(next);
    } else {
      again.add(next);
    }
  }

  /** What our kernel tracks stays; what it has no place for beside that shall not become ours. */
  private void giveWay(int handle, int errno) {
    if (errno == Errno.EEXIST) {
      table.setNote(handle, 0);
      table.end(handle);
    } else {
      table.setNote(handle, STALE);
    }
  }

  private void givenUp(Job job, int errno) {
    boolean isExpectation = table.isExpectation(job.handle());
    table.setNote(job.handle(), isExpectation || job.way() == Way.UPDATE ? STALE : REFUSED);
    kernelWasFull |= errno == Errno.ENOMEM;
    keep(job.handle(), isExpectation, Errno.describe(errno));
  }

  private void keep(int handle, boolean isExpectation, String why) {
    String what;
    if (isExpectation) {
      table.read(handle, expectation);
      what = "expectation " + expectation.expected;
    } else {
      table.read(handle, flow);
      what = flow.toString();
    }
    if (lastRefused.size() == REFUSED_KEPT) {
      lastRefused.removeFirst();
    }
    lastRefused.addLast(new Refusal(what, why));
    if (refusals.merge(why, 1L, Long::sum) == 1) {
      LOG.warn("flow not committed errno=\"{}\" flow=\"{}\"", why, what);
    }
  }

  private @Nullable Job nextTry(Job job, int errno) {
    if (errno == Errno.ENOENT && lacksMaster(job) && !job.waited()) {
      return job.afterAll();
    }
    return table.isExpectation(job.handle())
            || job.way() == Way.DELETE
            || job.attempts() >= ATTEMPTS_MAX
        ? null
        : secondTry(job, errno);
  }

  /** What ENOENT means, unless the flow itself was to be there. */
  private boolean lacksMaster(Job job) {
    if (table.isExpectation(job.handle())) {
      return true;
    }
    table.read(job.handle(), flow);
    return (job.way() == Way.CREATE || job.way() == Way.REPLACE)
        && flow.has(FlowEntry.HAS_MASTER)
        && (job.leftOut() & CtRequests.WITHOUT_MASTER) == 0;
  }

  private @Nullable Job secondTry(Job job, int errno) {
    return switch (errno) {
      case Errno.EEXIST, Errno.EBUSY -> {
        if (job.way() == Way.REPLACE) {
          yield null;
        }
        count(Clash.STALE_STATE, job.way() == Way.UPDATE ? 1 : 0);
        yield job.again(Way.REPLACE, 0);
      }
      case Errno.ENOENT ->
          job.way() == Way.UPDATE
              ? job.again(Way.CREATE, 0)
              : without(job, CtRequests.WITHOUT_MASTER, "Master");
      case Errno.EOPNOTSUPP -> without(job, CtRequests.WITHOUT_HELPER, "Helper");
      case Errno.EINVAL ->
          without(job, CtRequests.WITHOUT_LABELS | CtRequests.WITHOUT_HELPER, "LabelsAndHelper");
      default -> null;
    };
  }

  /** Null when it was left out already: that is not what the kernel minds. */
  private @Nullable Job without(Job job, int part, String name) {
    if ((job.leftOut() & part) == part) {
      return null;
    }
    leftOut.merge(name, 1L, Long::sum);
    return job.again(job.way(), part);
  }

  // ---------------------------------------------------------------------------- after a takeover

  /** From now on {@link #restoreSome} gives our flows their true lifetimes. */
  void restore() {
    restoring = FlowTable.NONE;
    restores = true;
  }

  /** The role was given away: lifetimes are to outlast silence again. */
  void keep() {
    restores = false;
  }

  /** Still lifetimes to give back. */
  boolean restores() {
    return restores;
  }

  /** Submits one batch of true lifetimes. False when no batch is free or all is done. */
  boolean restoreSome() {
    if (!restores) {
      return false;
    }
    ConntrackWriter.Batch batch = writer.tryAcquire();
    if (batch == null) {
      return false;
    }
    var filling = new UnderWay();
    ByteBuffer out = batch.requests();
    for (int looked = 0;
        looked < LOOKED_AT_MAX
            && filling.jobs.size() < REQUESTS_PER_BATCH
            && out.remaining() >= REQUEST_ROOM;
        looked++) {
      restoring = table.nextLive(restoring);
      if (restoring == FlowTable.NONE) {
        restores = false;
        break;
      }
      if (table.ownerOf(restoring) == FlowTable.OURS && !table.isExpectation(restoring)) {
        table.read(restoring, flow);
        if (flow.has(FlowEntry.HAS_TIMEOUT)
            && Integer.compareUnsigned(flow.timeoutSeconds, LIFETIME_MIN_SECONDS) < 0) {
          requests.updateTimeout(out, flow.original, flow.zone, flow.timeoutSeconds);
          filling.add(null);
        }
      }
    }
    if (filling.jobs.isEmpty()) {
      batch.release();
    } else {
      underWay.add(filling);
      batch.submit(read);
    }
    return restores;
  }
}
