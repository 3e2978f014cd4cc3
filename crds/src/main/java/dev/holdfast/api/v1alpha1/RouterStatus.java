package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import org.jspecify.annotations.Nullable;

/** One router, as its cluster shows it. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record RouterStatus(
    @JsonPropertyDescription("Which one.") @Required @Size(max = 253) String node,
    @JsonPropertyDescription("What it is, by its own word or, when silent, by a peer's.") @Required
        Role role,
    @JsonPropertyDescription("It runs, has what it needs and was heard of lately.") @Required
        boolean ready,
    @JsonPropertyDescription("It and its peers hold each other's flows.") @Required boolean inSync,
    @JsonPropertyDescription("The generation that it works by.") @Nullable Long generation,
    @JsonPropertyDescription("Version of its agent.") @Size(max = 64) @Nullable String version,
    @JsonPropertyDescription(
            "It may be rebooted or lose its power now, and no flow is lost by that.")
        @Required
        boolean safeToReboot,
    @JsonPropertyDescription("Why, or why not, and what would be lost.") @Size(max = 512)
        @Nullable String note) {}
