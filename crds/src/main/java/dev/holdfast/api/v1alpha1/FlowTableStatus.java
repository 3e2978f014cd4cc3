package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import org.jspecify.annotations.Nullable;

/** The agent's own table of flows, and how it hears of them. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record FlowTableStatus(
    @JsonPropertyDescription("Flows and expectations, ours and theirs, and some that ended.")
        @Required
        long entries,
    @JsonPropertyDescription("Most that it takes; beyond that flows are not replicated.") @Required
        long entriesMax,
    @JsonPropertyDescription("Memory that it has, in bytes.") @Required long bytes,
    @JsonPropertyDescription("Flows that found no room.") @Required long refused,
    @JsonPropertyDescription("Receive buffer for the kernel's events, in bytes.") @Required
        long receiveBufferBytes,
    @JsonPropertyDescription("Times that the kernel dropped events; each led to a new reading.")
        @Required
        long overruns,
    @JsonPropertyDescription("The kernel's messages about flows that could not be read.")
        @Nullable Long malformed) {}
