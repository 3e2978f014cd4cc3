package dev.holdfast.lab.measure.traffic;

import dev.holdfast.lab.LabException;
import dev.holdfast.lab.net.Namespace;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * A thread inside a namespace that opens what it needs, says that it has begun, and works until it
 * is told to stop. What it throws is kept and thrown again at its owner.
 */
public abstract class LabThread implements AutoCloseable {

  private final CountDownLatch opened = new CountDownLatch(1);
  private final Thread thread;
  private volatile boolean stopping;
  private volatile @Nullable Throwable failure;

  protected LabThread(Namespace namespace, String name) {
    thread = namespace.threads(name).newThread(this::live);
    thread.setUncaughtExceptionHandler((_, e) -> failed(e));
  }

  /** Starts the thread and returns when {@link #open} is done. */
  public void begin() {
    thread.start();
    try {
      opened.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LabException("interrupted while " + thread.getName() + " was starting", e);
    }
    check();
  }

  /** On the thread, before everything else: sockets opened here are in the namespace. */
  protected abstract void open() throws Exception;

  /** On the thread, until {@link #stopping}. */
  protected abstract void work() throws Exception;

  /** On the thread, always, at its end. */
  protected abstract void release() throws Exception;

  /** Ends a wait of the thread; called after {@link #stopping} has become true. */
  protected void wake() {}

  protected final boolean stopping() {
    return stopping;
  }

  /** Throws what ended the thread before its time. */
  public void check() {
    Throwable cause = failure;
    if (cause != null) {
      throw LabException.ofMachine(thread.getName() + " broke off: " + cause.getMessage(), cause);
    }
  }

  /** Ends the thread and waits for it; samples may be read afterwards. */
  @Override
  public void close() {
    stopping = true;
    wake();
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

  private void live() {
    try {
      open();
      opened.countDown();
      work();
    } catch (Exception e) {
      failed(e);
    } finally {
      try {
        release();
      } catch (Exception e) {
        failed(e);
      }
    }
  }

  private void failed(Throwable cause) {
    if (failure == null) {
      failure = cause;
    }
    opened.countDown();
  }
}
