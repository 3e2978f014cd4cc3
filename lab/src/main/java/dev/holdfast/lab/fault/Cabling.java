package dev.holdfast.lab.fault;

import dev.holdfast.lab.fault.Order.Tool;
import dev.holdfast.lab.net.Attachment;
import dev.holdfast.lab.net.NetworkSite;
import dev.holdfast.lab.net.Router;
import dev.holdfast.lab.net.Topology;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/** Orders that change what the switches do with frames. Pure: it only writes lines. */
final class Cabling {

  /** Which way frames go, seen from the switch port that a router is on. */
  enum Way {
    FROM_ROUTER("ingress"),
    TO_ROUTER("egress");

    private final String hook;

    Way(String hook) {
      this.hook = hook;
    }
  }

  private final Topology topology;
  private final boolean direct;

  /**
   * @param direct whether a Sync network is one cable between two routers: cut at one end, both
   *     lose their carrier
   */
  Cabling(Topology topology, boolean direct) {
    this.topology = topology;
    this.direct = direct;
  }

  List<NetworkSite> networks(NetworkSite.Role role) {
    return topology.networks().stream().filter(n -> n.role() == role).toList();
  }

  /** One order a network: its cables to a router go down, or come back. */
  List<Order> cables(List<NetworkSite> networks, Router router, boolean up) {
    var orders = new ArrayList<Order>();
    for (NetworkSite network : networks) {
      var batch = new StringBuilder();
      for (String port : ends(network, router)) {
        batch.append("link set dev ").append(port).append(up ? " up" : " down").append('\n');
      }
      orders.add(new Order(Tool.IP, network.switchNamespace(), batch.toString()));
    }
    return orders;
  }

  private Set<String> ends(NetworkSite network, Router router) {
    var ends = new TreeSet<String>();
    router.attachment(network.name()).map(Attachment::switchPort).ifPresent(ends::add);
    if (direct && network.role() == NetworkSite.Role.SYNC) {
      routerPorts(network).forEach(ends::add);
    }
    return ends;
  }

  private static Stream<String> routerPorts(NetworkSite network) {
    return network.ports().stream()
        .filter(NetworkSite.Port::router)
        .map(NetworkSite.Port::interfaceName);
  }

  /** Routers reach hosts, but not each other, whatever MAC addresses they use. */
  List<Order> isolation(boolean on) {
    return topology.networks().stream()
        .map(
            network -> {
              var batch = new StringBuilder();
              routerPorts(network)
                  .forEach(
                      port ->
                          batch
                              .append("link set dev ")
                              .append(port)
                              .append(" type bridge_slave isolated ")
                              .append(on ? "on" : "off")
                              .append('\n'));
              return new Order(Tool.IP, network.switchNamespace(), batch.toString());
            })
        .toList();
  }

  /** A router's port on a network, with a place for filters. Made before a filter is needed. */
  Order filterable(NetworkSite network, List<String> ports) {
    return tc(network, ports, "qdisc add dev %s clsact");
  }

  /** Everything that was filtered on these ports passes again. */
  Order unfiltered(NetworkSite network, List<String> ports) {
    return tc(network, ports, "qdisc del dev %s clsact");
  }

  /** Frames that the program drops vanish; the carrier stays. */
  Order filter(NetworkSite network, List<String> ports, Way way, String program) {
    return tc(
        network,
        ports,
        "filter add dev %s " + way.hook + " prio 1 bpf direct-action bytecode \"" + program + "\"");
  }

  private static Order tc(NetworkSite network, List<String> ports, String form) {
    var batch = new StringBuilder();
    ports.forEach(port -> batch.append(form.formatted(port)).append('\n'));
    return new Order(Tool.TC, network.switchNamespace(), batch.toString());
  }

  List<String> port(NetworkSite network, Router router) {
    return router.attachment(network.name()).map(Attachment::switchPort).stream().toList();
  }

  List<String> allRouterPorts(NetworkSite network) {
    return routerPorts(network).toList();
  }

  /** Drops everything (classic BPF, as {@code tc} writes it; 2 is "shot", -1 "go on"). */
  static String dropAll() {
    return "1,6 0 0 2";
  }

  /** Drops so many of a hundred, at random: a load of the kernel's random number decides. */
  static String dropPercent(int percent) {
    long threshold = (1L << 32) * percent / 100;
    return String.format(
        Locale.ROOT, "4,32 0 0 4294963256,53 1 0 %d,6 0 0 2,6 0 0 4294967295", threshold);
  }

  /**
   * Drops UDP to one port: IPv4 but for later fragments, and IPv6 without extension headers. Jumps
   * count from the next instruction; 14 drops, 15 lets pass.
   */
  static String dropUdpPort(int port) {
    List<String> program =
        List.of(
            "40 0 0 12", // 0: Ethernet type
            "21 0 7 2048", // 1: IPv4, else 9
            "48 0 0 23", // 2: its protocol
            "21 0 11 17", // 3: UDP, else 15
            "40 0 0 20", // 4: fragment offset
            "69 9 0 8191", // 5: not the first fragment: 15
            "177 0 0 14", // 6: X = length of the header
            "72 0 0 16", // 7: destination port behind it
            "21 5 6 " + port, // 8: 14 or 15
            "21 0 5 34525", // 9: IPv6, else 15
            "48 0 0 20", // 10: next header
            "21 0 3 17", // 11: UDP, else 15
            "40 0 0 56", // 12: destination port
            "21 0 1 " + port, // 13: 14 or 15
            "6 0 0 2",
            "6 0 0 4294967295");
    return program.size() + "," + String.join(",", program);
  }
}
