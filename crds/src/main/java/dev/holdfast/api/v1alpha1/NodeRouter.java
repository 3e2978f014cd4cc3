package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.holdfast.api.addr.IpAddress;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import java.util.List;
import java.util.Map;

/** One router of the cluster, as every router of it knows it. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record NodeRouter(
    @JsonPropertyDescription("Name of the Kubernetes node, or the id of --node.")
        @Required
        @Size(min = 1, max = 253)
        @Pattern("^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")
        String node,
    @JsonPropertyDescription("1 to 254.") @Required @Min(1) @Max(254) int priority,
    @JsonPropertyDescription("true: it takes no role.") @Required boolean maintenance,
    @JsonPropertyDescription(
            "Its own addresses, as far as the resource says them: network name to " + "addresses.")
        @Required
        @Size(max = 16)
        Map<String, @Size(max = 4) List<@Size(min = 2, max = 39) String>> addresses) {

  public NodeRouter {
    addresses = Copies.map(addresses);
  }

  /**
   * Its addresses on one network, in the order of the resource; empty when they must be learned.
   */
  public List<IpAddress> addressesOn(String network) {
    return addresses.getOrDefault(network, List.of()).stream().map(IpAddress::parse).toList();
  }
}
