package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import org.jspecify.annotations.Nullable;

/** A setting of the kernel that the agent takes care of. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record KernelSetting(
    @JsonPropertyDescription("Like net.ipv4.ip_forward.") @Required @Size(max = 128) String name,
    @JsonPropertyDescription("What it is now.") @Required @Size(max = 64) String value,
    @JsonPropertyDescription("What it was, and becomes again on removal; absent when unchanged.")
        @Size(max = 64)
        @Nullable String before,
    @JsonPropertyDescription("Why it is not as it should be.") @Size(max = 256)
        @Nullable String problem) {}
