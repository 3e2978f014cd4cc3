package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;

/** How many flows there are. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record FlowTotals(
    @JsonPropertyDescription("Flows that the active router tracks and that could be replicated.")
        @Required
        long tracked,
    @JsonProperty("protected")
        @JsonPropertyDescription("Those of them that a peer holds.")
        @Required
        long protectedFlows) {}
