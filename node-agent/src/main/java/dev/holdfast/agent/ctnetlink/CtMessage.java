package dev.holdfast.agent.ctnetlink;

/** The headers of one message from the kernel. Mutable and reused: {@link CtCodec} fills it. */
public final class CtMessage {
  public CtKind kind = CtKind.OTHER;

  /** Of the request that it answers; 0 in events. */
  public int sequence;

  /** Whose request caused the event; 0 for traffic and timers. Our own writes are told by it. */
  public int portId;

  /** Positive errno of an {@link CtKind#ANSWER}, 0 when acknowledged, and of a failed dump. */
  public int errno;

  /** IPv6 flow or expectation. */
  boolean ipv6;

  /** Absolute positions of the body in the buffer that was read. */
  int bodyStart;

  int end;
}
