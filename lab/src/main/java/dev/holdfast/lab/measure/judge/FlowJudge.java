package dev.holdfast.lab.measure.judge;

import java.util.Collection;
import java.util.OptionalLong;
import java.util.function.Predicate;

/**
 * Kept, reset or stalled: what became of the long flows.
 *
 * <p>The pauses of flows with fast messages ({@link FlowRecord#judgedForStalls}) are a figure that
 * {@link Promise} judges finely. Those of all others are judged here, coarsely: one that paused for
 * longer than its own interval, the gap and one retransmission, and a wide margin, has stalled,
 * even when it went on afterwards.
 */
public final class FlowJudge {

  /** A flow with faster messages counts as stalled when it was silent for the last two seconds. */
  private static final long SILENCE_NANOS = 2_000_000_000L;

  /**
   * For thousands of flows that one thread serves on a busy machine of two processors: of a flow
   * that speaks each second, two messages may be late or lost beyond what the gap explains.
   */
  static final long OTHERS_MARGIN_NANOS = 2_000_000_000L;

  /** TCP's longest first patience: with a peer that it does not know yet (RFC 6298 section 2.1). */
  static final long RETRANSMISSION_NANOS = 1_000_000_000L;

  private FlowJudge() {}

  /**
   * Counts the flows of one kind that LAN hosts began, at the end of the window.
   *
   * @param gapNanos for so long at the longest nothing came through, or this machine stood still;
   *     empty when nothing says how long a flow had to wait: then pauses are not judged
   */
  public static FlowCounts count(
      Collection<FlowRecord> flows, FlowKind kind, Span window, OptionalLong gapNanos) {
    return count(flows, flow -> flow.kind() == kind && !flow.isPortForward(), window, gapNanos);
  }

  /** The same of flows that come from the internet through port forwards, whatever their kind. */
  public static FlowCounts countPortForwards(
      Collection<FlowRecord> flows, Span window, OptionalLong gapNanos) {
    return count(flows, FlowRecord::isPortForward, window, gapNanos);
  }

  private static FlowCounts count(
      Collection<FlowRecord> flows,
      Predicate<FlowRecord> which,
      Span window,
      OptionalLong gapNanos) {
    var counts = FlowCounts.NONE;
    for (FlowRecord flow : flows) {
      if (which.test(flow)) {
        counts = counts.plus(judge(flow, window, gapNanos));
      }
    }
    return counts;
  }

  private static FlowCounts judge(FlowRecord flow, Span window, OptionalLong gapNanos) {
    return switch (flow.end()) {
      case RESET, CORRUPT -> new FlowCounts(0, 1, 0);
      case OPEN ->
          wentOn(flow, window) && !pausedTooLong(flow, gapNanos)
              ? new FlowCounts(1, 0, 0)
              : new FlowCounts(0, 0, 1);
    };
  }

  /** Open, and not silent at the end. */
  private static boolean wentOn(FlowRecord flow, Span window) {
    return flow.end() == FlowEnd.OPEN
        && window.toNanos() - flow.lastDataNanos() <= silenceNanos(flow);
  }

  private static long silenceNanos(FlowRecord flow) {
    return SILENCE_NANOS + (flow.intervalNanos() >= SILENCE_NANOS / 4 ? flow.intervalNanos() : 0);
  }

  private static boolean pausedTooLong(FlowRecord flow, OptionalLong gapNanos) {
    return !flow.judgedForStalls()
        && gapNanos.isPresent()
        && flow.longestPause().nanos() > pauseLimitNanos(flow, gapNanos.getAsLong());
  }

  /**
   * How long a flow may pause that is not judged finely. TCP doubles its patience with each try, so
   * that the first one after the gap comes within twice the gap and its first patience; nobody
   * sends a datagram again, so that the next one must do.
   */
  static long pauseLimitNanos(FlowRecord flow, long gapNanos) {
    long again =
        flow.kind() == FlowKind.UDP
            ? gapNanos + flow.intervalNanos()
            : 2 * gapNanos + RETRANSMISSION_NANOS;
    return flow.intervalNanos() + again + OTHERS_MARGIN_NANOS;
  }

  /** The longest pause of a judged flow that went on afterwards; empty when there is none. */
  public static OptionalLong longestStallNanos(Collection<FlowRecord> flows, Span window) {
    return longestPauseNanos(flows, window, FlowRecord::judgedForStalls);
  }

  /** The same of all others, with the time between two of their messages in it. */
  public static OptionalLong longestOtherStallNanos(Collection<FlowRecord> flows, Span window) {
    return longestPauseNanos(flows, window, flow -> !flow.judgedForStalls());
  }

  private static OptionalLong longestPauseNanos(
      Collection<FlowRecord> flows, Span window, Predicate<FlowRecord> which) {
    return flows.stream()
        .filter(which)
        .filter(flow -> wentOn(flow, window))
        .mapToLong(flow -> flow.longestPause().nanos())
        .max();
  }
}
