package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One attached segment. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record NetworkSpec(
    @JsonPropertyDescription("What rules and maps call it.")
        @Required
        @Size(min = 1, max = 32)
        @Pattern("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")
        String name,
    @JsonPropertyDescription(
            "WAN: the way out. LAN: the hosts whose gateway this is. Sync: between "
                + "the routers only.")
        @Required
        NetworkRole role,
    @JsonProperty("interface")
        @JsonPropertyDescription(
            "Name of the interface on every router that does not say otherwise in "
                + "routers[].interfaces.")
        @Required
        @Size(min = 1, max = 15)
        @Pattern("^[^/:\\s]+$")
        String interfaceName,
    @JsonPropertyDescription(
            "VRID, 1 to 255, of the virtual routers of both families. Unique on the "
                + "segment, also among other VRRP speakers there. WAN and LAN only.")
        @Min(1)
        @Max(255)
        @Nullable Integer virtualRouterId,
    @JsonPropertyDescription(
            "Addresses that move with the role, with the prefix length of the "
                + "segment, like 192.168.0.3/24. WAN and LAN only.")
        @Size(max = 16)
        List<@Size(min = 2, max = 43) String> virtualAddresses,
    @JsonPropertyDescription(
            "Next hops on this network, one per family; the default route goes "
                + "there, and they are probed once a second. WAN only.")
        @Size(max = 2)
        List<@Size(min = 2, max = 39) String> gateways,
    @JsonPropertyDescription(
            "Prefixes behind inner routers of this LAN: forwarded, translated and "
                + "replicated like the LAN's own.")
        @Size(max = 64)
        List<@Size(min = 2, max = 43) String> routes) {

  public NetworkSpec {
    virtualAddresses = Copies.list(virtualAddresses);
    gateways = Copies.list(gateways);
    routes = Copies.list(routes);
  }
}
