package dev.holdfast.agent.shell;

import dev.holdfast.agent.role.core.Asked;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What was asked of this router, on the disk: maintenance outlives the agent and the machine.
 *
 * <p>The loop never waits for a disk: the thread {@code asked-writer} writes, only the latest
 * counts.
 */
final class AskedStore implements AutoCloseable {
  /** In the state folder; a line {@code NAME=VALUE} for each. */
  static final String FILE = "asked";

  private static final Logger LOG = LoggerFactory.getLogger(AskedStore.class);
  private static final long AGAIN_MILLIS = 1_000;

  private final DiskStore disk;
  private Asked wanted;
  private Asked kept;
  private boolean closed;

  AskedStore(DiskStore disk) {
    this.disk = disk;
    kept = disk.read(FILE).map(stored -> parse(stored.text())).orElse(Asked.NOTHING);
    wanted = kept;
    Thread.ofPlatform().daemon().name("asked-writer").start(this::writeAll);
  }

  /** What is on the disk. */
  synchronized Asked kept() {
    return kept;
  }

  /** Returns at once. */
  synchronized void keep(Asked asked) {
    wanted = asked;
    notifyAll();
  }

  /** Waits until the latest is on the disk; false when it is not within the time. */
  synchronized boolean awaitKept(long atMostMillis) throws InterruptedException {
    long end = System.nanoTime() + atMostMillis * 1_000_000;
    while (!wanted.equals(kept)) {
      long leftMillis = (end - System.nanoTime()) / 1_000_000;
      if (leftMillis <= 0) {
        return false;
      }
      wait(leftMillis);
    }
    return true;
  }

  private void writeAll() {
    try {
      for (Asked next = next(); next != null; next = next()) {
        write(next);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The next to write; null when there will be none. */
  private synchronized @Nullable Asked next() throws InterruptedException {
    while (wanted.equals(kept)) {
      if (closed) {
        return null;
      }
      wait();
    }
    return wanted;
  }

  private void write(Asked asked) throws InterruptedException {
    try {
      disk.write(FILE, text(asked));
      synchronized (this) {
        kept = asked;
        notifyAll();
      }
    } catch (IOException e) {
      LOG.error("what was asked is not kept, trying again file={} why=\"{}\"", FILE, e.toString());
      pauseAfter(asked);
    }
  }

  /** Until it is time to try again, or something else is wanted; at the end nothing is tried. */
  private synchronized void pauseAfter(Asked asked) throws InterruptedException {
    long until = System.nanoTime() + AGAIN_MILLIS * 1_000_000L;
    long left = AGAIN_MILLIS;
    while (!closed && wanted.equals(asked) && left > 0) {
      wait(left);
      left = (until - System.nanoTime()) / 1_000_000L;
    }
    if (closed) {
      kept = wanted;
    }
  }

  private static String text(Asked asked) {
    return "maintenance=%s%nhandoverDone=%s%nstays=%s%n"
        .formatted(asked.maintenance(), asked.handoverDone(), asked.stays());
  }

  private static Asked parse(String text) {
    Map<String, String> values = new HashMap<>();
    for (String line : text.lines().toList()) {
      int equals = line.indexOf('=');
      if (equals > 0) {
        values.put(line.substring(0, equals), line.substring(equals + 1));
      }
    }
    return new Asked(
        Boolean.parseBoolean(values.get("maintenance")),
        values.getOrDefault("handoverDone", ""),
        Boolean.parseBoolean(values.get("stays")));
  }

  /** The writer ends once the latest is written. */
  @Override
  public synchronized void close() {
    closed = true;
    notifyAll();
  }
}
