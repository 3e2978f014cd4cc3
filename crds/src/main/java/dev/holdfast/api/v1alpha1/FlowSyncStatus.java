package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Size;
import java.util.List;

/** Flow sync with every other router. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record FlowSyncStatus(
    @JsonPropertyDescription("One per other router.") @Size(max = 8) List<PeerStatus> peers) {

  public FlowSyncStatus {
    peers = Copies.list(peers);
  }
}
