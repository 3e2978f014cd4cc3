package dev.holdfast.lab.measure.traffic;

import dev.holdfast.lab.measure.judge.Span;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * Measures how long this machine ran nothing of ours: a thread that wants to run each millisecond
 * and notes when it could not. A gap in the traffic while the floor itself was missing says nothing
 * about the routers.
 */
public final class FloorClock implements AutoCloseable {

  private static final long TICK_NANOS = 1_000_000;

  /** Shorter delays are the everyday of a shared machine. */
  private static final long NOTED_NANOS = 5_000_000;

  private static final int NOTED_MAX = 100_000;

  private final Origin origin;
  private final List<Span> stalls = new ArrayList<>();
  private final Thread thread;
  private volatile boolean stopping;

  public FloorClock(Origin origin) {
    this.origin = origin;
    thread = Thread.ofPlatform().daemon().name("lab-floor").start(this::measure);
  }

  private void measure() {
    long before = System.nanoTime();
    while (!stopping) {
      LockSupport.parkNanos(TICK_NANOS);
      long now = System.nanoTime();
      if (now - before - TICK_NANOS > NOTED_NANOS && stalls.size() < NOTED_MAX) {
        stalls.add(new Span(origin.sinceNanos(before + TICK_NANOS), origin.sinceNanos(now)));
      }
      before = now;
    }
  }

  @Override
  public void close() {
    stopping = true;
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** After {@link #close}: the moments without us, in order. */
  public List<Span> stalls() {
    return List.copyOf(stalls);
  }
}
