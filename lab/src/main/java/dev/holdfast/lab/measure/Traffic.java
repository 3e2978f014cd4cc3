package dev.holdfast.lab.measure;

import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Ipv4Address;
import dev.holdfast.lab.LabException;
import dev.holdfast.lab.measure.judge.ConnectionRecord;
import dev.holdfast.lab.measure.judge.FlowKind;
import dev.holdfast.lab.measure.judge.FlowRecord;
import dev.holdfast.lab.measure.judge.ProbeTrace;
import dev.holdfast.lab.measure.traffic.DatagramClient;
import dev.holdfast.lab.measure.traffic.DatagramServer;
import dev.holdfast.lab.measure.traffic.FarEnd;
import dev.holdfast.lab.measure.traffic.FlowPlan;
import dev.holdfast.lab.measure.traffic.Origin;
import dev.holdfast.lab.measure.traffic.Prober;
import dev.holdfast.lab.measure.traffic.RemoteServer;
import dev.holdfast.lab.measure.traffic.TableAnswerer;
import dev.holdfast.lab.measure.traffic.TableFiller;
import dev.holdfast.lab.measure.traffic.TcpClient;
import dev.holdfast.lab.measure.traffic.TcpServer;
import dev.holdfast.lab.net.Host;
import dev.holdfast.lab.net.Topology;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** All generators of one measurement, begun and ended together. */
final class Traffic implements AutoCloseable {

  private static final int PROBE_PORT = 7000;
  private static final int ECHO_PORT = 7001;
  private static final int PUSH_PORT = 7002;
  private static final int SLOW_PUSH_PORT = 7003;

  private static final int JUDGED_FLOWS = 100;
  private static final int JUDGED_MILLIS = 10;
  private static final int OTHER_MILLIS = 1000;
  private static final int FORWARD_FLOWS = 4;

  private final List<ProbePair> probes = new ArrayList<>();
  private final List<TcpPair> tcp = new ArrayList<>();
  private final List<Runnable> checks = new ArrayList<>();
  private final List<Runnable> closings = new ArrayList<>();
  private final @Nullable DatagramPair datagrams;
  private final @Nullable TableFiller table;
  private final @Nullable TableAnswerer tableAnswerer;
  private final int flows;

  private record ProbePair(Family family, Prober lan, Prober internet) {}

  private record TcpPair(TcpClient client, FarEnd server) {}

  private record DatagramPair(DatagramClient client, DatagramServer server) {}

  Traffic(Topology topology, MeasureOptions options, Origin origin) {
    Host lan = topology.lanHost();
    Host internet = topology.internetHost();
    List<Family> families =
        Arrays.stream(Family.values())
            .filter(f -> lan.address(f).isPresent() && internet.address(f).isPresent())
            .toList();
    if (families.isEmpty()) {
      throw new IllegalArgumentException(
          "the LAN host and the internet host have no address family in common");
    }
    for (Family family : families) {
      probes.add(probes(lan, internet, family, origin));
    }
    tcp.add(forward(lan, internet, families, options, origin));
    if (!options.portForwards().isEmpty()) {
      tcp.add(portForwards(lan, internet, options.portForwards(), origin));
    }
    if (options.table() > 0) {
      Ipv4Address own = ipv4(lan);
      Ipv4Address server = ipv4(internet);
      tableAnswerer = new TableAnswerer(internet, server);
      table = new TableFiller(lan, own, server, options.table());
    } else {
      tableAnswerer = null;
      table = null;
    }
    datagrams = options.udpFlows() > 0 ? datagrams(lan, internet, families, options, origin) : null;
    flows = options.flows() + FORWARD_FLOWS * options.portForwards().size() + options.udpFlows();
  }

  private static Ipv4Address ipv4(Host host) {
    if (host.address(Family.IPV4).orElse(null) instanceof Ipv4Address address) {
      return address;
    }
    throw new IllegalArgumentException(
        "further connections (--table) need IPv4, and " + host.name() + " has none");
  }

  private static ProbePair probes(Host lan, Host internet, Family family, Origin origin) {
    int stream = ThreadLocalRandom.current().nextInt();
    IpAddress target = internet.address(family).orElseThrow();
    return new ProbePair(
        family,
        new Prober(lan, family, PROBE_PORT, stream, target, origin),
        new Prober(internet, family, PROBE_PORT, stream, null, origin));
  }

  private static TcpPair forward(
      Host lan, Host internet, List<Family> families, MeasureOptions options, Origin origin) {
    var plans = new ArrayList<FlowPlan>();
    for (int i = 0; i < options.flows(); i++) {
      Family family = families.get(i / 2 % families.size());
      plans.add(plan(i, internet.address(family).orElseThrow()));
    }
    var listeners =
        List.of(
            new TcpServer.Listener(ECHO_PORT, FlowKind.ECHO, OTHER_MILLIS),
            new TcpServer.Listener(PUSH_PORT, FlowKind.PUSH, JUDGED_MILLIS),
            new TcpServer.Listener(SLOW_PUSH_PORT, FlowKind.PUSH, OTHER_MILLIS));
    FarEnd server = farEnd(internet, listeners, options, origin);
    IpAddress target = internet.address(families.getFirst()).orElseThrow();
    var client =
        new TcpClient(lan, plans, options.connectionsPerSecond(), target, ECHO_PORT, origin);
    return new TcpPair(client, server);
  }

  private static DatagramPair datagrams(
      Host lan, Host internet, List<Family> families, MeasureOptions options, Origin origin) {
    List<IpAddress> targets =
        families.stream().map(family -> internet.address(family).orElseThrow()).toList();
    return new DatagramPair(
        new DatagramClient(lan, targets, options.udpFlows(), origin),
        new DatagramServer(internet, options.udpFlows(), origin));
  }

  /** In this process where it may open files for both ends of all flows, else in its own. */
  private static FarEnd farEnd(
      Host internet, List<TcpServer.Listener> listeners, MeasureOptions options, Origin origin) {
    long oneEnd = options.flows() + 5L * options.connectionsPerSecond() + 500;
    long allowed = OpenFiles.allow(2 * oneEnd);
    if (allowed >= 2 * oneEnd) {
      return new TcpServer(internet.namespace(), "server-" + internet.name(), listeners, origin);
    }
    if (allowed >= oneEnd) {
      return new RemoteServer(internet.namespace(), listeners, origin);
    }
    throw LabException.ofMachine(
        "this machine allows %d open files, and %d flows need %d at each end"
            .formatted(allowed, options.flows(), oneEnd));
  }

  private static FlowPlan plan(int index, IpAddress target) {
    boolean judged = index < JUDGED_FLOWS;
    int millis = judged ? JUDGED_MILLIS : OTHER_MILLIS;
    FlowKind kind = index % 2 == 0 ? FlowKind.ECHO : FlowKind.PUSH;
    int port =
        switch (kind) {
          case ECHO -> ECHO_PORT;
          case PUSH -> judged ? PUSH_PORT : SLOW_PUSH_PORT;
          case UDP -> throw new IllegalStateException("not a kind of TCP flow");
        };
    return new FlowPlan(FlowRecord.OUTWARD, kind, target, port, millis, judged);
  }

  private static TcpPair portForwards(
      Host lan, Host internet, List<MeasureOptions.PortForward> forwards, Origin origin) {
    var plans = new ArrayList<FlowPlan>();
    var listeners = new ArrayList<TcpServer.Listener>();
    for (MeasureOptions.PortForward forward : forwards) {
      for (int i = 0; i < FORWARD_FLOWS; i++) {
        plans.add(
            new FlowPlan(
                FlowRecord.portForward(forward.name()),
                FlowKind.ECHO,
                forward.virtualAddress(),
                forward.port(),
                JUDGED_MILLIS,
                true));
      }
      if (listeners.stream().noneMatch(l -> l.port() == forward.targetPort())) {
        listeners.add(new TcpServer.Listener(forward.targetPort(), FlowKind.ECHO, OTHER_MILLIS));
      }
    }
    return new TcpPair(
        new TcpClient(internet, plans, 0, null, 0, origin),
        new TcpServer(lan.namespace(), "server-" + lan.name(), listeners, origin));
  }

  void begin() {
    for (TcpPair pair : tcp) {
      begin(pair.server()::begin, pair.server()::check, pair.server()::close);
      begin(pair.client()::begin, pair.client()::check, pair.client()::close);
    }
    if (datagrams != null) {
      DatagramPair pair = datagrams;
      begin(pair.server()::begin, pair.server()::check, pair.server()::close);
      begin(pair.client()::begin, pair.client()::check, pair.client()::close);
    }
    for (ProbePair pair : probes) {
      begin(pair.internet()::begin, pair.internet()::check, pair.internet()::close);
      begin(pair.lan()::begin, pair.lan()::check, pair.lan()::close);
    }
  }

  private void begin(Runnable begin, Runnable check, Runnable close) {
    closings.add(close);
    begin.run();
    checks.add(check);
  }

  /** Fills the routers' tables, once the hosts know their gateways. */
  void beginTable() {
    if (table != null && tableAnswerer != null) {
      begin(tableAnswerer::begin, tableAnswerer::check, tableAnswerer::close);
      begin(table::begin, table::check, table::close);
    }
  }

  boolean tableComplete() {
    return table == null || table.complete();
  }

  /** For people: how full the tables are. */
  String tableProgress() {
    return table == null ? "" : table.established() + " further connections";
  }

  /** Throws when a generator broke off. */
  void check() {
    checks.forEach(Runnable::run);
  }

  /** True when every flow and both directions of the probes have carried something. */
  boolean flowing() {
    return tcp.stream().allMatch(pair -> pair.client().flowing())
        && (datagrams == null || datagrams.client().flowing())
        && probes.stream()
            .allMatch(p -> p.lan().lastReceivedNanos() > 0 && p.internet().lastReceivedNanos() > 0);
  }

  /** For people: what flows so far. */
  String progress() {
    boolean up = probes.stream().allMatch(p -> p.internet().lastReceivedNanos() > 0);
    boolean down = probes.stream().allMatch(p -> p.lan().lastReceivedNanos() > 0);
    return tcp.getFirst().client().progress()
        + (datagrams == null ? "" : ", " + datagrams.client().progress())
        + ", probes "
        + (up && down ? "both ways" : up ? "only up" : down ? "only down" : "not yet");
  }

  void arm() {
    tcp.forEach(pair -> pair.client().arm());
    if (datagrams != null) {
      datagrams.client().arm();
    }
  }

  void stopProbes() {
    for (ProbePair pair : probes) {
      pair.lan().stopSending();
      pair.internet().stopSending();
    }
  }

  long lastUpNanos() {
    return probes.stream().mapToLong(p -> p.internet().lastReceivedNanos()).min().orElse(0);
  }

  long lastDownNanos() {
    return probes.stream().mapToLong(p -> p.lan().lastReceivedNanos()).min().orElse(0);
  }

  int flowsAlive(long withinNanos) {
    return tcp.stream().mapToInt(pair -> pair.client().flowsAlive(withinNanos)).sum()
        + (datagrams == null ? 0 : datagrams.client().flowsAlive(withinNanos));
  }

  int flowsOpen() {
    return tcp.stream().mapToInt(pair -> pair.client().flowsOpen()).sum()
        + (datagrams == null ? 0 : datagrams.client().flows());
  }

  int flows() {
    return flows;
  }

  @Override
  public void close() {
    closings.reversed().forEach(Runnable::run);
  }

  // After the end.

  List<ProbeTrace> tracesUp() {
    return probes.stream().map(p -> p.lan().traceTo("up " + p.family(), p.internet())).toList();
  }

  List<ProbeTrace> tracesDown() {
    return probes.stream().map(p -> p.internet().traceTo("down " + p.family(), p.lan())).toList();
  }

  List<FlowRecord> flowRecords(long untilNanos) {
    var records = new ArrayList<FlowRecord>();
    tcp.forEach(pair -> records.addAll(pair.client().flows(pair.server(), untilNanos)));
    if (datagrams != null) {
      records.addAll(datagrams.client().flows(datagrams.server(), untilNanos));
    }
    return records;
  }

  List<ConnectionRecord> connections() {
    return tcp.stream().flatMap(pair -> pair.client().connections().stream()).toList();
  }

  long probesUnread() {
    return probes.stream().mapToLong(p -> p.lan().unread() + p.internet().unread()).sum();
  }
}
