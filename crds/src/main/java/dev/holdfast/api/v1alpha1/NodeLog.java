package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;

/** What is logged of the packets that the policy drops. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record NodeLog(
    @JsonPropertyDescription("Lines at most, like 2/min.") @Required @Size(min = 3, max = 16)
        String rate,
    @JsonPropertyDescription("Beginning of each line.") @Required @Size(max = 28) String prefix) {}
