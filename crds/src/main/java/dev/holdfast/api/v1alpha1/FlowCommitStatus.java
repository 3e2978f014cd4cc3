package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import java.util.List;
import java.util.Map;

/** What became of the peers' flows in this router's kernel. Counts since the agent started. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record FlowCommitStatus(
    @JsonPropertyDescription("Requests that the kernel took.") @Required long committed,
    @JsonPropertyDescription(
            "What was in the way of a peer's flow and was deleted: SameTuple, SameReply, StaleState.")
        @Size(max = 8)
        Map<String, Long> clashes,
    @JsonPropertyDescription("What flows were written without, because this kernel has none.")
        @Size(max = 8)
        Map<String, Long> leftOut,
    @JsonPropertyDescription("Flows that the kernel refused, by errno.") @Size(max = 32)
        Map<String, Long> failed,
    @JsonPropertyDescription("The last flows that the kernel refused.") @Size(max = 10)
        List<FailedFlow> lastFailed,
    @JsonPropertyDescription("Flows that had timed out here while they live elsewhere, put back.")
        @Required
        long putBack,
    @JsonPropertyDescription("Leftovers of an earlier life of this router, taken out.") @Required
        long purged,
    @JsonPropertyDescription(
            "Flows of the peers that this kernel does not hold now, because it refused them.")
        long missing) {

  public FlowCommitStatus {
    clashes = Copies.map(clashes);
    leftOut = Copies.map(leftOut);
    failed = Copies.map(failed);
    lastFailed = Copies.list(lastFailed);
  }
}
