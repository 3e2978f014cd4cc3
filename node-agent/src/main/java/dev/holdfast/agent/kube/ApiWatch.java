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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows one GatewayNode by its name: reads it, then listens for changes, again and again, each
 * time with a client of its own. The server ends each listening after some minutes, and we do when
 * it does not, so that a connection that died silently is noticed. An opening that hangs is given
 * up: the client itself would wait for it for ever. Tries again with growing, jittered pauses, for
 * ever.
 *
 * <p>Owns the threads {@code api-watch} and {@code api-watch-opening}; what it finds is told on the
 * former or on the client's.
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
  private static final long OPENING_SECONDS = 10;

  private final Supplier<KubernetesClient> open;
  private final String namespace;
  private final String name;
  private final Listener listener;
  private final RandomGenerator random;
  private final Backoff backoff;
  private final Thread thread;
  private volatile CompletableFuture<Void> over = new CompletableFuture<>();
  private volatile boolean closed;
  private volatile boolean isAway;

  /**
   * @param open makes a client, which is closed here
   */
  public ApiWatch(
      Supplier<KubernetesClient> open,
      String namespace,
      String name,
      Listener listener,
      RandomGenerator random) {
    this.open = open;
    this.namespace = namespace;
    this.name = name;
    this.listener = listener;
    this.random = random;
    this.backoff = new Backoff(random);
    thread = Thread.ofPlatform().daemon().name("api-watch").start(this::run);
  }

  /** Somebody else found the connection wanting: begin anew now. */
  public void suspect() {
    over.complete(null);
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
    CompletableFuture<Void> ended = new CompletableFuture<>();
    over = ended;
    try (KubernetesClient client = open.get()) {
      Resource<GenericKubernetesResource> node = GatewayNodes.byName(client, namespace, name);
      GenericKubernetesResource found = node.get();
      answered();
      tell(found);
      String version = found == null ? null : found.getMetadata().getResourceVersion();
      listen(node, version, ended);
    }
  }

  private void listen(
      Resource<GenericKubernetesResource> node,
      @Nullable String version,
      CompletableFuture<Void> ended)
      throws InterruptedException {
    long seconds = random.nextLong(LISTEN_MIN_SECONDS, LISTEN_MAX_SECONDS);
    CompletableFuture<Watch> opening =
        CompletableFuture.supplyAsync(
            () -> node.watch(options(version, seconds), new Events(ended)),
            task -> Thread.ofPlatform().daemon().name("api-watch-opening").start(task));
    try {
      awaitOpening(opening, ended);
      ended.get(seconds + OVERDUE_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      // It is time to read anew.
    } catch (ExecutionException e) {
      throw new IllegalStateException("nobody completes it so", e);
    } finally {
      var _ = opening.thenAccept(Watch::close);
    }
  }

  private static void awaitOpening(CompletableFuture<Watch> opening, CompletableFuture<Void> ended)
      throws InterruptedException {
    try {
      CompletableFuture.anyOf(opening, ended).get(OPENING_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new KubernetesClientException(
          "no answer within " + OPENING_SECONDS + " s to the request to be told of changes");
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException inner ? inner : new IllegalStateException(e);
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
    over.complete(null);
    thread.interrupt();
  }

  private final class Events implements Watcher<GenericKubernetesResource> {
    private final CompletableFuture<Void> ended;

    Events(CompletableFuture<Void> ended) {
      this.ended = ended;
    }

    @Override
    public void eventReceived(Action action, @Nullable GenericKubernetesResource resource) {
      if (ended.isDone()) {
        return; // the next listening tells what is new
      }
      try {
        switch (action) {
          case ADDED, MODIFIED -> tell(Objects.requireNonNull(resource));
          case DELETED -> listener.absent();
          case BOOKMARK -> {}
          case ERROR -> ended.complete(null);
        }
      } catch (RuntimeException e) {
        // The client would swallow it.
        LOG.error("a change of the GatewayNode was not taken by a mistake of ours", e);
      }
    }

    @Override
    public void onClose() {
      ended.complete(null);
    }

    @Override
    public void onClose(WatcherException cause) {
      ended.complete(null);
    }
  }
}
