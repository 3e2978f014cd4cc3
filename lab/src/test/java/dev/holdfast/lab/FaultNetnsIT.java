package dev.holdfast.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.holdfast.lab.fault.Fault;
import dev.holdfast.lab.fault.Injection;
import dev.holdfast.lab.fault.Injector;
import dev.holdfast.lab.fault.Timeline;
import dev.holdfast.lab.net.Blueprint;
import dev.holdfast.lab.net.Namespace;
import dev.holdfast.lab.net.Programs;
import dev.holdfast.lab.net.Router;
import dev.holdfast.lab.net.TopologyBuilder;
import dev.holdfast.lab.net.TopologyPlanner;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("What a fault does to the cables and frames of the lab")
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class FaultNetnsIT {

  private static final String A_WAN = "10.0.0.11";
  private static final String B_WAN = "10.0.0.12";
  private static final String A_LAN = "192.168.0.1";
  private static final String B_LAN = "192.168.0.2";
  private static final String B_SYNC = "10.10.1.2";
  private static final int LINK_PORT = 3781;

  @TempDir Path folder;
  private LabRegistry registry;
  private final Timeline timeline = new Timeline();
  private Blueprint blueprint;
  private Router a;
  private Router b;
  private Namespace modem;
  private Namespace lanHost;

  @BeforeEach
  void build() {
    registry = new LabRegistry(folder.resolve("registry"));
    LabRegistry.Entry entry = registry.register();
    blueprint = TopologyPlanner.plan(entry.prefix(), ClusterFile.read(null).nodes(), true);
    new TopologyBuilder(blueprint).build();
    a = blueprint.topology().router("router-a");
    b = blueprint.topology().router("router-b");
    modem = blueprint.machine("modem").namespace();
    lanHost = blueprint.topology().lanHost().namespace();
  }

  @AfterEach
  void remove() {
    registry.entries().forEach(registry::remove);
  }

  @Test
  void aPulledCableTakesTheRoutersCarrierAndNothingElse() {
    Injection cut = inject("wan-down");

    assertThat(carrier(a, "eth0")).isFalse();
    assertThat(carrier(a, "eth1")).isTrue();
    assertThat(carrier(b, "eth0")).isTrue();

    cut.end();

    assertThat(carrier(a, "eth0")).isTrue();
    assertThat(pings(modem, A_WAN)).isTrue();
  }

  @Test
  void theLossOfTheCarrierIsSeenAtOnce() {
    long at = System.nanoTime();
    inject("lan-down");

    boolean lost = Lab.await(1_000, () -> !carrier(a, "eth1"));

    assertThat(lost).isTrue();
    assertThat(System.nanoTime() - at).isLessThan(TimeUnit.MILLISECONDS.toNanos(400));
  }

  @Test
  void aDirectCableThatIsPulledIsPulledForBoth() {
    inject("sync-down");

    assertThat(carrier(a, "eth2")).isFalse();
    assertThat(carrier(b, "eth2")).isFalse();
  }

  @Test
  void onASyncNetworkWithASwitchTheOtherKeepsItsCarrier() {
    injector(false).prepare(fault("sync-down"), a).fire();

    assertThat(carrier(a, "eth2")).isFalse();
    assertThat(carrier(b, "eth2")).isTrue();
  }

  @Test
  void aSilentWanKeepsItsCarrierAndLosesEveryFrame() {
    Injection silent = inject("wan-silent");

    assertThat(carrier(a, "eth0")).isTrue();
    assertThat(pings(modem, A_WAN)).isFalse();
    assertThat(pings(modem, B_WAN)).isTrue();
    assertThat(pings(lanHost, A_LAN)).isTrue();

    silent.end();

    // The modem asked in vain meanwhile, and asks again a second later.
    assertThat(Lab.await(5_000, () -> pings(modem, A_WAN))).isTrue();
  }

  @Test
  void oneWayMeansThatTheRouterStillHears() {
    lanHost.run("ip", "neigh", "replace", A_LAN, "lladdr", mac(a, "lan"), "dev", "eth0");
    inject("lan-oneway");

    String before = received(a, "eth1");
    assertThat(pings(lanHost, A_LAN)).isFalse();
    assertThat(received(a, "eth1")).isNotEqualTo(before);
  }

  @Test
  void inAPartitionRoutersSeeHostsAndNotEachOther() {
    Injection partition = inject("partition");

    assertThat(pings(a.namespace(), B_WAN)).isFalse();
    assertThat(pings(a.namespace(), B_LAN)).isFalse();
    assertThat(pings(a.namespace(), B_SYNC)).isFalse();
    assertThat(pings(modem, A_WAN)).isTrue();
    assertThat(pings(modem, B_WAN)).isTrue();
    assertThat(pings(lanHost, A_LAN)).isTrue();
    assertThat(pings(lanHost, B_LAN)).isTrue();

    partition.end();

    // The neighbour that did not answer is asked again after a second.
    assertThat(Lab.await(3_000, () -> pings(a.namespace(), B_LAN))).isTrue();
  }

  @Test
  void withTheLinkDownOnlyFlowSyncIsFilteredOnTheLan() {
    inject("link-down");

    assertThat(carrier(a, "eth2")).isFalse();
    assertThat(pings(a.namespace(), B_LAN)).isTrue();
    assertThat(datagramArrives(LINK_PORT)).isFalse();
    assertThat(datagramArrives(LINK_PORT + 1)).isTrue();
  }

  @Test
  void lossIsAboutWhatWasAskedForInEachDirection() {
    // Both know where the other is: a lost ARP would lose all that waits for its next second.
    modem.run("ping", "-n", "-q", "-c", "1", "-w", "5", A_WAN);
    inject("loss:30%");

    String output =
        Programs.attempt(
                "",
                List.of(
                    "ip",
                    "netns",
                    "exec",
                    modem.name(),
                    "ping",
                    "-n",
                    "-q",
                    "-c",
                    "400",
                    "-i",
                    "0.002",
                    "-W",
                    "0.1",
                    A_WAN))
            .output();

    // Both ways through a loss of 30 %: 51 % lost, give or take four standard deviations.
    int lost =
        Integer.parseInt(output.replaceAll("(?s).* ([0-9]+)(\\.[0-9]+)?% packet loss.*", "$1"));
    assertThat(lost).isBetween(41, 61);
  }

  @Test
  void theTimelineSaysWhatWasDoneToWhom() {
    inject("wan-down").end();

    assertThat(timeline.moments())
        .extracting(Timeline.Moment::kind, Timeline.Moment::fault, Timeline.Moment::router)
        .containsExactly(
            tuple(Timeline.Kind.INJECTED, "wan-down", "router-a"),
            tuple(Timeline.Kind.HEALED, "wan-down", "router-a"));
  }

  private Injection inject(String fault) {
    Injection injection = injector(true).prepare(fault(fault), a);
    injection.fire();
    return injection;
  }

  private Injector injector(boolean direct) {
    return new Injector(
        blueprint.topology(),
        new TopologyBuilder(blueprint),
        Map.of(),
        timeline,
        direct,
        LINK_PORT);
  }

  private static Fault fault(String text) {
    return Fault.parseList(text).getFirst();
  }

  private static boolean carrier(Router router, String interfaceName) {
    return router
        .namespace()
        .run("cat", "/sys/class/net/" + interfaceName + "/carrier")
        .strip()
        .equals("1");
  }

  private static String received(Router router, String interfaceName) {
    return router
        .namespace()
        .run("cat", "/sys/class/net/" + interfaceName + "/statistics/rx_packets")
        .strip();
  }

  private static String mac(Router router, String network) {
    return router.attachment(network).orElseThrow().mac().toString();
  }

  private static boolean pings(Namespace from, String target) {
    return Programs.attempt(
                "",
                List.of(
                    "ip",
                    "netns",
                    "exec",
                    from.name(),
                    "ping",
                    "-n",
                    "-c",
                    "1",
                    "-W",
                    "0.5",
                    target))
            .status()
        == 0;
  }

  private boolean datagramArrives(int port) {
    return b.namespace()
        .call(
            () -> {
              try (DatagramSocket receiver =
                  new DatagramSocket(port, InetAddress.getByName(B_LAN))) {
                receiver.setSoTimeout(300);
                send(port);
                receiver.receive(new DatagramPacket(new byte[16], 16));
                return true;
              } catch (SocketTimeoutException e) {
                return false;
              }
            });
  }

  private void send(int port) {
    byte[] text = "frame".getBytes(StandardCharsets.US_ASCII);
    a.namespace()
        .call(
            () -> {
              try (DatagramSocket sender = new DatagramSocket()) {
                sender.send(
                    new DatagramPacket(text, text.length, InetAddress.getByName(B_LAN), port));
              }
              return true;
            });
  }
}
