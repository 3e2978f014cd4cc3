package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import org.jspecify.annotations.Nullable;

/** The policy as it stands in the kernel. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record FirewallStatus(
    @JsonPropertyDescription("The generation that is applied.") @Nullable Long generation,
    @JsonPropertyDescription(
            "It is taken back unless everyone who was heard before it is heard again; absent once that"
                + " is so.")
        @Nullable Boolean onTrial,
    @JsonPropertyDescription("nft or legacy.") @Size(max = 32) @Nullable String backend,
    @JsonPropertyDescription(
            "Others have rules in both back ends, and every packet is judged by both.")
        boolean mixed,
    @JsonPropertyDescription("How often something of ours was gone and put back.") @Required
        long driftRepaired,
    @JsonPropertyDescription("Packets that reached the log chain.") @Required long logHits) {}
