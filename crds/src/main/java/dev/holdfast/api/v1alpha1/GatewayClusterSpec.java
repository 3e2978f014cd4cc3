package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a person writes: the routers, the networks, and everything else by default. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record GatewayClusterSpec(
    @JsonPropertyDescription("The routers that share the virtual addresses, two or more.")
        @Required
        @Size(min = 2, max = 8)
        List<RouterSpec> routers,
    @JsonPropertyDescription("The attached segments: at least one with virtual addresses.")
        @Required
        @Size(min = 1, max = 16)
        List<NetworkSpec> networks,
    @JsonPropertyDescription("How the role is negotiated.") @Nullable VrrpSpec vrrp,
    @JsonPropertyDescription("How flows reach the other routers.") @Nullable FlowSyncSpec flowSync,
    @JsonPropertyDescription("What may pass the gateway, reach the routers and leave them.")
        @Nullable FirewallSpec firewall,
    @JsonPropertyDescription("Translation of addresses.") @Nullable NatSpec nat,
    @JsonPropertyDescription("How a planned change of the active router goes.")
        @Nullable HandoverSpec handover,
    @JsonPropertyDescription("Commands that follow the role; with a file and in Host mode only.")
        @Nullable RoleHooksSpec roleHooks,
    @JsonPropertyDescription("How the agents run.") @Nullable AgentSpec agent) {

  public GatewayClusterSpec {
    routers = Copies.list(routers);
    networks = Copies.list(networks);
  }
}
