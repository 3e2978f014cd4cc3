package dev.holdfast.agent.kube;

import dev.holdfast.agent.ops.Times;
import dev.holdfast.api.v1alpha1.GatewayNodeStatus;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes the report to the GatewayNode's status: at changes and at a slow heartbeat, see {@link
 * StatusPacer}. A report that is newer makes an older one that could not be written pointless, so
 * nothing queues up while the API server is away.
 *
 * <p>Owns the thread {@code status-patcher}; {@link #wake} may be called by any.
 */
public final class StatusPatcher implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(StatusPatcher.class);
  private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** So long a write that is under way may take at the end. */
  private static final long HANGING_MILLIS = 500;

  private static final long LAST_WORDS_MILLIS = 2_000;

  private final KubernetesClient client;
  private final Supplier<KubernetesClient> open;
  private final String namespace;
  private final String name;
  private final Supplier<@Nullable GatewayNodeStatus> report;
  private final Runnable whenRefused;
  private final StatusPacer pacer;
  private final Thread thread;
  private volatile boolean closed;
  private volatile boolean isRefused;
  private volatile @Nullable GatewayNodeStatus last;

  /**
   * @param client the caller's, who closes it after this
   * @param open makes another one
   * @param report as of now; null when there is none
   * @param whenRefused the API server did not answer, or not as it should
   */
  public StatusPatcher(
      KubernetesClient client,
      Supplier<KubernetesClient> open,
      String namespace,
      String name,
      Supplier<@Nullable GatewayNodeStatus> report,
      Runnable whenRefused,
      RandomGenerator random) {
    this.client = client;
    this.open = open;
    this.namespace = namespace;
    this.name = name;
    this.report = report;
    this.whenRefused = whenRefused;
    this.pacer = new StatusPacer(random, System.nanoTime());
    thread = Thread.ofPlatform().daemon().name("status-patcher").start(this::run);
  }

  /** The report has something new: look now. */
  public void wake() {
    LockSupport.unpark(thread);
  }

  private void run() {
    try {
      while (!closed) {
        lookOnce();
        LockSupport.parkNanos(this, LOOK_NANOS);
      }
    } catch (IllegalStateException e) {
      // The client was closed under a write that hung; before the end it is nobody's to close.
      if (!closed) {
        throw e;
      }
    }
  }

  private void lookOnce() {
    GatewayNodeStatus status = report.get();
    if (!closed && status != null && pacer.isDue(status, System.nanoTime())) {
      write(client, status);
    }
    if (status != null) {
      last = status;
    }
  }

  /**
   * So that nobody takes the last report of a router for its state. By a connection of its own: the
   * older one may hang, on a policy that cut it off for one.
   */
  private void lastWords() {
    GatewayNodeStatus told = last;
    if (told == null || isRefused) {
      return;
    }
    try (KubernetesClient fresh = open.get()) {
      write(fresh, told.stopped(Times.text(Instant.now())));
    }
  }

  private void write(KubernetesClient through, GatewayNodeStatus status) {
    try {
      GatewayNodes.writeStatus(
          through, namespace, name, status.reported(Times.text(Instant.now())));
      pacer.written(status, System.nanoTime());
      if (isRefused) {
        isRefused = false;
        LOG.info("status written again");
      }
    } catch (KubernetesClientException e) {
      pacer.failed(System.nanoTime());
      if (!isRefused) {
        isRefused = true;
        LOG.warn("status not written why=\"{}\"", ApiWatch.reason(e));
      }
      whenRefused.run();
    }
  }

  /** The agent has ended: says so, within some seconds or not at all. */
  @Override
  public void close() {
    closed = true;
    wake();
    try {
      thread.join(HANGING_MILLIS);
      Thread.ofPlatform()
          .daemon()
          .name("status-last-words")
          .start(this::lastWords)
          .join(LAST_WORDS_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
