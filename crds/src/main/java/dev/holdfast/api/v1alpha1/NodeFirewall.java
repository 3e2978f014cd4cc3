package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import java.util.List;

/**
 * The policy, every default filled in. What no policy may forbid is not listed here and is the
 * planner's to add: loopback, established and related, VRRP, hello and link, IGMP and MLD, the Sync
 * network, the ICMPv6 that IPv6 needs, the router as DHCP client on the WAN.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record NodeFirewall(
    @JsonPropertyDescription("What happens to packets that no rule names.") @Required
        Verdict defaultPolicy,
    @JsonPropertyDescription("New flows through the gateway, in order.") @Required @Size(max = 256)
        List<NodeRule> forward,
    @JsonPropertyDescription("What may reach the router itself, in order.")
        @Required
        @Size(max = 256)
        List<NodeRule> input,
    @JsonPropertyDescription("What may leave the router itself, in order.")
        @Required
        @Size(max = 256)
        List<NodeRule> output,
    @JsonPropertyDescription("Kubernetes' own traffic.") @Required
        NodeClusterTraffic clusterTraffic,
    @JsonPropertyDescription("What is logged of the packets that are dropped.") @Required
        NodeLog log,
    @JsonPropertyDescription("Time within which everyone must be heard again after a new policy.")
        @Required
        @Min(5)
        @Max(600)
        int confirmSeconds) {

  public NodeFirewall {
    forward = Copies.list(forward);
    input = Copies.list(input);
    output = Copies.list(output);
  }
}
