package dev.holdfast.agent.shell;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.ctnetlink.CtRequests;
import dev.holdfast.agent.ctnetlink.FlowKinds;
import dev.holdfast.agent.flow.FlowEntry;
import dev.holdfast.agent.flow.FlowMemory;
import dev.holdfast.agent.flow.FlowTable;
import dev.holdfast.agent.flow.Flows;
import dev.holdfast.agent.flow.ReplicationRules;
import dev.holdfast.agent.flow.Telling;
import dev.holdfast.agent.netns.TestNetwork;
import dev.holdfast.agent.sync.core.TableFlows;
import dev.holdfast.agent.sync.wire.ConntrackdCodec;
import dev.holdfast.agent.sync.wire.Dialect;
import dev.holdfast.agent.sync.wire.SyncMessage;
import dev.holdfast.api.addr.Prefix;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
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
  private static final int KNOWN = 5_000;

  /** Several times the largest window. */
  private static final int ELSEWHERE_BYTES = 30_000_000;

  private final TestNetwork network = TestNetwork.open();
  private final CtRequests requests = new CtRequests();
  private final Router active =
      new Router(network.namespace("active"), ConntrackListener.Options.DEFAULT);
  private final Router backup =
      new Router(network.namespace("backup"), ConntrackListener.Options.DEFAULT);

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
    int activePeer = FlowTable.NONE;

    Router(String namespace, ConntrackListener.Options heard) {
      this.namespace = namespace;
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
      kernel.turn(System.nanoTime(), () -> activePeer);
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

  @Test
  void aBackupThatWritesAtATakeoverTakesLeftoversOutAndKeepsNoEndsOfWhatItNeverWrote() {
    backup.kernel.continuous(false);
    beginAsActive(backup);
    List<FlowEntry> before = tcp("10.1.0.2", BEFORE);
    backup.make(before, List.of());
    await("its own flows", () -> backup.flows.count() == BEFORE, backup);
    backup.kernel.giveUp(System.nanoTime());
    beginAsActive(active);
    active.make(before.subList(ENDED, BEFORE), List.of());
    active.make(tcp("10.1.0.3", BEFORE), List.of());
    goOver(2 * BEFORE - ENDED);

    backup.activePeer = TableFlows.owner(PEER);

    await("leftovers out", () -> backup.listed().size() == BEFORE - ENDED, backup);
    await("no more cleaning", () -> !backup.kernel.reads() && nothingEnded(), backup);
    assertThat(backup.kernel.commitStatus().purged()).isGreaterThanOrEqualTo(ENDED);
    long written = backup.kernel.commitStatus().committed();
    active.make(List.of(), tcp("10.1.0.3", BEFORE));
    await(
        "ends told",
        () -> {
          active.tell(backup);
          return active.flows.count() == BEFORE - ENDED
              && backup.table.count(TableFlows.owner(PEER)) == BEFORE - ENDED
              && nothingEnded();
        },
        active,
        backup);
    assertThat(backup.kernel.commitStatus().committed()).isEqualTo(written);
    active.make(List.of(), before.subList(ENDED, BEFORE));
    await(
        "the ends of what stands here from before",
        () -> {
          active.tell(backup);
          return backup.listed().isEmpty();
        },
        active,
        backup);
  }

  private boolean nothingEnded() {
    return backup.table.theirs().tombstones() == 0;
  }

  private static void await(String what, BooleanSupplier condition, Router... turning) {
    TestNetwork.await(
        what,
        SOON,
        () -> {
          for (Router router : turning) {
            router.turn();
          }
          return condition.getAsBoolean();
        });
  }

  @Test
  void leftoversAreTakenOutUnderLoadToo() {
    // Leftovers stand behind more than one turn looks at; in every other one a change is unwritten.
    int peer = TableFlows.owner(PEER);
    tcp("10.1.0.2", KNOWN).forEach(flow -> backup.table.store(peer, Telling.BORN, flow, true, 0));
    tcp("10.1.0.4", ENDED)
        .forEach(flow -> backup.table.store(FlowTable.OURS, Telling.BORN, flow, true, 0));
    await("what is known written", backup.kernel::committedAll, backup);
    backup.activePeer = peer;
    FlowEntry busy = Flows.tcp("10.1.0.3", 1, "10.2.0.2", 80);
    var turns = new AtomicLong();

    await(
        "leftovers out",
        () -> {
          if (turns.incrementAndGet() % 2 == 0) {
            busy.mark++;
            busy.has |= FlowEntry.HAS_MARK;
            backup.table.store(peer, Telling.BORN, busy, true, 0);
          }
          return backup.flows.count() == 0;
        },
        backup);
    assertThat(backup.kernel.commitStatus().purged()).isEqualTo(ENDED);
  }

  /**
   * Whenever during a reading: its messages are read, expectations, or what it did not show ends.
   */
  @Test
  void rulesThatChangeWhileTheKernelsTableIsReadCount() {
    var all = new ReplicationRules(List.of(), List.of());
    var none = new ReplicationRules(List.of(Prefix.parse("10.1.0.0/24")), List.of());
    beginAsActive(active);
    active.make(tcp("10.1.0.2", BEFORE), List.of());
    await("all flows", () -> active.flows.count() == BEFORE, active);
    for (int turns = 0; turns < 12; turns++) {
      active.kernel.rules(none);
      for (int i = 0; i < turns; i++) {
        active.turn();
        awaitWork();
      }
      active.kernel.rules(all);

      settle();

      assertThat(active.flows.count()).as("changed after %d turns", turns).isEqualTo(BEFORE);
    }
  }

  /** What another thread has to say, if it has anything to say. */
  private void awaitWork() {
    long until = System.nanoTime() + 5_000_000;
    while (active.work.isEmpty() && System.nanoTime() < until) {
      Thread.onSpinWait();
    }
  }

  /** Turns until no reading has begun for longer than the pause between two. */
  private void settle() {
    var quietSince = new AtomicLong(System.nanoTime());
    await(
        "no more readings",
        () -> {
          if (active.kernel.reads()) {
            quietSince.set(System.nanoTime());
          }
          return System.nanoTime() - quietSince.get() > 250_000_000;
        },
        active);
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
    var small =
        new Router(
            network.namespace("small"), new ConntrackListener.Options(2, 4_096, 4_096, false));
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

  /** Both routers let a data connection pass only because its control connection foretold it. */
  @Test
  void anFtpSessionOutlivesTheRestartOfTheBackupsAgentAndATakeover() throws Exception {
    String client = network.namespace("client");
    String server = network.namespace("server");
    routeFtp(active, client, server, 0);
    routeFtp(backup, client, server, 9);
    speakThrough(client, server, 0);
    beginAsActive(active);
    Router restarted = null;
    try (ServerSocket control = network.call(server, () -> new ServerSocket(21));
        ServerSocket data = network.call(server, () -> new ServerSocket(40_000));
        Socket asking = network.call(client, () -> new Socket("10.2.0.2", 21));
        Socket answering = control.accept()) {
      say(answering, asking, "220 ready\r\n");
      say(asking, answering, "PASV\r\n");
      say(answering, asking, "227 Entering Passive Mode (10,2,0,2,156,64)\r\n");
      await("the expectation", () -> active.table.expectations() == 1, active);
      awaitForetold(backup);

      backup.kernel.close();
      restarted = new Router(backup.namespace, ConntrackListener.Options.DEFAULT);
      active.flows.rewind(active.cursor);
      awaitForetold(restarted);
      assertThat(restarted.kernel.commitStatus().clashes()).isNotEmpty();
      beginAsActive(restarted);
      speakThrough(client, server, 9);

      say(asking, answering, "RETR a\r\n");
      try (Socket reading = network.call(client, () -> connect("10.2.0.2", 40_000));
          Socket writing = data.accept()) {
        say(writing, reading, "content");
      }
    } finally {
      if (restarted != null) {
        restarted.kernel.close();
      }
    }
  }

  private void awaitForetold(Router router) {
    await(
        "what is foretold in the backup's kernel",
        () -> {
          active.tell(router);
          return router.table.expectations() == 1
              && router.kernel.committedAll()
              && router.conntrack("-L expect").contains("dport=40000");
        },
        active,
        router);
  }

  private static Socket connect(String address, int port) throws IOException {
    var socket = new Socket();
    socket.connect(new InetSocketAddress(address, port), (int) SOON.toMillis());
    return socket;
  }

  private static void say(Socket from, Socket to, String words) throws IOException {
    from.getOutputStream().write(words.getBytes(StandardCharsets.US_ASCII));
    to.setSoTimeout((int) SOON.toMillis());
    assertThat(to.getInputStream().readNBytes(words.length())).asString().isEqualTo(words);
  }

  /** Client and server have their addresses on the first router's cables, and reach the others. */
  private void routeFtp(Router router, String client, String server, int number) {
    for (String namespace : List.of(client, server, router.namespace)) {
      network.sysctl(namespace, "net.ipv4.conf.all.rp_filter", "0");
      network.sysctl(namespace, "net.ipv4.conf.default.rp_filter", "0");
    }
    network.cable(client, "eth" + number, router.namespace, "lan");
    network.cable(server, "eth" + number, router.namespace, "wan");
    network.ip(client, "addr add 10.1." + number + ".2/24 dev eth" + number);
    network.ip(server, "addr add 10.2." + number + ".2/24 dev eth" + number);
    network.ip(router.namespace, "addr add 10.1." + number + ".1/24 dev lan");
    network.ip(router.namespace, "addr add 10.2." + number + ".1/24 dev wan");
    if (number != 0) {
      network.ip(router.namespace, "route add 10.1.0.2/32 via 10.1." + number + ".2");
      network.ip(router.namespace, "route add 10.2.0.2/32 via 10.2." + number + ".2");
    }
    network.sysctl(router.namespace, "net.ipv4.ip_forward", "1");
    for (String rule :
        List.of(
            "-t raw -A PREROUTING -p tcp --dport 21 -j CT --helper ftp",
            "-A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT",
            "-A FORWARD -p tcp --dport 21 --syn -j ACCEPT",
            "-A FORWARD -j DROP")) {
      network.in(router.namespace, ("iptables -w 10 " + rule).split(" "));
    }
  }

  private void speakThrough(String client, String server, int number) {
    network.ip(client, "route replace 10.2.0.2/32 via 10.1." + number + ".1 src 10.1.0.2");
    network.ip(server, "route replace 10.1.0.2/32 via 10.2." + number + ".1 src 10.2.0.2");
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
