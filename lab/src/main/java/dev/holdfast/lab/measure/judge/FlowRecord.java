package dev.holdfast.lab.measure.judge;

import dev.holdfast.api.addr.Family;

/**
 * One long flow as both of its ends saw it.
 *
 * @param service what it was for: {@link #OUTWARD} or {@link #portForward}
 * @param kind who speaks first
 * @param family of its addresses
 * @param intervalNanos between two messages when nothing is wrong
 * @param judgedForStalls true for the flows whose pauses are judged finely: those with fast
 *     messages
 * @param end how it ended, seen from either end
 * @param lastDataNanos when data last arrived at the client, since the recording's origin
 * @param longestPause the longest time without data at the client, inside the window
 * @param messages that arrived at the client, in order
 */
public record FlowRecord(
    String service,
    FlowKind kind,
    Family family,
    long intervalNanos,
    boolean judgedForStalls,
    FlowEnd end,
    long lastDataNanos,
    Span longestPause,
    long messages) {

  /** The service of flows that LAN hosts begin. */
  public static final String OUTWARD = "forward";

  /** The service of flows through a port forward. */
  public static String portForward(String name) {
    return "port forward " + name;
  }

  public boolean isPortForward() {
    return !service.equals(OUTWARD);
  }
}
