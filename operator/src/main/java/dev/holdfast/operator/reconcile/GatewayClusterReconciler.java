package dev.holdfast.operator.reconcile;

import dev.holdfast.api.v1alpha1.GatewayCluster;
import dev.holdfast.api.v1alpha1.GatewayClusterStatus;
import dev.holdfast.api.v1alpha1.GatewayNodeNames;
import dev.holdfast.operator.kube.Applier;
import dev.holdfast.operator.kube.ClusterNetworks;
import dev.holdfast.operator.kube.EventWriter;
import dev.holdfast.operator.kube.Observer;
import dev.holdfast.operator.kube.Sources;
import dev.holdfast.operator.plan.AgentSettings;
import dev.holdfast.operator.plan.Answer;
import dev.holdfast.operator.plan.ClusterPlan;
import dev.holdfast.operator.plan.ClusterPlanner;
import dev.holdfast.operator.plan.Instants;
import dev.holdfast.operator.plan.Observed;
import dev.holdfast.operator.plan.Reports;
import dev.holdfast.operator.status.News;
import dev.holdfast.operator.status.StatusRules;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntry;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.javaoperatorsdk.operator.api.config.informer.Informer;
import io.javaoperatorsdk.operator.api.reconciler.Cleaner;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.DeleteControl;
import io.javaoperatorsdk.operator.api.reconciler.ErrorStatusUpdateControl;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.RetryInfo;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.retry.GradualRetry;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Observe, plan, apply, status. */
@Singleton
@GradualRetry(maxAttempts = -1, maxInterval = 60_000)
@ControllerConfiguration(
    name = "gatewaycluster",
    fieldManager = "holdfast-operator",
    finalizerName = "holdfast.dev/withdraw",
    generationAwareEventProcessing = false,
    informer = @Informer(onUpdateFilter = ResourceChanged.class))
public class GatewayClusterReconciler
    implements Reconciler<GatewayCluster>, Cleaner<GatewayCluster> {

  /** Silence makes no event: look after a minute, and more often while something moves. */
  private static final Duration NEXT_LOOK = Duration.ofMinutes(1);

  private static final Duration NEXT_LOOK_WHILE_MOVING = Duration.ofSeconds(15);

  /** Whether somebody took it. */
  private static final Duration NEXT_LOOK_AT_THE_ROLE = Duration.ofSeconds(6);

  private static final Duration UNTIL_FILLED = Duration.ofSeconds(2);

  /** After some seconds: a conflict is gone by then. */
  private static final int TOLD_AT_ATTEMPT = 3;

  private final AgentSettings settings;
  private final ClusterNetworks networks;
  private final Clock clock;
  private @Nullable Hands hands;

  /** What there is once the SDK has its event sources. */
  private record Hands(Sources sources, Observer observer, Applier applier, EventWriter events) {}

  public GatewayClusterReconciler(AgentSettings settings, ClusterNetworks networks, Clock clock) {
    this.settings = settings;
    this.networks = networks;
    this.clock = clock;
  }

  @Override
  public List<EventSource<?, GatewayCluster>> prepareEventSources(
      EventSourceContext<GatewayCluster> context) {
    Sources sources = new Sources(context, clock);
    hands =
        new Hands(
            sources,
            new Observer(sources, context.getClient(), networks, clock),
            new Applier(sources, context.getClient()),
            new EventWriter(context.getClient(), clock));
    return sources.all();
  }

  @Override
  public UpdateControl<GatewayCluster> reconcile(
      GatewayCluster cluster, Context<GatewayCluster> context) {
    if (!hands().sources().filled()) {
      return UpdateControl.<GatewayCluster>noUpdate().rescheduleAfter(UNTIL_FILLED);
    }
    Observed observed = hands().observer().observe(cluster);
    ClusterPlan plan = ClusterPlanner.plan(cluster, observed, settings);
    carryOut(plan, observed, cluster, context);
    return UpdateControl.<GatewayCluster>noUpdate()
        .rescheduleAfter(nextLook(plan, cluster, observed));
  }

  private static Duration nextLook(ClusterPlan plan, GatewayCluster cluster, Observed observed) {
    if (Reports.of(cluster, observed).roleIsOnItsWay()) {
      return NEXT_LOOK_AT_THE_ROLE;
    }
    return plan.moving() ? NEXT_LOOK_WHILE_MOVING : NEXT_LOOK;
  }

  /** The same loop; the plan of a resource that is being deleted is its withdrawal. */
  @Override
  public DeleteControl cleanup(GatewayCluster cluster, Context<GatewayCluster> context) {
    if (!hands().sources().filled()) {
      return DeleteControl.noFinalizerRemoval().rescheduleAfter(UNTIL_FILLED.toMillis());
    }
    Observed observed = hands().observer().observe(cluster);
    ClusterPlan plan = ClusterPlanner.plan(cluster, observed, settings);
    if (plan.mayGo()) {
      return DeleteControl.defaultDelete();
    }
    carryOut(plan, observed, cluster, context);
    return DeleteControl.noFinalizerRemoval().rescheduleAfter(NEXT_LOOK_WHILE_MOVING.toMillis());
  }

  /** The objects, the status, and then what speaks of the status: events, an answered request. */
  private void carryOut(
      ClusterPlan plan,
      Observed observed,
      GatewayCluster cluster,
      Context<GatewayCluster> context) {
    List<String> refused = hands().applier().apply(plan, cluster, context);
    ClusterPlan told = refused.isEmpty() ? plan : plan.refused(refused);
    GatewayClusterStatus status =
        StatusRules.status(cluster, told, observed, statusWrittenAt(cluster));
    if (!status.equals(cluster.getStatus())) {
      context.resourceOperations().serverSideApplyPrimaryStatus(withStatus(cluster, status));
      hands().events().write(cluster, News.between(cluster.getStatus(), status));
    }
    endRequest(plan, cluster, context);
    if (!refused.isEmpty()) {
      throw new NotApplied(refused);
    }
  }

  private void endRequest(
      ClusterPlan plan, GatewayCluster cluster, Context<GatewayCluster> context) {
    Answer answer = plan.handover();
    String annotation = GatewayNodeNames.HANDOVER_ANNOTATION;
    String asked = cluster.getMetadata().getAnnotations().get(annotation);
    if (answer != null
        && asked != null
        && plan.handoverAnswered()
        && Applier.remove(context.getClient(), cluster, annotation, asked)) {
      hands().events().write(cluster, List.of(News.of(answer)));
    }
  }

  /** The status says it; thrown so that the SDK tries again, less and less often. */
  private static final class NotApplied extends RuntimeException {
    private static final long serialVersionUID = 1;

    NotApplied(List<String> refused) {
      super(String.join("; and ", refused));
    }
  }

  /** An API server that is away: tried again without end; told once, in an Event. */
  @Override
  public ErrorStatusUpdateControl<GatewayCluster> updateErrorStatus(
      GatewayCluster cluster, Context<GatewayCluster> context, Exception e) {
    int attempt = context.getRetryInfo().map(RetryInfo::getAttemptCount).orElse(0);
    if (attempt == TOLD_AT_ATTEMPT && !(e instanceof NotApplied)) {
      hands()
          .events()
          .write(cluster, List.of(new News(true, "ApplyFailed", String.valueOf(e.getMessage()))));
    }
    return ErrorStatusUpdateControl.noStatusUpdate();
  }

  private Hands hands() {
    return Objects.requireNonNull(hands, "the SDK prepares event sources first");
  }

  private static GatewayCluster withStatus(GatewayCluster cluster, GatewayClusterStatus status) {
    GatewayCluster only = new GatewayCluster();
    only.setMetadata(
        new ObjectMetaBuilder()
            .withName(cluster.getMetadata().getName())
            .withNamespace(cluster.getMetadata().getNamespace())
            .build());
    only.setStatus(status);
    return only;
  }

  private static Instant statusWrittenAt(GatewayCluster cluster) {
    return cluster.getMetadata().getManagedFields().stream()
        .filter(entry -> "status".equals(entry.getSubresource()))
        .map(ManagedFieldsEntry::getTime)
        .filter(Objects::nonNull)
        .map(Instants::parse)
        .max(Instant::compareTo)
        .orElse(Instant.EPOCH);
  }
}
