package dev.holdfast.lab;

import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.IpAddress;
import dev.holdfast.api.addr.Prefix;
import dev.holdfast.lab.net.Attachment;
import dev.holdfast.lab.net.NetworkSite;
import dev.holdfast.lab.net.Programs;
import dev.holdfast.lab.net.Router;
import dev.holdfast.lab.net.Topology;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Who is active, asked of the kernels and of the hosts, never of an agent. For the lab's own
 * decisions (whom to hit, when to go on); what is reported is measured apart and continuously.
 */
final class Observer {

  private final Topology topology;
  private final Set<IpAddress> virtual = new HashSet<>();

  Observer(Topology topology) {
    this.topology = topology;
    topology.networks().stream()
        .flatMap(network -> network.virtualAddresses().stream())
        .map(Prefix::address)
        .forEach(virtual::add);
  }

  /** The routers whose kernels have every virtual address, on links with a carrier. */
  List<Router> holders() {
    return topology.routers().stream().filter(router -> held(router).containsAll(virtual)).toList();
  }

  /** Settled: one router has every virtual address, and no other has any. */
  Optional<Router> onlyHolder() {
    List<Router> some =
        topology.routers().stream().filter(router -> !held(router).isEmpty()).toList();
    return some.size() == 1 ? holders().stream().findFirst() : Optional.empty();
  }

  /**
   * The router to hit: the one that has the addresses; of several the one that the LAN host takes
   * for its gateway, else the best.
   */
  Optional<Router> active() {
    List<Router> holders = holders();
    if (holders.size() < 2) {
      return holders.stream().findFirst();
    }
    String believed = neighbours();
    return holders.stream()
        .filter(
            router ->
                router.attachments().stream()
                    .anyMatch(attachment -> believed.contains(attachment.mac().toString())))
        .findFirst()
        .or(() -> holders.stream().max(Comparator.comparingInt(Router::priority)));
  }

  private String neighbours() {
    Attachment lan = topology.lanHost().attachment();
    NetworkSite network = topology.network(lan.network());
    var text = new StringBuilder();
    for (Prefix address : network.virtualAddresses()) {
      text.append(
          Programs.attempt(
                  "",
                  List.of(
                      "ip",
                      "-n",
                      topology.lanHost().namespace().name(),
                      "neigh",
                      "show",
                      address.address().toString(),
                      "dev",
                      lan.interfaceName()))
              .output());
    }
    return text.toString();
  }

  /** The virtual addresses that one kernel has on interfaces with a carrier. */
  private Set<IpAddress> held(Router router) {
    var held = new HashSet<IpAddress>();
    String output =
        Programs.attempt(
                "", List.of("ip", "-n", router.namespace().name(), "-o", "addr", "show", "up"))
            .output();
    Set<String> dead = withoutCarrier(router);
    for (String line : output.lines().toList()) {
      // 11: eth0    inet 10.0.0.10/32 scope global eth0 ...
      String[] words = line.strip().split("\\s+", -1);
      if (words.length > 3 && words[2].startsWith("inet") && !dead.contains(words[1])) {
        IpAddress address = Prefix.parse(words[3]).address();
        if (virtual.contains(address)) {
          held.add(address);
        }
      }
    }
    return held;
  }

  private static Set<String> withoutCarrier(Router router) {
    var dead = new HashSet<String>();
    String output =
        Programs.attempt("", List.of("ip", "-n", router.namespace().name(), "-o", "link", "show"))
            .output();
    for (String line : output.lines().toList()) {
      // 11: eth0@if101: <NO-CARRIER,BROADCAST,MULTICAST,UP> mtu 1500 ...
      String[] words = line.strip().split("\\s+", -1);
      if (words.length > 2 && words[2].contains("NO-CARRIER")) {
        String name = words[1].replaceAll("[@:].*", "");
        dead.add(name);
      }
    }
    return dead;
  }

  /** Whether the LAN host reaches the internet host, in each family that it speaks. */
  boolean passes() {
    for (Family family : Family.values()) {
      Optional<IpAddress> target = topology.internetHost().address(family);
      boolean speaks = topology.lanHost().address(family).isPresent();
      if (speaks && target.isPresent() && !answers(target.get())) {
        return false;
      }
    }
    return true;
  }

  private boolean answers(IpAddress target) {
    return Programs.attempt(
                "",
                List.of(
                    "ip",
                    "netns",
                    "exec",
                    topology.lanHost().namespace().name(),
                    "ping",
                    "-n",
                    "-q",
                    "-c",
                    "1",
                    "-W",
                    "1",
                    target.toString()))
            .status()
        == 0;
  }
}
