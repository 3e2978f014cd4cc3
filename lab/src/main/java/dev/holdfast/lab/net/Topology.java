package dev.holdfast.lab.net;

import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** The machines of one lab as they stand, in the order of the resource. Any thread may read it. */
public final class Topology {

  private final String id;
  private final List<Router> routers;
  private final List<NetworkSite> networks;
  private final Host lanHost;
  private final Host internetHost;
  private final List<Host> routedHosts;
  private final List<PodNetwork> pods;
  private final List<Consumer<Router>> rebuildListeners = new CopyOnWriteArrayList<>();

  public Topology(
      String id,
      List<Router> routers,
      List<NetworkSite> networks,
      Host lanHost,
      Host internetHost,
      List<Host> routedHosts,
      List<PodNetwork> pods) {
    this.id = id;
    this.routers = List.copyOf(routers);
    this.networks = List.copyOf(networks);
    this.lanHost = lanHost;
    this.internetHost = internetHost;
    this.routedHosts = List.copyOf(routedHosts);
    this.pods = List.copyOf(pods);
  }

  /** Unique among the labs of this machine; part of every namespace's name. */
  public String id() {
    return id;
  }

  public List<Router> routers() {
    return routers;
  }

  public List<NetworkSite> networks() {
    return networks;
  }

  /** On the first LAN; its default route is that network's virtual address. */
  public Host lanHost() {
    return lanHost;
  }

  /** Behind the next hop of the first WAN. */
  public Host internetHost() {
    return internetHost;
  }

  /** Behind an inner router of each LAN that has {@code routes}. */
  public List<Host> routedHosts() {
    return routedHosts;
  }

  /** One on each router. */
  public List<PodNetwork> pods() {
    return pods;
  }

  public PodNetwork pod(Router router) {
    return pods.stream()
        .filter(p -> p.node().equals(router.node()))
        .findFirst()
        .orElseThrow(() -> new NoSuchElementException("no pod runs on " + router.node()));
  }

  public Router router(String node) {
    return routers.stream()
        .filter(r -> r.node().equals(node))
        .findFirst()
        .orElseThrow(() -> new NoSuchElementException("no router is named " + node));
  }

  public NetworkSite network(String name) {
    return networks.stream()
        .filter(n -> n.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new NoSuchElementException("no network is named " + name));
  }

  /**
   * Calls back when a router came back from a power cut: behind its namespace's name is now a new,
   * empty namespace, with the same interfaces, MAC addresses and switch ports. Watchers open their
   * sockets anew; at the switches nothing changed.
   */
  public void onRebuilt(Consumer<Router> listener) {
    rebuildListeners.add(listener);
  }

  void rebuilt(Router router) {
    rebuildListeners.forEach(l -> l.accept(router));
  }
}
