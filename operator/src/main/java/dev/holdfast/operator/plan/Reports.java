package dev.holdfast.operator.plan;

import dev.holdfast.api.v1alpha1.Condition;
import dev.holdfast.api.v1alpha1.ConditionStatus;
import dev.holdfast.api.v1alpha1.FirewallStatus;
import dev.holdfast.api.v1alpha1.GatewayNode;
import dev.holdfast.api.v1alpha1.GatewayNodeStatus;
import dev.holdfast.api.v1alpha1.PeerStatus;
import dev.holdfast.api.v1alpha1.Role;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntry;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The routers' own words, weighed: an agent that lost its power goes on saying "Active" in its last
 * report, and its peer knows better.
 */
public final class Reports {

  /** Agents report about once a minute. */
  static final Duration SILENCE = Duration.ofMinutes(3);

  /** How far the clocks of routers and API server may differ before we believe in two actives. */
  private static final Duration CLOCK_DIFFERENCE = Duration.ofSeconds(5);

  /**
   * Between the last word of the old active and the first of the new one; agents report at once.
   */
  private static final Duration ON_ITS_WAY = Duration.ofSeconds(5);

  private static final String SILENT_LINK = "silent";

  private final Map<String, GatewayNode> nodes = new LinkedHashMap<>();
  private final Instant now;

  private Reports(Instant now) {
    this.now = now;
  }

  /** Of one cluster's routers. */
  public static Reports of(List<GatewayNode> gatewayNodes, Instant now) {
    Reports reports = new Reports(now);
    gatewayNodes.stream()
        .sorted(Comparator.comparing(one -> one.getSpec().node()))
        .forEach(one -> reports.nodes.put(one.getSpec().node(), one));
    return reports;
  }

  /**
   * The router that has the role, if any; of several that say so the one that took it last. While a
   * role moves in order the old one may have said so first: then it counts for some seconds more.
   */
  public Optional<String> active() {
    return nodes.keySet().stream()
        .filter(this::saysActive)
        .filter(this::alive)
        .max(Comparator.comparing(this::since))
        .or(this::givingUp);
  }

  /** Nobody says yet that it has the role, and one has just given it up. */
  public boolean roleIsOnItsWay() {
    return active().filter(node -> !saysActive(node)).isPresent();
  }

  private Optional<String> givingUp() {
    return nodes.keySet().stream()
        .filter(this::alive)
        .filter(node -> heardAt(node).plus(ON_ITS_WAY).isAfter(now))
        .filter(node -> status(node).filter(Reports::hasGivenUp).isPresent())
        .max(Comparator.comparing(this::since));
  }

  /** In order: not for a fault, and not at its end. */
  private static boolean hasGivenUp(GatewayNodeStatus status) {
    boolean rests = status.role() == Role.BACKUP || status.role() == Role.MAINTENANCE;
    return rests
        && !status.transitions().isEmpty()
        && status.transitions().getFirst().from() == Role.ACTIVE;
  }

  /** Another router than {@link #active} that still says it is active, after that one took over. */
  public Optional<String> secondActive() {
    Optional<String> active = active();
    return active.flatMap(
        first ->
            nodes.keySet().stream()
                .filter(node -> !node.equals(first))
                .filter(this::saysActive)
                .filter(this::alive)
                .filter(node -> heardAt(node).isAfter(since(first).plus(CLOCK_DIFFERENCE)))
                .findFirst());
  }

  /** It reported, and nobody has reason to think that it stopped. */
  public boolean alive(String node) {
    return reported(node) && !silent(node);
  }

  public boolean reported(String node) {
    return status(node).isPresent();
  }

  /** By a peer's word, or because no report came for minutes. */
  public boolean silent(String node) {
    return silentByPeer(node).isPresent() || stale(node);
  }

  private boolean stale(String node) {
    return reported(node) && heardAt(node).plus(SILENCE).isBefore(now);
  }

  /** By its own word, which is not old: peers may miss a router that works. */
  boolean claimsActive(String node) {
    return saysActive(node) && !stale(node);
  }

  /** By its own word or for want of one it cannot do anything for the gateway. */
  boolean broken(String node) {
    Role role = status(node).map(GatewayNodeStatus::role).orElse(Role.INITIALIZE);
    return stale(node) || role == Role.INITIALIZE || role == Role.FAULT;
  }

  /**
   * The peer that misses it. Two routers that miss each other have lost their link, not their life.
   */
  public Optional<String> silentByPeer(String node) {
    return nodes.keySet().stream()
        .filter(peer -> !peer.equals(node))
        .filter(peer -> misses(peer, node) && !misses(node, peer))
        .findFirst();
  }

  private boolean misses(String router, String peer) {
    return peers(router).stream()
        .anyMatch(link -> link.router().equals(peer) && link.state().equals(SILENT_LINK));
  }

  private List<PeerStatus> peers(String node) {
    return status(node)
        .map(GatewayNodeStatus::flowSync)
        .map(sync -> sync.peers())
        .orElse(List.of());
  }

  /** It runs and has what it needs to take the role. */
  public boolean ready(String node) {
    return alive(node) && status(node).map(GatewayNodeStatus::ready).orElse(false);
  }

  public boolean inSync(String node) {
    return alive(node) && status(node).map(GatewayNodeStatus::inSync).orElse(false);
  }

  /** It took the configuration that stands in its GatewayNode now. */
  public boolean settled(String node) {
    GatewayNode one = nodes.get(node);
    return one != null
        && status(node)
            .map(GatewayNodeStatus::observedGeneration)
            .filter(observed -> observed >= generation(one))
            .isPresent()
        && !holds(node, "Accepted", ConditionStatus.FALSE);
  }

  /** It took the policy as well, as far as it says so, and will not take it back. */
  public boolean policyApplied(String node) {
    GatewayNode one = nodes.get(node);
    return settled(node) && one != null && hasGeneration(node, one.getSpec().generation());
  }

  /** Its policy is of that generation of the GatewayCluster, as far as it says so, and stays. */
  boolean hasGeneration(String node, long generation) {
    return status(node)
        .map(GatewayNodeStatus::firewall)
        .map(firewall -> stands(firewall, generation))
        .orElse(true);
  }

  private static boolean stands(FirewallStatus firewall, long generation) {
    return Objects.requireNonNullElse(firewall.generation(), generation) >= generation
        && !Objects.requireNonNullElse(firewall.onTrial(), false);
  }

  public boolean withdrawn(String node) {
    return holds(node, "Withdrawn", ConditionStatus.TRUE);
  }

  private boolean holds(String node, String type, ConditionStatus wanted) {
    return condition(node, type).map(Condition::status).filter(wanted::equals).isPresent();
  }

  public Optional<Condition> condition(String node, String type) {
    return status(node).stream()
        .flatMap(status -> status.conditions().stream())
        .filter(condition -> condition.type().equals(type))
        .findFirst();
  }

  public Optional<GatewayNodeStatus> status(String node) {
    return Optional.ofNullable(nodes.get(node)).map(GatewayNode::getStatus);
  }

  private boolean saysActive(String node) {
    return status(node).map(GatewayNodeStatus::role).filter(Role.ACTIVE::equals).isPresent();
  }

  private Instant since(String node) {
    return status(node).map(GatewayNodeStatus::since).map(Instants::parse).orElse(Instant.EPOCH);
  }

  /** By the API server's clock; now, when it does not say. */
  private Instant heardAt(String node) {
    GatewayNode one = nodes.get(node);
    if (one == null || one.getMetadata().getManagedFields() == null) {
      return now;
    }
    return one.getMetadata().getManagedFields().stream()
        .filter(entry -> "status".equals(entry.getSubresource()))
        .map(ManagedFieldsEntry::getTime)
        .filter(Objects::nonNull)
        .map(Instants::parse)
        .max(Comparator.naturalOrder())
        .orElse(now);
  }

  private static long generation(GatewayNode node) {
    @Nullable Long generation = node.getMetadata().getGeneration();
    return generation == null ? 0 : generation;
  }
}
