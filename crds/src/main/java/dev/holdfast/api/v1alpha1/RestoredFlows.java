package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;

/** What came from the disk when this router took the role after a boot, and no peer told it. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record RestoredFlows(
    @JsonPropertyDescription("Flows that were put into the kernel.") @Required long restored,
    @JsonPropertyDescription(
            "Flows that were on the disk; the others had expired, are left out by the rules, or are "
                + "translated with an address that is not this router's any more.")
        @Required
        long kept,
    @JsonPropertyDescription("When the disk was written.") @Required @Size(max = 64)
        String writtenAt) {}
