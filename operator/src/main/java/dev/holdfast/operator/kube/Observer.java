package dev.holdfast.operator.kube;

import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Prefix;
import dev.holdfast.api.render.KubernetesFacts;
import dev.holdfast.api.v1alpha1.GatewayCluster;
import dev.holdfast.api.v1alpha1.GatewayNode;
import dev.holdfast.api.v1alpha1.GatewayNodeNames;
import dev.holdfast.api.v1alpha1.RouterSpec;
import dev.holdfast.operator.plan.Claim;
import dev.holdfast.operator.plan.Machine;
import dev.holdfast.operator.plan.Observed;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Reads what there is, from the caches. */
public final class Observer {

  private static final SecureRandom RANDOM = new SecureRandom();

  private final Sources sources;
  private final KubernetesClient client;
  private final ClusterNetworks given;
  private final Clock clock;

  /**
   * @param given what the chart says about networks
   */
  public Observer(Sources sources, KubernetesClient client, ClusterNetworks given, Clock clock) {
    this.sources = sources;
    this.client = client;
    this.given = given;
    this.clock = clock;
  }

  /** Everything that counts for one GatewayCluster. */
  public Observed observe(GatewayCluster cluster) {
    Map<String, Machine> machines = machines();
    Instant now = clock.instant();
    return new Observed(
        machines,
        Sources.of(sources.gatewayNodes, cluster),
        Sources.of(sources.daemonSets, cluster),
        Sources.of(sources.pods, cluster),
        linkKey(cluster),
        otherClaims(cluster),
        facts(machines.values()),
        sources.podMonitors != null,
        sources.contact.since(now),
        freshKey(),
        now);
  }

  private Map<String, Machine> machines() {
    Map<String, Machine> machines = new TreeMap<>();
    sources
        .nodes
        .list((Node node) -> node.getMetadata().getDeletionTimestamp() == null)
        .map(Sources::machine)
        .forEach(machine -> machines.put(machine.name(), machine));
    return machines;
  }

  /**
   * A Secret that somebody made before has no label of ours and is in no cache: asked for by name
   * before a new one is made. Others may carry our label: the name decides.
   */
  private @Nullable Secret linkKey(GatewayCluster cluster) {
    String name = GatewayNodeNames.linkKeySecret(cluster.getMetadata().getName());
    String namespace = cluster.getMetadata().getNamespace();
    return sources
        .secrets
        .get(new ResourceID(name, namespace))
        .orElseGet(() -> client.secrets().inNamespace(namespace).withName(name).get());
  }

  private List<Claim> otherClaims(GatewayCluster cluster) {
    List<String> wanted = cluster.getSpec().routers().stream().map(RouterSpec::node).toList();
    Stream<Claim> held =
        sources
            .gatewayNodes
            .list((GatewayNode node) -> concerns(node, cluster, wanted))
            .map(Observer::claim);
    Stream<Claim> listed =
        sources
            .clusters()
            .list(other -> !sameCluster(other, cluster))
            .flatMap(other -> claims(other, cluster, wanted));
    return Stream.concat(held, listed).toList();
  }

  private static boolean concerns(GatewayNode node, GatewayCluster cluster, List<String> wanted) {
    var spec = node.getSpec();
    boolean own =
        spec.cluster().equals(cluster.getMetadata().getName())
            && spec.namespace().equals(cluster.getMetadata().getNamespace());
    return !own
        && (wanted.contains(spec.node())
            || spec.namespace().equals(cluster.getMetadata().getNamespace()));
  }

  private static Claim claim(GatewayNode node) {
    var spec = node.getSpec();
    return new Claim(
        spec.namespace(),
        spec.cluster(),
        spec.node(),
        true,
        node.getMetadata().getCreationTimestamp());
  }

  private static Stream<Claim> claims(
      GatewayCluster other, GatewayCluster cluster, List<String> wanted) {
    var metadata = other.getMetadata();
    boolean neighbour = metadata.getNamespace().equals(cluster.getMetadata().getNamespace());
    return other.getSpec().routers().stream()
        .map(RouterSpec::node)
        .filter(node -> neighbour || wanted.contains(node))
        .map(
            node ->
                new Claim(
                    metadata.getNamespace(),
                    metadata.getName(),
                    node,
                    false,
                    metadata.getCreationTimestamp()));
  }

  private static boolean sameCluster(GatewayCluster one, GatewayCluster other) {
    return one.getMetadata().getName().equals(other.getMetadata().getName())
        && one.getMetadata().getNamespace().equals(other.getMetadata().getNamespace());
  }

  private KubernetesFacts facts(Collection<Machine> machines) {
    return new KubernetesFacts(
        machines.stream().flatMap(one -> one.addresses().stream()).distinct().sorted().toList(),
        given.podNetworks().isEmpty()
            ? networks(machines.stream().flatMap(one -> one.podNetworks().stream()))
            : given.podNetworks(),
        given.serviceNetworks().isEmpty() ? serviceNetworks() : given.serviceNetworks(),
        apiEndpoints());
  }

  private List<String> serviceNetworks() {
    return sources.serviceNetworks == null
        ? List.of()
        : networks(
            sources
                .serviceNetworks
                .list(one -> one.getSpec() != null)
                .flatMap(one -> one.getSpec().getCidrs().stream()));
  }

  private static List<String> networks(Stream<String> prefixes) {
    return prefixes
        .map(text -> Prefix.parse(text).network().toString())
        .distinct()
        .sorted()
        .toList();
  }

  private List<String> apiEndpoints() {
    return sources
        .endpoints
        .list(slice -> slice.getPorts() != null)
        .flatMap(
            slice ->
                slice.getPorts().stream()
                    .flatMap(
                        port ->
                            slice.getEndpoints().stream()
                                .flatMap(endpoint -> endpoint.getAddresses().stream())
                                .map(address -> endpoint(address, port.getPort()))))
        .distinct()
        .sorted()
        .toList();
  }

  private static String endpoint(String address, int port) {
    return IpAddress.parse(address).toString().contains(":")
        ? "[" + address + "]:" + port
        : address + ":" + port;
  }

  private static String freshKey() {
    byte[] key = new byte[32];
    RANDOM.nextBytes(key);
    return Base64.getEncoder().encodeToString(key);
  }
}
