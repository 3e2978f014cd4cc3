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

/** The policy: what may pass the gateway, reach the routers and leave them. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
    value =
        "!has(self.forward) || self.forward.all(r, !has(r.name) || self.forward.exists_one(q, has(q.name) && q.name == r.name))",
    message = "name each rule once",
    fieldPath = ".forward")
@ValidationRule(
    value =
        "!has(self.input) || self.input.all(r, !has(r.name) || self.input.exists_one(q, has(q.name) && q.name == r.name))",
    message = "name each rule once",
    fieldPath = ".input")
@ValidationRule(
    value =
        "!has(self.output) || self.output.all(r, !has(r.name) || self.output.exists_one(q, has(q.name) && q.name == r.name))",
    message = "name each rule once",
    fieldPath = ".output")
@ValidationRule(
    value = "!has(self.output) || !self.output.exists(r, has(r.from))",
    message = "from has no place in an output rule: the router itself sends; remove it",
    fieldPath = ".output")
@ValidationRule(
    value = "!has(self.input) || !self.input.exists(r, has(r.to))",
    message = "to has no place in an input rule: the router itself receives; remove it",
    fieldPath = ".input")
public record FirewallSpec(
    @JsonPropertyDescription("What happens to packets that no rule names.") @Default("Drop")
        @Nullable Verdict defaultPolicy,
    @JsonPropertyDescription(
            "New flows through the gateway; replies always pass. From LAN to WAN "
                + "when left out.")
        @Size(max = 256)
        @Nullable List<RuleSpec> forward,
    @JsonPropertyDescription(
            "What may reach the router itself. SSH, ICMP and the API server's port "
                + "from the LAN when left out.")
        @Size(max = 256)
        @Nullable List<RuleSpec> input,
    @JsonPropertyDescription(
            "What may leave the router itself. ICMP, DNS, NTP, HTTP and HTTPS to "
                + "the WAN, ICMP, DNS and NTP to the LAN when left out.")
        @Size(max = 256)
        @Nullable List<RuleSpec> output,
    @JsonPropertyDescription(
            "Auto keeps Kubernetes' own ports open to every node's InternalIP and "
                + "the API endpoints.")
        @Default("Auto")
        @Nullable ClusterTrafficMode clusterTraffic,
    @JsonPropertyDescription("What is logged of the packets that are dropped.")
        @Default("{\"rate\":\"2/min\",\"prefix\":\"DROP: \"}")
        @Nullable LogSpec log,
    @JsonPropertyDescription(
            "A new policy is rolled back unless everyone who was heard in the five "
                + "seconds before it is heard again within this time.")
        @Default("30")
        @Min(5)
        @Max(600)
        @Nullable Integer confirmSeconds) {}
