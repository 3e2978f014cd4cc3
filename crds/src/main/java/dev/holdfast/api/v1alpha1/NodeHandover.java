package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;

/** How a planned change of the active router goes. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record NodeHandover(
    @JsonPropertyDescription("Without an answer in this time: plain VRRP priority 0.")
        @Required
        @Size(min = 2, max = 16)
        @Pattern("^[0-9]{1,6}(\\.[0-9]{1,6})?(ms|s|m)$")
        String timeout) {

  public long timeoutNanos() {
    return DurationText.nanos(timeout);
  }
}
