package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import org.jspecify.annotations.Nullable;

/** What is logged of the packets that the policy drops. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record LogSpec(
    @JsonPropertyDescription("Lines at most, like 2/min, 10/second, 100/hour or 50/day.")
        @Default("2/min")
        @Size(min = 3, max = 16)
        @Pattern("^[1-9][0-9]{0,4}/(s|sec|second|m|min|minute|h|hour|d|day)$")
        @Nullable String rate,
    @JsonPropertyDescription("Beginning of each line, at most 28 printable ASCII characters.")
        @Default("DROP: ")
        @Size(max = 28)
        @Pattern("^[ !#-~]*$")
        @Nullable String prefix) {}
