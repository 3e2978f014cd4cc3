package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Size;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Flow sync with every other router. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record FlowSyncStatus(
    @JsonPropertyDescription("One per other router.") @Size(max = 8) List<PeerStatus> peers,
    @JsonPropertyDescription(
            "Fingerprints of the link keys that the agent holds, the one that it seals with first: "
                + "the first eight hexadecimal digits of the SHA-256 of the key's bytes.")
        @Size(max = 2)
        List<@Size(min = 8, max = 8) String> keys,
    @JsonPropertyDescription("The peers' flows in this router's kernel.")
        @Nullable FlowCommitStatus commit,
    @JsonPropertyDescription("The agent's table of flows.") @Nullable FlowTableStatus table,
    @JsonPropertyDescription("Datagrams and messages on the links that did not count, by reason.")
        @Size(max = 64)
        Map<String, Long> dropped,
    @JsonPropertyDescription("Flows from this router's disk, since the agent started.")
        @Nullable RestoredFlows restored) {

  public FlowSyncStatus {
    peers = Copies.list(peers);
    keys = Copies.list(keys);
    dropped = Copies.map(dropped);
  }

  /** Without counts. */
  public FlowSyncStatus(List<PeerStatus> peers, List<String> keys) {
    this(peers, keys, null, null, Map.of(), null);
  }
}
