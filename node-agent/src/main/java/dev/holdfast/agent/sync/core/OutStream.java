package dev.holdfast.agent.sync.core;

import dev.holdfast.agent.sync.wire.FlowsFrame;
import dev.holdfast.agent.sync.wire.FlowsReceived;
import dev.holdfast.agent.sync.wire.LinkFields;
import java.nio.ByteBuffer;

/**
 * Our flows on their way to one peer: frames in flight, what was lost, how fast.
 *
 * <p>A stream begins with everything and goes on with every change. Its frames are numbered; of
 * each is remembered which entries it carried, and at which position each of them stood. When the
 * peer tells that a later frame arrived and this one did not, it never will: those of its entries
 * that still stand where they stood go into the next frames, with their state of then; the others
 * stand further on in the list anyway. Nothing is stored but a reference and a position per entry
 * in flight.
 *
 * <p>Bounds: {@value #FRAMES_MAX} frames and {@value #ENTRIES_MAX} entries in flight or lost; at
 * the bound nothing is sent until the peer answers. The window of frames grows by one in eight that
 * arrive and shrinks by a quarter, once a round trip, when some are lost; never below {@value
 * #WINDOW_MIN}, since a lossy cable is no reason to stop.
 */
final class OutStream {
  private static final long MILLI_NANOS = 1_000_000L;

  static final int FRAMES_MAX = 512;
  static final int ENTRIES_MAX = 16_384;
  static final int ENTRIES_PER_FRAME_MAX = 64;
  static final int WINDOW_MIN = 16;
  private static final int WINDOW_FIRST = 64;
  private static final int FRAMES_PER_STEP = 8;
  private static final long RTO_MIN_NANOS = 20 * MILLI_NANOS;
  private static final long RTO_MAX_NANOS = 250 * MILLI_NANOS;

  private final OwnFlows ours;
  private final LinkCounters counters;
  private final int cursor;

  private int stream;
  private long startedAtNanos;

  /** Position of the last entry that was sent for the first time in this stream. */
  private long cursorPosition;

  private boolean toldAll;
  private long completeAt;
  private boolean peerKnowsComplete;
  private long forgottenAtStart;
  private boolean missedEnded;

  /** What the peer holds from an earlier stream. */
  private long keptPosition;

  private boolean acknowledgedKnown;
  private long acknowledgedPosition;
  private long arrivedPosition;

  // Frames from tailFrame to nextFrame are in flight; a ring.
  private final long[] frameSentAtNanos = new long[FRAMES_MAX];
  private final int[] frameEntries = new int[FRAMES_MAX];
  private long tailFrame = 1;
  private long nextFrame = 1;

  // Their entries, in the same order; a ring.
  private final int[] references = new int[ENTRIES_MAX];
  private final long[] positions = new long[ENTRIES_MAX];
  private int tailEntry;
  private int inFlight;

  // Entries of lost frames; a ring.
  private final int[] lostReferences = new int[ENTRIES_MAX];
  private final long[] lostPositions = new long[ENTRIES_MAX];
  private int tailLost;
  private int lost;

  private int window = WINDOW_FIRST;
  private int arrivedSinceStep;
  private long shrinkableFrom = 1;
  private long smoothedRttNanos;
  private int timeouts;

  OutStream(OwnFlows ours, LinkCounters counters) {
    this.ours = ours;
    this.counters = counters;
    this.cursor = ours.openCursor();
  }

  /**
   * Begins to tell everything anew.
   *
   * @param peerKeeps the peer still holds what it has acknowledged; only what ended is unclear
   */
  void begin(boolean peerKeeps, long nowNanos) {
    keptPosition = peerKeeps ? acknowledgedPosition() : 0;
    tailEntry = 0;
    tailLost = 0;
    stream++;
    startedAtNanos = nowNanos;
    counters.streams++;
    ours.rewind(cursor);
    cursorPosition = 0;
    toldAll = false;
    completeAt = 0;
    peerKnowsComplete = false;
    forgottenAtStart = ours.forgottenPosition();
    missedEnded = false;
    acknowledgedKnown = false;
    tailFrame = 1;
    nextFrame = 1;
    inFlight = 0;
    lost = 0;
    window = WINDOW_FIRST;
    shrinkableFrom = 1;
    timeouts = 0;
  }

  /** Number of the present stream; 0 before the first. */
  int stream() {
    return stream;
  }

  long startedAtNanos() {
    return startedAtNanos;
  }

  boolean begun() {
    return stream > 0;
  }

  // ------------------------------------------------------------------------------------ sending

  /** Something waits, and the peer's answers allow to send it. */
  boolean maySend() {
    return begun()
        && (lost > 0 || !toldAll || cursorPosition != ours.newestPosition())
        && nextFrame - tailFrame < Math.min(window, FRAMES_MAX)
        && inFlight + lost + ENTRIES_PER_FRAME_MAX <= ENTRIES_MAX;
  }

  /**
   * Appends one frame with as many flows as fit.
   *
   * @param into its limit is the end of the datagram
   * @param fresh nothing but the frame will be in the datagram: a flow that does not fit now never
   *     will, and is counted and passed over
   * @return false when there was nothing to send or no room; then nothing was appended
   */
  boolean fill(ByteBuffer into, boolean fresh, long nowNanos) {
    if (!maySend() || into.remaining() < FlowsFrame.OVERHEAD_BYTES) {
      return false;
    }
    acknowledgedKnown = false;
    int start = into.position();
    int opened = FlowsFrame.open(into, stream, nextFrame);
    int entries = fillLost(into, fresh);
    if (lost == 0) {
      entries = fillChanged(into, entries, fresh);
    }
    if (entries == 0) {
      into.position(start);
      return false;
    }
    LinkFields.close(into, opened);
    int at = (int) (nextFrame % FRAMES_MAX);
    frameSentAtNanos[at] = nowNanos;
    frameEntries[at] = entries;
    nextFrame++;
    counters.framesSent++;
    return true;
  }

  private int fillLost(ByteBuffer into, boolean fresh) {
    int entries = 0;
    while (lost > 0 && entries < ENTRIES_PER_FRAME_MAX) {
      int reference = lostReferences[tailLost];
      long position = lostPositions[tailLost];
      if (isCurrent(reference, position)) {
        if (encode(reference, into)) {
          remember(reference, position);
          entries++;
          counters.flowsResent++;
        } else if (entries > 0 || !fresh) {
          return entries;
        } else {
          counters.oversizedFlows++;
        }
      }
      tailLost = (tailLost + 1) % ENTRIES_MAX;
      lost--;
    }
    return entries;
  }

  private int fillChanged(ByteBuffer into, int before, boolean fresh) {
    int entries = before;
    long forgotten = ours.forgottenPosition();
    if (forgotten > cursorPosition && forgotten > forgottenAtStart) {
      missedEnded = true;
    }
    while (entries < ENTRIES_PER_FRAME_MAX) {
      int reference = ours.next(cursor);
      if (reference == OwnFlows.NONE) {
        reachedNewest();
        return entries;
      }
      long position = ours.position(reference);
      if (encode(reference, into)) {
        remember(reference, position);
        entries++;
      } else if (entries > 0 || !fresh) {
        ours.stepBack(cursor);
        return entries;
      } else {
        counters.oversizedFlows++;
      }
      cursorPosition = position;
    }
    return entries;
  }

  private void reachedNewest() {
    cursorPosition = ours.newestPosition();
    if (!toldAll) {
      toldAll = true;
      completeAt = Math.max(completeAt, cursorPosition);
    }
  }

  private boolean encode(int reference, ByteBuffer into) {
    if (ours.encode(reference, (int) ours.position(reference), into) == 0) {
      return false;
    }
    counters.flowsSent++;
    return true;
  }

  private void remember(int reference, long position) {
    int at = (tailEntry + inFlight) % ENTRIES_MAX;
    references[at] = reference;
    positions[at] = position;
    inFlight++;
  }

  /** Not so: it changed since, and stands further on; the peer is complete only with that. */
  private boolean isCurrent(int reference, long position) {
    long now = ours.position(reference);
    if (now == position) {
      return true;
    }
    completeAt = Math.max(completeAt, now);
    if (position <= ours.forgottenPosition()) {
      missedEnded = true;
    }
    return false;
  }

  // ---------------------------------------------------------------------------------- answering

  /** The peer tells which frames it accepted. */
  void received(FlowsReceived answer, long nowNanos) {
    if (answer.stream != stream || !begun()) {
      return;
    }
    if (answer.everythingOf == stream) {
      peerKnowsComplete = true;
    }
    long last = Math.min(answer.last, nextFrame - 1);
    if (last < tailFrame) {
      return;
    }
    timeouts = 0;
    if (answer.accepted(last)) {
      measure(nowNanos - frameSentAtNanos[(int) (last % FRAMES_MAX)]);
    }
    while (tailFrame <= last) {
      settleTail(answer.accepted(tailFrame));
    }
  }

  private void measure(long rttNanos) {
    smoothedRttNanos =
        smoothedRttNanos == 0 ? rttNanos : smoothedRttNanos + (rttNanos - smoothedRttNanos) / 8;
  }

  private void settleTail(boolean arrived) {
    acknowledgedKnown = false;
    int entries = frameEntries[(int) (tailFrame % FRAMES_MAX)];
    if (arrived) {
      if (++arrivedSinceStep >= FRAMES_PER_STEP) {
        arrivedSinceStep = 0;
        window = Math.min(FRAMES_MAX, window + 1);
      }
    } else {
      counters.framesLost++;
      for (int i = 0; i < entries; i++) {
        int at = (tailEntry + i) % ENTRIES_MAX;
        lose(references[at], positions[at]);
      }
      if (tailFrame >= shrinkableFrom) {
        shrinkableFrom = nextFrame;
        window = Math.max(WINDOW_MIN, window - window / 4);
      }
    }
    tailEntry = (tailEntry + entries) % ENTRIES_MAX;
    inFlight -= entries;
    tailFrame++;
  }

  private void lose(int reference, long position) {
    if (isCurrent(reference, position)) {
      int to = (tailLost + lost) % ENTRIES_MAX;
      lostReferences[to] = reference;
      lostPositions[to] = position;
      lost++;
    }
  }

  /** Takes for lost what was sent so long ago that an answer should have come. */
  void loseOverdue(long nowNanos) {
    if (tailFrame == nextFrame || nowNanos - overdueAtNanos() < 0) {
      return;
    }
    long patience = patienceNanos();
    while (tailFrame < nextFrame
        && nowNanos - frameSentAtNanos[(int) (tailFrame % FRAMES_MAX)] >= patience) {
      settleTail(false);
    }
    window = WINDOW_MIN;
    timeouts = Math.min(timeouts + 1, 4);
  }

  /** When {@link #loseOverdue} has something to do; only with frames in flight. */
  long overdueAtNanos() {
    return frameSentAtNanos[(int) (tailFrame % FRAMES_MAX)] + patienceNanos();
  }

  boolean anyInFlight() {
    return tailFrame < nextFrame;
  }

  private long patienceNanos() {
    long patience = Math.max(RTO_MIN_NANOS, 4 * smoothedRttNanos + 10 * MILLI_NANOS) << timeouts;
    return Math.min(RTO_MAX_NANOS, patience);
  }

  /** All deadlines move by the length of a stall. */
  void postpone(long nanos) {
    for (long frame = tailFrame; frame < nextFrame; frame++) {
      frameSentAtNanos[(int) (frame % FRAMES_MAX)] += nanos;
    }
  }

  // ------------------------------------------------------------------------------------- status

  /** Position up to which everything was sent at least once. */
  long sentPosition() {
    return cursorPosition;
  }

  /** Position up to which the peer holds everything. */
  long acknowledgedPosition() {
    if (!acknowledgedKnown) {
      arrivedPosition = reckonAcknowledged();
      acknowledgedPosition = Math.max(keptPosition, arrivedPosition);
      acknowledgedKnown = true;
    }
    return acknowledgedPosition;
  }

  /** The same, by this stream alone. */
  private long arrivedPosition() {
    acknowledgedPosition();
    return arrivedPosition;
  }

  private long reckonAcknowledged() {
    long acknowledged = cursorPosition;
    for (int i = 0; i < inFlight; i++) {
      acknowledged = Math.min(acknowledged, positions[(tailEntry + i) % ENTRIES_MAX] - 1);
    }
    for (int i = 0; i < lost; i++) {
      acknowledged = Math.min(acknowledged, lostPositions[(tailLost + i) % ENTRIES_MAX] - 1);
    }
    return acknowledged;
  }

  /**
   * The peer has been told everything there was at some moment since the stream began, and holds
   * it; what it has beyond that is over.
   */
  boolean everythingArrived() {
    return toldAll && arrivedPosition() >= completeAt;
  }

  /**
   * The table has forgotten that flows ended before the peer was told: only a telling of
   * everything, and the sweep at its end, brings the peer's table in order. Asked when this stream
   * has told everything itself, so that each comes to its end.
   */
  boolean mustBeginAnew() {
    return missedEnded && everythingArrived();
  }

  boolean peerKnowsComplete() {
    return peerKnowsComplete;
  }

  long smoothedRttNanos() {
    return smoothedRttNanos;
  }

  void close() {
    ours.closeCursor(cursor);
  }
}
