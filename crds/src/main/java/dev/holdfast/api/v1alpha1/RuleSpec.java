package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.holdfast.api.addr.Family;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One rule of the policy. What is left out restricts nothing. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record RuleSpec(
    @JsonPropertyDescription(
            "Shown in the rule comment and in status; forward-1, forward-2 … when " + "left out.")
        @Size(min = 1, max = 32)
        @Pattern("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")
        @Nullable String name,
    @JsonPropertyDescription(
            "Network where packets come in, by name or role (WAN, LAN, Sync). Not "
                + "in output rules.")
        @Size(min = 1, max = 32)
        @Pattern("^([a-z0-9]([-a-z0-9]*[a-z0-9])?|WAN|LAN|Sync)$")
        @Nullable String from,
    @JsonPropertyDescription("Network where packets go out, by name or role. Not in input rules.")
        @Size(min = 1, max = 32)
        @Pattern("^([a-z0-9]([-a-z0-9]*[a-z0-9])?|WAN|LAN|Sync)$")
        @Nullable String to,
    @JsonPropertyDescription("IPv4 or IPv6; both when left out, unless addresses say which.")
        @Nullable Family family,
    @JsonPropertyDescription(
            "TCP, UDP, ICMP (in IPv6: ICMPv6), SCTP, DCCP, UDPLITE, GRE, ESP or AH.")
        @Nullable IpProtocol protocol,
    @JsonPropertyDescription(
            "Destination ports, like 53 or 8000-8010; needs a protocol that has "
                + "ports. A range counts twice towards 15.")
        @Size(max = 15)
        @NumberOrText
        List<@Size(min = 1, max = 11) String> ports,
    @JsonPropertyDescription("Source addresses or prefixes.") @Size(max = 64)
        List<@Size(min = 2, max = 43) String> sources,
    @JsonPropertyDescription("Destination addresses or prefixes.") @Size(max = 64)
        List<@Size(min = 2, max = 43) String> destinations,
    @JsonPropertyDescription("Accept or Drop.") @Default("Accept") @Nullable Verdict action) {

  public RuleSpec {
    ports = Copies.list(ports);
    sources = Copies.list(sources);
    destinations = Copies.list(destinations);
  }
}
