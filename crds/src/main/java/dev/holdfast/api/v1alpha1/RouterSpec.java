package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One machine of the gateway cluster. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@ValidationRule(
    value =
        "!has(self.interfaces) || self.interfaces.all(k, !self.interfaces[k].matches('[/:[:space:]]'))",
    message = "write interfaces' names, without space, / and :",
    fieldPath = ".interfaces")
@ValidationRule(
    value = "!has(self.addresses) || self.addresses.all(k, self.addresses[k].all(a, isIP(a)))",
    message = "write addresses like 10.0.0.11 or 2001:db8::11, without a prefix length",
    fieldPath = ".addresses")
public record RouterSpec(
    @JsonPropertyDescription(
            "Name of the Kubernetes node; without Kubernetes any id that --node " + "names.")
        @Required
        @Size(min = 1, max = 253)
        @ValidationRule(
            value = "self.matches('^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$')",
            message = "write a node's name: small letters, digits, hyphens and dots")
        String node,
    @JsonPropertyDescription(
            "Who is preferred, 1 to 254: the higher one is active. Equal priorities "
                + "are decided by the higher address, as VRRP does.")
        @Required
        @Min(1)
        @Max(254)
        @Nullable Integer priority,
    @JsonPropertyDescription(
            "Interface names of this router where they differ: network name to "
                + "interface name.")
        @Size(max = 16)
        Map<String, @Size(min = 1, max = 15) String> interfaces,
    @JsonPropertyDescription(
            "This router's own addresses: network name to addresses, without prefix "
                + "length. Learned by themselves when left out; needed for vrrp.unicast.")
        @Size(max = 16)
        Map<String, @Size(max = 4) List<@Size(min = 2, max = 39) String>> addresses,
    @JsonPropertyDescription("true: the router gives the role up and takes none.") @Default("false")
        @Nullable Boolean maintenance) {

  public RouterSpec {
    interfaces = Copies.map(interfaces);
    addresses = Copies.map(addresses);
  }
}
