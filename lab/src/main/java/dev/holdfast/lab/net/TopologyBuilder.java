package dev.holdfast.lab.net;

import dev.holdfast.api.addr.Family;
import dev.holdfast.api.addr.Prefix;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;

/** Makes a blueprint real, and a router anew after a power cut. */
public final class TopologyBuilder {

  /** Before any interface exists: addresses are usable at once, and nobody solicits routers. */
  private static final Map<String, String> QUIET =
      Map.of(
          "net/ipv6/conf/default/accept_dad", "0",
          "net/ipv6/conf/default/accept_ra", "0",
          "net/ipv6/conf/default/router_solicitations", "0");

  /** A switch has no address and says nothing. */
  private static final Map<String, String> DEAF =
      Map.of(
          "net/ipv6/conf/all/disable_ipv6", "1",
          "net/ipv6/conf/default/disable_ipv6", "1");

  /** The two ends of a cable, and the bridge, never share an index (see the package). */
  private static final int MACHINE_INDEX = 11;

  private static final int PORT_INDEX = 101;
  private static final int BRIDGE_INDEX = 1001;
  private static final int POD_PORT_INDEX = 2001;

  private final Blueprint blueprint;

  public TopologyBuilder(Blueprint blueprint) {
    this.blueprint = blueprint;
  }

  /** Builds all of it; on a failure what was built stays, and the registry knows it. */
  public void build() {
    for (Machine machine : blueprint.machines()) {
      make(machine.namespace(), QUIET);
    }
    for (Switch one : blueprint.switches()) {
      make(one.namespace(), DEAF);
      ip(one.namespace(), switchBatch(one));
    }
    blueprint.machines().forEach(TopologyBuilder::configure);
    blueprint.topology().routers().forEach(this::addPod);
  }

  /** A bridge on the router and a pod behind it, as a CNI would. */
  private void addPod(Router router) {
    PodNetwork pod = blueprint.topology().pod(router);
    make(pod.namespace(), QUIET);
    ip(
        router.namespace(),
        """
        link add name cni0 type bridge mcast_snooping 0 stp_state 0
        addr add %s brd + dev cni0
        link set dev cni0 up
        link add name vethpod index %d type veth peer name eth0 index %d netns %s
        link set dev vethpod master cni0 up
        """
            .formatted(pod.bridge(), POD_PORT_INDEX, MACHINE_INDEX, pod.namespace().name()));
    ip(
        pod.namespace(),
        """
        addr add %s brd + dev eth0
        link set dev eth0 up
        route add default via %s
        """
            .formatted(pod.address(), pod.bridge().address()));
  }

  /**
   * Gives a router that lost its power an empty kernel: the interfaces move into a new namespace of
   * the same name, and the old one goes. Its cables stay as they are, cut.
   */
  public void rebuild(Router router) {
    Machine machine = blueprint.machine(router.node());
    Namespace old = new Namespace(router.namespace().name() + "_old");
    Programs.run("touch", old.path().toString());
    Programs.run("mount", "--bind", router.namespace().path().toString(), old.path().toString());
    Programs.run("ip", "netns", "del", router.namespace().name());
    make(router.namespace(), QUIET);
    var moves = new StringBuilder();
    for (Attachment attachment : router.attachments()) {
      moves
          .append("link set dev ")
          .append(attachment.interfaceName())
          .append(" down netns ")
          .append(router.namespace().name())
          .append('\n');
    }
    ip(old, moves.toString());
    Programs.run("ip", "netns", "del", old.name());
    configure(machine);
    // The kernel takes its time to remove the cable into a namespace that is gone.
    Programs.run("ip", "netns", "del", blueprint.topology().pod(router).namespace().name());
    addPod(router);
    blueprint.topology().rebuilt(router);
  }

  private static void make(Namespace namespace, Map<String, String> settings) {
    Programs.run("ip", "netns", "add", namespace.name());
    namespace.set(settings);
    ip(namespace, "link set dev lo up\n");
  }

  private String switchBatch(Switch one) {
    var batch = new StringBuilder();
    batch
        .append("link add name br0 index ")
        .append(BRIDGE_INDEX)
        .append(" type bridge mcast_snooping 0 stp_state 0\n");
    for (int i = 0; i < one.ports().size(); i++) {
      NetworkSite.Port port = one.ports().get(i);
      Machine machine = blueprint.machine(port.machine());
      Attachment attachment = attachment(machine, one.name(), port.interfaceName());
      batch
          .append("link add name ")
          .append(port.interfaceName())
          .append(" index ")
          .append(PORT_INDEX + i)
          .append(" type veth peer name ")
          .append(attachment.interfaceName())
          .append(" index ")
          .append(MACHINE_INDEX + machine.attachments().indexOf(attachment))
          .append(" address ")
          .append(attachment.mac())
          .append(" netns ")
          .append(machine.namespace().name())
          .append('\n')
          .append("link set dev ")
          .append(port.interfaceName())
          .append(" alias \"")
          .append(port.machine())
          .append("\" master br0 up\n");
    }
    return batch.append("link set dev br0 up\n").toString();
  }

  private static Attachment attachment(Machine machine, String network, String port) {
    return machine.attachments().stream()
        .filter(a -> a.network().equals(network) && a.switchPort().equals(port))
        .findFirst()
        .orElseThrow(() -> new NoSuchElementException(machine.name() + " is not on port " + port));
  }

  private static void configure(Machine machine) {
    machine.namespace().set(machine.settings());
    var batch = new StringBuilder();
    for (Attachment attachment : machine.attachments()) {
      for (Prefix own : attachment.addresses()) {
        boolean v4 = own.family() == Family.IPV4;
        batch
            .append("addr add ")
            .append(own)
            .append(v4 ? " brd + dev " : " nodad dev ")
            .append(attachment.interfaceName())
            .append('\n');
      }
      batch.append("link set dev ").append(attachment.interfaceName()).append(" up\n");
    }
    for (Route route : machine.routes()) {
      batch
          .append("route add ")
          .append(route.destination())
          .append(" via ")
          .append(route.via())
          .append(" dev ")
          .append(route.interfaceName())
          .append(" onlink\n");
    }
    ip(machine.namespace(), batch.toString());
  }

  /**
   * Runs a batch of {@code ip} in a namespace; the first line that fails ends it.
   *
   * @param batch a command a line, without {@code ip}
   */
  static void ip(Namespace namespace, String batch) {
    Programs.feed(batch, List.of("ip", "-n", namespace.name(), "-batch", "-"));
  }
}
