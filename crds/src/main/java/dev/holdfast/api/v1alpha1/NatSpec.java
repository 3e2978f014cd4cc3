package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Size;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Translation of addresses. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record NatSpec(
    @JsonPropertyDescription(
            "VirtualAddress, Interface (masquerade) or None; IPv4, on the way from "
                + "a LAN to a WAN.")
        @Default("VirtualAddress")
        @Nullable SourceNat source,
    @JsonPropertyDescription(
            "Further prefixes that are translated like a LAN's own and its routes.")
        @Size(max = 64)
        List<@Size(min = 2, max = 43) String> sources,
    @JsonPropertyDescription(
            "Ports of the WAN that lead to hosts of the LAN, also for the LAN "
                + "itself (hairpin).")
        @Size(max = 256)
        List<PortForwardSpec> portForwards) {

  public NatSpec {
    sources = Copies.list(sources);
    portForwards = Copies.list(portForwards);
  }
}
