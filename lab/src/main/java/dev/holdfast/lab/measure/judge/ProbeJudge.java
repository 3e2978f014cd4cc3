package dev.holdfast.lab.measure.judge;

import java.util.ArrayList;
import java.util.List;

/**
 * Losses and gaps of one {@link ProbeTrace}.
 *
 * <p>A gap is counted in the sender's time: from the last probe that came through before to the
 * first that came through after. A sender that itself paused therefore makes no gap unless probes
 * were lost on both sides of its pause. A probe that came later than {@link #LATE_NANOS} after it
 * was sent was held somewhere on its way (a queue that waits for an ARP answer), and its way counts
 * as a gap although nothing is lost.
 */
public final class ProbeJudge {

  /**
   * On a veth path a datagram needs some ten microseconds; a tenth of a second is held, not slow.
   */
  public static final long LATE_NANOS = 100_000_000L;

  private ProbeJudge() {}

  /** How many of the window's probes did not arrive. */
  public static long lost(ProbeTrace trace, Span window) {
    long lost = 0;
    for (int n = 0; n < trace.count(); n++) {
      if (window.contains(trace.sentNanos()[n]) && trace.lost(n)) {
        lost++;
      }
    }
    return lost;
  }

  /** How many probes were sent in the window. */
  public static long sent(ProbeTrace trace, Span window) {
    long sent = 0;
    for (int n = 0; n < trace.count(); n++) {
      if (window.contains(trace.sentNanos()[n])) {
        sent++;
      }
    }
    return sent;
  }

  /** Every gap that begins in the window, in order. */
  public static List<Span> gaps(ProbeTrace trace, Span window) {
    var gaps = new ArrayList<Span>();
    long[] sent = trace.sentNanos();
    int n = 0;
    while (n < trace.count()) {
      if (!window.contains(sent[n])) {
        n++;
      } else if (trace.lost(n)) {
        int after = firstArrived(trace, n);
        long from = sent[Math.max(0, n - 1)];
        gaps.add(new Span(from, after < trace.count() ? sent[after] : window.toNanos()));
        n = after;
      } else {
        if (trace.receivedNanos()[n] - sent[n] > LATE_NANOS) {
          gaps.add(new Span(sent[n], trace.receivedNanos()[n]));
        }
        n++;
      }
    }
    return Spans.union(gaps);
  }

  private static int firstArrived(ProbeTrace trace, int from) {
    int n = from;
    while (n < trace.count() && trace.lost(n)) {
      n++;
    }
    return n;
  }
}
