package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.holdfast.api.addr.Prefix;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import java.util.List;

/** Translation of addresses, every default filled in. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record NodeNat(
    @JsonPropertyDescription(
            "VirtualAddress (the first IPv4 virtual address of the WAN that is left "
                + "by), Interface or None.")
        @Required
        SourceNat source,
    @JsonPropertyDescription(
            "IPv4 prefixes that are translated: of the LANs, their routes, and " + "further ones.")
        @Required
        @Size(max = 2048)
        List<@Size(min = 2, max = 43) String> sources,
    @JsonPropertyDescription("Ports of a WAN that lead to hosts of a LAN.")
        @Required
        @Size(max = 256)
        List<NodePortForward> portForwards) {

  public NodeNat {
    sources = Copies.list(sources);
    portForwards = Copies.list(portForwards);
  }

  /** The prefixes that are translated, as values. */
  public List<Prefix> sourcePrefixes() {
    return sources.stream().map(Prefix::parse).toList();
  }
}
