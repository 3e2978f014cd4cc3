package dev.holdfast.agent.sync.wire;

/** Numbers of the messages inside a sealed datagram. Never reuse one. */
public final class LinkMessageType {
  /** {@link Heartbeat}: a sign of life on one path, and what the router says of itself. */
  public static final int HEARTBEAT = 1;

  /** {@link FlowsFrame}: flows, as conntrackd messages. */
  public static final int FLOWS = 2;

  /** {@link FlowsReceived}: which frames arrived. */
  public static final int FLOWS_RECEIVED = 3;

  /** {@link Marker}: everything that the sender holds has been told since the stream's begin. */
  public static final int EVERYTHING_SENT = 4;

  /** {@link Marker}: answer when all that you were told is in your kernel. */
  public static final int BARRIER = 5;

  /** {@link Marker}: it is. */
  public static final int BARRIER_REACHED = 6;

  /** {@link Hello}: name, version, addresses. */
  public static final int IDENTITY = 7;

  /** {@link HandoverMessage}. */
  public static final int HANDOVER = 8;

  private LinkMessageType() {}
}
