package dev.holdfast.operator.plan;

import dev.holdfast.api.v1alpha1.Condition;
import dev.holdfast.api.v1alpha1.ConditionStatus;
import dev.holdfast.api.v1alpha1.FirewallStatus;
import dev.holdfast.api.v1alpha1.GatewayCluster;
import dev.holdfast.api.v1alpha1.GatewayNode;
import dev.holdfast.api.v1alpha1.GatewayNodeStatus;
import dev.holdfast.api.v1alpha1.PeerStatus;
import dev.holdfast.api.v1alpha1.Role;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntry;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The routers' own words, weighed: an agent that lost its power goes on saying "Active" in its last
 * report, and its peer knows better.
 *
 * <p>An old report alone says nothing: while the API server or the operator was away nobody could
 * be heard. Silence is counted from when this operator has been hearing the API server; until then
 * a router's last word stands, unless it was told as silent before.
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
  private final Map<String, Role> told = new HashMap<>();
  private final Instant hearingSince;
  private final Instant now;

  private Reports(Instant hearingSince, Instant now) {
    this.hearingSince = hearingSince;
    this.now = now;
  }

  /**
   * Of one cluster's routers.
   *
   * @param cluster with the status before
   */
  public static Reports of(GatewayCluster cluster, Observed observed) {
    Reports reports = new Reports(observed.hearingSince(), observed.now());
    observed.gatewayNodes().stream()
        .sorted(Comparator.comparing(one -> one.getSpec().node()))
        .forEach(one -> reports.nodes.put(one.getSpec().node(), one));
    if (cluster.getStatus() != null) {
      cluster.getStatus().routers().forEach(one -> reports.told.put(one.node(), one.role()));
    }
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

  /**
   * When nobody has the role by the reports, the one that had it when it was last heard: its place
   * in the order of changes stays the last until somebody else is active.
   */
  Optional<String> lastActive() {
    return active()
        .or(
            () ->
                nodes.keySet().stream()
                    .filter(this::saysActive)
                    .filter(node -> stale(node) || toldSilent(node))
                    .max(Comparator.comparing(this::since)));
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
    return silentByPeer(node).isPresent() || stale(node) || toldSilent(node);
  }

  /** Its last word is old and counts still: nobody could hear it meanwhile. */
  public boolean unheard(String node) {
    return old(node) && !silent(node);
  }

  /** Of the routers that reported, none has been heard of late. */
  boolean nobodyHeard() {
    return nodes.keySet().stream().anyMatch(this::reported)
        && nodes.keySet().stream().filter(this::reported).allMatch(this::old);
  }

  private boolean old(String node) {
    return reported(node) && heardAt(node).plus(SILENCE).isBefore(now);
  }

  /** No report for minutes in which it could have been heard. */
  boolean stale(String node) {
    return old(node) && hearingSince.plus(SILENCE).isBefore(now);
  }

  /** It was silent before nobody could be heard, and no report came since. */
  private boolean toldSilent(String node) {
    return old(node)
        && told.get(node) == Role.INITIALIZE
        && status(node).map(GatewayNodeStatus::role).filter(Role.INITIALIZE::equals).isEmpty();
  }

  /** By its own word, which is not old: peers may miss a router that works. */
  boolean claimsActive(String node) {
    return saysActive(node) && !old(node);
  }

  /** By its own word or for want of one it cannot do anything for the gateway. */
  boolean broken(String node) {
    Role role = status(node).map(GatewayNodeStatus::role).orElse(Role.INITIALIZE);
    return role == Role.INITIALIZE || role == Role.FAULT;
  }

  /** It stopped reporting, and no peer that reports hears it either. */
  boolean lost(String node) {
    return stale(node) && nodes.keySet().stream().noneMatch(peer -> hears(peer, node));
  }

  private boolean hears(String router, String peer) {
    return !router.equals(peer)
        && reported(router)
        && !old(router)
        && peers(router).stream()
            .anyMatch(link -> link.router().equals(peer) && !link.state().equals(SILENT_LINK));
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

  /** Why it does not take what stands in its GatewayNode now; by its last word, old or not. */
  Optional<String> refusal(String node) {
    GatewayNode one = nodes.get(node);
    return one == null
        ? Optional.empty()
        : condition(node, "Accepted")
            .filter(condition -> condition.status() == ConditionStatus.FALSE)
            .filter(
                condition ->
                    Objects.requireNonNullElse(condition.observedGeneration(), generation(one))
                        >= generation(one))
            .map(Condition::message);
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
