package dev.holdfast.operator.kube;

import dev.holdfast.api.v1alpha1.GatewayCluster;
import dev.holdfast.api.v1alpha1.GatewayNode;
import dev.holdfast.api.v1alpha1.GatewayNodeNames;
import dev.holdfast.operator.plan.Machine;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.networking.v1.ServiceCIDR;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.health.InformerHealthIndicator;
import io.javaoperatorsdk.operator.processing.GroupVersionKind;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.IndexerResourceCache;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.TransformingItemStore;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What the operator watches, and the caches that it reads from. What belongs to a GatewayCluster is
 * found by its label; nodes, the API's endpoints and the service networks concern every one.
 */
public final class Sources {

  private static final String CLUSTER_INDEX = "cluster";
  private static final long PAUSE_MILLIS = 2_000;
  private static final GroupVersionKind POD_MONITOR =
      new GroupVersionKind("monitoring.coreos.com", "v1", "PodMonitor");

  private final EventSourceContext<GatewayCluster> context;
  private final List<EventSource<?, GatewayCluster>> all = new ArrayList<>();
  private final Map<Class<?>, InformerEventSource<?, GatewayCluster>> owned =
      new java.util.HashMap<>();

  final InformerEventSource<GatewayNode, GatewayCluster> gatewayNodes;
  final InformerEventSource<DaemonSet, GatewayCluster> daemonSets;
  final InformerEventSource<Pod, GatewayCluster> pods;
  final InformerEventSource<Secret, GatewayCluster> secrets;
  final InformerEventSource<Node, GatewayCluster> nodes;
  final InformerEventSource<EndpointSlice, GatewayCluster> endpoints;
  final @Nullable InformerEventSource<ServiceCIDR, GatewayCluster> serviceNetworks;
  final @Nullable InformerEventSource<GenericKubernetesResource, GatewayCluster> podMonitors;
  final ApiContact contact;

  /** Asks the API server which of the optional kinds it has. */
  public Sources(EventSourceContext<GatewayCluster> context, Clock clock) {
    this.context = context;
    KubernetesClient client = context.getClient();
    this.gatewayNodes = ofCluster(GatewayNode.class, one -> one);
    this.daemonSets = ofCluster(DaemonSet.class, Sources::withoutHistory);
    this.pods = ofCluster(Pod.class, Sources::slim);
    this.secrets = ofCluster(Secret.class, Sources::withoutHistory);
    ofCluster(ServiceAccount.class, Sources::withoutHistory);
    ofCluster(Role.class, Sources::withoutHistory);
    ofCluster(RoleBinding.class, Sources::withoutHistory);
    this.nodes = nodes();
    this.endpoints = endpoints();
    this.serviceNetworks =
        Patience.untilAnswered(() -> client.supports(ServiceCIDR.class), PAUSE_MILLIS)
            ? serviceNetworks()
            : null;
    this.podMonitors =
        Patience.untilAnswered(() -> hasPodMonitors(client), PAUSE_MILLIS) ? podMonitors() : null;
    this.contact = new ApiContact(client, clock);
    all.add(contact);
  }

  /**
   * Every cache has been filled once. The SDK starts without one that it could not fill in time,
   * and what is in no cache would be taken for what does not exist. PodMonitors may go: nothing is
   * decided by them.
   */
  public boolean filled() {
    return all.stream()
        .filter(source -> !source.resourceType().equals(GenericKubernetesResource.class))
        .filter(InformerEventSource.class::isInstance)
        .map(source -> (InformerEventSource<?, ?>) source)
        .flatMap(source -> source.informerHealthIndicators().values().stream())
        .allMatch(InformerHealthIndicator::hasSynced);
  }

  /** For the SDK. */
  public List<EventSource<?, GatewayCluster>> all() {
    return List.copyOf(all);
  }

  /** Other GatewayClusters. */
  IndexerResourceCache<GatewayCluster> clusters() {
    return context.getPrimaryCache();
  }

  /** One cluster's objects of a kind. */
  static <R extends HasMetadata> List<R> of(
      InformerEventSource<R, GatewayCluster> source, GatewayCluster cluster) {
    return source.byIndex(
        CLUSTER_INDEX,
        cluster.getMetadata().getNamespace() + "/" + cluster.getMetadata().getName());
  }

  /** Where objects of this kind are cached; nothing for a kind that is not ours. */
  @SuppressWarnings("unchecked")
  <R extends HasMetadata> Optional<InformerEventSource<R, GatewayCluster>> source(R object) {
    return Optional.ofNullable(
        (InformerEventSource<R, GatewayCluster>) owned.get(object.getClass()));
  }

  private <R extends HasMetadata> InformerEventSource<R, GatewayCluster> ofCluster(
      Class<R> kind, UnaryOperator<R> slim) {
    return owned(
        kind,
        InformerEventSourceConfiguration.from(kind, GatewayCluster.class)
            .withItemStore(new TransformingItemStore<>(slim)));
  }

  private InformerEventSource<GenericKubernetesResource, GatewayCluster> podMonitors() {
    return owned(
        GenericKubernetesResource.class,
        InformerEventSourceConfiguration.from(POD_MONITOR, GatewayCluster.class));
  }

  private <R extends HasMetadata> InformerEventSource<R, GatewayCluster> owned(
      Class<R> kind, InformerEventSourceConfiguration.Builder<R> configuration) {
    InformerEventSource<R, GatewayCluster> source =
        new InformerEventSource<>(
            configuration
                .withName(kind.getSimpleName())
                .withLabelSelector(GatewayNodeNames.CLUSTER_LABEL)
                .withNamespacesInheritedFromController()
                .withSecondaryToPrimaryMapper(this::concerned)
                .withPrimaryToSecondaryMapper((GatewayCluster cluster) -> Set.of())
                .build(),
            context);
    source.addIndexers(Map.of(CLUSTER_INDEX, object -> List.of(clusterOf(object))));
    owned.put(kind, source);
    all.add(source);
    return source;
  }

  private static String clusterOf(HasMetadata object) {
    return object.getMetadata().getNamespace() + "/" + label(object);
  }

  private static String label(HasMetadata object) {
    return object.getMetadata().getLabels().getOrDefault(GatewayNodeNames.CLUSTER_LABEL, "");
  }

  /** Its own cluster; of a GatewayNode also the others that want its node. */
  private Set<ResourceID> concerned(HasMetadata object) {
    Stream<ResourceID> own =
        Stream.of(new ResourceID(label(object), object.getMetadata().getNamespace()));
    Stream<ResourceID> others =
        object instanceof GatewayNode node
            ? context
                .getPrimaryCache()
                .list(cluster -> wants(cluster, node.getSpec().node()))
                .map(ResourceID::fromResource)
            : Stream.of();
    return Stream.concat(own, others).collect(Collectors.toSet());
  }

  private static boolean wants(GatewayCluster cluster, String node) {
    return cluster.getSpec().routers().stream().anyMatch(router -> router.node().equals(node));
  }

  private Set<ResourceID> everyCluster(HasMetadata changed) {
    return context.getPrimaryCache().keys().collect(Collectors.toSet());
  }

  private InformerEventSource<Node, GatewayCluster> nodes() {
    return shared(
        InformerEventSourceConfiguration.from(Node.class, GatewayCluster.class)
            .withWatchAllNamespaces()
            .withItemStore(new TransformingItemStore<>(Sources::slim))
            .withOnUpdateFilter((now, before) -> !machine(now).equals(machine(before))));
  }

  private InformerEventSource<EndpointSlice, GatewayCluster> endpoints() {
    return shared(
        InformerEventSourceConfiguration.from(EndpointSlice.class, GatewayCluster.class)
            .withNamespaces("default")
            .withLabelSelector("kubernetes.io/service-name=kubernetes"));
  }

  private InformerEventSource<ServiceCIDR, GatewayCluster> serviceNetworks() {
    return shared(
        InformerEventSourceConfiguration.from(ServiceCIDR.class, GatewayCluster.class)
            .withWatchAllNamespaces());
  }

  private <R extends HasMetadata> InformerEventSource<R, GatewayCluster> shared(
      InformerEventSourceConfiguration.Builder<R> configuration) {
    InformerEventSource<R, GatewayCluster> source =
        new InformerEventSource<>(
            configuration
                .withSecondaryToPrimaryMapper(this::everyCluster)
                .withPrimaryToSecondaryMapper((GatewayCluster cluster) -> Set.of())
                .build(),
            context);
    all.add(source);
    return source;
  }

  private static boolean hasPodMonitors(KubernetesClient client) {
    var group = client.getApiResources("monitoring.coreos.com/v1");
    return group != null
        && group.getResources().stream()
            .anyMatch(kind -> kind.getKind().equals(POD_MONITOR.getKind()));
  }

  /** What the planner knows of a node. */
  static Machine machine(Node node) {
    var spec = node.getSpec();
    var status = node.getStatus();
    return new Machine(
        node.getMetadata().getName(),
        Boolean.TRUE.equals(spec.getUnschedulable()),
        status.getConditions().stream()
            .anyMatch(one -> one.getType().equals("Ready") && one.getStatus().equals("True")),
        status.getAddresses().stream()
            .filter(address -> address.getType().equals("InternalIP"))
            .map(address -> address.getAddress())
            .toList(),
        spec.getPodCIDRs());
  }

  // Of a thousand clusters' objects only what is read stays in memory.

  private static <R extends HasMetadata> R withoutHistory(R object) {
    object.getMetadata().setManagedFields(List.of());
    return object;
  }

  private static Pod slim(Pod pod) {
    withoutHistory(pod).setSpec(null);
    return pod;
  }

  private static Node slim(Node node) {
    withoutHistory(node).getMetadata().setAnnotations(Map.of());
    node.getMetadata().setLabels(Map.of());
    if (node.getStatus() != null) {
      node.getStatus().setImages(List.of());
    }
    return node;
  }
}
