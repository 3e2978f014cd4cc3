package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** One port of the WAN that leads to a host of the LAN (IPv4). */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
    value = "self.protocol in ['TCP', 'UDP', 'SCTP', 'DCCP', 'UDPLITE']",
    message = "has no ports; write TCP or UDP",
    fieldPath = ".protocol")
public record PortForwardSpec(
    @JsonPropertyDescription(
            "Shown in the rule comment; port-forward-1, port-forward-2 … when left out.")
        @Size(min = 1, max = 32)
        @ValidationRule(value = CelRules.NAME, message = CelRules.NAME_MESSAGE)
        @Nullable String name,
    @JsonPropertyDescription(
            "Network on whose virtual addresses the port is open, by name or role.")
        @Default("WAN")
        @Size(min = 1, max = 32)
        @Nullable String from,
    @JsonPropertyDescription("TCP, UDP or another protocol with ports.") @Default("TCP")
        @Nullable IpProtocol protocol,
    @JsonPropertyDescription("Port on the virtual address.") @Required @Min(1) @Max(65535)
        @Nullable Integer port,
    @JsonPropertyDescription(
            "IPv4 address and port of the host, like 192.168.0.50:80; the port is "
                + "the same when left out.")
        @Required
        @Size(min = 7, max = 21)
        @ValidationRule(
            value =
                "isIP(self.split(':')[0]) && self.matches('^[0-9.]+(:[1-9][0-9]{0,4})?$') && (!self.contains(':') || int(self.split(':')[1]) <= 65535)",
            message =
                "write an IPv4 address and a port, like 192.168.0.50:80; for IPv6 write a forward rule instead")
        String to) {}
