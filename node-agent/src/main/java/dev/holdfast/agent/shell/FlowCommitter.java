package dev.holdfast.agent.shell;

import dev.holdfast.agent.ctnetlink.CtRequests;
import dev.holdfast.agent.flow.ExpectEntry;
import dev.holdfast.agent.flow.FlowEntry;
import dev.holdfast.agent.flow.FlowTable;
import dev.holdfast.agent.linux.Errno;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
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
 * <p>A flow that we have not written yet is created; one that we have is updated. A clash (there is
 * a flow of that tuple, or another one with that reply) is decided for the peer's flow: what was
 * there is deleted and ours created anew, so that no windows of an earlier life stay. What the
 * kernel refuses for its helper, labels or master is written without them. Every refusal that
 * remains is counted by errno.
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

  /** The table's note of an entry that this kernel was given. */
  static final int WRITTEN = 1;

  private static final int REQUESTS_PER_BATCH = 128;
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
   */
  private record Job(int handle, long position, Way way, int leftOut, int attempts) {
    Job again(Way next, int without) {
      return new Job(handle, position, next, leftOut | without, attempts + 1);
    }
  }

  /** A batch under way: which job each request belongs to; null where a refusal does not count. */
  private static final class UnderWay {
    final List<@Nullable Job> jobs = new ArrayList<>();
    long firstPosition = Long.MAX_VALUE;

    void add(@Nullable Job job) {
      jobs.add(job);
      if (job != null) {
        firstPosition = Math.min(firstPosition, job.position());
      }
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
  private final Map<String, Long> refusals = new TreeMap<>();
  private long read;
  private long forgottenSeen;
  private long written;
  private long clashes;
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
    return committed;
  }

  /** True when everything that is there now is written. */
  boolean done() {
    return underWay.isEmpty() && again.isEmpty() && read >= table.theirs().newestPosition();
  }

  /**
   * Ends were forgotten, for want of room, before the kernel was told of them. True once for each
   * time that it happened.
   */
  boolean missedEnds() {
    long forgotten = table.theirs().forgottenPosition();
    boolean missed = forgotten > forgottenSeen && forgotten > committed();
    forgottenSeen = forgotten;
    return missed;
  }

  /** Requests that the kernel took. */
  long written() {
    return written;
  }

  /** Flows that were there already in another shape. */
  long clashes() {
    return clashes;
  }

  /** What the kernel refused for good, by errno. */
  Map<String, Long> refusals() {
    return new TreeMap<>(refusals);
  }

  /** Fills and submits one batch. False when there is nothing to do or no batch is free. */
  boolean commitSome() {
    if (again.isEmpty() && read >= table.theirs().newestPosition()) {
      return false;
    }
    ConntrackWriter.Batch batch = writer.tryAcquire();
    if (batch == null) {
      return false;
    }
    var filling = new UnderWay();
    ByteBuffer out = batch.requests();
    while (filling.jobs.size() < REQUESTS_PER_BATCH && out.remaining() >= REQUEST_ROOM) {
      Job job = again.isEmpty() ? next() : again.poll();
      if (job == null) {
        break;
      }
      if (table.position(job.handle()) == job.position()
          && table.ownerOf(job.handle()) != FlowTable.OURS) {
        write(out, job, filling);
      }
    }
    if (filling.jobs.isEmpty()) {
      batch.release();
      return !again.isEmpty();
    }
    underWay.add(filling);
    batch.submit(read);
    return true;
  }

  private @Nullable Job next() {
    int handle = table.theirs().next(cursor);
    if (handle == FlowTable.NONE) {
      read = table.theirs().newestPosition();
      return null;
    }
    read = table.theirs().position(handle);
    Way way =
        table.isEnded(handle)
            ? Way.DELETE
            : table.note(handle) == WRITTEN ? Way.UPDATE : Way.CREATE;
    return new Job(handle, read, way, 0, 0);
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
        filling.add(null);
        requests.deleteByReply(out, flow.reply, flow.zone);
        filling.add(null);
        requests.create(out, flow, lifetime, job.leftOut());
        filling.add(job);
      }
      case DELETE -> {
        requests.delete(out, flow.original, flow.zone);
        filling.add(job);
      }
    }
    if (job.way() != Way.DELETE) {
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
      Job job = asked.jobs.get(batch.refusedIndex(i));
      if (job != null) {
        refused(job, batch.refusedErrno(i));
      }
    }
    batch.release();
    table.theirs().forgetEnded(committed());
  }

  /** The kernel gave no answer about the oldest batch: all of it is written again. */
  void unanswered(ConntrackWriter.Batch batch) {
    UnderWay asked = underWay.remove();
    for (Job job : asked.jobs) {
      if (job != null && job.attempts() < ATTEMPTS_MAX) {
        again.add(job.again(job.way() == Way.DELETE ? Way.DELETE : Way.REPLACE, 0));
      }
    }
    batch.release();
  }

  private void refused(Job job, int errno) {
    if (table.position(job.handle()) != job.position()
        || (job.way() == Way.DELETE && errno == Errno.ENOENT)) {
      return; // It has changed meanwhile and comes again, or it is gone as it should be.
    }
    boolean isExpectation = table.isExpectation(job.handle());
    if (!isExpectation && job.way() != Way.DELETE && job.attempts() < ATTEMPTS_MAX) {
      Job next = secondTry(job, errno);
      if (next != null) {
        again.add(next);
        return;
      }
    }
    table.setNote(job.handle(), 0);
    long count = refusals.merge(Errno.describe(errno), 1L, Long::sum);
    if (count == 1 && !isExpectation) {
      table.read(job.handle(), flow);
      LOG.warn("flow not committed errno={} flow=\"{}\"", Errno.describe(errno), flow);
    }
  }

  private @Nullable Job secondTry(Job job, int errno) {
    switch (errno) {
      case Errno.EEXIST, Errno.EBUSY -> {
        if (job.way() == Way.REPLACE) {
          return null;
        }
        clashes++;
        return job.again(Way.REPLACE, 0);
      }
      case Errno.ENOENT -> {
        return job.way() == Way.UPDATE
            ? job.again(Way.CREATE, 0)
            : job.again(job.way(), CtRequests.WITHOUT_MASTER);
      }
      case Errno.EOPNOTSUPP -> {
        return job.again(job.way(), CtRequests.WITHOUT_HELPER);
      }
      case Errno.EINVAL -> {
        return job.again(job.way(), CtRequests.WITHOUT_LABELS | CtRequests.WITHOUT_HELPER);
      }
      default -> {
        return null;
      }
    }
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
