package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import java.util.List;

/** Kubernetes' own traffic, as the operator found it; all empty without Kubernetes. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record NodeClusterTraffic(
    @JsonPropertyDescription("Auto: let it through. None: only the rules count.") @Required
        ClusterTrafficMode mode,
    @JsonPropertyDescription("InternalIP of every node of the Kubernetes cluster.")
        @Required
        @Size(max = 5000)
        List<@Size(min = 2, max = 39) String> nodeAddresses,
    @JsonPropertyDescription("Prefixes of pods.") @Required @Size(max = 5000)
        List<@Size(min = 2, max = 43) String> podNetworks,
    @JsonPropertyDescription("Prefixes of services.") @Required @Size(max = 16)
        List<@Size(min = 2, max = 43) String> serviceNetworks,
    @JsonPropertyDescription(
            "Where the API servers listen, like 10.0.0.5:6443 or " + "[2001:db8::5]:6443.")
        @Required
        @Size(max = 32)
        List<@Size(min = 4, max = 47) String> apiEndpoints) {

  public NodeClusterTraffic {
    nodeAddresses = Copies.list(nodeAddresses);
    podNetworks = Copies.list(podNetworks);
    serviceNetworks = Copies.list(serviceNetworks);
    apiEndpoints = Copies.list(apiEndpoints);
  }

  /** Without Kubernetes: nothing is known and nothing is needed. */
  public static NodeClusterTraffic unknown(ClusterTrafficMode mode) {
    return new NodeClusterTraffic(mode, List.of(), List.of(), List.of(), List.of());
  }
}
