package dev.holdfast.lab.measure.traffic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.lab.measure.judge.ConnectionCounts;
import dev.holdfast.lab.measure.judge.FlowCounts;
import dev.holdfast.lab.measure.judge.FlowJudge;
import dev.holdfast.lab.measure.judge.FlowKind;
import dev.holdfast.lab.measure.judge.FlowRecord;
import dev.holdfast.lab.measure.judge.ProbeJudge;
import dev.holdfast.lab.measure.judge.ProbeTrace;
import dev.holdfast.lab.measure.judge.Span;
import dev.holdfast.lab.measure.judge.Spans;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@DisplayName("The generators, on a path whose losses are known")
class GeneratorsNetnsIT {

  private static final int PROBE_PORT = 7000;
  private static final int ECHO_PORT = 7001;
  private static final int PUSH_PORT = 7002;
  private static final int SLOW_PUSH_PORT = 7003;
  private static final long SECOND = 1_000_000_000L;

  private final Origin origin = Origin.now();
  private TestPath path;
  private FloorClock floor;

  @BeforeEach
  void build() {
    path = new TestPath();
    floor = new FloorClock(origin);
  }

  @AfterEach
  void remove() {
    floor.close();
    path.close();
  }

  @ParameterizedTest
  @EnumSource(Family.class)
  void aPathWithoutAFaultLosesNoProbe(Family family) throws Exception {
    try (var pair = new Pair(family)) {
      Thread.sleep(1_500);
      pair.end();

      assertThat(pair.up().count()).isGreaterThan(1_200);
      assertThat(pair.down().count()).isGreaterThan(1_200);
      assertThat(ProbeJudge.lost(pair.up(), pair.window())).isZero();
      assertThat(ProbeJudge.lost(pair.down(), pair.window())).isZero();
      assertThat(pair.client.unread() + pair.server.unread()).isZero();
      assertThat(pair.server.mappingChanges()).isZero();
    }
  }

  @ParameterizedTest
  @EnumSource(Family.class)
  void aCutOf200MillisecondsShowsAs200InBothDirections(Family family) throws Exception {
    try (var pair = new Pair(family)) {
      Thread.sleep(500);
      long cutNanos = path.cutMillis(200);
      Thread.sleep(500);
      pair.end();
      floor.close();

      // An interval before and after, a busy machine, and what it did not run at all.
      double marginMillis = 10 + millis(Spans.totalNanos(floor.stalls()));
      for (ProbeTrace trace : List.of(pair.up(), pair.down())) {
        var gaps = ProbeJudge.gaps(trace, pair.window());
        assertThat(millis(Spans.longestNanos(gaps)))
            .as(trace.path())
            .isCloseTo(millis(cutNanos), within(marginMillis));
        assertThat(gaps).hasSize(1);
      }
    }
  }

  @Test
  void aPathWithoutAFaultKeepsEveryFlowAndRefusesNoConnection() throws Exception {
    try (var tcp = new Tcp(20)) {
      Thread.sleep(3_000);
      tcp.end();

      assertThat(tcp.count(FlowKind.ECHO)).isEqualTo(new FlowCounts(10, 0, 0));
      assertThat(tcp.count(FlowKind.PUSH)).isEqualTo(new FlowCounts(10, 0, 0));
      assertThat(tcp.flows).allSatisfy(flow -> assertThat(flow.messages()).isPositive());
      ConnectionCounts counts = ConnectionCounts.of(tcp.client.connections(), tcp.window);
      assertThat(counts.ok()).isBetween(50L, 62L);
      assertThat(counts.refused() + counts.timedOut()).isZero();
    }
  }

  @Test
  void aCutStallsJudgedFlowsUntilTheNextRetransmissionAndLosesNone() throws Exception {
    try (var tcp = new Tcp(20)) {
      Thread.sleep(500);
      long cutNanos = path.cutMillis(200);
      Thread.sleep(2_500);
      tcp.end();

      assertThat(tcp.count(FlowKind.ECHO)).isEqualTo(new FlowCounts(10, 0, 0));
      assertThat(tcp.count(FlowKind.PUSH)).isEqualTo(new FlowCounts(10, 0, 0));
      double stall = millis(FlowJudge.longestStallNanos(tcp.flows, tcp.window).orElse(0));
      assertThat(stall).isBetween(millis(cutNanos) - 15, 3 * millis(cutNanos) + 250);
    }
  }

  @Test
  void flowsThatFallSilentAreStalled() throws Exception {
    try (var tcp = new Tcp(8)) {
      path.forwarding(false);
      Thread.sleep(3_600);
      tcp.end();

      assertThat(tcp.count(FlowKind.ECHO)).isEqualTo(new FlowCounts(0, 0, 4));
      assertThat(tcp.count(FlowKind.PUSH)).isEqualTo(new FlowCounts(0, 0, 4));
      ConnectionCounts counts = ConnectionCounts.of(tcp.client.connections(), tcp.window);
      assertThat(counts.timedOut()).isPositive();
    }
  }

  @Test
  void aResetThatOnlyTheServerSeesIsAResetOfTheFlow() throws Exception {
    try (var tcp = new Tcp(8)) {
      // The client's host forgets its sockets' address: its answers to the server are resets of
      // nobody. Here the forwarder plays the router that knows no flow.
      path.middle()
          .run(
              "iptables",
              "-I",
              "FORWARD",
              "-p",
              "tcp",
              "--sport",
              "" + PUSH_PORT,
              "-j",
              "REJECT",
              "--reject-with",
              "tcp-reset");
      Thread.sleep(500);
      tcp.end();

      assertThat(tcp.count(FlowKind.PUSH).kept()).isEqualTo(2);
      assertThat(tcp.count(FlowKind.PUSH).reset()).isEqualTo(2);
      assertThat(tcp.count(FlowKind.ECHO)).isEqualTo(new FlowCounts(4, 0, 0));
    }
  }

  @ParameterizedTest
  @EnumSource(Family.class)
  void udpFlowsOutliveACut(Family family) throws Exception {
    try (var datagrams = new Datagrams(family)) {
      Thread.sleep(200);
      path.cutMillis(300);
      Thread.sleep(2_000);
      datagrams.end();

      assertThat(datagrams.counts).isEqualTo(new FlowCounts(Datagrams.COUNT, 0, 0));
    }
  }

  @Test
  void udpFlowsThatLostTheirTranslationMoveOrHang() throws Exception {
    List<String> rule = List.of("iptables", "-t", "nat", "-A", "POSTROUTING", "-o", "mr");
    translate(rule, "10.92.0.254:20000-29999");
    try (var datagrams = new Datagrams(Family.IPV4)) {
      path.middle().run("iptables", "-t", "nat", "-F", "POSTROUTING");
      translate(rule, "10.92.0.254:30000-39999");
      path.middle()
          .run(
              "iptables",
              "-A",
              "FORWARD",
              "-i",
              "mr",
              "-m",
              "conntrack",
              "--ctstate",
              "NEW",
              "-j",
              "DROP");
      path.middle().run("conntrack", "-F");
      Thread.sleep(3_600);
      datagrams.end();

      // Whoever speaks first comes from elsewhere; whoever waits for the server waits for ever.
      int half = Datagrams.COUNT / 2;
      assertThat(datagrams.counts).isEqualTo(new FlowCounts(0, half, half));
    }
  }

  private void translate(List<String> rule, String to) {
    var command = new ArrayList<>(rule);
    command.addAll(List.of("-p", "udp", "-j", "SNAT", "--to-source", to));
    path.middle().run(command.toArray(String[]::new));
  }

  private static double millis(long nanos) {
    return nanos / 1e6;
  }

  private static void await(BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + 10 * SECOND;
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime() - deadline).as("waited too long").isNegative();
      Thread.sleep(5);
    }
  }

  /** Probes both ways. */
  private final class Pair implements AutoCloseable {
    private final Prober server;
    private final Prober client;
    private final long armedNanos;

    Pair(Family family) throws InterruptedException {
      IpAddress target = path.rightHost().address(family).orElseThrow();
      server = new Prober(path.rightHost(), family, PROBE_PORT, 42, null, origin);
      client = new Prober(path.leftHost(), family, PROBE_PORT, 42, target, origin);
      server.begin();
      client.begin();
      await(
          () -> {
            client.check();
            server.check();
            return client.lastReceivedNanos() > 0;
          });
      armedNanos = origin.sinceNanos();
    }

    void end() throws InterruptedException {
      client.stopSending();
      server.stopSending();
      Thread.sleep(50);
      close();
      client.check();
      server.check();
    }

    Span window() {
      return new Span(armedNanos, origin.sinceNanos());
    }

    ProbeTrace up() {
      return client.traceTo("up", server);
    }

    ProbeTrace down() {
      return server.traceTo("down", client);
    }

    @Override
    public void close() {
      client.close();
      server.close();
    }
  }

  /** Long UDP flows, over two of the far end's ports. */
  private final class Datagrams implements AutoCloseable {
    static final int COUNT = 120;
    private final DatagramServer server = new DatagramServer(path.rightHost(), COUNT, origin);
    private final DatagramClient client;
    private final long armedNanos;
    private FlowCounts counts = FlowCounts.NONE;

    Datagrams(Family family) throws InterruptedException {
      IpAddress target = path.rightHost().address(family).orElseThrow();
      client = new DatagramClient(path.leftHost(), List.of(target), COUNT, origin);
      server.begin();
      client.begin();
      await(client::flowing);
      client.arm();
      armedNanos = origin.sinceNanos();
    }

    void end() {
      var window = new Span(armedNanos, origin.sinceNanos());
      close();
      client.check();
      server.check();
      counts =
          FlowJudge.count(
              client.flows(server, window.toNanos()), FlowKind.UDP, window, OptionalLong.empty());
    }

    @Override
    public void close() {
      client.close();
      server.close();
    }
  }

  /** Long flows, half of each kind, a quarter slow, and twenty new connections a second. */
  private final class Tcp implements AutoCloseable {
    private final TcpServer server;
    private final TcpClient client;
    private final long armedNanos;
    private Span window = new Span(0, 0);
    private List<FlowRecord> flows = List.of();

    Tcp(int count) throws InterruptedException {
      server =
          new TcpServer(
              path.rightHost().namespace(),
              "server",
              List.of(
                  new TcpServer.Listener(ECHO_PORT, FlowKind.ECHO, 1),
                  new TcpServer.Listener(PUSH_PORT, FlowKind.PUSH, 10),
                  new TcpServer.Listener(SLOW_PUSH_PORT, FlowKind.PUSH, 1000)),
              origin);
      IpAddress target = IpAddress.parse("10.92.0.1");
      var plans = new ArrayList<FlowPlan>();
      for (int i = 0; i < count / 4; i++) {
        plans.add(new FlowPlan("forward", FlowKind.ECHO, target, ECHO_PORT, 10, true));
        plans.add(new FlowPlan("forward", FlowKind.PUSH, target, PUSH_PORT, 10, true));
        plans.add(new FlowPlan("forward", FlowKind.ECHO, target, ECHO_PORT, 1000, false));
        plans.add(new FlowPlan("forward", FlowKind.PUSH, target, SLOW_PUSH_PORT, 1000, false));
      }
      client = new TcpClient(path.leftHost(), plans, 20, target, ECHO_PORT, origin);
      server.begin();
      client.begin();
      await(client::flowing);
      client.arm();
      armedNanos = origin.sinceNanos();
    }

    void end() {
      window = new Span(armedNanos, origin.sinceNanos());
      close();
      client.check();
      server.check();
      flows = client.flows(server, window.toNanos());
    }

    FlowCounts count(FlowKind kind) {
      return FlowJudge.count(flows, kind, window, OptionalLong.empty());
    }

    @Override
    public void close() {
      client.close();
      server.close();
    }
  }
}
