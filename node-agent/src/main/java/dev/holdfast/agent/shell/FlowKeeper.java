package dev.holdfast.agent.shell;

import dev.holdfast.agent.flow.FlowTable;
import dev.holdfast.agent.linux.Namespaces;
import dev.holdfast.agent.ops.Times;
import dev.holdfast.agent.sync.core.KeptFlows;
import dev.holdfast.agent.sync.core.KeptFlows.Fate;
import dev.holdfast.agent.sync.wire.KeptHeader;
import dev.holdfast.api.v1alpha1.RestoredFlows;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The table on the disk, for the day when all routers lose their power together and no peer holds
 * it: then whoever takes the role puts what its disk kept into its kernel, before the addresses.
 *
 * <pre>
 * | stage   | what is known                     | goes on                                            |
 * |---------|-----------------------------------|----------------------------------------------------|
 * | LOOKING | nothing: the file is looked at    | a good file of another kernel's life: COLD         |
 * |         |                                   | else: WARM                                         |
 * | COLD    | this kernel has no flows yet      | the role is taken: LOADING                         |
 * |         |                                   | we hold all that the active router tells: WARM     |
 * | LOADING | nobody told us: the file is taken | all is taken, or its time is over: WARM            |
 * | WARM    | the table is what counts          | from when it is whole, it is written now and then  |
 * </pre>
 *
 * <p>The file names the life of the kernel's table in which it was written: the boot, and the
 * network namespace. An agent that merely restarts finds that table as it was; what ended meanwhile
 * must not come back. Nothing is written before {@code WARM}: a router that waits for its peers
 * must not put an empty table over a full one.
 *
 * <p>A table is whole when an active router has read its kernel, or a backup holds all that the
 * active one tells. It is then written at once, later every {@value #EVERY_SECONDS} s and so seldom
 * that it makes {@value #BYTES_PER_SECOND} bytes a second on average, only if something changed,
 * and once more at the end.
 *
 * <p>The thread {@code flows-disk} waits for the disk; the loop copies a piece into a buffer, or
 * takes one out of it, and goes on with its work. Methods belong to the loop's thread unless they
 * say otherwise.
 */
final class FlowKeeper implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(FlowKeeper.class);

  private static final int EVERY_SECONDS = 10;
  private static final int BYTES_PER_SECOND = 65_536;
  private static final long SECOND_NANOS = 1_000_000_000L;
  private static final long LOAD_NANOS = 10 * SECOND_NANOS;
  private static final Duration CLOSE_MAX = Duration.ofSeconds(2);

  /** How often it is written at most. */
  record Pace(Duration every, long bytesPerSecond) {
    static final Pace DEFAULT = new Pace(Duration.ofSeconds(EVERY_SECONDS), BYTES_PER_SECOND);

    long nanosAfter(long bytes) {
      return Math.max(every.toNanos(), bytes * SECOND_NANOS / bytesPerSecond);
    }
  }

  /** What the owner of the loop knows. */
  interface Around {
    /** Runs something on the loop's thread, soon. Any thread. */
    void post(Runnable task);

    /** By what it is judged who comes back. */
    KeptFlows.Judge judge(long ageSeconds);

    /** As in {@link FlowTable#store}. */
    int seconds();
  }

  private enum Stage {
    LOOKING,
    COLD,
    LOADING,
    WARM
  }

  private final KeptFlows kept;
  private final KeptFlowsFile file;
  private final String life;
  private final InstantSource clock;
  private final Pace pace;
  private final Around around;
  private final Thread thread;

  /** Goes to and fro: the loop's while it does what it was asked for, else the thread's. */
  private final ByteBuffer piece = ByteBuffer.allocate(KeptFlows.PIECE_BYTES_MAX);

  // The loop's.
  private Stage stage = Stage.LOOKING;
  private boolean roleTaken;
  private long loadUntilNanos;
  private boolean whole;
  private KeptFlows.@Nullable Judge judge;
  private final EnumMap<Fate, Integer> fates = new EnumMap<>(Fate.class);
  private @Nullable RestoredFlows restored;

  // Go to and fro with the piece.
  private int copiedTo = FlowTable.NONE;
  private long changesSeen;
  private long changesWritten = -1;

  // The thread's.
  private boolean failing;
  private boolean cut;

  // Guarded by this.
  private boolean loadWanted;
  private boolean keepWanted;
  private boolean answered;
  private boolean loopEnded;

  private volatile boolean mute;

  /**
   * Begins to look at the file.
   *
   * @param life see {@link #lifeOfThisKernel}
   * @param clock wall clock
   */
  FlowKeeper(
      FlowTable table, Path folder, String life, InstantSource clock, Pace pace, Around around) {
    kept = new KeptFlows(table);
    file = new KeptFlowsFile(folder);
    this.life = life;
    this.clock = clock;
    this.pace = pace;
    this.around = around;
    thread = Thread.ofPlatform().daemon().name("flows-disk").start(this::run);
  }

  /** The same as long as the kernel keeps its table of flows. */
  static String lifeOfThisKernel() {
    return FirewallStore.bootId() + " " + Long.toUnsignedString(Namespaces.cookie());
  }

  // -------------------------------------------------------------------------- on the loop's thread

  /** This router takes the role. */
  void roleTaken(long nowNanos) {
    if (!roleTaken) {
      roleTaken = true;
      loadUntilNanos = nowNanos + LOAD_NANOS;
      loadIfCold();
    }
  }

  /** Flows may still come from the disk: the addresses wait for them, as for a peer's. */
  boolean loading() {
    return stage == Stage.LOADING || stage == Stage.LOOKING && roleTaken;
  }

  /**
   * Follows what becomes of the table.
   *
   * @param active this router has the role
   * @param exact true of an active router that knows what its kernel holds
   * @param activePeer whose flows a backup holds all, see {@link FlowWire#activePeer}
   */
  void turn(long nowNanos, boolean active, boolean exact, IntSupplier activePeer) {
    if (whole) {
      return;
    }
    if (loading() && nowNanos - loadUntilNanos >= 0) {
      LOG.warn("the disk does not answer: its flows are waited for no longer got={}", fates);
      stage = Stage.WARM;
    }
    boolean toldAll = !active && activePeer.getAsInt() != FlowTable.NONE;
    if (stage == Stage.COLD && toldAll) {
      LOG.info("flows on disk not needed why=\"the active router tells them\"");
      stage = Stage.WARM;
    }
    if (stage == Stage.WARM && (active ? exact : toldAll)) {
      whole = true;
      synchronized (this) {
        keepWanted = true;
        notifyAll();
      }
    }
  }

  private void looked(boolean usable) {
    if (stage == Stage.LOOKING) {
      stage = usable ? Stage.COLD : Stage.WARM;
      if (roleTaken) {
        loadIfCold();
      }
    }
  }

  private void loadIfCold() {
    if (stage == Stage.COLD) {
      stage = Stage.LOADING;
      synchronized (this) {
        loadWanted = true;
        notifyAll();
      }
    }
  }

  private void takePiece() {
    if (stage == Stage.LOADING) {
      kept.take(piece, Objects.requireNonNull(judge), around.seconds(), fates);
    }
  }

  private void loaded(KeptHeader header) {
    if (stage == Stage.LOADING) {
      stage = Stage.WARM;
      int all = fates.values().stream().mapToInt(Integer::intValue).sum();
      Map<Fate, Integer> others = new EnumMap<>(fates);
      others.remove(Fate.RESTORED);
      Instant writtenAt = Instant.ofEpochSecond(header.writtenAtSeconds());
      restored =
          new RestoredFlows(fates.getOrDefault(Fate.RESTORED, 0), all, Times.text(writtenAt));
      LOG.info(
          "flows restored from disk restored={} of={} written={} others={}",
          restored.restored(),
          all,
          writtenAt,
          others);
    }
  }

  /** What came back; null when nothing was wanted. */
  @Nullable RestoredFlows restored() {
    return restored;
  }

  private void beginCopy() {
    copiedTo = FlowTable.NONE;
    changesSeen = kept.changes();
  }

  private void copyPiece() {
    copiedTo = kept.copy(copiedTo, piece.clear());
    piece.flip();
  }

  // --------------------------------------------------------------------------------- on the thread

  private void run() {
    try {
      Optional<KeptHeader> found = look();
      if (onLoop(() -> looked(found.isPresent()))) {
        if (awaitLoadOrKeep() && found.isPresent()) {
          load(found.get());
        }
        keepOnAndOn();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** What could be needed; empty when there is nothing, or nothing for us. */
  private Optional<KeptHeader> look() {
    try {
      Optional<KeptHeader> header = file.header();
      if (header.isEmpty() || header.get().life().equals(life)) {
        return Optional.empty();
      }
      file.check();
      return header;
    } catch (IOException e) {
      LOG.warn(
          "flows on disk cannot be used, as if there were none file={} why=\"{}\"", file, why(e));
      return Optional.empty();
    }
  }

  /** The sentences of this room are for people as they are. */
  private static String why(IOException e) {
    return e instanceof FileSystemException || e.getMessage() == null
        ? e.toString()
        : e.getMessage();
  }

  private void load(KeptHeader header) throws InterruptedException {
    Instant now = clock.instant();
    if (now.getEpochSecond() < header.writtenAtSeconds()) {
      LOG.warn(
          "the clock is behind the flows on disk, they are taken as just written written={} now={}",
          Instant.ofEpochSecond(header.writtenAtSeconds()),
          now);
    }
    long age = KeptFlows.ageSeconds(header.writtenAtSeconds(), now.getEpochSecond());
    boolean goesOn = onLoop(() -> judge = around.judge(age));
    try (KeptFlowsFile.Reader reader = file.open()) {
      while (goesOn && reader.next(piece.clear())) {
        goesOn = onLoop(this::takePiece);
      }
    } catch (IOException e) {
      LOG.warn("not all flows could be read from disk file={} why=\"{}\"", file, why(e));
    }
    if (goesOn) {
      onLoop(() -> loaded(header));
    }
  }

  private void keepOnAndOn() throws InterruptedException {
    long dueNanos = System.nanoTime();
    while (awaitDue(dueNanos)) {
      dueNanos = System.nanoTime() + pace.nanosAfter(write());
    }
    if (isKeeping()) {
      write(); // The loop has ended: what changed since the last time.
    }
  }

  /**
   * @return bytes written, 0 when nothing has changed
   */
  private long write() throws InterruptedException {
    if (mute || !onLoop(this::beginCopy) || changesSeen == changesWritten) {
      return 0;
    }
    long bytes = 0;
    try (KeptFlowsFile.Writer writer =
        file.begin(new KeptHeader(clock.instant().getEpochSecond(), life))) {
      do {
        if (mute || !onLoop(this::copyPiece)) {
          return bytes;
        }
        bytes = append(writer);
      } while (copiedTo != FlowTable.NONE && bytes < KeptFlowsFile.BYTES_MAX);
      if (copiedTo != FlowTable.NONE && !cut) {
        cut = true;
        LOG.warn("too many flows for the disk: those beyond {} bytes are not kept", bytes);
      }
      writer.finish();
      changesWritten = changesSeen;
      failing = false;
    } catch (IOException e) {
      if (!failing) {
        failing = true;
        LOG.warn("flows are not kept, trying again file={} why=\"{}\"", file, why(e));
      }
    }
    return bytes;
  }

  private long append(KeptFlowsFile.Writer writer) throws IOException {
    writer.append(piece);
    return writer.bytes();
  }

  // ----------------------------------------------------------------------- between the two threads

  /**
   * Has it done on the loop's thread, and waits for it; here when that has ended.
   *
   * @return false when the loop ended before it came to it
   */
  private boolean onLoop(Runnable task) throws InterruptedException {
    synchronized (this) {
      answered = loopEnded;
    }
    if (answered) {
      task.run();
      return true;
    }
    around.post(
        () -> {
          task.run();
          synchronized (this) {
            answered = true;
            notifyAll();
          }
        });
    synchronized (this) {
      while (!answered && !loopEnded) {
        wait();
      }
      return answered;
    }
  }

  /**
   * @return whether the file is to be loaded
   */
  private synchronized boolean awaitLoadOrKeep() throws InterruptedException {
    while (!loadWanted && !keepWanted && !loopEnded) {
      wait();
    }
    return loadWanted;
  }

  private synchronized boolean isKeeping() {
    return keepWanted;
  }

  /**
   * @return false when the loop has ended
   */
  private synchronized boolean awaitDue(long dueNanos) throws InterruptedException {
    while (!loopEnded) {
      long leftNanos = dueNanos - System.nanoTime();
      if (!keepWanted) {
        wait();
      } else if (leftNanos > 0) {
        TimeUnit.NANOSECONDS.timedWait(this, leftNanos);
      } else {
        return true;
      }
    }
    return false;
  }

  /** Nothing is written any more, the end's included. Any thread. */
  void mute() {
    mute = true;
  }

  /** Removes the file and writes none any more: this router is no gateway any longer. */
  void forget() {
    mute = true;
    try {
      file.forget();
    } catch (IOException e) {
      LOG.warn("flows on disk are not removed file={} why=\"{}\"", file, why(e));
    }
  }

  /** After the loop has ended; the latest is written before it returns. */
  @Override
  public void close() {
    synchronized (this) {
      loopEnded = true;
      notifyAll();
    }
    try {
      if (!thread.join(CLOSE_MAX)) {
        mute = true;
        LOG.warn("flows are not kept: the disk does not answer");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
