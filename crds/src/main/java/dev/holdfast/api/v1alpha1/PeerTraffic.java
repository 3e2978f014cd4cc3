package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;

/** What a link to a peer has carried since the agent started, without the headers of UDP and IP. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record PeerTraffic(
    @JsonPropertyDescription("Datagrams sent.") @Required long datagramsSent,
    @JsonPropertyDescription("Bytes sent.") @Required long bytesSent,
    @JsonPropertyDescription("Datagrams received.") @Required long datagramsReceived,
    @JsonPropertyDescription("Bytes received.") @Required long bytesReceived) {}
