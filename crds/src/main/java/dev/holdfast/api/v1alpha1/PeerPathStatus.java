package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;

/** One network over which the link to a peer goes. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record PeerPathStatus(
    @JsonPropertyDescription("Name of the network.") @Required @Size(max = 32) String network,
    @JsonPropertyDescription("\"up\" where the peer is heard, \"silent\" where it is not.")
        @Required
        @Size(max = 32)
        String state) {}
