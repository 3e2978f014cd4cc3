package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Prefix;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import java.util.List;
import java.util.Optional;

/** One network, with the name that its interface has on this router. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record NodeNetwork(
    @JsonPropertyDescription("What rules call it.")
        @Required
        @Size(min = 1, max = 32)
        @Pattern("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")
        String name,
    @JsonPropertyDescription("WAN, LAN or Sync.") @Required NetworkRole role,
    @JsonProperty("interface")
        @JsonPropertyDescription("Name of the interface on this router.")
        @Required
        @Size(min = 1, max = 15)
        @Pattern("^[^/:\\s]+$")
        String interfaceName,
    @JsonPropertyDescription("At most one per family, IPv4 first; none on a Sync network.")
        @Required
        @Size(max = 2)
        List<NodeVirtualRouter> virtualRouters,
    @JsonPropertyDescription("Next hops, at most one per family.") @Required @Size(max = 2)
        List<@Size(min = 2, max = 39) String> gateways,
    @JsonPropertyDescription("Prefixes behind inner routers of this network.")
        @Required
        @Size(max = 64)
        List<@Size(min = 2, max = 43) String> routes) {

  public NodeNetwork {
    virtualRouters = Copies.list(virtualRouters);
    gateways = Copies.list(gateways);
    routes = Copies.list(routes);
  }

  /** The virtual router of one family, if this network has one. */
  public Optional<NodeVirtualRouter> virtualRouter(Family family) {
    return virtualRouters.stream().filter(router -> router.family() == family).findFirst();
  }

  /** All virtual addresses, those of IPv4 first. */
  public List<Prefix> virtualPrefixes() {
    return virtualRouters.stream().flatMap(router -> router.virtualPrefixes().stream()).toList();
  }

  /** The next hop of one family, if the resource names one. */
  public Optional<IpAddress> gateway(Family family) {
    return gateways.stream()
        .map(IpAddress::parse)
        .filter(address -> address.family() == family)
        .findFirst();
  }

  /** The prefixes behind inner routers, as values. */
  public List<Prefix> routePrefixes() {
    return routes.stream().map(Prefix::parse).toList();
  }
}
