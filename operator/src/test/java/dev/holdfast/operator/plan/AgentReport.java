package dev.holdfast.operator.plan;

import dev.holdfast.api.v1alpha1.Condition;
import dev.holdfast.api.v1alpha1.FirewallStatus;
import dev.holdfast.api.v1alpha1.FlowStatus;
import dev.holdfast.api.v1alpha1.FlowSyncStatus;
import dev.holdfast.api.v1alpha1.GatewayNode;
import dev.holdfast.api.v1alpha1.GatewayNodeNames;
import dev.holdfast.api.v1alpha1.GatewayNodeStatus;
import dev.holdfast.api.v1alpha1.PeerStatus;
import dev.holdfast.api.v1alpha1.Role;
import dev.holdfast.api.v1alpha1.RoleTransition;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What an agent reports that works by its newest GatewayNode: said by stand-ins, in memory and at
 * an API server alike.
 *
 * @param link state of the link to every peer
 * @param onTrial the policy is not confirmed; null: it is
 * @param from the role before
 */
public record AgentReport(
    Role role,
    boolean inSync,
    String link,
    FlowStatus flows,
    @Nullable Boolean onTrial,
    Role from) {

  /** A link that is up, a thousand flows, a policy that stands. */
  public static AgentReport of(Role role, boolean inSync) {
    return new AgentReport(
        role, inSync, "up", new FlowStatus(1000, inSync ? 1000 : 400, Map.of()), null, Role.BACKUP);
  }

  public AgentReport withLink(String state) {
    return new AgentReport(role, inSync, state, flows, onTrial, from);
  }

  public AgentReport withFlows(FlowStatus counted) {
    return new AgentReport(role, inSync, link, counted, onTrial, from);
  }

  AgentReport withTrial(boolean trial) {
    return new AgentReport(role, inSync, link, flows, trial ? true : null, from);
  }

  /** It had the role until now. */
  public AgentReport givingUp() {
    return new AgentReport(role, inSync, link, flows, onTrial, Role.ACTIVE);
  }

  /**
   * @param node with the status before
   * @param linkKeys the data of the link key's Secret
   */
  public GatewayNodeStatus on(
      GatewayNode node, Map<String, String> linkKeys, Instant now, Condition... conditions) {
    GatewayNodeStatus before = node.getStatus();
    String since =
        before != null && before.role() == role
            ? Objects.requireNonNull(before.since())
            : now.toString();
    List<PeerStatus> peers =
        node.getSpec().peers().stream()
            .map(
                peer ->
                    new PeerStatus(peer.node(), "direct", List.of(), link, 1, 1, 0L, 0, 0, null))
            .toList();
    return new GatewayNodeStatus(
        node.getMetadata().getGeneration(),
        role,
        since,
        role == Role.ACTIVE || role == Role.BACKUP,
        inSync,
        List.of(),
        new FlowSyncStatus(peers, fingerprints(linkKeys)),
        flows,
        new FirewallStatus(node.getSpec().generation(), onTrial, "nft", false, 0, 0),
        true,
        List.of(),
        List.of(),
        List.of(new RoleTransition(since, from, role, "ActiveSilent", 70L)),
        null,
        "0.1.0",
        now.toString(),
        Arrays.stream(conditions).map(one -> about(node, one)).toList());
  }

  private static Condition about(GatewayNode node, Condition condition) {
    return new Condition(
        condition.type(),
        condition.status(),
        node.getMetadata().getGeneration(),
        condition.reason(),
        condition.message(),
        condition.lastTransitionTime());
  }

  private static List<String> fingerprints(Map<String, String> linkKeys) {
    return keys(linkKeys).lines().map(LinkKeys::fingerprint).toList();
  }

  /** The text of the key's file. */
  public static String keys(Map<String, String> linkKeys) {
    String text = Objects.requireNonNull(linkKeys.get(GatewayNodeNames.LINK_KEY_FILE));
    return new String(Base64.getDecoder().decode(text), StandardCharsets.UTF_8);
  }
}
