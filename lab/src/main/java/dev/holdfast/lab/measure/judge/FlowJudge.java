package dev.holdfast.lab.measure.judge;

import java.util.Collection;
import java.util.OptionalLong;

/** Kept, reset or stalled: what became of the long flows. */
public final class FlowJudge {

  /** A flow with faster messages counts as stalled when it was silent for the last two seconds. */
  private static final long SILENCE_NANOS = 2_000_000_000L;

  private FlowJudge() {}

  /** Counts the flows of one kind at the end of the window. */
  public static FlowCounts count(Collection<FlowRecord> flows, FlowKind kind, Span window) {
    var counts = FlowCounts.NONE;
    for (FlowRecord flow : flows) {
      if (flow.kind() == kind) {
        counts = counts.plus(judge(flow, window));
      }
    }
    return counts;
  }

  private static FlowCounts judge(FlowRecord flow, Span window) {
    return switch (flow.end()) {
      case RESET, CORRUPT -> new FlowCounts(0, 1, 0);
      case OPEN ->
          window.toNanos() - flow.lastDataNanos() > silenceNanos(flow)
              ? new FlowCounts(0, 0, 1)
              : new FlowCounts(1, 0, 0);
    };
  }

  private static long silenceNanos(FlowRecord flow) {
    return SILENCE_NANOS + (flow.intervalNanos() >= SILENCE_NANOS / 4 ? flow.intervalNanos() : 0);
  }

  /** The longest pause of a judged flow that went on afterwards; empty when there is none. */
  public static OptionalLong longestStallNanos(Collection<FlowRecord> flows, Span window) {
    return flows.stream()
        .filter(FlowRecord::judgedForStalls)
        .filter(flow -> judge(flow, window).kept() == 1)
        .mapToLong(flow -> flow.longestPause().nanos())
        .max();
  }
}
