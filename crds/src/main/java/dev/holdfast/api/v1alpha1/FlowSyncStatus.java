package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Size;
import java.util.List;

/** Flow sync with every other router. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record FlowSyncStatus(
    @JsonPropertyDescription("One per other router.") @Size(max = 8) List<PeerStatus> peers,
    @JsonPropertyDescription(
            "Fingerprints of the link keys that the agent holds, the one that it seals with first: "
                + "the first eight hexadecimal digits of the SHA-256 of the key's bytes.")
        @Size(max = 2)
        List<@Size(min = 8, max = 8) String> keys) {

  public FlowSyncStatus {
    peers = Copies.list(peers);
    keys = Copies.list(keys);
  }
}
