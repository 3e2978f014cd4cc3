package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.holdfast.api.addr.IpAddress;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import java.util.List;

/** How flow sync speaks with conntrackd, every default filled in. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record NodeConntrackd(
    @JsonPropertyDescription("Multicast or Unicast.") @Required ConntrackdTransport transport,
    @JsonPropertyDescription("IPv4 multicast group.") @Required @Size(min = 9, max = 15)
        String group,
    @JsonPropertyDescription("UDP port, the same on both sides.") @Required @Min(1) @Max(65535)
        int port,
    @JsonPropertyDescription("With Unicast: the other routers' addresses.") @Required @Size(max = 8)
        List<@Size(min = 2, max = 39) String> peers,
    @JsonPropertyDescription("FTFW or NOTRACK.") @Required ConntrackdMode mode,
    @JsonPropertyDescription("Protocols that are replicated; empty: all.") @Required @Size(max = 9)
        List<IpProtocol> protocols) {

  public NodeConntrackd {
    peers = Copies.list(peers);
    protocols = Copies.list(protocols);
  }

  /** The peers as values. */
  public List<IpAddress> peerAddresses() {
    return peers.stream().map(IpAddress::parse).toList();
  }
}
