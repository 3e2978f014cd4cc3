package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One attached segment. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@ValidationRule(
    value = "self.role == 'Sync' || has(self.virtualRouterId)",
    message =
        "is missing on a LAN or WAN; write 1 to 255, a number that no other VRRP speaker uses there",
    fieldPath = ".virtualRouterId")
@ValidationRule(
    value = "self.role == 'Sync' || has(self.virtualAddresses) && size(self.virtualAddresses) > 0",
    message = "is missing on a LAN or WAN; write the addresses that hosts use, like 192.168.0.3/24",
    fieldPath = ".virtualAddresses")
@ValidationRule(
    value = "self.role != 'Sync' || !has(self.virtualRouterId)",
    message = "has no place on a Sync network, which has no VRRP; remove it",
    fieldPath = ".virtualRouterId")
@ValidationRule(
    value =
        "self.role != 'Sync' || !has(self.virtualAddresses) || size(self.virtualAddresses) == 0",
    message = "have no place on a Sync network; remove them, or write role: LAN",
    fieldPath = ".virtualAddresses")
@ValidationRule(
    value = "self.role == 'WAN' || !has(self.gateways) || size(self.gateways) == 0",
    message = "are for a WAN; remove them",
    fieldPath = ".gateways")
@ValidationRule(
    value = "self.role == 'LAN' || !has(self.routes) || size(self.routes) == 0",
    message = "are for a LAN; remove them",
    fieldPath = ".routes")
@ValidationRule(
    value =
        "!has(self.gateways) || !has(self.virtualAddresses) || self.gateways.all(g, !isIP(g) "
            + "|| ip(g).isLinkLocalUnicast() "
            + "|| !self.virtualAddresses.exists(v, isCIDR(v) && cidr(v).ip().family() == ip(g).family() && cidr(v).prefixLength() < (ip(g).family() == 4 ? 32 : 128)) "
            + "|| self.virtualAddresses.exists(v, isCIDR(v) && cidr(v).containsIP(g)))",
    message = "write next hops inside the prefix of this network's virtual addresses",
    fieldPath = ".gateways")
@ValidationRule(
    value =
        "!has(self.gateways) || !has(self.virtualAddresses) || self.gateways.all(g, "
            + "!self.virtualAddresses.exists(v, v.startsWith(g + '/')))",
    message = "name a virtual address; write the next hop's address",
    fieldPath = ".gateways")
@ValidationRule(
    value =
        "self.role != 'LAN' || !has(self.virtualAddresses) || self.virtualAddresses.all(v, !isCIDR(v) "
            + "|| cidr(v).ip().isLinkLocalUnicast() "
            + "|| self.virtualAddresses.exists(w, isCIDR(w) && cidr(w).prefixLength() < (cidr(w).ip().family() == 4 ? 32 : 128) && cidr(w).containsIP(cidr(v).ip())))",
    message =
        "write the prefix length of the segment, like 192.168.0.3/24: by it the LAN's hosts are known",
    fieldPath = ".virtualAddresses")
public record NetworkSpec(
    @JsonPropertyDescription("What rules and maps call it.")
        @Required
        @Size(min = 1, max = 32)
        @ValidationRule(value = CelRules.NAME, message = CelRules.NAME_MESSAGE)
        String name,
    @JsonPropertyDescription(
            "WAN: the way out. LAN: the hosts whose gateway this is. Sync: between "
                + "the routers only.")
        @Required
        NetworkRole role,
    @JsonProperty("interface")
        @JsonPropertyDescription(
            "Name of the interface on every router that does not say otherwise in "
                + "routers[].interfaces.")
        @Required
        @Size(min = 1, max = 15)
        @ValidationRule(value = CelRules.INTERFACE, message = CelRules.INTERFACE_MESSAGE)
        String interfaceName,
    @JsonPropertyDescription(
            "VRID, 1 to 255, of the virtual routers of both families. Unique on the "
                + "segment, also among other VRRP speakers there. WAN and LAN only.")
        @Min(1)
        @Max(255)
        @Nullable Integer virtualRouterId,
    @JsonPropertyDescription(
            "Addresses that move with the role, with the prefix length of the "
                + "segment, like 192.168.0.3/24. WAN and LAN only.")
        @Size(max = 16)
        @ValidationRule(
            value = "self.all(v, self.exists_one(w, w == v))",
            message = "write each address once")
        @ValidationRule(
            value = "self.all(v, isCIDR(v))",
            messageExpression =
                "self.filter(v, !isCIDR(v))[0] + ' is no address with a prefix length; write it like 192.168.0.3/24'")
        @ValidationRule(
            value =
                "self.all(v, !isCIDR(v) || cidr(v).ip().isGlobalUnicast() || cidr(v).ip().isLinkLocalUnicast())",
            message = "write addresses of hosts, not multicast or loopback ones")
        @ValidationRule(
            value =
                "self.all(v, !isCIDR(v) || cidr(v).prefixLength() >= (cidr(v).ip().family() == 4 ? 31 : 127) || !(cidr(v) == cidr(v).masked()))",
            messageExpression =
                "self.filter(v, isCIDR(v) && cidr(v).prefixLength() < (cidr(v).ip().family() == 4 ? 31 : 127) && cidr(v) == cidr(v).masked())[0] + ' is the segment itself; write the address of a host in it'")
        List<@Size(min = 2, max = 43) String> virtualAddresses,
    @JsonPropertyDescription(
            "Next hops on this network, one per family; the default route goes "
                + "there, and they are probed once a second. WAN only.")
        @Size(max = 2)
        @ValidationRule(value = CelRules.HOSTS, messageExpression = CelRules.HOSTS_MESSAGE)
        List<@Size(min = 2, max = 39) String> gateways,
    @JsonPropertyDescription(
            "Prefixes behind inner routers of this LAN: forwarded, translated and "
                + "replicated like the LAN's own.")
        @Size(max = 64)
        @ValidationRule(value = CelRules.NETWORKS, messageExpression = CelRules.NETWORKS_MESSAGE)
        @ValidationRule(
            value = "self.all(p, !p.endsWith('/0'))",
            message = "write the prefixes behind this LAN, not everything")
        List<@Size(min = 2, max = 43) String> routes) {

  public NetworkSpec {
    virtualAddresses = Copies.list(virtualAddresses);
    gateways = Copies.list(gateways);
    routes = Copies.list(routes);
  }
}
