package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;

/** A flow that the kernel refused. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record FailedFlow(
    @JsonPropertyDescription("As conntrack lists it.") @Required @Size(max = 512) String flow,
    @JsonPropertyDescription("Name and meaning of the errno.") @Required @Size(max = 128)
        String errno) {}
