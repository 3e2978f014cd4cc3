package dev.holdfast.lab;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.lab.fault.Fault;
import dev.holdfast.lab.fault.Injection;
import dev.holdfast.lab.measure.MeasureOptions;
import dev.holdfast.lab.measure.Measurement;
import dev.holdfast.lab.measure.judge.Figures;
import dev.holdfast.lab.measure.judge.Promise;
import dev.holdfast.lab.net.Router;
import dev.holdfast.lab.stack.Stack;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The short form of the series that {@code ./dev lab --flows 1000 --udp-flows 10000} plays. The
 * same flows live through all faults of a test, one after the other; what was lost comes back in
 * between. Judged is what became of them, and not how long a role took to move, which says little
 * on a busy machine.
 */
@DisplayName("Long flows through the routers")
@Timeout(value = 240, unit = TimeUnit.SECONDS)
class FlowFaultsNetnsIT {

  private static final int TCP = 60;
  private static final int UDP = 200;
  private static final int FURTHER = 3_000;
  private static final long LIMIT_MILLIS = 60_000;

  /** A flow counts as stalled when it was silent for the last two seconds. */
  private static final long TAIL_MILLIS = 2_200;

  private static final Path PROGRAM = Path.of("../node-agent/bin/holdfast").toAbsolutePath();
  private static final Path DUAL_STACK = Path.of("../docs/examples/dual-stack.yaml");
  private static final String THREE_ROUTERS =
      """
      apiVersion: holdfast.dev/v1alpha1
      kind: GatewayCluster
      metadata: {name: three, namespace: default}
      spec:
        routers:
          - {node: router-a, priority: 100}
          - {node: router-b, priority: 80}
          - {node: router-c, priority: 50}
        networks:
          - {name: wan, role: WAN, interface: eth0, virtualRouterId: 10, virtualAddresses: [10.0.0.10/24], gateways: [10.0.0.1]}
          - {name: lan, role: LAN, interface: eth1, virtualRouterId: 11, virtualAddresses: [192.168.0.3/24]}
          - {name: sync, role: Sync, interface: eth2}
      """;

  @TempDir Path folder;
  private final Random random = new Random();
  private final Deque<Injection> outstanding = new ArrayDeque<>();
  private final List<Fault> played = new ArrayList<>();

  @AfterEach
  void remove() {
    var registry = new LabRegistry(folder);
    registry.entries().forEach(registry::remove);
  }

  @Test
  void ofBothFamiliesOutliveWhateverHappensToTheActiveOfTwo() {
    LabOptions options = options(DUAL_STACK);
    MeasureOptions traffic = MeasureOptions.DEFAULT.withFlows(TCP).withUdpFlows(UDP);
    try (Lab lab = Lab.build(new LabRegistry(folder), options)) {
      awaitInSync(lab, lab.awaitSettled(LIMIT_MILLIS), 1);
      try (Measurement measurement = Measurement.start(lab.topology(), traffic)) {
        lose(lab, measurement, "agent-kill");
        giveBack(lab);
        lose(lab, measurement, "agent-stop");
        giveBack(lab);
        lose(lab, measurement, "wan-down");
        giveBack(lab);
        lose(lab, measurement, "lan-down");
        giveBack(lab);
        lose(lab, measurement, "reboot");
        giveBack(lab);
        lose(lab, measurement, "power-off");
        giveBack(lab);
        awaitPaths(active(lab), 2, 0);
        play(lab, measurement, "sync-down", active(lab));
        awaitPaths(active(lab), 1, 1);
        assertThat(linksUp(active(lab))).isEqualTo(1);
        assertThat(lab.software(active(lab)).command("status", List.of()))
            .contains("is not heard on direct (eth2)");
        lose(lab, measurement, "power-off");

        assertKept(measurement, options, traffic);
      }
    }
  }

  @Test
  void outliveTwoOfThreeRoutersWithMoreFlowsInTheTables() throws IOException {
    LabOptions options = options(Files.writeString(folder.resolve("three.yaml"), THREE_ROUTERS));
    MeasureOptions traffic =
        MeasureOptions.DEFAULT.withFlows(TCP).withUdpFlows(UDP).withTable(FURTHER);
    try (Lab lab = Lab.build(new LabRegistry(folder.resolve("registry")), options)) {
      awaitInSync(lab, lab.awaitSettled(LIMIT_MILLIS), 2);
      try (Measurement measurement = Measurement.start(lab.topology(), traffic)) {
        awaitInSync(lab, lab.topology().router("router-a"), 2);
        lose(lab, measurement, "power-off");
        awaitInSync(lab, lab.topology().router("router-b"), 1);
        lose(lab, measurement, "power-off");

        assertThat(lab.observer().onlyHolder()).contains(lab.topology().router("router-c"));
        assertKept(measurement, options, traffic);
      }
    }
  }

  private static LabOptions options(Path resource) {
    return LabOptions.of(ClusterFile.read(resource), Stack.HOLDFAST, null, true, PROGRAM);
  }

  /** The active router suffers it, another one takes the role, and everything flows again. */
  private void lose(Lab lab, Measurement measurement, String fault) {
    Router active = active(lab);
    play(lab, measurement, fault, active);
    assertThat(
            Lab.await(
                LIMIT_MILLIS,
                () -> lab.observer().onlyHolder().filter(now -> !now.equals(active)).isPresent()))
        .as(() -> "after " + fault + " another router is active" + holders(lab) + lab.logs())
        .isTrue();
    assertThat(measurement.settle(0, TimeUnit.MILLISECONDS.toNanos(LIMIT_MILLIS)))
        .as("after %s everything flows again: %s", fault, measurement.live())
        .isTrue();
  }

  private static Router active(Lab lab) {
    Lab.await(LIMIT_MILLIS, () -> lab.observer().onlyHolder().isPresent());
    return lab.observer().onlyHolder().orElseThrow();
  }

  private static String holders(Lab lab) {
    return ", not " + lab.observer().holders().stream().map(Router::node).toList();
  }

  private void play(Lab lab, Measurement measurement, String text, Router target) {
    Fault fault = Fault.parseList(text).getFirst();
    Injection injection = lab.injector().prepare(fault, target);
    Pause.millis(random.nextLong(lab.detectionMillis()));
    measurement.mark(text, injection.fire());
    outstanding.push(injection);
    played.add(fault);
  }

  /** What was lost comes back, and holds every flow. */
  private void giveBack(Lab lab) {
    while (!outstanding.isEmpty()) {
      outstanding.pop().end();
    }
    assertThat(
            Lab.await(
                LIMIT_MILLIS,
                () ->
                    lab.observer().onlyHolder().filter(active -> linksUp(active) == 1).isPresent()))
        .as(() -> "both are in sync again" + lab.logs())
        .isTrue();
  }

  /** So many others hold each flow of that router, and it each of theirs. */
  private static void awaitInSync(Lab lab, Router router, int others) {
    assertThat(Lab.await(LIMIT_MILLIS, () -> linksUp(router) == others))
        .as("%d routers are in sync with %s%s", others, router.node(), lab.logs())
        .isTrue();
  }

  private static long linksUp(Router router) {
    return metrics(router)
        .lines()
        .filter(line -> line.matches("holdfast_link_up\\{.*} 1.0"))
        .count();
  }

  /** So many networks on which it hears a peer, and so many on which it should. */
  private static void awaitPaths(Router router, int heard, int silent) {
    assertThat(
            Lab.await(LIMIT_MILLIS, () -> paths(router, 1) == heard && paths(router, 0) == silent))
        .as("%s hears on %d networks, on %d not: %s", router.node(), heard, silent, metrics(router))
        .isTrue();
  }

  private static long paths(Router router, int up) {
    return metrics(router)
        .lines()
        .filter(line -> line.matches("holdfast_link_path_up\\{.*} " + up + ".0"))
        .count();
  }

  private static String metrics(Router router) {
    return router
        .namespace()
        .call(
            () -> {
              try (Socket socket = new Socket(InetAddress.ofLiteral("127.0.0.1"), 9477)) {
                socket.setSoTimeout(5_000);
                socket
                    .getOutputStream()
                    .write("GET /metrics HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
              }
            });
  }

  private void assertKept(Measurement measurement, LabOptions options, MeasureOptions traffic) {
    Pause.millis(TAIL_MILLIS);
    Figures figures = measurement.stop().figures();
    var promise =
        new Promise(
            played.stream().map(Fault::kind).toList(),
            options.setting(played, traffic).timers(),
            0);

    assertThat(figures.flows().kept()).as("%s", figures).isEqualTo(TCP + UDP);
    assertThat(promise.brokenToFlows(figures)).as("%s", figures).isEmpty();
  }
}
