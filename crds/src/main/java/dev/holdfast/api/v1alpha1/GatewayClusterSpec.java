package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a person writes: the routers, the networks, and everything else by default. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
    value = "self.networks.exists(n, n.role != 'Sync')",
    message = "has Sync networks only; write a LAN or a WAN that hosts use",
    fieldPath = ".networks")
@ValidationRule(
    value = "self.networks.exists(n, n.role != 'WAN')",
    message =
        "has WAN networks only, and routers do not speak to each other over a WAN; write a LAN or a Sync network",
    fieldPath = ".networks")
@ValidationRule(
    value =
        "self.routers.all(r, !has(r.interfaces) || r.interfaces.all(k, self.networks.exists(n, n.name == k)))",
    message = "interfaces has a name that no network has; write names of spec.networks",
    fieldPath = ".routers")
@ValidationRule(
    value =
        "self.routers.all(r, !has(r.addresses) || r.addresses.all(k, self.networks.exists(n, n.name == k)))",
    message = "addresses has a name that no network has; write names of spec.networks",
    fieldPath = ".routers")
@ValidationRule(
    value =
        "self.routers.all(r, self.networks.all(n, self.networks.exists_one(m, (has(r.interfaces) && m.name in r.interfaces ? r.interfaces[m.name] : m.interface) == (has(r.interfaces) && n.name in r.interfaces ? r.interfaces[n.name] : n.interface))))",
    message =
        "two networks have one interface on a router; give each network its own, in networks or in the router's interfaces",
    fieldPath = ".routers")
@ValidationRule(
    value =
        "self.routers.all(r, !has(r.addresses) || self.networks.all(n, !(n.name in r.addresses) || !has(n.virtualAddresses) "
            + "|| !n.virtualAddresses.exists(v, r.addresses[n.name].exists(a, v.startsWith(a + '/')))))",
    message = "addresses has a virtual address; write the router's own address",
    fieldPath = ".routers")
@ValidationRule(
    value =
        "self.networks.all(n, !has(n.virtualAddresses) || n.virtualAddresses.all(v, "
            + "self.networks.exists_one(m, has(m.virtualAddresses) && v in m.virtualAddresses)))",
    message = "one virtual address is on two networks; write each address once",
    fieldPath = ".networks")
@ValidationRule(
    value =
        "self.networks.map(n, has(n.gateways) ? n.gateways.filter(g, !g.contains(':')).size() : 0).sum() <= 1 "
            + "&& self.networks.map(n, has(n.gateways) ? n.gateways.filter(g, g.contains(':')).size() : 0).sum() <= 1",
    message =
        "there are two default gateways of one family; write one per family in all networks together",
    fieldPath = ".networks")
@ValidationRule(
    value =
        "!self.vrrp.unicast || self.routers.all(r, self.networks.all(n, n.role == 'Sync' || !has(n.virtualAddresses)"
            + " || has(r.addresses) && n.name in r.addresses"
            + " && (!n.virtualAddresses.exists(v, v.contains(':')) || r.addresses[n.name].exists(a, a.contains(':')))"
            + " && (!n.virtualAddresses.exists(v, !v.contains(':')) || r.addresses[n.name].exists(a, !a.contains(':')))))",
    message =
        "with vrrp.unicast write every router's own addresses on every LAN and WAN, in each family that it serves",
    fieldPath = ".routers")
@ValidationRule(
    value =
        "self.flowSync.protocol != 'Conntrackd' || size(self.routers) == 2 "
            + "|| has(self.flowSync.conntrackd) && self.flowSync.conntrackd.mode == 'NOTRACK'",
    message =
        "is Conntrackd, whose FTFW links two routers; write Holdfast, or conntrackd.mode: NOTRACK",
    fieldPath = ".flowSync.protocol")
@ValidationRule(
    value =
        "!has(self.firewall.forward) || self.firewall.forward.all(r, !has(r.from) || self.networks.exists(n, n.name == r.from || n.role == r.from))",
    message =
        "from is the name of no network; write a name of spec.networks, or a role that one has",
    fieldPath = ".firewall.forward")
@ValidationRule(
    value =
        "!has(self.firewall.forward) || self.firewall.forward.all(r, !has(r.to) || self.networks.exists(n, n.name == r.to || n.role == r.to))",
    message = "to is the name of no network; write a name of spec.networks, or a role that one has",
    fieldPath = ".firewall.forward")
@ValidationRule(
    value =
        "!has(self.firewall.input) || self.firewall.input.all(r, !has(r.from) || self.networks.exists(n, n.name == r.from || n.role == r.from))",
    message =
        "from is the name of no network; write a name of spec.networks, or a role that one has",
    fieldPath = ".firewall.input")
@ValidationRule(
    value =
        "!has(self.firewall.output) || self.firewall.output.all(r, !has(r.to) || self.networks.exists(n, n.name == r.to || n.role == r.to))",
    message = "to is the name of no network; write a name of spec.networks, or a role that one has",
    fieldPath = ".firewall.output")
@ValidationRule(
    value =
        "!has(self.nat.portForwards) || self.nat.portForwards.all(p, self.networks.exists(n, n.role == 'WAN' && (n.name == p.from || n.role == p.from)))",
    message = "from is no WAN; write the WAN on which the port is open",
    fieldPath = ".nat.portForwards")
@ValidationRule(
    value = "!has(self.roleHooks) || self.agent.mode == 'Host'",
    message =
        "cannot run in a pod; write agent.mode: Host, or remove them and watch the label holdfast.dev/role of the pods",
    fieldPath = ".roleHooks")
public record GatewayClusterSpec(
    @JsonPropertyDescription("The routers that share the virtual addresses, two or more.")
        @Required
        @Size(min = 2, max = 8)
        List<RouterSpec> routers,
    @JsonPropertyDescription("The attached segments: at least one with virtual addresses.")
        @Required
        @Size(min = 1, max = 16)
        List<NetworkSpec> networks,
    @JsonPropertyDescription("How the role is negotiated.") @Default("{}") @Nullable VrrpSpec vrrp,
    @JsonPropertyDescription("How flows reach the other routers.") @Default("{}")
        @Nullable FlowSyncSpec flowSync,
    @JsonPropertyDescription("What may pass the gateway, reach the routers and leave them.")
        @Default("{}")
        @Nullable FirewallSpec firewall,
    @JsonPropertyDescription("Translation of addresses.") @Default("{}") @Nullable NatSpec nat,
    @JsonPropertyDescription("How a planned change of the active router goes.") @Default("{}")
        @Nullable HandoverSpec handover,
    @JsonPropertyDescription("Commands that follow the role; with a file and in Host mode only.")
        @Nullable RoleHooksSpec roleHooks,
    @JsonPropertyDescription("How the agents run.") @Default("{}") @Nullable AgentSpec agent) {

  public GatewayClusterSpec {
    routers = Copies.list(routers);
    networks = Copies.list(networks);
  }
}
