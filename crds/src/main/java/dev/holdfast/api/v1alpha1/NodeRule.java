package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.Prefix;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One rule of the policy, roles resolved to the names of networks. An empty list restricts nothing.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record NodeRule(
    @JsonPropertyDescription("What its rule comment and status call it.")
        @Required
        @Size(min = 1, max = 32)
        String name,
    @JsonPropertyDescription("Networks where packets come in; empty in output rules.")
        @Required
        @Size(max = 16)
        List<@Size(min = 1, max = 32) @Pattern("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$") String> from,
    @JsonPropertyDescription("Networks where packets go out; empty in input rules.")
        @Required
        @Size(max = 16)
        List<@Size(min = 1, max = 32) @Pattern("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$") String> to,
    @JsonPropertyDescription("The families that it touches, IPv4 first; never empty.")
        @Required
        @Size(min = 1, max = 2)
        List<Family> families,
    @JsonPropertyDescription("Absent: any.") @Nullable IpProtocol protocol,
    @JsonPropertyDescription("Destination ports, like 53 or 8000-8010.") @Required @Size(max = 15)
        List<@Size(min = 1, max = 11) String> ports,
    @JsonPropertyDescription("Source prefixes of the families named.") @Required @Size(max = 64)
        List<@Size(min = 2, max = 43) String> sources,
    @JsonPropertyDescription("Destination prefixes of the families named.")
        @Required
        @Size(max = 64)
        List<@Size(min = 2, max = 43) String> destinations,
    @JsonPropertyDescription("Accept or Drop.") @Required Verdict action) {

  public NodeRule {
    from = Copies.list(from);
    to = Copies.list(to);
    families = Copies.list(families);
    ports = Copies.list(ports);
    sources = Copies.list(sources);
    destinations = Copies.list(destinations);
  }

  /** The sources as values. */
  public List<Prefix> sourcePrefixes() {
    return sources.stream().map(Prefix::parse).toList();
  }

  /** The destinations as values. */
  public List<Prefix> destinationPrefixes() {
    return destinations.stream().map(Prefix::parse).toList();
  }

  /** The ports as values. */
  public List<PortRange> portRanges() {
    return ports.stream().map(PortRange::parse).toList();
  }
}
