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
    @JsonPropertyDescription("Version of its agent.") @Size(max = 64) @Nullable String version) {}
