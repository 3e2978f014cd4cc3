package dev.holdfast.agent.linux;

/** The kernel's clocks, in nanoseconds. */
public final class Clocks {
  private static final int CLOCK_REALTIME = 0;
  private static final int CLOCK_MONOTONIC = 1;
  private static final int CLOCK_BOOTTIME = 7;

  private static final ThreadLocal<Block> TIMESPEC = ThreadLocal.withInitial(() -> new Block(16));

  private Clocks() {}

  /** Wall clock since 1970; may jump. Only for comparing with kernel stamps. */
  public static long realtimeNanos() {
    return read(CLOCK_REALTIME);
  }

  /** Since boot, without the time asleep. The same clock as {@link System#nanoTime()}. */
  public static long monotonicNanos() {
    return read(CLOCK_MONOTONIC);
  }

  /** Since boot, with the time that the machine was suspended. */
  public static long bootNanos() {
    return read(CLOCK_BOOTTIME);
  }

  /**
   * When a packet with this kernel stamp arrived, on the clock of {@link System#nanoTime()}. A wall
   * clock that was set meanwhile never makes it later than now.
   *
   * @param stampNanos CLOCK_REALTIME as stamped by the kernel; 0 means now
   */
  public static long arrivalNanos(long stampNanos) {
    long nowNanos = System.nanoTime();
    if (stampNanos == 0) {
      return nowNanos;
    }
    return nowNanos - Math.max(0, realtimeNanos() - stampNanos);
  }

  private static long read(int clock) {
    Block timespec = TIMESPEC.get();
    if (LibC.clock_gettime(clock, timespec.address) < 0) {
      throw new SyscallException("clock_gettime(" + clock + ")", LibC.errno(), "");
    }
    return timespec.bytes.getLong(0) * 1_000_000_000 + timespec.bytes.getLong(8);
  }
}
