package dev.holdfast.operator.kube;

import dev.holdfast.api.v1alpha1.GatewayCluster;
import dev.holdfast.operator.plan.Instants;
import dev.holdfast.operator.status.News;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Clock;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells {@code kubectl describe} what happened. News that cannot be written are in the log only.
 */
public final class EventWriter {

  private static final Logger LOG = LoggerFactory.getLogger(EventWriter.class);
  private static final int MESSAGE_MAX = 1024;

  private final KubernetesClient client;
  private final Clock clock;

  public EventWriter(KubernetesClient client, Clock clock) {
    this.client = client;
    this.clock = clock;
  }

  /** In this order. */
  public void write(GatewayCluster about, List<News> news) {
    news.forEach(one -> write(about, one));
  }

  private void write(GatewayCluster about, News news) {
    var metadata = about.getMetadata();
    LOG.info(
        "{}/{} {}: {}", metadata.getNamespace(), metadata.getName(), news.reason(), news.message());
    String now = Instants.text(clock.instant());
    String message = news.message();
    try {
      client
          .v1()
          .events()
          .inNamespace(metadata.getNamespace())
          .resource(
              new EventBuilder()
                  .withNewMetadata()
                  .withGenerateName(metadata.getName() + ".")
                  .withNamespace(metadata.getNamespace())
                  .endMetadata()
                  .withNewInvolvedObject()
                  .withApiVersion(about.getApiVersion())
                  .withKind(about.getKind())
                  .withNamespace(metadata.getNamespace())
                  .withName(metadata.getName())
                  .withUid(metadata.getUid())
                  .endInvolvedObject()
                  .withType(news.warning() ? "Warning" : "Normal")
                  .withReason(news.reason())
                  .withMessage(
                      message.length() <= MESSAGE_MAX ? message : message.substring(0, MESSAGE_MAX))
                  .withNewSource()
                  .withComponent("holdfast-operator")
                  .endSource()
                  .withFirstTimestamp(now)
                  .withLastTimestamp(now)
                  .withCount(1)
                  .build())
          .create();
    } catch (KubernetesClientException e) {
      LOG.warn("an event was not written: {}", e.getMessage());
    }
  }
}
