package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import java.util.Map;

/** How many flows there are, and why some are not protected. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record FlowStatus(
    @JsonPropertyDescription("Flows that this router tracks.") @Required long tracked,
    @JsonProperty("protected")
        @JsonPropertyDescription("Those of them that a peer holds.")
        @Required
        long protectedFlows,
    @JsonPropertyDescription("The others by reason.") @Size(max = 32)
        Map<String, Long> unprotected) {

  public FlowStatus {
    unprotected = Copies.map(unprotected);
  }
}
