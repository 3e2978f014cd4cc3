package dev.holdfast.agent.shell;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.firewall.core.BackEnd;
import dev.holdfast.agent.shell.IptablesRunner.Outcome;
import dev.holdfast.api.addr.Family;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * kube-proxy, a CNI and a user have rules too; so does a network policy controller that insists.
 */
@DisplayName("The policy beside others' chains, in a real kernel")
class FirewallCoexistenceNetnsIT {

  /** What kube-proxy writes for one NodePort, shortened to what decides about packets. */
  private static final String KUBE_PROXY =
      """
      *filter
      :KUBE-FORWARD - [0:0]
      :KUBE-FIREWALL - [0:0]
      -A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP
      -A KUBE-FORWARD -m mark --mark 0x4000/0x4000 -j ACCEPT
      -A KUBE-FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
      -I FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD
      -I INPUT -j KUBE-FIREWALL
      COMMIT
      *nat
      :KUBE-SERVICES - [0:0]
      :KUBE-NODEPORTS - [0:0]
      :KUBE-POSTROUTING - [0:0]
      -A KUBE-NODEPORTS -p tcp -m tcp --dport 30080 -j MARK --set-xmark 0x4000/0x4000
      -A KUBE-NODEPORTS -p tcp -m tcp --dport 30080 -j DNAT --to-destination 10.42.0.5:8080
      -A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS
      -A KUBE-POSTROUTING -m mark --mark 0x4000/0x4000 -j MASQUERADE
      -I PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
      -I POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING
      COMMIT
      """;

  private static final String CNI =
      """
      *filter
      :CNI-FORWARD - [0:0]
      -A CNI-FORWARD -s 10.42.0.0/16 -j ACCEPT
      -A CNI-FORWARD -d 10.42.0.0/16 -j ACCEPT
      -A FORWARD -j CNI-FORWARD
      COMMIT
      """;

  private static final String USER =
      """
      *filter
      :MY-RULES - [0:0]
      -A MY-RULES -s 203.0.113.9/32 -j DROP
      -A MY-RULES -p tcp -m tcp --dport 2222 -m comment --comment "mine, \\"quoted\\"" -j ACCEPT
      -A INPUT -j MY-RULES
      -A INPUT -s 203.0.113.10/32 -j DROP
      COMMIT
      *mangle
      -A PREROUTING -i eth1 -j MARK --set-xmark 0x1/0x1
      COMMIT
      """;

  /** What insists on being first, as kube-router's chains do. */
  private static final String INSISTING =
      """
      *filter
      :KUBE-ROUTER-FORWARD - [0:0]
      -A KUBE-ROUTER-FORWARD -d 10.42.0.66/32 -j DROP
      -I FORWARD 1 -m comment --comment "kube-router netpol" -j KUBE-ROUTER-FORWARD
      COMMIT
      """;

  private static final String INSISTS_AGAIN =
      """
      *filter
      -D FORWARD -m comment --comment "kube-router netpol" -j KUBE-ROUTER-FORWARD
      -I FORWARD 1 -m comment --comment "kube-router netpol" -j KUBE-ROUTER-FORWARD
      COMMIT
      """;

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
  void nothingOfOthersIsMovedOrLost(BackEnd backEnd) {
    others(backEnd);
    String before = world.savedOfOthers(backEnd, Family.IPV4);
    IptablesRunner runner = world.runner(backEnd);

    for (int i = 0; i < 5; i++) {
      assertThat(world.apply(runner, Rulesets.open(1000 + i))).isEqualTo(new Outcome.Applied(true));
      assertThat(world.savedOfOthers(backEnd, Family.IPV4)).isEqualTo(before);
    }
    world.inRouter(
        () -> {
          runner.withdraw();
          return true;
        });

    assertThat(world.saved(backEnd, Family.IPV4)).isEqualTo(before);
  }

  @ParameterizedTest
  @EnumSource
  void podsAndServicesAreKubernetesBusiness(BackEnd backEnd) {
    others(backEnd);
    world.serve(world.pod, 8080);
    world.serve(world.host, 8080);
    world.serve(world.modem, 5000);
    world.apply(world.runner(backEnd), Rulesets.article(""));

    assertThat(world.seenByTcp(world.host, FirewallWorld.POD, 8080)).isEqualTo(FirewallWorld.HOST);
    assertThat(world.seenByTcp(world.pod, FirewallWorld.HOST, 8080)).isEqualTo(FirewallWorld.POD);
    assertThat(world.seenByTcp(world.host, "192.168.0.1", 30080))
        .as("a NodePort from the LAN")
        .isEqualTo("10.42.0.1");
    assertThat(world.seenByTcp(world.pod, FirewallWorld.INTERNET, 5000))
        .as("a pod's source is not ours to translate")
        .isEqualTo(FirewallWorld.POD);
  }

  @ParameterizedTest
  @EnumSource
  void nodePortsAreClosedFromTheWanUnlessARuleOpensThem(BackEnd backEnd) {
    world.serve(world.pod, 8080);
    IptablesRunner runner = world.runner(backEnd);
    world.apply(runner, Rulesets.article(""));
    // Those who come later stand before us, and kube-proxy accepts what it has translated.
    others(backEnd);
    world.restoreByOthers(backEnd, Family.IPV4, INSISTS_AGAIN);

    assertThat(world.seenByTcp(world.host, "192.168.0.1", 30080)).isEqualTo("10.42.0.1");
    assertThat(world.seenByTcp(world.modem, FirewallWorld.WAN_OWN, 30080)).isEqualTo("silence");
    assertThat(world.seenByTcp(world.modem, FirewallWorld.WAN_VIRTUAL, 30080)).isEqualTo("silence");

    world.apply(
        runner,
        Rulesets.article(
            """
            firewall:
              forward:
                - {from: LAN, to: WAN}
                - {name: node-port, from: WAN, protocol: TCP, ports: [8080], destinations: [10.42.0.0/16]}
            """));
    assertThat(world.seenByTcp(world.modem, FirewallWorld.WAN_OWN, 30080)).isEqualTo("10.42.0.1");
  }

  @ParameterizedTest
  @EnumSource
  void oneThatInsistsOnBeingFirstIsFirst(BackEnd backEnd) throws InterruptedException {
    others(backEnd);
    AtomicReference<Throwable> failure = new AtomicReference<>();
    AtomicInteger insisted = new AtomicInteger();
    AtomicBoolean enough = new AtomicBoolean();
    Thread insisting =
        Thread.ofPlatform()
            .start(
                () -> {
                  try {
                    while (!enough.get()) {
                      world.restoreByOthers(backEnd, Family.IPV4, INSISTS_AGAIN);
                      insisted.incrementAndGet();
                    }
                  } catch (Throwable e) {
                    failure.set(e);
                  }
                });
    IptablesRunner runner = world.runner(backEnd);
    for (int i = 0; i < 10; i++) {
      assertThat(world.apply(runner, Rulesets.open(2000 + i))).isEqualTo(new Outcome.Applied(true));
    }
    enough.set(true);
    insisting.join();
    world.restoreByOthers(backEnd, Family.IPV4, INSISTS_AGAIN);

    assertThat(failure.get()).isNull();
    String forward =
        world
            .network
            .in(world.router, FirewallWorld.program(backEnd, Family.IPV4, "-save"), "-t", "filter")
            .lines()
            .filter(line -> line.startsWith("-A FORWARD"))
            .reduce("", (a, b) -> a + b + "\n");
    assertThat(forward)
        .isEqualTo(
            """
            -A FORWARD -m comment --comment "kube-router netpol" -j KUBE-ROUTER-FORWARD
            -A FORWARD -j HOLDFAST-FORWARD
            -A FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD
            -A FORWARD -j CNI-FORWARD
            """);
    assertThat(insisted.get()).isGreaterThan(20);
  }

  @ParameterizedTest
  @EnumSource
  void aRuleOfTheUserThatLeadsToUsGoesWithUs(BackEnd backEnd) {
    IptablesRunner runner = world.runner(backEnd);
    world.apply(runner, Rulesets.article(""));
    world.iptables(backEnd, Family.IPV4, "-A INPUT -i tun0 -j HOLDFAST-IN");

    world.inRouter(
        () -> {
          assertThat(runner.repairDrift()).isEmpty();
          runner.withdraw();
          return true;
        });

    assertThat(world.saved(backEnd, Family.IPV4)).doesNotContain("HOLDFAST").doesNotContain("tun0");
  }

  private void others(BackEnd backEnd) {
    for (String text : new String[] {KUBE_PROXY, CNI, USER, INSISTING}) {
      world.restoreByOthers(backEnd, Family.IPV4, text);
    }
  }
}
