package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.holdfast.api.addr.Prefix;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How flows reach the other routers, every default filled in. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record NodeFlowSync(
    @JsonPropertyDescription("Holdfast or Conntrackd.") @Required FlowSyncProtocol protocol,
    @JsonPropertyDescription("UDP port of the sealed link and its hello.")
        @Required
        @Min(1)
        @Max(65535)
        int port,
    @JsonPropertyDescription("Present with protocol Conntrackd only.")
        @Nullable NodeConntrackd conntrackd,
    @JsonPropertyDescription("When peers' flows are written into this kernel.") @Required
        CommitMode commit,
    @JsonPropertyDescription(
            "Prefixes whose flows are not replicated: the user's, and the pod and "
                + "service networks. The router's own addresses, loopback and the Sync "
                + "network are known to the agent.")
        @Required
        @Size(max = 96)
        List<@Size(min = 2, max = 43) String> ignore) {

  public NodeFlowSync {
    ignore = Copies.list(ignore);
  }

  /** The prefixes that are not replicated, as values. */
  public List<Prefix> ignoredPrefixes() {
    return ignore.stream().map(Prefix::parse).toList();
  }
}
