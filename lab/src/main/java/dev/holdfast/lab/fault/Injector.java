package dev.holdfast.lab.fault;

import dev.holdfast.agent.linux.Signals;
import dev.holdfast.lab.LabException;
import dev.holdfast.lab.Pause;
import dev.holdfast.lab.fault.Cabling.Way;
import dev.holdfast.lab.fault.Timeline.Kind;
import dev.holdfast.lab.fault.Timeline.Moment;
import dev.holdfast.lab.net.NetworkSite;
import dev.holdfast.lab.net.NetworkSite.Role;
import dev.holdfast.lab.net.Router;
import dev.holdfast.lab.net.Topology;
import dev.holdfast.lab.net.TopologyBuilder;
import dev.holdfast.lab.stack.NodeSoftware;
import dev.holdfast.lab.stack.RouterSoftware;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/** Prepares faults for the routers of one lab, and writes down what was done in the timeline. */
public final class Injector {

  /** The longest that a machine goes on with its shutdown before the cables are cut. */
  private static final long REBOOT_MILLIS = 200;

  private static final long STOP_LIMIT_MILLIS = 15_000;

  private final Topology topology;
  private final TopologyBuilder builder;
  private final Map<String, RouterSoftware> software;
  private final Timeline timeline;
  private final Cabling cabling;
  private final int linkPort;

  /**
   * @param software by node name
   * @param direct whether a Sync network is one cable between two routers
   * @param linkPort UDP port of flow sync, for {@link FaultKind#LINK_DOWN}
   */
  public Injector(
      Topology topology,
      TopologyBuilder builder,
      Map<String, RouterSoftware> software,
      Timeline timeline,
      boolean direct,
      int linkPort) {
    this.topology = topology;
    this.builder = builder;
    this.software = Map.copyOf(software);
    this.timeline = timeline;
    this.cabling = new Cabling(topology, direct);
    this.linkPort = linkPort;
  }

  /**
   * Aims a fault at a router. {@link FaultKind#RETURN} and {@link FaultKind#RESTART} are sequences
   * of others and not prepared here.
   *
   * @param target the router that is active now
   */
  public Injection prepare(Fault fault, Router target) {
    return switch (fault.kind()) {
      case NONE -> recorded(fault, "", System::nanoTime, () -> {});
      case POWER_OFF -> powerOff(fault, target);
      case POWER_CYCLE -> powerCycle(fault, target);
      case REBOOT -> reboot(fault, target);
      case AGENT_KILL -> agentKill(fault, target);
      case AGENT_STOP -> agentStop(fault, target);
      case AGENT_PAUSE -> pause(fault, target.node(), of(target).speakers());
      case FREEZE -> pause(fault, "", everyProcess());
      case WAN_DOWN -> cut(fault, target, Role.WAN);
      case LAN_DOWN -> cut(fault, target, Role.LAN);
      case SYNC_DOWN -> cut(fault, target, Role.SYNC);
      case WAN_SILENT ->
          filtered(
              fault,
              target.node(),
              List.of(firstOf(Role.WAN)),
              List.of(Way.FROM_ROUTER, Way.TO_ROUTER),
              Cabling.dropAll(),
              List.of(target));
      case LAN_ONEWAY ->
          filtered(
              fault,
              target.node(),
              List.of(firstOf(Role.LAN)),
              List.of(Way.FROM_ROUTER),
              Cabling.dropAll(),
              List.of(target));
      case LOSS ->
          filtered(
              fault,
              "",
              topology.networks(),
              List.of(Way.FROM_ROUTER, Way.TO_ROUTER),
              Cabling.dropPercent(fault.percent()),
              topology.routers());
      case LINK_DOWN -> linkDown(fault, target);
      case PARTITION -> orders(fault, "", cabling.isolation(true), cabling.isolation(false));
      case HANDOVER ->
          recorded(
              fault,
              target.node(),
              () -> ask(target, "handover", "--to", another(target).node()),
              () -> ask(target, "handover", "--to", "auto"));
      case MAINTENANCE ->
          recorded(
              fault,
              target.node(),
              () -> ask(target, "maintenance", "on"),
              () -> ask(target, "maintenance", "off"));
      case CORDON -> orders(fault, target, KubeOrders::cordon, KubeOrders::uncordon);
      case DRAIN -> orders(fault, target, KubeOrders::drain, KubeOrders::uncordon);
      case NODE_DELETE -> orders(fault, target, KubeOrders::deleteNode, KubeOrders::registerNode);
      case CHART_UPGRADE -> orders(fault, target, KubeOrders::upgrade, orders -> {});
      case OPERATOR_DELETE ->
          orders(fault, target, KubeOrders::deleteOperator, KubeOrders::repairChart);
      case HELM_UNINSTALL -> orders(fault, target, KubeOrders::uninstall, KubeOrders::repairChart);
      case API_STOP -> orders(fault, target, KubeOrders::stopApi, KubeOrders::startApi);
      case RETURN, RESTART ->
          throw new IllegalArgumentException(fault.text() + " is a sequence of other faults");
    };
  }

  // --- power ----------------------------------------------------------------------------------

  private Injection powerOff(Fault fault, Router target) {
    Volley cables = Volley.arm(cabling.cables(topology.networks(), target, false));
    List<ProcessHandle> processes = of(target).processes();
    return new Recorded(
        fault,
        target.node(),
        () -> {
          long at = System.nanoTime();
          powerLost(fault, target, at, processes, cables);
          return at;
        },
        () -> powerOn(fault, target)) {
      @Override
      public void discard() {
        cables.close();
      }
    };
  }

  /**
   * Processes first, children before their parents: one that still ran when the first cable went
   * would say so on the second. The cables follow within a millisecond or a few; until then the
   * kernel forwards.
   */
  private void powerLost(
      Fault fault, Router target, long atNanos, List<ProcessHandle> processes, Volley cables) {
    processes.reversed().forEach(process -> Signals.send(process.pid(), Signals.SIGKILL));
    cables.fire();
    cables.await();
    timeline.add(new Moment(atNanos, Kind.POWER_LOST, fault.text(), target.node()));
  }

  private Injection powerCycle(Fault fault, Router target) {
    List<Router> routers = topology.routers();
    Volley cables =
        Volley.arm(
            routers.stream()
                .flatMap(one -> cabling.cables(topology.networks(), one, false).stream())
                .toList());
    return new Recorded(
        fault,
        target.node(),
        () -> {
          long at = System.nanoTime();
          powerLost(fault, target, at, everyProcess(), cables);
          return at;
        },
        () -> {
          routers.forEach(this::machineBack);
          long at = System.nanoTime();
          routers.forEach(one -> plugIn(fault, one));
          routers.forEach(one -> of(one).start());
          return at;
        }) {
      @Override
      public void discard() {
        cables.close();
      }
    };
  }

  private Injection reboot(Fault fault, Router target) {
    Volley cables = Volley.arm(cabling.cables(topology.networks(), target, false));
    List<ProcessHandle> processes = of(target).processes();
    return new Recorded(
        fault,
        target.node(),
        () -> {
          long at = System.nanoTime();
          processes.forEach(process -> Signals.send(process.pid(), Signals.SIGTERM));
          long limit = at + TimeUnit.MILLISECONDS.toNanos(REBOOT_MILLIS);
          while (processes.stream().anyMatch(ProcessHandle::isAlive)
              && System.nanoTime() - limit < 0) {
            Pause.millis(1);
          }
          powerLost(fault, target, System.nanoTime(), processes, cables);
          return at;
        },
        () -> powerOn(fault, target)) {
      @Override
      public void discard() {
        cables.close();
      }
    };
  }

  private long powerOn(Fault fault, Router target) {
    machineBack(target);
    long at = System.nanoTime();
    plugIn(fault, target);
    of(target).start();
    return at;
  }

  /** A kernel that has just booted. */
  private void machineBack(Router target) {
    target.namespace().killProcesses();
    of(target).powerLost();
    builder.rebuild(target);
  }

  private void plugIn(Fault fault, Router target) {
    timeline.add(new Moment(System.nanoTime(), Kind.POWER_BACK, fault.text(), target.node()));
    Volley.now(cabling.cables(topology.networks(), target, true));
  }

  // --- processes ------------------------------------------------------------------------------

  private Injection agentKill(Fault fault, Router target) {
    List<ProcessHandle> speakers = of(target).speakers();
    return recorded(
        fault,
        target.node(),
        () -> {
          long at = System.nanoTime();
          speakers.forEach(process -> Signals.send(process.pid(), Signals.SIGKILL));
          return at;
        },
        of(target)::restartSpeaker);
  }

  private Injection agentStop(Fault fault, Router target) {
    return recorded(
        fault,
        target.node(),
        () -> {
          long at = System.nanoTime();
          of(target).stop(STOP_LIMIT_MILLIS);
          return at;
        },
        of(target)::restartSpeaker);
  }

  private Injection pause(Fault fault, String router, List<ProcessHandle> processes) {
    return recorded(
        fault,
        router,
        () -> {
          long at = System.nanoTime();
          processes.forEach(process -> Signals.send(process.pid(), Signals.SIGSTOP));
          return at;
        },
        () -> processes.forEach(process -> Signals.send(process.pid(), Signals.SIGCONT)));
  }

  private List<ProcessHandle> everyProcess() {
    return topology.routers().stream().flatMap(r -> of(r).processes().stream()).toList();
  }

  private Router another(Router target) {
    return topology.routers().stream()
        .filter(router -> !router.node().equals(target.node()))
        .findFirst()
        .orElseThrow(() -> new LabException("there is no other router to hand over to"));
  }

  private long ask(Router target, String... command) {
    long at = System.nanoTime();
    of(target).command(command[0], List.of(command).subList(1, command.length));
    return at;
  }

  // --- Kubernetes ------------------------------------------------------------------------------

  private Injection orders(
      Fault fault, Router target, Consumer<KubeOrders> begin, Consumer<KubeOrders> end) {
    if (!(of(target) instanceof NodeSoftware on)) {
      throw new LabException("\"" + fault.text() + "\" needs routers in Kubernetes");
    }
    var orders = new KubeOrders(on.cluster(), target.node(), topology.routers());
    return recorded(
        fault,
        target.node(),
        () -> {
          long at = System.nanoTime();
          begin.accept(orders);
          return at;
        },
        () -> end.accept(orders));
  }

  // --- frames ---------------------------------------------------------------------------------

  private Injection cut(Fault fault, Router target, Role role) {
    List<NetworkSite> network = List.of(firstOf(role));
    return orders(
        fault,
        target.node(),
        cabling.cables(network, target, false),
        cabling.cables(network, target, true));
  }

  private Injection linkDown(Fault fault, Router target) {
    var filters = new ArrayList<Order>();
    var end = new ArrayList<Order>();
    for (NetworkSite lan : cabling.networks(Role.LAN)) {
      List<String> ports = cabling.allRouterPorts(lan);
      Volley.now(List.of(cabling.filterable(lan, ports)));
      filters.add(cabling.filter(lan, ports, Way.FROM_ROUTER, Cabling.dropUdpPort(linkPort)));
      end.add(cabling.unfiltered(lan, ports));
    }
    List<NetworkSite> syncs = cabling.networks(Role.SYNC);
    filters.addAll(cabling.cables(syncs, target, false));
    end.addAll(cabling.cables(syncs, target, true));
    return orders(fault, target.node(), filters, end);
  }

  private Injection filtered(
      Fault fault,
      String router,
      List<NetworkSite> networks,
      List<Way> ways,
      String program,
      List<Router> routers) {
    var begin = new ArrayList<Order>();
    var end = new ArrayList<Order>();
    for (NetworkSite network : networks) {
      List<String> ports =
          routers.stream().flatMap(r -> cabling.port(network, r).stream()).toList();
      Volley.now(List.of(cabling.filterable(network, ports)));
      ways.forEach(way -> begin.add(cabling.filter(network, ports, way, program)));
      end.add(cabling.unfiltered(network, ports));
    }
    return orders(fault, router, begin, end);
  }

  private Injection orders(Fault fault, String router, List<Order> begin, List<Order> end) {
    Volley volley = Volley.arm(begin);
    return new Recorded(
        fault,
        router,
        () -> {
          long at = System.nanoTime();
          volley.fire();
          volley.await();
          return at;
        },
        () -> {
          try (Volley back = Volley.arm(end)) {
            long at = System.nanoTime();
            back.fire();
            back.await();
            return at;
          }
        }) {
      @Override
      public void discard() {
        volley.close();
      }
    };
  }

  private NetworkSite firstOf(Role role) {
    return cabling.networks(role).stream()
        .findFirst()
        .orElseThrow(
            () -> new LabException("the resource has no network of role " + role + " to break"));
  }

  private RouterSoftware of(Router router) {
    return Objects.requireNonNull(software.get(router.node()));
  }

  // --- the timeline ---------------------------------------------------------------------------

  private Recorded recorded(Fault fault, String router, LongSupplier fire, Runnable end) {
    return new Recorded(
        fault,
        router,
        fire,
        () -> {
          long at = System.nanoTime();
          end.run();
          return at;
        });
  }

  private class Recorded implements Injection {

    private final Fault fault;
    private final String router;
    private final LongSupplier fire;
    private final LongSupplier end;

    Recorded(Fault fault, String router, LongSupplier fire, LongSupplier end) {
      this.fault = fault;
      this.router = router;
      this.fire = fire;
      this.end = end;
    }

    @Override
    public long fire() {
      long at = fire.getAsLong();
      timeline.add(new Moment(at, Kind.INJECTED, fault.text(), router));
      return at;
    }

    @Override
    public long end() {
      long at = end.getAsLong();
      timeline.add(new Moment(at, Kind.HEALED, fault.text(), router));
      return at;
    }
  }
}
