package dev.holdfast.agent.shell;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.ctnetlink.CtRequests;
import dev.holdfast.agent.ctnetlink.FlowKinds;
import dev.holdfast.agent.flow.FlowEntry;
import dev.holdfast.agent.flow.FlowMemory;
import dev.holdfast.agent.flow.FlowTable;
import dev.holdfast.agent.flow.Flows;
import dev.holdfast.agent.flow.ReplicationRules;
import dev.holdfast.agent.netns.TestNetwork;
import dev.holdfast.agent.sync.core.TableFlows;
import dev.holdfast.agent.sync.wire.ConntrackdCodec;
import dev.holdfast.agent.sync.wire.Dialect;
import dev.holdfast.agent.sync.wire.SyncMessage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * The kernels of two routers, kept alike by what stands around them; only the link between the two
 * is short. The program {@code conntrack} is the judge.
 */
@DisplayName("Two kernels and the flows between them")
class KernelFlowsNetnsIT {
  private static final Duration SOON = Duration.ofSeconds(15);
  private static final int PEER = 0;
  private static final int BURST = 20_000;
  private static final int BEFORE = 100;
  private static final int ENDED = 40;

  /** Several times the largest window. */
  private static final int ELSEWHERE_BYTES = 30_000_000;

  private final TestNetwork network = TestNetwork.open();
  private final CtRequests requests = new CtRequests();
  private final Router active = new Router("active", ConntrackListener.Options.DEFAULT);
  private final Router backup = new Router("backup", ConntrackListener.Options.DEFAULT);

  @AfterEach
  void close() {
    active.kernel.close();
    backup.kernel.close();
    network.close();
  }

  /** One kernel and what keeps it and the table alike; this test is its loop. */
  private final class Router {
    final String namespace;
    final FlowTable table = new FlowTable(FlowMemory.onHeap(), 7, 50_000, 50_000);
    final ConntrackdCodec codec = new ConntrackdCodec(Dialect.HOLDFAST);
    final TableFlows flows = new TableFlows(table, codec);
    final Queue<Runnable> work = new ConcurrentLinkedQueue<>();
    final KernelFlows kernel;
    final int cursor;

    Router(String name, ConntrackListener.Options heard) {
      namespace = network.namespace(name);
      kernel =
          network.call(
              namespace,
              () ->
                  new KernelFlows(
                      table,
                      flows,
                      new ReplicationRules(List.of(), List.of()),
                      true,
                      heard,
                      work::add));
      cursor = flows.openCursor();
    }

    void turn() {
      for (Runnable next = work.poll(); next != null; next = work.poll()) {
        next.run();
      }
      kernel.turn(System.nanoTime(), () -> FlowTable.NONE);
    }

    /** Everything that changed goes over at once. */
    void tell(Router peer) {
      var datagram = ByteBuffer.allocate(2_048);
      var message = new SyncMessage();
      for (int at = flows.next(cursor); at != FlowTable.NONE; at = flows.next(cursor)) {
        datagram.clear();
        assertThat(flows.encode(at, 1, datagram)).isPositive();
        datagram.flip();
        assertThat(peer.codec.next(datagram, message)).isNull();
        assertThat(peer.flows.apply(PEER, message, datagram)).isNull();
      }
    }

    /** As conntrack(8) lists it, without what is each kernel's own: lifetimes and use. */
    List<String> listed() {
      return Stream.of("ipv4", "ipv6")
          .flatMap(family -> conntrack("-L -o extended -f " + family).lines())
          .filter(line -> line.startsWith("ipv"))
          .map(line -> line.replaceFirst("(ipv[46] +[0-9]+ \\S+ +[0-9]+) [0-9]+", "$1"))
          .map(line -> line.replaceFirst("use=[0-9]+", "").strip())
          .sorted()
          .toList();
    }

    String conntrack(String arguments) {
      return network.in(namespace, ("conntrack " + arguments).split(" "));
    }

    /** What traffic does elsewhere, as far as the agent can see: another port id. */
    void make(List<FlowEntry> made, List<FlowEntry> ended) {
      try (ConntrackSocket socket = network.call(namespace, ConntrackSocket::open)) {
        ByteBuffer out = ByteBuffer.allocate(64 << 10).order(ByteOrder.nativeOrder());
        for (FlowEntry flow : made) {
          if (!requests.create(out, flow, 600, 0)) {
            send(socket, out);
            requests.create(out, flow, 600, 0);
          }
        }
        send(socket, out);
        ended.forEach(flow -> requests.delete(out, flow.original, flow.zone));
        send(socket, out);
      }
    }

    private void send(ConntrackSocket socket, ByteBuffer out) {
      socket.write(
          out.flip(), (index, errno) -> assertThat(errno).as("request %d", index).isZero());
      out.clear();
    }
  }

  private static List<FlowEntry> tcp(String client, int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> Flows.tcp(client, 10_000 + i, "10.2.0.2", 80))
        .toList();
  }

  private void beginAsActive(Router router) {
    router.kernel.becomeActive();
    TestNetwork.await(
        "an exact table",
        SOON,
        () -> {
          router.turn();
          return router.kernel.tableExact();
        });
  }

  @Test
  void flowsOfEveryProtocolStandInTheOtherKernelToo() {
    beginAsActive(active);

    active.make(FlowKinds.all(), List.of());

    List<String> wanted = active.listed();
    assertThat(wanted)
        .hasSize(FlowKinds.all().size())
        .anyMatch(line -> line.contains(" gre "))
        .anyMatch(line -> line.contains(" sctp "))
        .anyMatch(line -> line.contains(" 89 "));
    TestNetwork.await(
        "all flows in the backup's kernel",
        SOON,
        () -> {
          active.turn();
          active.tell(backup);
          backup.turn();
          return active.flows.count() == wanted.size()
              && backup.flows.newestTicket() >= wanted.size()
              && backup.kernel.committedAll();
        });
    assertThat(backup.listed()).isEqualTo(wanted);
    assertThat(backup.kernel.refusals()).isEmpty();
    assertThat(backup.kernel.commitStatus().leftOut()).isEmpty();
  }

  @Test
  void aBackupThatWritesAtATakeoverWritesForABarrierAndThenWaitsAgain() {
    beginAsActive(active);
    backup.kernel.continuous(false);
    active.make(tcp("10.1.0.2", BEFORE), List.of());
    goOver(BEFORE);
    assertThat(backup.listed()).isEmpty();

    backup.kernel.commitNow();
    TestNetwork.await(
        "everything in the kernel",
        SOON,
        () -> {
          backup.turn();
          return backup.kernel.committedAll();
        });
    assertThat(backup.listed()).hasSize(BEFORE);

    active.make(tcp("10.1.0.3", 1), List.of());
    goOver(BEFORE + 1);
    backup.turn();
    backup.turn();
    assertThat(backup.kernel.committedAll()).isFalse();
    assertThat(backup.listed()).hasSize(BEFORE);
  }

  private void goOver(int flows) {
    TestNetwork.await(
        flows + " flows told",
        SOON,
        () -> {
          active.turn();
          active.tell(backup);
          backup.turn();
          return backup.flows.newestTicket() >= flows;
        });
  }

  @Test
  void lostEventsAreRepairedByExactlyTheDifference() {
    var small = new Router("small", new ConntrackListener.Options(2, 4_096, 4_096, false));
    try {
      beginAsActive(small);
      List<FlowEntry> before = tcp("10.1.0.2", BEFORE);
      small.make(before, List.of());
      TestNetwork.await(
          "what was there before",
          SOON,
          () -> {
            small.turn();
            return small.flows.count() == BEFORE && small.kernel.tableExact();
          });
      long told = small.flows.newestPosition();

      // Nobody turns the loop meanwhile: ring and kernel buffer overflow.
      small.make(tcp("10.1.0.3", BURST), before.subList(0, ENDED));

      TestNetwork.await(
          "loss, and an exact table after it",
          SOON,
          () -> {
            small.turn();
            return small.kernel.lost() > 0
                && small.kernel.tableExact()
                && small.flows.count() == BEFORE - ENDED + BURST;
          });
      assertThat(small.flows.newestPosition() - told)
          .as("one change for each flow that came or went, none for those that stayed")
          .isEqualTo(BURST + ENDED);
    } finally {
      small.kernel.close();
    }
  }

  /**
   * A router that was active, lost the role while the flow went on elsewhere, and gets it back: the
   * windows that its kernel remembers are of long ago.
   */
  @Test
  void aFlowThatWentOnElsewhereIsNotInvalidWhenTheRoleComesBack() throws Exception {
    String client = network.namespace("client");
    String server = network.namespace("server");
    route(client, server);
    beginAsActive(backup);
    var received = new AtomicLong();
    try (ServerSocket listening = network.call(server, () -> new ServerSocket(5_000));
        Socket sending = network.call(client, () -> new Socket("10.2.0.2", 5_000))) {
      Thread reader = Thread.ofPlatform().daemon().start(() -> read(listening, received));
      send(sending, 100_000);
      awaitReceived(received, 100_000);
      TestNetwork.await(
          "the flow is ours",
          SOON,
          () -> {
            backup.turn();
            return backup.flows.count() == 1;
          });

      backup.kernel.giveUp(System.nanoTime());
      iptables("-t raw -A PREROUTING -p tcp -j CT --notrack");
      send(sending, ELSEWHERE_BYTES);
      awaitReceived(received, 100_000 + ELSEWHERE_BYTES);
      iptables("-t raw -F PREROUTING");

      send(sending, 1_000);
      TestNetwork.await("stale windows make it invalid", SOON, () -> invalid() > 0);
      assertThat(received).hasValue(100_000 + ELSEWHERE_BYTES);

      beginAsActive(active);
      active.make(
          List.of(Flows.tcp("10.1.0.2", sending.getLocalPort(), "10.2.0.2", 5_000)), List.of());
      TestNetwork.await(
          "the peer's word in the kernel",
          SOON,
          () -> {
            active.turn();
            active.tell(backup);
            backup.turn();
            return backup.flows.newestTicket() > 0 && backup.kernel.committedAll();
          });
      beginAsActive(backup);

      awaitReceived(received, 101_000 + ELSEWHERE_BYTES);
      long invalidBefore = invalid();
      send(sending, 100_000);
      awaitReceived(received, 201_000 + ELSEWHERE_BYTES);
      assertThat(invalid()).isEqualTo(invalidBefore);
      sending.shutdownOutput();
      reader.join(SOON.toMillis());
    }
  }

  /** The backup's kernel stands between the two and drops what it calls invalid. */
  private void route(String client, String server) {
    network.cable(client, "eth0", backup.namespace, "lan");
    network.cable(server, "eth0", backup.namespace, "wan");
    network.ip(client, "addr add 10.1.0.2/24 dev eth0");
    network.ip(server, "addr add 10.2.0.2/24 dev eth0");
    network.ip(backup.namespace, "addr add 10.1.0.1/24 dev lan");
    network.ip(backup.namespace, "addr add 10.2.0.1/24 dev wan");
    network.ip(client, "route add default via 10.1.0.1");
    network.ip(server, "route add default via 10.2.0.1");
    network.sysctl(backup.namespace, "net.ipv4.ip_forward", "1");
    iptables("-A FORWARD -m conntrack --ctstate INVALID -j DROP");
  }

  private String iptables(String arguments) {
    return network.in(backup.namespace, ("iptables -w 10 " + arguments).split(" "));
  }

  /** Packets that the backup's kernel called invalid. */
  private long invalid() {
    return iptables("-nvxL FORWARD")
        .lines()
        .filter(line -> line.contains("INVALID"))
        .mapToLong(line -> Long.parseLong(line.strip().split(" +", -1)[0]))
        .sum();
  }

  private static void send(Socket socket, int bytes) throws IOException {
    socket.getOutputStream().write(new byte[bytes]);
  }

  private static void read(ServerSocket listening, AtomicLong received) {
    try (Socket accepted = listening.accept()) {
      byte[] buffer = new byte[64 << 10];
      for (int got = 0; got >= 0; got = accepted.getInputStream().read(buffer)) {
        received.addAndGet(got);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void awaitReceived(AtomicLong received, long bytes) {
    TestNetwork.await(bytes + " bytes arrived", SOON, () -> received.get() >= bytes);
  }
}
