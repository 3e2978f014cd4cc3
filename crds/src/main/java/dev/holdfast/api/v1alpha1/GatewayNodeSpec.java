package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One router's rendered configuration, complete in itself: the agent needs nothing else. Made by
 * {@code api.render} only; nothing is left out, roles are resolved, lists are never null.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record GatewayNodeSpec(
    @JsonPropertyDescription("Name of the GatewayCluster.") @Required @Size(min = 1, max = 63)
        String cluster,
    @JsonPropertyDescription("Its namespace; \"default\" for a file without one.")
        @Required
        @Size(min = 1, max = 63)
        String namespace,
    @JsonPropertyDescription(
            "metadata.generation of the GatewayCluster that this was made from; 0 " + "for a file.")
        @Required
        @Min(0)
        long generation,
    @JsonPropertyDescription("The router that this is for.")
        @Required
        @Size(min = 1, max = 253)
        @Pattern("^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")
        String node,
    @JsonPropertyDescription("Its priority.") @Required @Min(1) @Max(254) int priority,
    @JsonPropertyDescription("true: give the role up and take none.") @Required boolean maintenance,
    @JsonPropertyDescription(
            "The router that shall hold the role until it fails; left out: who is best by the "
                + "rules.")
        @Size(min = 1, max = 253)
        @Nullable String handoverTo,
    @JsonPropertyDescription(
            "true: the GatewayCluster is being deleted, or the router left its list. Give the role up, take everything of ours "
                + "away (addresses, chains, links, kernel settings, replicated flows) and say so in "
                + "the condition Withdrawn.")
        @Required
        boolean withdraw,
    @JsonPropertyDescription(
            "All routers of the cluster, this one among them, in the order of the " + "resource.")
        @Required
        @Size(min = 2, max = 8)
        List<NodeRouter> routers,
    @JsonPropertyDescription("The networks, in the order of the resource.")
        @Required
        @Size(min = 1, max = 16)
        List<NodeNetwork> networks,
    @JsonPropertyDescription("How the role is negotiated.") @Required NodeVrrp vrrp,
    @JsonPropertyDescription("How flows reach the other routers.") @Required NodeFlowSync flowSync,
    @JsonPropertyDescription("The policy.") @Required NodeFirewall firewall,
    @JsonPropertyDescription("Translation of addresses.") @Required NodeNat nat,
    @JsonPropertyDescription("How a planned change of the active router goes.") @Required
        NodeHandover handover,
    @JsonPropertyDescription("Commands that follow the role.") @Required NodeRoleHooks roleHooks) {

  public GatewayNodeSpec {
    routers = Copies.list(routers);
    networks = Copies.list(networks);
  }

  /** The same with what an operator asks of the running gateway. */
  public GatewayNodeSpec asking(
      boolean newMaintenance, @Nullable String newHandoverTo, boolean newWithdraw) {
    return new GatewayNodeSpec(
        cluster,
        namespace,
        generation,
        node,
        priority,
        newMaintenance,
        newHandoverTo,
        newWithdraw,
        routers.stream().map(router -> asking(router, newMaintenance)).toList(),
        networks,
        vrrp,
        flowSync,
        firewall,
        nat,
        handover,
        roleHooks);
  }

  private NodeRouter asking(NodeRouter router, boolean newMaintenance) {
    return router.node().equals(node)
        ? new NodeRouter(router.node(), router.priority(), newMaintenance, router.addresses())
        : router;
  }

  /** The other routers, in the order of the resource. */
  public List<NodeRouter> peers() {
    return routers.stream().filter(router -> !router.node().equals(node)).toList();
  }

  /** This router among {@link #routers}. */
  public NodeRouter self() {
    return routers.stream()
        .filter(router -> router.node().equals(node))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException(node + " is not among its own routers"));
  }

  /** The networks of one role, in the order of the resource. */
  public List<NodeNetwork> networks(NetworkRole role) {
    return networks.stream().filter(network -> network.role() == role).toList();
  }

  /** The network of that name, if there is one. */
  public Optional<NodeNetwork> network(String name) {
    return networks.stream().filter(network -> network.name().equals(name)).findFirst();
  }
}
