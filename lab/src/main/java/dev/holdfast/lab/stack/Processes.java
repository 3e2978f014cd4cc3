package dev.holdfast.lab.stack;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A program and the processes that it started. */
final class Processes {

  private Processes() {}

  /** Those that live, the program first. */
  static List<ProcessHandle> of(@Nullable Process program) {
    if (program == null) {
      return List.of();
    }
    return Stream.concat(Stream.of(program.toHandle()), program.descendants())
        .filter(ProcessHandle::isAlive)
        .toList();
  }

  /** SIGTERM, patience, SIGKILL. */
  static void terminate(List<ProcessHandle> processes, long limitMillis) {
    processes.forEach(ProcessHandle::destroy);
    if (!ended(processes, limitMillis)) {
      processes.forEach(ProcessHandle::destroyForcibly);
      ended(processes, limitMillis);
    }
  }

  /** Waits until all have ended. */
  static boolean ended(List<ProcessHandle> processes, long limitMillis) {
    CompletableFuture<Boolean> all =
        CompletableFuture.allOf(
                processes.stream().map(ProcessHandle::onExit).toArray(CompletableFuture[]::new))
            .thenApply(_ -> true);
    return all.completeOnTimeout(false, limitMillis, TimeUnit.MILLISECONDS).join();
  }
}
