package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Flow sync with one other router. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record PeerStatus(
    @JsonPropertyDescription("Which one.") @Required @Size(max = 253) String router,
    @JsonPropertyDescription("Network that carries its flow data.") @Size(max = 32)
        @Nullable String path,
    @JsonPropertyDescription("The networks that the link can go over, best first.") @Size(max = 16)
        List<PeerPathStatus> paths,
    @JsonPropertyDescription("State of the link.") @Required @Size(max = 32) String state,
    @JsonPropertyDescription("Position of what was sent.") @Required long positionSent,
    @JsonPropertyDescription("Position that the peer has acknowledged.") @Required
        long positionAcknowledged,
    @JsonPropertyDescription("Age of the oldest change that is not acknowledged.")
        @Nullable Long lagMillis,
    @JsonPropertyDescription("Messages that did not arrive.") @Required long lost,
    @JsonPropertyDescription("Messages sent again.") @Required long resent,
    @JsonPropertyDescription("What the link has carried.") @Nullable PeerTraffic traffic) {

  public PeerStatus {
    paths = Copies.list(paths);
  }
}
