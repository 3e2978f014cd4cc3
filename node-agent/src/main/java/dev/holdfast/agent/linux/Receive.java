package dev.holdfast.agent.linux;

/** What a receive returns when it is not a length: always negative. */
public final class Receive {
  /** Nothing came in the given time. */
  public static final int TIMEOUT = -1;

  /** Another thread called {@code wake()} or {@code close()}. */
  public static final int WOKEN = -2;

  /** The kernel dropped messages because our buffer was full (ENOBUFS): state must be read anew. */
  public static final int LOST = -3;

  /** As timeout: wait until something comes or another thread wakes us. */
  public static final long FOREVER = -1;

  private Receive() {}
}
