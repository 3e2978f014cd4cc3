package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How flow sync speaks with conntrackd. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@ValidationRule(
    value = "self.transport != 'Unicast' || has(self.peers) && size(self.peers) > 0",
    message =
        "is missing; with transport: Unicast write the routers' addresses on the Sync network",
    fieldPath = ".peers")
@ValidationRule(
    value = "self.transport != 'Multicast' || !has(self.peers) || size(self.peers) == 0",
    message = "count with transport: Unicast only; write that, or remove them",
    fieldPath = ".peers")
public record ConntrackdSpec(
    @JsonPropertyDescription("Multicast to a group, or Unicast to peers.") @Default("Multicast")
        @Nullable ConntrackdTransport transport,
    @JsonPropertyDescription("IPv4 multicast group.")
        @Default("225.0.0.50")
        @Size(min = 9, max = 15)
        @ValidationRule(
            value = "isIP(self) && ip(self).family() == 4 && self.matches('^(22[4-9]|23[0-9])[.]')",
            message = "write an IPv4 multicast group like 225.0.0.50")
        @Nullable String group,
    @JsonPropertyDescription("UDP port, the same on both sides.")
        @Default("3780")
        @Min(1)
        @Max(65535)
        @Nullable Integer port,
    @JsonPropertyDescription(
            "With Unicast: addresses of all routers on the Sync network; a router "
                + "leaves its own out.")
        @Size(max = 8)
        @ValidationRule(value = CelRules.HOSTS, messageExpression = CelRules.HOSTS_MESSAGE)
        List<@Size(min = 2, max = 39) String> peers,
    @JsonPropertyDescription("FTFW: numbered, acknowledged, resent. NOTRACK: numbered only.")
        @Default("FTFW")
        @Nullable ConntrackdMode mode,
    @JsonPropertyDescription("Protocols that are replicated; all when left out.") @Size(max = 9)
        List<IpProtocol> protocols) {

  public ConntrackdSpec {
    peers = Copies.list(peers);
    protocols = Copies.list(protocols);
  }
}
