package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import org.jspecify.annotations.Nullable;

/** How the agents run. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record AgentSpec(
    @JsonPropertyDescription(
            "Pod: the operator runs them. Host: host services that read their "
                + "GatewayNode with a kubeconfig.")
        @Default("Pod")
        @Nullable AgentMode mode) {}
