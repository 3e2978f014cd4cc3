package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.holdfast.api.addr.Family;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One virtual router as its router sees it. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record VirtualRouterStatus(
    @JsonPropertyDescription("Name of the network.") @Required @Size(max = 32) String network,
    @JsonPropertyDescription("IPv4 or IPv6.") @Required Family family,
    @JsonPropertyDescription("Its VRID.") @Required int vrid,
    @JsonPropertyDescription("What this router is in it.") @Required Role state,
    @JsonPropertyDescription("Its virtual addresses.") @Size(max = 17)
        List<@Size(min = 2, max = 43) String> addresses,
    @JsonPropertyDescription(
            "Age of the last advert that counted, our own while this router is active; "
                + "absent when there was none.")
        @Nullable Long lastAdvertAgeMillis,
    @JsonPropertyDescription("Who sent it.") @Size(max = 45) @Nullable String sender,
    @JsonPropertyDescription("Adverts sent, received and dropped, by reason.") @Size(max = 64)
        Map<String, Long> counters) {

  public VirtualRouterStatus {
    addresses = Copies.list(addresses);
    counters = Copies.map(counters);
  }

  /** The same after the agent has ended. */
  VirtualRouterStatus stopped() {
    return new VirtualRouterStatus(
        network, family, vrid, Role.INITIALIZE, addresses, null, null, counters);
  }
}
