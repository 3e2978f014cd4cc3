package dev.holdfast.operator.kube;

import dev.holdfast.api.v1alpha1.GatewayCluster;
import dev.holdfast.api.v1alpha1.GatewayNode;
import dev.holdfast.api.v1alpha1.GatewayNodeNames;
import dev.holdfast.operator.plan.ClusterPlan;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import java.net.HttpURLConnection;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes it so: writes what differs, and nothing else. */
public final class Applier {

  private static final Logger LOG = LoggerFactory.getLogger(Applier.class);

  /** A test in a JSON patch that failed. */
  private static final int UNPROCESSABLE = 422;

  private final Sources sources;
  private final KubernetesClient client;

  public Applier(Sources sources, KubernetesClient client) {
    this.sources = sources;
    this.client = client;
  }

  /**
   * In the plan's order. One object that the API server refuses stops no other, but after a
   * GatewayNode no further one is written: what routers must have alike, the active gets last. An
   * API server that is away ends it, and the next reconciliation goes on.
   *
   * @return what was refused, a sentence each
   */
  public List<String> apply(
      ClusterPlan plan, GatewayCluster cluster, Context<GatewayCluster> context) {
    List<String> refused = new ArrayList<>();
    boolean nodesGoOn = true;
    for (HasMetadata wanted : plan.wanted()) {
      boolean isNode = wanted instanceof GatewayNode;
      if (nodesGoOn || !isNode) {
        boolean done = trying(wanted, refused, () -> apply(wanted, context));
        nodesGoOn &= done || !isNode;
      }
    }
    for (HasMetadata unwanted : plan.unwanted()) {
      // Of a router that left the GatewayNode goes last, and only when the rest is gone.
      if (!trying(unwanted, refused, () -> delete(unwanted))) {
        break;
      }
    }
    plan.roles()
        .forEach(
            (pod, role) -> trying(pod(cluster, pod), refused, () -> label(cluster, pod, role)));
    return refused;
  }

  private static boolean trying(HasMetadata object, List<String> refused, Runnable write) {
    try {
      write.run();
      return true;
    } catch (KubernetesClientException e) {
      // A kind of others may be uninstalled while we run, and a gateway needs no monitoring.
      boolean mayFail = object instanceof GenericKubernetesResource;
      if (!mayFail && e.getCode() < HttpURLConnection.HTTP_BAD_REQUEST) {
        throw e;
      }
      String sentence = name(object) + ": " + sentence(e);
      LOG.warn("refused: {}", sentence);
      if (!mayFail) {
        refused.add(sentence);
      }
      return false;
    }
  }

  private static String sentence(KubernetesClientException e) {
    return e.getStatus() == null || e.getStatus().getMessage() == null
        ? String.valueOf(e.getMessage())
        : e.getStatus().getMessage();
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

  private static Pod pod(GatewayCluster cluster, String name) {
    Pod pod = new Pod();
    pod.setMetadata(
        new ObjectMetaBuilder()
            .withName(name)
            .withNamespace(cluster.getMetadata().getNamespace())
            .build());
    return pod;
  }

  /** A pod that went meanwhile needs no label. */
  private void label(GatewayCluster cluster, String pod, String role) {
    Pod change = new Pod();
    change.setMetadata(
        new ObjectMetaBuilder().addToLabels(GatewayNodeNames.ROLE_LABEL, role).build());
    try {
      client
          .pods()
          .inNamespace(cluster.getMetadata().getNamespace())
          .withName(pod)
          .patch(PatchContext.of(PatchType.JSON_MERGE), change);
    } catch (KubernetesClientException e) {
      if (e.getCode() != HttpURLConnection.HTTP_NOT_FOUND) {
        throw e;
      }
    }
  }

  /**
   * Takes an annotation away, unless it has another value by now: that is a new request.
   *
   * @return whether it was this one that went
   */
  public static boolean remove(
      KubernetesClient client, GatewayCluster cluster, String annotation, String value) {
    String path = "/metadata/annotations/" + annotation.replace("/", "~1");
    List<Map<String, String>> patch =
        List.of(
            Map.of("op", "test", "path", path, "value", value),
            Map.of("op", "remove", "path", path));
    try {
      client
          .resources(GatewayCluster.class)
          .inNamespace(cluster.getMetadata().getNamespace())
          .withName(cluster.getMetadata().getName())
          .patch(PatchContext.of(PatchType.JSON), Serialization.asJson(patch));
      return true;
    } catch (KubernetesClientException e) {
      if (e.getCode() == UNPROCESSABLE || e.getCode() == HttpURLConnection.HTTP_NOT_FOUND) {
        return false;
      }
      throw e;
    }
  }

  private static String name(HasMetadata object) {
    String kind =
        object instanceof GenericKubernetesResource generic ? generic.getKind() : object.getKind();
    return kind + " " + object.getMetadata().getNamespace() + "/" + object.getMetadata().getName();
  }
}
