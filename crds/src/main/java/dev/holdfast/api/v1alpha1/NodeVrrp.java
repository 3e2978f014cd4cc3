package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import org.jspecify.annotations.Nullable;

/** How the role is negotiated, every default filled in. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record NodeVrrp(
    @JsonPropertyDescription("Time between two adverts of all virtual routers.")
        @Required
        @Size(min = 2, max = 16)
        @Pattern("^[0-9]{1,6}(\\.[0-9]{1,6})?(ms|s|m)$")
        String advertisementInterval,
    @JsonPropertyDescription("When a better router takes the role back.") @Required
        Preemption preempt,
    @JsonPropertyDescription("Whose adverts count.") @Required Speakers speakers,
    @JsonPropertyDescription(
            "Adverts to the addresses of the routers instead of the multicast " + "group.")
        @Required
        boolean unicast,
    @JsonPropertyDescription("Virtual addresses live on a macvlan with the virtual MAC.") @Required
        boolean virtualMac,
    @JsonPropertyDescription("Of simple authentication; version 2 only, absent without.")
        @Size(min = 1, max = 8)
        @Nullable String password) {

  public long advertisementIntervalNanos() {
    return DurationText.nanos(advertisementInterval);
  }
}
