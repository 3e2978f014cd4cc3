package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.holdfast.api.addr.Family;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One rule of the policy. What is left out restricts nothing. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@ValidationRule(
    value =
        "!has(self.ports) || size(self.ports) == 0 || has(self.protocol) && self.protocol in ['TCP', 'UDP', 'SCTP', 'DCCP', 'UDPLITE']",
    message = "need a protocol that has ports; write protocol: TCP or UDP, a rule for each",
    fieldPath = ".ports")
@ValidationRule(
    value =
        "!(has(self.sources) && self.sources.exists(p, p.contains(':')) || has(self.destinations) && self.destinations.exists(p, p.contains(':'))) "
            + "|| !(has(self.sources) && self.sources.exists(p, !p.contains(':')) || has(self.destinations) && self.destinations.exists(p, !p.contains(':')))",
    message = "mixes IPv4 and IPv6 addresses; write a rule for each family")
@ValidationRule(
    value =
        "!has(self.family) || (!has(self.sources) || self.sources.all(p, p.contains(':') == (self.family == 'IPv6'))) "
            + "&& (!has(self.destinations) || self.destinations.all(p, p.contains(':') == (self.family == 'IPv6')))",
    message = "is not the family of the rule's addresses; remove it, or them",
    fieldPath = ".family")
public record RuleSpec(
    @JsonPropertyDescription(
            "Shown in the rule comment and in status; forward-1, forward-2 … when " + "left out.")
        @Size(min = 1, max = 32)
        @ValidationRule(value = CelRules.NAME, message = CelRules.NAME_MESSAGE)
        @Nullable String name,
    @JsonPropertyDescription(
            "Network where packets come in, by name or role (WAN, LAN, Sync). Not "
                + "in output rules.")
        @Size(min = 1, max = 32)
        @Nullable String from,
    @JsonPropertyDescription("Network where packets go out, by name or role. Not in input rules.")
        @Size(min = 1, max = 32)
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
    @JsonPropertyDescription("Source addresses or prefixes.")
        @Size(max = 64)
        @ValidationRule(value = CelRules.NETWORKS, messageExpression = CelRules.NETWORKS_MESSAGE)
        List<@Size(min = 2, max = 43) String> sources,
    @JsonPropertyDescription("Destination addresses or prefixes.")
        @Size(max = 64)
        @ValidationRule(value = CelRules.NETWORKS, messageExpression = CelRules.NETWORKS_MESSAGE)
        List<@Size(min = 2, max = 43) String> destinations,
    @JsonPropertyDescription("Accept or Drop.") @Default("Accept") @Nullable Verdict action) {

  public RuleSpec {
    ports = Copies.list(ports);
    sources = Copies.list(sources);
    destinations = Copies.list(destinations);
  }
}
