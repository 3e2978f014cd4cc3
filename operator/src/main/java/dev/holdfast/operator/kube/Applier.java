package dev.holdfast.operator.kube;

import dev.holdfast.api.v1alpha1.GatewayCluster;
import dev.holdfast.api.v1alpha1.GatewayNodeNames;
import dev.holdfast.operator.plan.ClusterPlan;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes it so: writes what differs, and nothing else. */
public final class Applier {

  private static final Logger LOG = LoggerFactory.getLogger(Applier.class);

  private final Sources sources;
  private final KubernetesClient client;

  public Applier(Sources sources, KubernetesClient client) {
    this.sources = sources;
    this.client = client;
  }

  /** In the plan's order; a failure ends it, and the next reconciliation goes on. */
  public void apply(ClusterPlan plan, GatewayCluster cluster, Context<GatewayCluster> context) {
    plan.wanted().forEach(wanted -> apply(wanted, context));
    plan.unwanted().forEach(this::delete);
    plan.roles().forEach((pod, role) -> label(cluster, pod, role));
    if (plan.handoverAnswered()) {
      removeAnnotation(cluster, GatewayNodeNames.HANDOVER_ANNOTATION);
    }
  }

  private <R extends HasMetadata> void apply(R wanted, Context<GatewayCluster> context) {
    InformerEventSource<R, GatewayCluster> source =
        sources.source(wanted).orElseThrow(() -> new IllegalStateException(wanted.getKind()));
    R marked = Applied.marked(wanted);
    if (!Applied.stands(marked, source.get(ResourceID.fromResource(wanted)).orElse(null))) {
      LOG.info("writes {}", name(wanted));
      context.resourceOperations().serverSideApply(marked, source);
    }
  }

  private <R extends HasMetadata> void delete(R unwanted) {
    Optional<R> actual =
        sources
            .source(unwanted)
            .flatMap(source -> source.get(ResourceID.fromResource(unwanted)))
            .filter(one -> one.getMetadata().getDeletionTimestamp() == null);
    if (actual.isPresent()) {
      LOG.info("deletes {}", name(unwanted));
      client.resource(actual.get()).delete();
    }
  }

  private void label(GatewayCluster cluster, String pod, String role) {
    Pod change = new Pod();
    change.setMetadata(
        new io.fabric8.kubernetes.api.model.ObjectMetaBuilder()
            .addToLabels(GatewayNodeNames.ROLE_LABEL, role)
            .build());
    client
        .pods()
        .inNamespace(cluster.getMetadata().getNamespace())
        .withName(pod)
        .patch(PatchContext.of(PatchType.JSON_MERGE), change);
  }

  private void removeAnnotation(GatewayCluster cluster, String annotation) {
    client
        .resources(GatewayCluster.class)
        .inNamespace(cluster.getMetadata().getNamespace())
        .withName(cluster.getMetadata().getName())
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            "{\"metadata\":{\"annotations\":{\"" + annotation + "\":null}}}");
  }

  private static String name(HasMetadata object) {
    String kind =
        object instanceof GenericKubernetesResource generic ? generic.getKind() : object.getKind();
    return kind + " " + object.getMetadata().getNamespace() + "/" + object.getMetadata().getName();
  }
}
