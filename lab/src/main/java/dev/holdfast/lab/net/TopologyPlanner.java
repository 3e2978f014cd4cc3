package dev.holdfast.lab.net;

import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Ipv4Address;
import dev.holdfast.api.addr.MacAddress;
import dev.holdfast.api.addr.Prefix;
import dev.holdfast.api.v1alpha1.GatewayNodeSpec;
import dev.holdfast.api.v1alpha1.NetworkRole;
import dev.holdfast.api.v1alpha1.NodeNetwork;
import dev.holdfast.api.v1alpha1.NodePortForward;
import dev.holdfast.api.v1alpha1.NodeRouter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * From the routers' rendered configurations to everything that is to be built. Pure: the same
 * cluster gets the same addresses, MAC addresses and names each time, but for the lab's prefix.
 *
 * <p>Beside the routers there are a modem for each WAN, which is the next hop that the resource
 * names, one host for each LAN, where it has {@code routes} an inner router with a host behind it,
 * a pod on each router, and one host in the internet behind the modems. Own addresses of the
 * routers that the resource does not give are chosen: above the virtual address on a WAN, the
 * lowest elsewhere. For the article's network that gives the article's addresses.
 */
public final class TopologyPlanner {

  private static final List<Prefix> INTERNET_V4 =
      prefixes("198.51.100.0/24", "203.0.113.0/24", "192.0.2.0/24");
  private static final List<Prefix> INTERNET_V6 =
      prefixes("2001:db8:100::/64", "2001:db8:200::/64", "3fff:100::/64");
  private static final List<Prefix> PODS =
      prefixes("10.42.0.0/16", "10.244.0.0/16", "172.30.0.0/16");
  private static final int POD = 5;
  private static final Prefix LINK_LOCAL = Prefix.parse("fe80::/64");
  private static final IpAddress MODEM_LINK_LOCAL = IpAddress.parse("fe80::ffff");

  /** The internet host is the tenth on its segment; the modems come before. */
  private static final int INTERNET_HOST = 10;

  private static final String INTERNET = "lab_internet";
  private static final String BEHIND = "lab_behind_";

  /** Of the MAC addresses of machines that are named before the routers are complete. */
  private static final int INNER_ROUTERS = 0x80;

  private static final int NAME_MAX = 60;

  private static final Map<String, String> FORWARDING =
      Map.of("net/ipv4/ip_forward", "1", "net/ipv6/conf/all/forwarding", "1");
  private static final Map<String, String> MANY_CONNECTIONS =
      Map.of("net/ipv4/ip_local_port_range", "10000 65000", "net/core/somaxconn", "4096");

  private final String prefix;
  private final List<GatewayNodeSpec> nodes;
  private final boolean lanKnownOutside;
  private final AddressPlan plan = new AddressPlan();
  private final List<Prefix> inUse = new ArrayList<>();
  private final Map<String, List<NetworkSite.Port>> ports = new LinkedHashMap<>();
  private final List<Machine> machines = new ArrayList<>();

  private TopologyPlanner(String prefix, List<GatewayNodeSpec> nodes, boolean lanKnownOutside) {
    this.prefix = prefix;
    this.nodes = List.copyOf(nodes);
    this.lanKnownOutside = lanKnownOutside;
  }

  /**
   * @param prefix of all namespaces' names
   * @param nodes the rendered configuration of each router, in the order of the resource
   * @param lanKnownOutside whether the modems have IPv4 routes to the LANs; with source NAT they
   *     need none, and having none shows packets that left untranslated. IPv6 is always routed
   * @throws IllegalArgumentException when there is no LAN or no WAN that traffic could pass between
   */
  public static Blueprint plan(
      String prefix, List<GatewayNodeSpec> nodes, boolean lanKnownOutside) {
    return new TopologyPlanner(prefix, nodes, lanKnownOutside).plan();
  }

  private Blueprint plan() {
    GatewayNodeSpec any = nodes.getFirst();
    List<NodeNetwork> wans = passable(any, NetworkRole.WAN);
    List<NodeNetwork> lans = passable(any, NetworkRole.LAN);
    any.networks().forEach(network -> ports.put(network.name(), new ArrayList<>()));
    ports.put(INTERNET, new ArrayList<>());
    takeWhatIsSaid(any);

    List<Router> routers = routers();
    List<PodNetwork> pods = pods(routers);
    Map<String, Machine> modems =
        modems(wans, lans, routesToPods(pods, routers, wans.getFirst(), "eth0"));
    List<Inner> inner = lans.stream().flatMap(lan -> inner(lan).stream()).toList();
    addRouters(routers, wans.getFirst(), modems, inner);
    List<Host> lanHosts =
        lans.stream()
            .map(lan -> lanHost(any, lan, routesToPods(pods, routers, lan, "eth0")))
            .toList();
    inner.forEach(one -> machines.addAll(List.of(one.router(), one.host())));
    Host internetHost = internetHost(wans, modems);

    List<NetworkSite> sites = any.networks().stream().map(this::site).toList();
    Topology topology =
        new Topology(
            prefix.replaceAll("^hf-|-$", ""),
            routers,
            sites,
            lanHosts.getFirst(),
            internetHost,
            inner.stream().map(Inner::asHost).toList(),
            pods);
    List<Switch> switches =
        ports.entrySet().stream()
            .map(e -> new Switch(e.getKey(), switchNamespace(e.getKey()), e.getValue()))
            .toList();
    return new Blueprint(topology, switches, machines);
  }

  private static List<NodeNetwork> passable(GatewayNodeSpec node, NetworkRole role) {
    List<NodeNetwork> found =
        node.networks(role).stream().filter(n -> !n.virtualRouters().isEmpty()).toList();
    if (found.isEmpty()) {
      throw new IllegalArgumentException(
          "the resource has no network of role "
              + role
              + " with a virtual address, so no traffic can pass from a LAN to a WAN");
    }
    return found;
  }

  private void takeWhatIsSaid(GatewayNodeSpec node) {
    for (NodeNetwork network : node.networks()) {
      network.virtualPrefixes().forEach(p -> plan.take(p.address()));
      network.virtualPrefixes().forEach(p -> inUse.add(p.network()));
      network.routePrefixes().forEach(inUse::add);
      network.gateways().forEach(text -> plan.take(IpAddress.parse(text)));
      for (NodeRouter router : node.routers()) {
        for (IpAddress address : router.addressesOn(network.name())) {
          plan.take(address);
          inUse.add(Prefix.host(address));
        }
      }
    }
    node.nat().portForwards().forEach(f -> plan.take(IpAddress.parse(f.toAddress())));
  }

  // --- routers --------------------------------------------------------------------------------

  private List<Router> routers() {
    Map<String, Prefix> syncSegments = new LinkedHashMap<>();
    var routers = new ArrayList<Router>();
    for (int i = 0; i < nodes.size(); i++) {
      GatewayNodeSpec node = nodes.get(i);
      var attachments = new ArrayList<Attachment>();
      for (NodeNetwork network : node.networks()) {
        attachments.add(
            attach(
                node.node(),
                true,
                network.name(),
                network.interfaceName(),
                i,
                attachments.size(),
                ownAddresses(node, network, syncSegments)));
      }
      routers.add(new Router(node.node(), node.priority(), namespace(node.node()), attachments));
    }
    return routers;
  }

  private List<Prefix> ownAddresses(
      GatewayNodeSpec node, NodeNetwork network, Map<String, Prefix> syncSegments) {
    var own = new ArrayList<Prefix>();
    for (IpAddress address : node.self().addressesOn(network.name())) {
      own.add(new Prefix(address, lengthOf(address, network)));
    }
    if (network.role() == NetworkRole.SYNC && own.isEmpty()) {
      Prefix segment = syncSegments.computeIfAbsent(network.name(), _ -> syncSegment());
      plan.lowest(segment).ifPresent(own::add);
    }
    for (Family family : Family.values()) {
      boolean said = own.stream().anyMatch(p -> p.family() == family && !isLinkLocal(p));
      if (!said) {
        segment(network, family)
            .flatMap(
                virtual ->
                    network.role() == NetworkRole.WAN ? plan.above(virtual) : plan.lowest(virtual))
            .ifPresent(own::add);
      }
    }
    return own;
  }

  /** The prefix that machines on a network have in a family, with the first virtual address. */
  private static Optional<Prefix> segment(NodeNetwork network, Family family) {
    return network
        .virtualRouter(family)
        .flatMap(v -> v.virtualPrefixes().stream().filter(p -> !isLinkLocal(p)).findFirst());
  }

  private static int lengthOf(IpAddress address, NodeNetwork network) {
    return network.virtualPrefixes().stream()
        .filter(p -> p.contains(address))
        .map(Prefix::length)
        .findFirst()
        .orElse(address.family() == Family.IPV4 ? 24 : 64);
  }

  private Prefix syncSegment() {
    List<Prefix> candidates =
        Stream.iterate(1, n -> n < 256, n -> n + 1)
            .map(n -> Prefix.parse("10.10." + n + ".0/24"))
            .toList();
    Prefix segment = AddressPlan.unused(candidates, inUse);
    inUse.add(segment);
    return segment;
  }

  private void addRouters(
      List<Router> routers, NodeNetwork wan, Map<String, Machine> modems, List<Inner> inner) {
    Attachment nextHop = modemOf(wan, modems).attachments().getFirst();
    for (Router router : routers) {
      Attachment own = router.attachment(wan.name()).orElseThrow();
      var routes = new ArrayList<Route>();
      for (Family family : Family.values()) {
        if (family == Family.IPV6 || own.address(family).isPresent()) {
          gatewayIn(nextHop, family)
              .ifPresent(via -> routes.add(defaultRoute(via, own.interfaceName())));
        }
      }
      inner.forEach(one -> routes.addAll(one.routesFor(router)));
      machines.add(
          new Machine(router.node(), router.namespace(), router.attachments(), routes, Map.of()));
    }
  }

  /** In IPv6 a link-local next hop works whatever addresses a router has. */
  private static Optional<IpAddress> gatewayIn(Attachment modem, Family family) {
    Stream<IpAddress> all =
        modem.addresses().stream().map(Prefix::address).filter(a -> a.family() == family);
    return family == Family.IPV4 ? all.findFirst() : all.filter(IpAddress::isLinkLocal).findFirst();
  }

  // --- beside and behind the routers ----------------------------------------------------------

  private List<PodNetwork> pods(List<Router> routers) {
    Prefix all = AddressPlan.unused(PODS, inUse);
    inUse.add(all);
    int base = ((Ipv4Address) all.address()).bits();
    var pods = new ArrayList<PodNetwork>();
    for (Router router : routers) {
      int network = base + (pods.size() << 8);
      String name = "pod_" + pods.size();
      pods.add(
          new PodNetwork(
              router.node(),
              labNamespace(name),
              new Prefix(new Ipv4Address(network + 1), 24),
              new Prefix(new Ipv4Address(network + POD), 24)));
    }
    return pods;
  }

  /** To each router's pods by its own address on a network. */
  private static List<Route> routesToPods(
      List<PodNetwork> pods, List<Router> routers, NodeNetwork by, String interfaceName) {
    var routes = new ArrayList<Route>();
    for (int i = 0; i < pods.size(); i++) {
      Prefix prefix = pods.get(i).prefix();
      routers
          .get(i)
          .attachment(by.name())
          .flatMap(attachment -> attachment.address(Family.IPV4))
          .ifPresent(via -> routes.add(new Route(prefix, via, interfaceName)));
    }
    return routes;
  }

  /** An inner router of a LAN, and a host behind it. */
  private record Inner(NodeNetwork lan, Machine router, Machine host, List<Prefix> prefixes) {

    Host asHost() {
      return new Host(host.name(), host.namespace(), host.attachments().getFirst());
    }

    List<Route> routesFor(Router gateway) {
      Attachment inner = router.attachments().getFirst();
      return gateway.attachment(lan.name()).stream()
          .flatMap(
              own ->
                  prefixes.stream()
                      .flatMap(
                          prefix ->
                              inner.address(prefix.family()).stream()
                                  .map(via -> new Route(prefix, via, own.interfaceName()))))
          .toList();
    }
  }

  /** Where the resource says that something lies behind a LAN, there is something. */
  private Optional<Inner> inner(NodeNetwork lan) {
    List<Prefix> prefixes =
        lan.routePrefixes().stream()
            .filter(prefix -> segment(lan, prefix.family()).isPresent())
            .toList();
    if (prefixes.isEmpty()) {
      return Optional.empty();
    }
    String behind = BEHIND + lan.name();
    int number = INNER_ROUTERS + portsOf(lan.name()).size();
    var onLan = new ArrayList<Prefix>();
    var routes = new ArrayList<Route>();
    for (Family family : Family.values()) {
      segment(lan, family).flatMap(plan::lowest).ifPresent(onLan::add);
      virtualAddress(lan, family).ifPresent(via -> routes.add(defaultRoute(via, "eth0")));
    }
    List<Prefix> inside = prefixes.stream().flatMap(p -> plan.lowest(p).stream()).toList();
    String routerName = "inner-" + lan.name();
    Machine router =
        new Machine(
            routerName,
            labNamespace(routerName),
            List.of(
                attach(routerName, false, lan.name(), "eth0", number, 0, onLan),
                attach(routerName, false, behind, "eth1", number, 1, inside)),
            routes,
            FORWARDING);
    String hostName = "routed-host-" + lan.name();
    List<Prefix> own = prefixes.stream().flatMap(p -> plan.host(p).stream()).toList();
    Machine host =
        new Machine(
            hostName,
            labNamespace(hostName),
            List.of(attach(hostName, false, behind, "eth0", number, 2, own)),
            firstOfEachFamily(inside).map(via -> defaultRoute(via, "eth0")).toList(),
            Map.of());
    return Optional.of(new Inner(lan, router, host, prefixes));
  }

  private static Stream<IpAddress> firstOfEachFamily(List<Prefix> prefixes) {
    return Stream.of(Family.values())
        .flatMap(f -> prefixes.stream().filter(p -> p.family() == f).limit(1))
        .map(Prefix::address);
  }

  // --- modems and hosts -----------------------------------------------------------------------

  private Map<String, Machine> modems(
      List<NodeNetwork> wans, List<NodeNetwork> lans, List<Route> toPods) {
    List<Prefix> internet = internetSegments(wans, lans);
    Map<String, Machine> modems = new LinkedHashMap<>();
    for (NodeNetwork wan : wans) {
      String name = modems.isEmpty() ? "modem" : "modem-" + wan.name();
      int number = nodes.size() + modems.size();
      Attachment inside =
          attach(name, false, wan.name(), "eth0", number, 0, modemAddresses(wan, internet));
      List<Prefix> outer = internet.stream().flatMap(p -> plan.lowest(p).stream()).toList();
      Attachment outside = attach(name, false, INTERNET, "eth1", number, 1, outer);
      var routes = new ArrayList<Route>();
      routesToLans(wan, lans).stream()
          .filter(r -> lanKnownOutside || r.destination().family() == Family.IPV6)
          .forEach(routes::add);
      if (modems.isEmpty()) {
        routes.addAll(toPods);
      }
      Machine modem =
          new Machine(name, labNamespace(name), List.of(inside, outside), routes, FORWARDING);
      modems.put(wan.name(), modem);
      machines.add(modem);
    }
    return modems;
  }

  /** One prefix for each family that traffic can pass in. */
  private List<Prefix> internetSegments(List<NodeNetwork> wans, List<NodeNetwork> lans) {
    var segments = new ArrayList<Prefix>();
    for (Family family : Family.values()) {
      boolean passes =
          wans.stream().anyMatch(n -> n.virtualRouter(family).isPresent())
              && lans.stream().anyMatch(n -> n.virtualRouter(family).isPresent());
      if (passes) {
        Prefix segment =
            AddressPlan.unused(family == Family.IPV4 ? INTERNET_V4 : INTERNET_V6, inUse);
        inUse.add(segment);
        segments.add(segment);
      }
    }
    return segments;
  }

  private List<Prefix> modemAddresses(NodeNetwork wan, List<Prefix> internet) {
    var addresses = new ArrayList<Prefix>();
    for (Prefix family : internet) {
      Optional<Prefix> segment = segment(wan, family.family());
      Optional<IpAddress> said = wan.gateway(family.family());
      if (said.isPresent()) {
        addresses.add(new Prefix(said.get(), lengthOf(said.get(), wan)));
      } else {
        segment.flatMap(plan::lowest).ifPresent(addresses::add);
      }
    }
    boolean speaksV6 = internet.stream().anyMatch(p -> p.family() == Family.IPV6);
    if (speaksV6 && addresses.stream().noneMatch(TopologyPlanner::isLinkLocal)) {
      addresses.add(new Prefix(MODEM_LINK_LOCAL, LINK_LOCAL.length()));
    }
    return addresses;
  }

  private static List<Route> routesToLans(NodeNetwork wan, List<NodeNetwork> lans) {
    var routes = new ArrayList<Route>();
    for (NodeNetwork lan : lans) {
      Stream.concat(
              lan.virtualPrefixes().stream().filter(p -> !isLinkLocal(p)).map(Prefix::network),
              lan.routePrefixes().stream())
          .distinct()
          .forEach(
              inside ->
                  virtualAddress(wan, inside.family())
                      .ifPresent(via -> routes.add(new Route(inside, via, "eth0"))));
    }
    return routes;
  }

  /** What others on the network use as next hop; in IPv6 the link-local one comes first. */
  private static Optional<IpAddress> virtualAddress(NodeNetwork network, Family family) {
    return network
        .virtualRouter(family)
        .flatMap(v -> v.virtualPrefixes().stream().findFirst())
        .map(Prefix::address);
  }

  private Host lanHost(GatewayNodeSpec node, NodeNetwork lan, List<Route> toPods) {
    boolean first = machines.stream().noneMatch(m -> m.name().equals("lan-host"));
    String name = first ? "lan-host" : "lan-host-" + lan.name();
    var addresses = new ArrayList<Prefix>();
    for (Family family : Family.values()) {
      segment(lan, family).flatMap(p -> plan.host(p.network())).ifPresent(addresses::add);
    }
    for (NodePortForward forward : node.nat().portForwards()) {
      IpAddress target = Ipv4Address.parse(forward.toAddress());
      boolean further = addresses.stream().noneMatch(p -> p.address().equals(target));
      if (forward.toNetwork().equals(lan.name()) && further) {
        addresses.add(new Prefix(target, lengthOf(target, lan)));
      }
    }
    Attachment attachment = attach(name, false, lan.name(), "eth0", machines.size(), 0, addresses);
    var routes = new ArrayList<>(toPods);
    for (Family family : Family.values()) {
      virtualAddress(lan, family).ifPresent(via -> routes.add(defaultRoute(via, "eth0")));
    }
    machines.add(
        new Machine(name, labNamespace(name), List.of(attachment), routes, MANY_CONNECTIONS));
    return new Host(name, labNamespace(name), attachment);
  }

  private Host internetHost(List<NodeNetwork> wans, Map<String, Machine> modems) {
    List<Prefix> addresses =
        modems.values().iterator().next().attachments().getLast().addresses().stream()
            .flatMap(p -> plan.numbered(p, INTERNET_HOST).stream())
            .toList();
    Attachment attachment =
        attach("internet-host", false, INTERNET, "eth0", machines.size(), 0, addresses);
    var routes = new ArrayList<Route>();
    for (NodeNetwork wan : wans) {
      List<Prefix> nextHops = modemOf(wan, modems).attachments().getLast().addresses();
      for (Prefix nextHop : nextHops) {
        wan.virtualPrefixes().stream()
            .filter(p -> p.family() == nextHop.family() && !isLinkLocal(p))
            .map(Prefix::network)
            .distinct()
            .forEach(p -> routes.add(new Route(p, nextHop.address(), "eth0")));
        if (wan.name().equals(wans.getFirst().name())) {
          routes.add(defaultRoute(nextHop.address(), "eth0"));
        }
      }
    }
    Namespace namespace = labNamespace("internet-host");
    machines.add(
        new Machine("internet-host", namespace, List.of(attachment), routes, MANY_CONNECTIONS));
    return new Host("internet-host", namespace, attachment);
  }

  // --- cables and names -----------------------------------------------------------------------

  private Attachment attach(
      String machine,
      boolean router,
      String network,
      String interfaceName,
      int machineNumber,
      int cableNumber,
      List<Prefix> addresses) {
    List<NetworkSite.Port> taken = portsOf(network);
    String port = "port" + (taken.size() + 1);
    taken.add(new NetworkSite.Port(port, machine, router));
    MacAddress mac =
        MacAddress.parse(
            String.format(
                Locale.ROOT, "02:68:66:%02x:%02x:01", machineNumber + 1, cableNumber + 1));
    return new Attachment(network, interfaceName, port, mac, addresses);
  }

  private List<NetworkSite.Port> portsOf(String network) {
    return ports.computeIfAbsent(network, _ -> new ArrayList<>());
  }

  private NetworkSite site(NodeNetwork network) {
    List<VirtualRouterSite> virtualRouters =
        network.virtualRouters().stream()
            .map(v -> new VirtualRouterSite(v.family(), v.virtualRouterId(), v.virtualPrefixes()))
            .toList();
    return new NetworkSite(
        network.name(),
        NetworkSite.Role.valueOf(network.role().name()),
        switchNamespace(network.name()),
        portsOf(network.name()),
        virtualRouters);
  }

  private Namespace namespace(String node) {
    String clipped = node.length() <= NAME_MAX ? node : node.substring(0, NAME_MAX);
    long alike = nodes.stream().filter(n -> n.node().startsWith(clipped)).count();
    int number = nodes.stream().map(GatewayNodeSpec::node).toList().indexOf(node);
    return new Namespace(prefix + clipped + (alike > 1 ? "-" + number : ""));
  }

  /** An underscore, which no node's name has, keeps the lab's own machines apart from routers. */
  private Namespace labNamespace(String machine) {
    return new Namespace(prefix + "lab_" + machine);
  }

  private Namespace switchNamespace(String network) {
    return new Namespace(prefix + "switch_" + network);
  }

  private static Machine modemOf(NodeNetwork wan, Map<String, Machine> modems) {
    return Objects.requireNonNull(modems.get(wan.name()));
  }

  private static Route defaultRoute(IpAddress via, String interfaceName) {
    String all = via.family() == Family.IPV4 ? "0.0.0.0/0" : "::/0";
    return new Route(Prefix.parse(all), via, interfaceName);
  }

  private static boolean isLinkLocal(Prefix prefix) {
    return prefix.address().isLinkLocal();
  }

  private static List<Prefix> prefixes(String... texts) {
    return Stream.of(texts).map(Prefix::parse).toList();
  }
}
