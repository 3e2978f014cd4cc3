package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** How a planned change of the active router goes. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
    value =
        "!self.timeout.matches('^[0-9]{1,6}([.][0-9]{1,6})?(ms|s|m)$') "
            + "|| duration(self.timeout) >= duration('1s') && duration(self.timeout) <= duration('60s')",
    message = "write 1s to 60s",
    fieldPath = ".timeout")
public record HandoverSpec(
    @JsonPropertyDescription("Cordoning a node moves the role off it.") @Default("true")
        @Nullable Boolean onCordon,
    @JsonPropertyDescription("Without an answer in this time: plain VRRP priority 0. 1s to 60s.")
        @Default("5s")
        @Size(min = 2, max = 16)
        @ValidationRule(value = CelRules.DURATION, message = CelRules.DURATION_MESSAGE)
        @Nullable String timeout) {}
