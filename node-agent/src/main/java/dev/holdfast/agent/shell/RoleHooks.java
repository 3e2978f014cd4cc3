package dev.holdfast.agent.shell;

import dev.holdfast.agent.role.core.Role;
import dev.holdfast.api.v1alpha1.NodeRoleHooks;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the user's commands after a change of role: one at a time, in order, each at most {@value
 * #LIMIT_SECONDS} s. While one runs only the last of the changes that follow is remembered. The
 * commands get their words as {@code HOLDFAST_ROLE} too.
 */
final class RoleHooks implements AutoCloseable {

  /** How long the end of the agent waits for the command that its own end has called for. */
  static final Duration PATIENCE = Duration.ofSeconds(10);

  private static final Logger LOG = LoggerFactory.getLogger(RoleHooks.class);
  private static final int LIMIT_SECONDS = 60;
  private static final long LOOK_MILLIS = 20;

  private record Run(String role, List<String> command) {}

  private final AtomicReference<@Nullable Run> next = new AtomicReference<>();
  private final Thread thread;
  private final Duration patience;
  private volatile NodeRoleHooks hooks;
  private volatile boolean running;

  RoleHooks(NodeRoleHooks hooks) {
    this(hooks, PATIENCE);
  }

  RoleHooks(NodeRoleHooks hooks, Duration patience) {
    this.hooks = hooks;
    this.patience = patience;
    thread = Thread.ofPlatform().daemon().name("role-hooks").start(this::runAll);
  }

  void reconfigure(NodeRoleHooks changed) {
    hooks = changed;
  }

  /** After the addresses were announced; after the role was given up, and at the start. */
  void changed(Role from, Role to) {
    if (to == Role.ACTIVE) {
      want(new Run("active", hooks.onActive()));
    } else if (from == Role.ACTIVE || from == Role.INITIALIZE) {
      want(new Run("backup", hooks.onBackup()));
    }
  }

  private void want(Run run) {
    if (!run.command().isEmpty()) {
      next.set(run);
      LockSupport.unpark(thread);
    }
  }

  private void runAll() {
    while (true) {
      running = true;
      Run run = next.getAndSet(null);
      if (run != null) {
        run(run);
        continue;
      }
      running = false;
      if (next.get() == null) {
        LockSupport.park(this);
      }
    }
  }

  /** Waits until what was called for has run, for a while. */
  @Override
  public void close() {
    long end = System.nanoTime() + patience.toNanos();
    try {
      while ((running || next.get() != null) && System.nanoTime() - end < 0) {
        TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void run(Run run) {
    try {
      ProcessBuilder builder = new ProcessBuilder(run.command()).inheritIO();
      builder.environment().put("HOLDFAST_ROLE", run.role());
      Process process = builder.start();
      if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        LOG.warn("role hook ended by us role={} after={}s", run.role(), LIMIT_SECONDS);
      } else if (process.exitValue() != 0) {
        LOG.warn("role hook failed role={} exit={}", run.role(), process.exitValue());
      }
    } catch (IOException e) {
      LOG.warn("role hook not started role={} why={}", run.role(), e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
