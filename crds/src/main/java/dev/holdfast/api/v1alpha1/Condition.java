package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import org.jspecify.annotations.Nullable;

/** One thing that holds or does not, as Kubernetes conditions are. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Condition(
    @JsonPropertyDescription("CamelCase, like Ready.") @Required @Size(min = 1, max = 64)
        String type,
    @JsonPropertyDescription("True, False or Unknown.") @Required ConditionStatus status,
    @JsonPropertyDescription("The generation that it speaks of.") @Nullable Long observedGeneration,
    @JsonPropertyDescription("CamelCase, for programs.") @Required @Size(min = 1, max = 128)
        String reason,
    @JsonPropertyDescription(
            "A sentence for people, with the path of the field where one is meant.")
        @Required
        @Size(max = 4096)
        String message,
    @JsonPropertyDescription("When the status changed; RFC 3339.") @Required @Size(max = 40)
        String lastTransitionTime) {

  /** The same, speaking of that generation. */
  public Condition of(long generation) {
    return new Condition(type, status, generation, reason, message, lastTransitionTime);
  }
}
