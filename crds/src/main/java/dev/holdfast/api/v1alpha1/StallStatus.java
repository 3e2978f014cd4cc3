package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;

/** How often the loop, or the whole machine, stood still. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record StallStatus(
    @JsonPropertyDescription("Stalls since the agent started.") @Required long count,
    @JsonPropertyDescription("The longest of them.") @Required long longestMillis) {}
