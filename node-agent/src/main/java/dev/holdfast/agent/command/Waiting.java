package dev.holdfast.agent.command;

import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Says on standard error, after two seconds and then every five, that a command still waits. */
final class Waiting implements AutoCloseable {

  private static final int FIRST_SECONDS = 2;
  private static final int EVERY_SECONDS = 5;

  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          task -> Thread.ofPlatform().daemon().name("waiting").unstarted(task));
  private final long begunNanos = System.nanoTime();

  Waiting(String forWhat) {
    var _ =
        clock.scheduleAtFixedRate(
            () -> System.err.println("holdfast: " + seconds() + " s so far; " + forWhat),
            FIRST_SECONDS,
            EVERY_SECONDS,
            TimeUnit.SECONDS);
  }

  private long seconds() {
    return TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begunNanos);
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }
}
