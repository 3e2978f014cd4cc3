package dev.holdfast.lab.net;

import dev.holdfast.agent.linux.Namespaces;
import dev.holdfast.lab.LabException;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;

/**
 * A named network namespace, {@code /run/netns/NAME}.
 *
 * <p>The name is what lasts: when a router lost its power and comes back, a new, empty namespace
 * stands behind the same name. Threads and sockets that were made before stay in the old one (see
 * {@link Topology#onRebuilt}).
 *
 * @param name unique on this machine; begins with the lab's prefix
 */
public record Namespace(String name) {

  private static final long KILL_NANOS = TimeUnit.SECONDS.toNanos(5);
  private static final Path FOLDER = Path.of("/run/netns");

  public Path path() {
    return FOLDER.resolve(name);
  }

  /**
   * Makes daemon platform threads that are inside this namespace: every socket they open is, and so
   * is what {@code /proc/thread-self/net} and {@code /proc/sys/net} show them ({@code
   * /proc/self/net} shows the process's namespace to everyone).
   *
   * @param prefix of the threads' names; a number follows
   */
  public ThreadFactory threads(String prefix) {
    return Namespaces.threads(name, prefix);
  }

  /** Runs a task inside on a thread of its own and waits for it; what it throws is thrown here. */
  public <T> T call(Callable<T> task) {
    try {
      return Namespaces.call(name, task);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LabException("interrupted while waiting for a task in " + name, e);
    }
  }

  /**
   * Runs a program inside to its end.
   *
   * @return its standard output
   * @throws LabException with its standard error when the exit status is not 0
   */
  public String run(String... command) {
    return Programs.run(inside(List.of(command)));
  }

  /** Starts a program inside; the caller ends it. Both outputs go to {@code log}, appended. */
  public Process start(File log, List<String> command) {
    return Programs.start(log, inside(command));
  }

  /**
   * Ends every program inside, and what those start while they end: a script that outlives its
   * daemon may start another. The lab's own threads do not count.
   */
  public void killProcesses() {
    long limit = System.nanoTime() + KILL_NANOS;
    List<ProcessHandle> left = processes();
    while (!left.isEmpty() && System.nanoTime() - limit < 0) {
      // A stopped process dies of SIGKILL too.
      left.forEach(ProcessHandle::destroyForcibly);
      left.forEach(
          process ->
              process.onExit().completeOnTimeout(process, KILL_NANOS, TimeUnit.NANOSECONDS).join());
      left = processes();
    }
  }

  /** The programs that run inside; the lab's own threads do not count. */
  public List<ProcessHandle> processes() {
    long own = ProcessHandle.current().pid();
    return Programs.attempt("", List.of("ip", "netns", "pids", name))
        .output()
        .lines()
        .map(pid -> Long.parseLong(pid.strip()))
        .filter(pid -> pid != own)
        .flatMap(pid -> ProcessHandle.of(pid).stream())
        .toList();
  }

  /**
   * Writes kernel settings as this namespace sees them.
   *
   * @param settings files below {@code /proc/sys} and what is written there, in the order of names
   */
  public void set(Map<String, String> settings) {
    if (settings.isEmpty()) {
      return;
    }
    call(
        () -> {
          for (var setting : new TreeMap<>(settings).entrySet()) {
            write(Path.of("/proc/sys", setting.getKey()), setting.getValue());
          }
          return settings;
        });
  }

  private static void write(Path file, String value) {
    try {
      Files.writeString(file, value);
    } catch (IOException e) {
      throw new LabException("the kernel refused '" + value + "' for " + file + ": " + e, e);
    }
  }

  private List<String> inside(List<String> command) {
    var all = new ArrayList<>(List.of("ip", "netns", "exec", name));
    all.addAll(command);
    return all;
  }
}
