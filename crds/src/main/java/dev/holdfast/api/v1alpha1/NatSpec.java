package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Translation of addresses. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@ValidationRule(
    value =
        "!has(self.portForwards) || self.portForwards.all(p, self.portForwards.exists_one(q, q.port == p.port && q.protocol == p.protocol "
            + "&& (q.from == p.from || q.from == 'WAN' || p.from == 'WAN')))",
    message = "one port is forwarded twice; write another port",
    fieldPath = ".portForwards")
@ValidationRule(
    value =
        "!has(self.portForwards) || self.portForwards.all(r, !has(r.name) || self.portForwards.exists_one(q, has(q.name) && q.name == r.name))",
    message = "name each port forward once",
    fieldPath = ".portForwards")
public record NatSpec(
    @JsonPropertyDescription(
            "VirtualAddress, Interface (masquerade) or None; IPv4, on the way from "
                + "a LAN to a WAN.")
        @Default("VirtualAddress")
        @Nullable SourceNat source,
    @JsonPropertyDescription(
            "Further prefixes that are translated like a LAN's own and its routes.")
        @Size(max = 64)
        @ValidationRule(value = CelRules.NETWORKS, messageExpression = CelRules.NETWORKS_MESSAGE)
        @ValidationRule(
            value = "!self.exists(p, p.contains(':'))",
            message = "only IPv4 is translated; remove IPv6 and let its prefix be routed here")
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
