package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import org.jspecify.annotations.Nullable;

/** One change of this router's role. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record RoleTransition(
    @JsonPropertyDescription("RFC 3339 with milliseconds.") @Required @Size(max = 40) String time,
    @JsonPropertyDescription("Role before.") @Required Role from,
    @JsonPropertyDescription("Role after.") @Required Role to,
    @JsonPropertyDescription("Why, in CamelCase.") @Required @Size(max = 128) String reason,
    @JsonPropertyDescription(
            "For a takeover: from the last sign of life of the router before to our "
                + "first announcement.")
        @Nullable Long gapMillis) {}
