package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.Prefix;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import java.util.List;

/** One VRRP instance: one network, one family. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record NodeVirtualRouter(
    @JsonPropertyDescription("IPv4 or IPv6.") @Required Family family,
    @JsonPropertyDescription("VRID, 1 to 255.") @Required @Min(1) @Max(255) int virtualRouterId,
    @JsonPropertyDescription("VRRP version that it speaks: 2 or 3. IPv6 always speaks 3.")
        @Required
        @Min(2)
        @Max(3)
        int version,
    @JsonPropertyDescription(
            "Addresses with prefix length, in the order in which they are "
                + "advertised; of IPv6 the first is link-local.")
        @Required
        @Size(min = 1, max = 17)
        List<@Size(min = 2, max = 43) String> virtualAddresses) {

  public NodeVirtualRouter {
    virtualAddresses = Copies.list(virtualAddresses);
  }

  /** The virtual addresses as values, in the order in which they are advertised. */
  public List<Prefix> virtualPrefixes() {
    return virtualAddresses.stream().map(Prefix::parse).toList();
  }
}
