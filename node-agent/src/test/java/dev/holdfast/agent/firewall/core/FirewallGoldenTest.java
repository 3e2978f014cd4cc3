package dev.holdfast.agent.firewall.core;

import dev.holdfast.api.addr.Family;
import dev.holdfast.api.render.KubernetesFacts;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The policy as text")
class FirewallGoldenTest {

  /** A modem that takes smaller packets than the LAN, as with PPPoE. */
  private static final RouterFacts NARROW_WAN =
      new RouterFacts(
          Map.of(
              "eth0", new RouterFacts.Interface(2, 1492),
              "eth1", new RouterFacts.Interface(3, 1500),
              "eth2", new RouterFacts.Interface(4, 1500)));

  @Test
  void ofTheArticlesGateway() throws IOException {
    check("article", Policies.example("article"), RouterFacts.NONE);
  }

  @Test
  void ofTwoFamilies() throws IOException {
    check("dual-stack", Policies.example("dual-stack"), RouterFacts.NONE);
  }

  @Test
  void besideKeepalivedAndConntrackd() throws IOException {
    check("beside-keepalived", Policies.example("beside-keepalived"), RouterFacts.NONE);
  }

  @Test
  void ofAKubernetesClusterWithForwardsAndRules() throws IOException {
    GatewayNodeSpec spec =
        Policies.article(
            """
            vrrp: {virtualMac: true}
            firewall:
              forward:
                - {name: no-mail, from: LAN, to: WAN, protocol: TCP, ports: [25, 465, 587], action: Drop}
                - {from: LAN, to: WAN}
              input:
                - {name: ssh, from: LAN, protocol: TCP, ports: [22]}
                - {name: bad-host, from: WAN, sources: [203.0.113.66, 203.0.113.96/27], action: Drop}
                - {name: wireguard, from: WAN, protocol: UDP, ports: [51820]}
                - {name: closed, from: WAN, action: Drop}
              log: {rate: 10/min, prefix: "gateway drop "}
            nat:
              sources: [172.16.0.0/12]
              portForwards:
                - {name: web, port: 8080, to: "192.168.0.50:80"}
                - {name: game, protocol: UDP, port: 27015, to: 192.168.0.60}
            """,
            new KubernetesFacts(
                List.of("192.168.0.1", "192.168.0.2", "10.0.0.77"),
                List.of("172.20.0.0/16", "fd00:42::/56"),
                List.of("10.43.0.0/16"),
                List.of("192.168.0.1:6443", "192.168.0.9:6443")));
    check("kubernetes", spec, NARROW_WAN);
  }

  private static void check(String name, GatewayNodeSpec spec, RouterFacts facts)
      throws IOException {
    Ruleset ruleset = FirewallPlanner.plan(spec, facts);
    Golden.check(name + ".iptables", RulesetText.iptables(ruleset, Family.IPV4));
    Golden.check(name + ".ip6tables", RulesetText.iptables(ruleset, Family.IPV6));
  }
}
