package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import org.jspecify.annotations.Nullable;

/** How the role last came to the router that has it. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record LastTransition(
    @JsonPropertyDescription("RFC 3339 with milliseconds.") @Required @Size(max = 40) String time,
    @JsonPropertyDescription("The router that had it before, if any was known.") @Size(max = 253)
        @Nullable String from,
    @JsonPropertyDescription("The router that has it; absent when nobody has.") @Size(max = 253)
        @Nullable String to,
    @JsonPropertyDescription("Why, in CamelCase.") @Required @Size(max = 128) String reason,
    @JsonPropertyDescription(
            "From the last sign of life of the router before to the first "
                + "announcement of the new one.")
        @Nullable Long gapMillis) {}
