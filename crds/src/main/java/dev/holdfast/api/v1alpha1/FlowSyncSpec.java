package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How flows reach the other routers. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@ValidationRule(
    value = "self.protocol == 'Conntrackd' || !has(self.conntrackd)",
    message = "counts with protocol: Conntrackd only; write that, or remove it",
    fieldPath = ".conntrackd")
public record FlowSyncSpec(
    @JsonPropertyDescription(
            "Holdfast: the sealed link. Conntrackd: to share a link with a " + "conntrackd.")
        @Default("Holdfast")
        @Nullable FlowSyncProtocol protocol,
    @JsonPropertyDescription("UDP port of the sealed link.") @Default("3781") @Min(1) @Max(65535)
        @Nullable Integer port,
    @JsonPropertyDescription(
            "With protocol Conntrackd: multicast 225.0.0.50:3780, FTFW, all "
                + "protocols when left out.")
        @Nullable ConntrackdSpec conntrackd,
    @JsonPropertyDescription(
            "Continuous: flows are in the backup's kernel all the time. OnTakeover: "
                + "they are kept aside until needed.")
        @Default("Continuous")
        @Nullable CommitMode commit,
    @JsonPropertyDescription(
            "Prefixes whose flows are not replicated, judged by original source and "
                + "reply source; besides the router's own flows, loopback, the Sync "
                + "network, pod and service networks, which never are.")
        @Size(max = 64)
        @ValidationRule(value = CelRules.NETWORKS, messageExpression = CelRules.NETWORKS_MESSAGE)
        List<@Size(min = 2, max = 43) String> ignore) {

  public FlowSyncSpec {
    ignore = Copies.list(ignore);
  }
}
