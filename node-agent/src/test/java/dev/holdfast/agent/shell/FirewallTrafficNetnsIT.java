package dev.holdfast.agent.shell;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.firewall.core.BackEnd;
import dev.holdfast.agent.firewall.core.FirewallPlanner;
import dev.holdfast.agent.firewall.core.Policies;
import dev.holdfast.agent.firewall.core.RouterFacts;
import dev.holdfast.agent.shell.IptablesRunner.Outcome;
import dev.holdfast.api.addr.Family;
import dev.holdfast.api.render.KubernetesFacts;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@DisplayName("Packets under the policy, in a real kernel")
class FirewallTrafficNetnsIT {

  /** etcd, API server, VXLAN, kubelet, WireGuard: what k3s opens between its nodes. */
  private static final List<Integer> CLUSTER_PORTS = List.of(2379, 2380, 6443, 8472, 10250, 51820);

  private FirewallWorld world;

  @BeforeEach
  void build() {
    world = new FirewallWorld();
  }

  @AfterEach
  void tearDown() {
    world.close();
  }

  @ParameterizedTest
  @EnumSource
  void hostsOfTheLanGoOutUnderTheVirtualAddress(BackEnd backEnd) {
    world.serve(world.modem, 5000);
    apply(backEnd, "");

    assertThat(world.seenByTcp(world.host, FirewallWorld.INTERNET, 5000))
        .isEqualTo(FirewallWorld.WAN_VIRTUAL);
    assertThat(world.seenByUdp(world.host, FirewallWorld.MODEM, 5000))
        .isEqualTo(FirewallWorld.WAN_VIRTUAL);
    assertThat(world.pings(world.host, FirewallWorld.INTERNET)).isTrue();
    // IPv6 keeps its sources.
    assertThat(world.seenByTcp(world.host, FirewallWorld.INTERNET6, 5000))
        .startsWith("2001:db8:0:2:");
  }

  @ParameterizedTest
  @EnumSource
  void theRoutersOwnTrafficKeepsItsOwnAddress(BackEnd backEnd) {
    world.serve(world.modem, 80);
    apply(backEnd, "");

    assertThat(world.seenByTcp(world.router, FirewallWorld.INTERNET, 80))
        .isEqualTo(FirewallWorld.WAN_OWN);
    // With a LAN source, its own or the virtual one, it goes out with its own WAN address.
    assertThat(world.seenByTcp(world.router, "192.168.0.1", FirewallWorld.INTERNET, 80))
        .isEqualTo(FirewallWorld.WAN_OWN);
    assertThat(world.seenByTcp(world.router, FirewallWorld.LAN_VIRTUAL, FirewallWorld.INTERNET, 80))
        .isEqualTo(FirewallWorld.WAN_OWN);
  }

  @ParameterizedTest
  @EnumSource
  void theRouterAsksForNamesTimeAndUpdatesAndNothingElse(BackEnd backEnd) {
    world.serve(world.modem, 53);
    world.serve(world.modem, 123);
    world.serve(world.modem, 443);
    world.serve(world.modem, 5000);
    world.serve(world.host, 53);
    world.serve(world.host, 5000);
    apply(backEnd, "");

    assertThat(world.seenByUdp(world.router, FirewallWorld.MODEM, 53)).startsWith("10.0.0.");
    assertThat(world.seenByTcp(world.router, FirewallWorld.INTERNET, 53)).startsWith("10.0.0.");
    assertThat(world.seenByUdp(world.router, FirewallWorld.MODEM, 123)).startsWith("10.0.0.");
    assertThat(world.seenByTcp(world.router, FirewallWorld.INTERNET, 443)).startsWith("10.0.0.");
    assertThat(world.seenByTcp(world.router, FirewallWorld.INTERNET6, 443)).startsWith("2001:");
    assertThat(world.seenByUdp(world.router, FirewallWorld.HOST, 53)).startsWith("192.168.0.");
    assertThat(world.pings(world.router, FirewallWorld.INTERNET)).isTrue();
    assertThat(world.seenByTcp(world.router, FirewallWorld.INTERNET, 5000)).isEqualTo("silence");
    assertThat(world.seenByTcp(world.router, FirewallWorld.HOST, 5000)).isEqualTo("silence");
  }

  @ParameterizedTest
  @EnumSource
  void theRouterIsReachedFromTheLanBySshAndPingOnly(BackEnd backEnd) {
    world.serve(world.router, 22);
    world.serve(world.router, 6443);
    world.serve(world.router, 8080);
    apply(backEnd, "");

    assertThat(world.seenByTcp(world.host, "192.168.0.1", 22)).isEqualTo(FirewallWorld.HOST);
    assertThat(world.seenByTcp(world.host, FirewallWorld.LAN_VIRTUAL, 22))
        .isEqualTo(FirewallWorld.HOST);
    assertThat(world.seenByTcp(world.host, "192.168.0.1", 6443)).isEqualTo(FirewallWorld.HOST);
    assertThat(world.seenByTcp(world.host, "2001:db8:0:2::1", 22)).startsWith("2001:db8:0:2:");
    assertThat(world.pings(world.host, FirewallWorld.LAN_VIRTUAL)).isTrue();
    assertThat(world.seenByTcp(world.host, "192.168.0.1", 8080)).isEqualTo("silence");
    assertThat(world.seenByUdp(world.host, "192.168.0.1", 22)).isEqualTo("silence");
    // From the WAN it is not there at all, under no address.
    assertThat(world.seenByTcp(world.modem, FirewallWorld.WAN_OWN, 22)).isEqualTo("silence");
    assertThat(world.seenByTcp(world.modem, FirewallWorld.WAN_VIRTUAL, 22)).isEqualTo("silence");
    assertThat(world.seenByTcp(world.modem, "2001:db8:0:1::11", 22)).isEqualTo("silence");
    assertThat(world.pings(world.modem, FirewallWorld.WAN_VIRTUAL)).isFalse();
    // Everything passes between the routers.
    assertThat(world.seenByTcp(world.peer, "10.10.1.1", 8080)).isEqualTo("10.10.1.2");
  }

  @ParameterizedTest
  @EnumSource
  void nothingComesInFromTheWanUnlessItIsForwarded(BackEnd backEnd) {
    world.serve(world.host, 80);
    world.serve(world.host, 443);
    world.serve(world.host, 9);
    apply(
        backEnd,
        """
        nat:
          portForwards:
            - {port: 8080, to: "192.168.0.50:80"}
            - {protocol: UDP, port: 9, to: 192.168.0.50}
        firewall:
          forward:
            - {from: LAN, to: WAN}
            - {from: WAN, to: LAN, protocol: TCP, ports: [443], destinations: ["2001:db8:0:2::50"]}
        """);

    assertThat(world.seenByTcp(world.modem, FirewallWorld.WAN_VIRTUAL, 8080)).isEqualTo("10.0.0.1");
    assertThat(world.seenByUdp(world.modem, FirewallWorld.WAN_VIRTUAL, 9)).isEqualTo("10.0.0.1");
    assertThat(world.seenByTcp(world.modem, FirewallWorld.HOST6, 443)).startsWith("2001:");
    assertThat(world.seenByTcp(world.modem, FirewallWorld.HOST6, 80)).isEqualTo("silence");
    assertThat(world.seenByTcp(world.modem, FirewallWorld.WAN_VIRTUAL, 80)).isEqualTo("silence");
    // Not by naming the host itself, and not under the router's own address.
    world.network.ip(world.modem, "route add 192.168.0.0/24 via 10.0.0.11");
    assertThat(world.seenByTcp(world.modem, FirewallWorld.HOST, 80)).isEqualTo("silence");
    assertThat(world.seenByTcp(world.modem, FirewallWorld.WAN_OWN, 8080)).isEqualTo("silence");
  }

  @ParameterizedTest
  @EnumSource
  void hostsOfTheLanReachAForwardByTheNameThatTheWorldUses(BackEnd backEnd) {
    world.serve(world.host, 80);
    apply(backEnd, "nat: {portForwards: [{port: 8080, to: \"192.168.0.50:80\"}]}\n");

    assertThat(world.seenByTcp(world.host2, FirewallWorld.WAN_VIRTUAL, 8080))
        .as("hidden behind the LAN's virtual address")
        .isEqualTo(FirewallWorld.LAN_VIRTUAL);
    assertThat(world.seenByTcp(world.host, FirewallWorld.WAN_VIRTUAL, 8080))
        .as("the host itself, through the gateway")
        .isEqualTo(FirewallWorld.LAN_VIRTUAL);
    assertThat(world.seenByTcp(world.host2, FirewallWorld.HOST, 80)).isEqualTo(FirewallWorld.HOST2);
  }

  @ParameterizedTest
  @EnumSource
  void interfaceMasqueradesAndNoneLeavesSourcesAsTheyAre(BackEnd backEnd) {
    world.serve(world.modem, 5000);
    world.network.ip(world.modem, "route add 192.168.0.0/24 via 10.0.0.11");

    apply(backEnd, "nat: {source: Interface}\n");
    assertThat(world.seenByTcp(world.host, FirewallWorld.INTERNET, 5000))
        .isEqualTo(FirewallWorld.WAN_OWN);

    apply(backEnd, "nat: {source: None}\n");
    assertThat(world.seenByTcp(world.host, FirewallWorld.INTERNET, 5000))
        .isEqualTo(FirewallWorld.HOST);
    assertThat(world.saved(backEnd, Family.IPV4)).doesNotContain("HOLDFAST-POSTROUTING");
  }

  @ParameterizedTest
  @EnumSource
  void clusterTrafficPassesBetweenNodesOnly(BackEnd backEnd) {
    for (int port : CLUSTER_PORTS) {
      world.serve(world.router, port);
      world.serve(world.host, port);
    }
    assertThat(
            world.apply(
                world.runner(backEnd),
                FirewallPlanner.plan(
                    Policies.article(
                        "",
                        new KubernetesFacts(
                            List.of("192.168.0.1", FirewallWorld.HOST),
                            List.of("10.42.0.0/16"),
                            List.of("10.43.0.0/16"),
                            List.of(FirewallWorld.HOST + ":6443"))),
                    RouterFacts.NONE)))
        .isInstanceOf(Outcome.Applied.class);

    for (int port : CLUSTER_PORTS) {
      assertThat(world.seenByTcp(world.host, "192.168.0.1", port)).isEqualTo(FirewallWorld.HOST);
      assertThat(world.seenByUdp(world.host, "192.168.0.1", port)).isEqualTo(FirewallWorld.HOST);
      assertThat(world.seenByTcp(world.router, FirewallWorld.HOST, port)).isEqualTo("192.168.0.1");
      assertThat(world.seenByUdp(world.router, FirewallWorld.HOST, port)).isEqualTo("192.168.0.1");
    }
    assertThat(world.seenByTcp(world.host2, "192.168.0.1", 10250)).isEqualTo("silence");
    // A node of the LAN does not come in from the WAN.
    world.network.sysctl(world.router, "net.ipv4.conf.all.rp_filter", "0");
    world.network.ip(world.modem, "address add 192.168.0.50/32 dev lo");
    assertThat(world.seenByTcp(world.modem, "192.168.0.50", FirewallWorld.WAN_OWN, 10250))
        .isEqualTo("silence");
  }

  @ParameterizedTest
  @EnumSource
  void segmentsFitIntoAWanOfSmallerPackets(BackEnd backEnd) {
    world.serve(world.modem, 5000);
    world.network.ip(world.router, "link set eth0 mtu 1400");
    world.network.ip(world.modem, "link set eth0 mtu 1400");
    assertThat(
            world.apply(
                world.runner(backEnd),
                FirewallPlanner.plan(
                    Policies.example("article"),
                    new RouterFacts(
                        Map.of(
                            "eth0", new RouterFacts.Interface(2, 1400),
                            "eth1", new RouterFacts.Interface(3, 1500))))))
        .isInstanceOf(Outcome.Applied.class);
    for (Family family : Family.values()) {
      String table = FirewallWorld.program(backEnd, family, "");
      world.network.in(
          world.router,
          (table + " -t security -A FORWARD -o eth0 -p tcp --syn -m tcpmss --mss 1361:65535")
              .split(" ", -1));
    }

    assertThat(world.seenByTcp(world.host, FirewallWorld.INTERNET, 5000))
        .isEqualTo(FirewallWorld.WAN_VIRTUAL);
    assertThat(world.packets(backEnd, Family.IPV4, "security", "FORWARD", "--mss")).isZero();
    assertThat(world.packets(backEnd, Family.IPV4, "mangle", "HOLDFAST-FORWARD", "-i eth1 -o eth0"))
        .isPositive();
  }

  @ParameterizedTest
  @EnumSource
  void whatIsDroppedIsCounted(BackEnd backEnd) {
    IptablesRunner runner = world.runner(backEnd);
    assertThat(world.apply(runner, Rulesets.article(""))).isInstanceOf(Outcome.Applied.class);
    long before = hits(runner);

    for (int i = 0; i < 5; i++) {
      world.seenByUdp(world.modem, FirewallWorld.WAN_OWN, 5000);
      world.seenByUdp(world.host, "192.168.0.1", 5000);
    }

    assertThat(hits(runner) - before).isBetween(10L, 30L);
    // The count goes on when the policy changes and the chains are written anew.
    long counted = hits(runner);
    world.apply(runner, Rulesets.article("firewall: {log: {rate: 3/min}}\n"));
    assertThat(hits(runner)).isGreaterThanOrEqualTo(counted);
  }

  private long hits(IptablesRunner runner) {
    return world.inRouter(
        () -> {
          runner.look();
          return runner.logHits();
        });
  }

  private void apply(BackEnd backEnd, String yaml) {
    assertThat(world.apply(world.runner(backEnd), Rulesets.article(yaml)))
        .isInstanceOf(Outcome.Applied.class);
  }
}
