package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import java.util.List;

/** One port of a WAN that leads to a host of a LAN (IPv4). */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record NodePortForward(
    @JsonPropertyDescription("What its rule comment calls it.") @Required @Size(min = 1, max = 32)
        String name,
    @JsonPropertyDescription("Networks on whose IPv4 virtual addresses the port is open.")
        @Required
        @Size(min = 1, max = 16)
        List<@Size(min = 1, max = 32) @Pattern("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$") String> from,
    @JsonPropertyDescription("A protocol with ports.") @Required IpProtocol protocol,
    @JsonPropertyDescription("Port on the virtual address.") @Required @Min(1) @Max(65535) int port,
    @JsonPropertyDescription("IPv4 address of the host.") @Required @Size(min = 7, max = 15)
        String toAddress,
    @JsonPropertyDescription("Port of the host.") @Required @Min(1) @Max(65535) int toPort,
    @JsonPropertyDescription("The LAN that the host is in or behind.")
        @Required
        @Size(min = 1, max = 32)
        @Pattern("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")
        String toNetwork) {

  public NodePortForward {
    from = Copies.list(from);
  }
}
