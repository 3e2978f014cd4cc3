package dev.holdfast.operator.kube;

import dev.holdfast.api.v1alpha1.GatewayCluster;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.processing.event.source.AbstractEventSource;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Since when the API server has answered this operator without a break. Routers report through the
 * same API server: while it was away, and for a while after, their silence says nothing.
 *
 * <p>The SDK starts and stops it with the watches; it makes no event.
 */
final class ApiContact extends AbstractEventSource<Void, GatewayCluster> {

  private static final Logger LOG = LoggerFactory.getLogger(ApiContact.class);
  private static final long QUESTION_EVERY_SECONDS = 10;

  /** Two questions without an answer. */
  static final Duration BREAK = Duration.ofSeconds(25);

  private final KubernetesClient client;
  private final Clock clock;
  private @Nullable ScheduledExecutorService asking;
  private @Nullable Instant since;
  private Instant answered = Instant.EPOCH;

  ApiContact(KubernetesClient client, Clock clock) {
    super(Void.class, "api-contact");
    this.client = client;
    this.clock = clock;
  }

  @Override
  @SuppressWarnings("FutureReturnValueIgnored") // it has no end of its own
  public synchronized void start() {
    if (asking == null) {
      asking =
          Executors.newSingleThreadScheduledExecutor(
              Thread.ofPlatform().daemon().name("api-contact").factory());
      asking.scheduleWithFixedDelay(this::ask, 0, QUESTION_EVERY_SECONDS, TimeUnit.SECONDS);
    }
    super.start();
  }

  @Override
  public synchronized void stop() {
    if (asking != null) {
      asking.shutdownNow();
      asking = null;
    }
    super.stop();
  }

  @Override
  public Set<Void> getSecondaryResources(GatewayCluster primary) {
    return Set.of();
  }

  /** Ready, and not only there: without its store it can take no report. */
  private void ask() {
    try {
      client.raw("/readyz");
      answered(clock.instant());
    } catch (KubernetesClientException e) {
      // Without an answer the break grows; a refusal is an answer.
      if (e.getCode() >= 400 && e.getCode() < 500) {
        answered(clock.instant());
      }
    } catch (RuntimeException e) {
      // Thrown on, it would end the questions.
      LOG.warn("the API server was not asked", e);
    }
  }

  synchronized void answered(Instant now) {
    if (answered.plus(BREAK).isBefore(now)) {
      since = now;
    }
    answered = now;
  }

  /** Now, while nothing is heard. */
  synchronized Instant since(Instant now) {
    return since == null || answered.plus(BREAK).isBefore(now) ? now : since;
  }
}
