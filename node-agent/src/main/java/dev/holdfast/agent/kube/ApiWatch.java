package dev.holdfast.agent.kube;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.fabric8.kubernetes.client.dsl.Resource;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows one GatewayNode by its name: reads it, then listens for changes, again and again. The
 * server ends each listening after some minutes, and we do when it does not, so that a connection
 * that died silently is noticed. Tries again with growing, jittered pauses, for ever.
 *
 * <p>Owns the thread {@code api-watch}; what it finds is told on that thread or on the client's.
 */
public final class ApiWatch implements AutoCloseable {

  /** Hears what the API server says. */
  public interface Listener {
    void found(NodeFollower.Document document);

    /** There is no GatewayNode of that name (any more). */
    void absent();

    /** The API server is away, or refuses us. Told for every try that failed. */
    void away(String why);
  }

  private static final Logger LOG = LoggerFactory.getLogger(ApiWatch.class);
  private static final long LISTEN_MIN_SECONDS = 180;
  private static final long LISTEN_MAX_SECONDS = 300;
  private static final long OVERDUE_SECONDS = 15;

  private final Resource<GenericKubernetesResource> node;
  private final Listener listener;
  private final RandomGenerator random;
  private final Backoff backoff;
  private final Thread thread;
  private volatile CountDownLatch listening = new CountDownLatch(0);
  private volatile boolean closed;
  private volatile boolean isAway;

  /**
   * @param client the caller's, who closes it after this
   */
  public ApiWatch(
      KubernetesClient client,
      String namespace,
      String name,
      Listener listener,
      RandomGenerator random) {
    this.node = GatewayNodes.byName(client, namespace, name);
    this.listener = listener;
    this.random = random;
    this.backoff = new Backoff(random);
    thread = Thread.ofPlatform().daemon().name("api-watch").start(this::run);
  }

  /** Somebody else found the connection wanting: begin anew now. */
  public void suspect() {
    listening.countDown();
  }

  private void run() {
    while (!closed) {
      try {
        readAndListen();
      } catch (RuntimeException e) {
        failed(e);
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private void readAndListen() throws InterruptedException {
    GenericKubernetesResource found = node.get();
    answered();
    String version = found == null ? null : found.getMetadata().getResourceVersion();
    tell(found);
    long seconds = random.nextLong(LISTEN_MIN_SECONDS, LISTEN_MAX_SECONDS);
    CountDownLatch ended = new CountDownLatch(1);
    listening = ended;
    try (Watch _ = node.watch(options(version, seconds), new Events(ended))) {
      boolean _ = ended.await(seconds + OVERDUE_SECONDS, TimeUnit.SECONDS);
    }
  }

  private static io.fabric8.kubernetes.api.model.ListOptions options(
      @Nullable String version, long seconds) {
    return new ListOptionsBuilder()
        .withResourceVersion(version)
        .withTimeoutSeconds(seconds)
        .build();
  }

  private void tell(@Nullable GenericKubernetesResource found) {
    if (found == null) {
      listener.absent();
    } else {
      listener.found(GatewayNodes.document(found));
    }
  }

  private void answered() {
    backoff.reset();
    if (isAway) {
      isAway = false;
      LOG.info("api server answers again");
    }
  }

  private void failed(RuntimeException e) throws IllegalStateException {
    if (closed) {
      return;
    }
    String why = reason(e);
    if (!isAway) {
      isAway = true;
      LOG.warn("api server away why=\"{}\"", why);
    }
    if (!(e instanceof KubernetesClientException)) {
      LOG.error("following the GatewayNode failed by a mistake of ours", e);
    }
    listener.away(why);
    try {
      Thread.sleep(backoff.nextMillis());
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** The shortest sentence that says what happened: the client wraps it several times. */
  static String reason(Throwable e) {
    Throwable inner = e;
    for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
      inner = cause;
    }
    String said = inner.getMessage();
    return said == null || said.isBlank() ? inner.getClass().getSimpleName() : said;
  }

  @Override
  public void close() {
    closed = true;
    listening.countDown();
    thread.interrupt();
  }

  private final class Events implements Watcher<GenericKubernetesResource> {
    private final CountDownLatch ended;

    Events(CountDownLatch ended) {
      this.ended = ended;
    }

    @Override
    public void eventReceived(Action action, @Nullable GenericKubernetesResource resource) {
      switch (action) {
        case ADDED, MODIFIED -> tell(Objects.requireNonNull(resource));
        case DELETED -> listener.absent();
        case BOOKMARK -> {}
        case ERROR -> ended.countDown();
      }
    }

    @Override
    public void onClose() {
      ended.countDown();
    }

    @Override
    public void onClose(WatcherException cause) {
      ended.countDown();
    }
  }
}
