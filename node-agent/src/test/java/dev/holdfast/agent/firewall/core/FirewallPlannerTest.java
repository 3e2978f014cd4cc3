package dev.holdfast.agent.firewall.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.api.addr.Family;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("From a resource to rules")
class FirewallPlannerTest {

  private static List<String> chain(String yaml, Family family, TableName table, String name) {
    return FirewallPlanner.plan(Policies.article(yaml), RouterFacts.NONE)
        .table(new TableKey(family, table))
        .chain(name)
        .map(Chain::texts)
        .orElse(List.of());
  }

  private static List<String> input(String yaml, Family family) {
    return chain(yaml, family, TableName.FILTER, "HOLDFAST-IN");
  }

  private static int index(List<String> rules, String containing) {
    for (int i = 0; i < rules.size(); i++) {
      if (rules.get(i).contains(containing)) {
        return i;
      }
    }
    return -1;
  }

  @Test
  void aRuleWithoutAddressesIsARuleOfBothFamilies() {
    String yaml = "firewall: {input: [{name: web, from: WAN, protocol: TCP, ports: [80]}]}\n";

    assertThat(index(input(yaml, Family.IPV4), "web")).isPositive();
    assertThat(index(input(yaml, Family.IPV6), "web")).isPositive();
  }

  @Test
  void aRuleOfOneFamilyTouchesThatOneOnly() {
    String named = "firewall: {input: [{name: web, from: WAN, family: IPv6}]}\n";
    String addressed = "firewall: {input: [{name: web, from: WAN, sources: [203.0.113.0/24]}]}\n";

    assertThat(index(input(named, Family.IPV4), "web")).isNegative();
    assertThat(index(input(named, Family.IPV6), "web")).isPositive();
    assertThat(index(input(addressed, Family.IPV4), "-s 203.0.113.0/24")).isPositive();
    assertThat(index(input(addressed, Family.IPV6), "web")).isNegative();
  }

  @Test
  void aDropThatNamesNobodyDoesNotReachWhatTheGatewayLivesOn() {
    List<String> rules =
        input(
            """
            firewall:
              input:
                - {name: ssh, from: LAN, protocol: TCP, ports: [22]}
                - {name: closed, from: WAN, action: Drop}
            """,
            Family.IPV4);

    assertThat(index(rules, "ssh")).isLessThan(index(rules, "vrrp"));
    assertThat(index(rules, "vrrp")).isLessThan(index(rules, "closed"));
    assertThat(index(rules, "dhcp-client")).isLessThan(index(rules, "closed"));
  }

  @Test
  void aDropThatNamesSomebodyShutsHimOutAltogether() {
    List<String> rules =
        input(
            "firewall: {input: [{name: rogue, from: LAN, sources: [192.168.0.66], action: Drop}]}\n",
            Family.IPV4);

    assertThat(index(rules, "rogue")).isLessThan(index(rules, "vrrp"));
    assertThat(rules.get(index(rules, "rogue"))).endsWith("-j HOLDFAST-LOG");
  }

  @Test
  void whatIsOpenedFromTheWanIsOpenedInBothTables() {
    String yaml = "firewall: {input: [{name: web, from: WAN, protocol: TCP, ports: [80, 443]}]}\n";

    assertThat(input(yaml, Family.IPV4))
        .contains(
            "-i eth0 -p tcp -m multiport --dports 80,443 -m conntrack --ctstate NEW -m comment"
                + " --comment web -j ACCEPT");
    assertThat(chain(yaml, Family.IPV4, TableName.MANGLE, "HOLDFAST-WAN-IN"))
        .contains(
            "-i eth0 -p tcp -m multiport --dports 80,443 -m conntrack --ctstate NEW -m comment"
                + " --comment web -j RETURN")
        .endsWith("-j HOLDFAST-LOG");
  }

  @Test
  void whatIsOpenedFromTheLanIsNoBusinessOfTheWansGate() {
    assertThat(chain("", Family.IPV4, TableName.MANGLE, "HOLDFAST-WAN-IN"))
        .noneMatch(rule -> rule.contains("eth1"));
  }

  @Test
  void aLanOpensFlowsFromItsOwnPrefixesItsRoutesAndFurtherSources() {
    GatewayNodeSpec spec = Policies.example("dual-stack");
    List<String> rules =
        FirewallPlanner.plan(spec, RouterFacts.NONE)
            .table(new TableKey(Family.IPV4, TableName.FILTER))
            .chain("HOLDFAST-FWD")
            .orElseThrow()
            .texts();

    assertThat(rules).anyMatch(rule -> rule.startsWith("-s 192.168.0.0/24 -i eth1 -o eth0"));
    assertThat(rules).anyMatch(rule -> rule.startsWith("-s 192.168.64.0/18 -i eth1 -o eth0"));
    assertThat(rules).noneMatch(rule -> rule.startsWith("-i eth1 -o eth0"));
  }

  @Test
  void acceptByDefaultStillAnswersNoPacketOfAnUnknownFlow() {
    List<String> rules = input("firewall: {defaultPolicy: Accept}\n", Family.IPV4);

    assertThat(rules.getLast()).isEqualTo("-j ACCEPT");
    assertThat(index(rules, "--ctstate INVALID -j HOLDFAST-LOG")).isPositive();
    assertThat(index(rules, "! --tcp-flags FIN,SYN,RST,ACK SYN")).isPositive();
    assertThat(
            chain(
                "firewall: {defaultPolicy: Accept}\n",
                Family.IPV4,
                TableName.MANGLE,
                "HOLDFAST-WAN-IN"))
        .noneMatch(rule -> rule.equals("-j HOLDFAST-LOG"));
  }

  @Test
  void sameSpecSamePolicyAndTheGenerationIsNoPartOfIt() {
    Ruleset once = FirewallPlanner.plan(Policies.article(""), RouterFacts.NONE);
    Ruleset again = FirewallPlanner.plan(Policies.article(""), RouterFacts.NONE);
    Ruleset other =
        FirewallPlanner.plan(
            Policies.article("firewall: {log: {rate: 3/min}}\n"), RouterFacts.NONE);

    assertThat(again).isEqualTo(once);
    assertThat(other.mark().policy()).isNotEqualTo(once.mark().policy());
    assertThat(once.tables()).allMatch(table -> table.mark().equals(Optional.of(once.mark())));
  }

  @Test
  void routersWithOtherInterfaceNamesShareAPolicy() {
    String yaml = "vrrp: {version: 3}\n";
    GatewayNodeSpec spec = Policies.article(yaml);
    GatewayNodeSpec renamed =
        Policies.render(
            """
            apiVersion: holdfast.dev/v1alpha1
            kind: GatewayCluster
            metadata: {name: home, namespace: holdfast-system}
            spec:
              routers:
                - {node: router-a, priority: 100, interfaces: {wan: enp1s0}}
                - {node: router-b, priority: 50}
              networks:
                - {name: wan, role: WAN, interface: eth0, virtualRouterId: 10, virtualAddresses: [10.0.0.10/24], gateways: [10.0.0.1]}
                - {name: lan, role: LAN, interface: eth1, virtualRouterId: 11, virtualAddresses: [192.168.0.3/24]}
                - {name: direct, role: Sync, interface: eth2}
            """,
            dev.holdfast.api.render.KubernetesFacts.NONE);

    assertThat(FirewallPlanner.sharedPolicy(renamed)).isEqualTo(FirewallPlanner.sharedPolicy(spec));
    assertThat(FirewallPlanner.plan(renamed, RouterFacts.NONE).mark())
        .isNotEqualTo(FirewallPlanner.plan(spec, RouterFacts.NONE).mark());
  }
}
