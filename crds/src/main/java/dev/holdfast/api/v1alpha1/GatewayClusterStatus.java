package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Size;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is really happening; the columns of kubectl get. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record GatewayClusterStatus(
    @JsonPropertyDescription("The generation that this speaks of.")
        @Nullable Long observedGeneration,
    @JsonPropertyDescription("The router that has the role; absent when nobody has.")
        @Size(max = 253)
        @Nullable String active,
    @JsonPropertyDescription("Since when; RFC 3339.") @Size(max = 40) @Nullable String activeSince,
    @JsonPropertyDescription("How the role came there.") @Nullable LastTransition lastTransition,
    @JsonPropertyDescription("Ready routers of all, like 2/2.") @Size(max = 16)
        @Nullable String readyRouters,
    @JsonPropertyDescription(
            "True when the active is in sync with a peer that may take over, else " + "False.")
        @Size(max = 16)
        @Nullable String inSync,
    @JsonPropertyDescription(
            "Of the active router. That they changed is no reason by itself to write this status more "
                + "than once a minute, and only by a tenth; written for another reason it takes them along.")
        @Nullable FlowTotals flows,
    @JsonPropertyDescription("All virtual addresses, for the wide view.") @Size(max = 1024)
        @Nullable String virtualAddresses,
    @JsonPropertyDescription("Each router.") @Size(max = 8) List<RouterStatus> routers,
    @JsonPropertyDescription(
            "Accepted, Ready, Progressing, Degraded, FlowsInSync, SplitBrain; Handover once one "
                + "was asked for.")
        @Size(max = 16)
        List<Condition> conditions) {

  public GatewayClusterStatus {
    routers = Copies.list(routers);
    conditions = Copies.list(conditions);
  }
}
