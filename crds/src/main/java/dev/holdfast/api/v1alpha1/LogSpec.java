package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** What is logged of the packets that the policy drops. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record LogSpec(
    @JsonPropertyDescription("Lines at most, like 2/min, 10/second, 100/hour or 50/day.")
        @Default("2/min")
        @Size(max = 16)
        @ValidationRule(
            value =
                "self.matches('^([1-9][0-9]{0,3}|10000)/(s|sec|second|m|min|minute|h|hour|d|day)$')",
            message = "write 1 to 10000 a second, min, hour or day, like 2/min")
        @Nullable String rate,
    @JsonPropertyDescription("Beginning of each line, at most 28 printable ASCII characters.")
        @Default("\"DROP: \"")
        @Size(max = 28)
        @ValidationRule(
            value = "self.matches('^[ !#-[\\\\]-~]*$')",
            message = "write printable ASCII characters without \" and backslash")
        @Nullable String prefix) {}
